package match_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ostler/dict"
	"ostler/dict/inline"
	"ostler/dict/static"
	"ostler/match"
)

// recorded is one list, made and asked once by stock Postfix 3.7.11.
type recorded struct {
	Kind     string   // string, domain, addr, namadr; +parent
	Patterns string   // DIR stands for the directory with the files
	Args     []string // what Match was asked
	ASCII    bool     // smtputf8_enable = no
	Fatal    bool     // daemon_table_open_error_is_fatal = yes
	Yes      bool     // the result
	Error    int      // -1 retry, -2 config
	Died     bool     // the log ends with the fatal error
	Log      []string
}

// matcher is a list with any number of arguments.
type matcher func(ctx context.Context, args []string) (bool, error)

// newMatcher makes the list of a record.
func newMatcher(o match.Options, kind, patterns string) (matcher, error) {
	kind, _, o.Parent = strings.Cut(kind, "+parent")
	switch kind {
	case "string":
		l, err := match.NewStrings(o, patterns)
		return func(ctx context.Context, args []string) (bool, error) { return l.Match(ctx, args[0]) }, err
	case "domain":
		l, err := match.NewDomains(o, patterns)
		return func(ctx context.Context, args []string) (bool, error) { return l.Match(ctx, args[0]) }, err
	case "addr":
		l, err := match.NewAddrs(o, patterns)
		return func(ctx context.Context, args []string) (bool, error) { return l.Match(ctx, args[0]) }, err
	}
	l, err := match.NewNameAddrs(o, patterns)
	return func(ctx context.Context, args []string) (bool, error) { return l.Match(ctx, args[0], args[1]) }, err
}

// replay does what stock did, and returns what it would have recorded.
func replay(c recorded, dir string) recorded {
	got := c
	got.Yes, got.Error, got.Died, got.Log = false, 0, false, nil
	log := func(severity string) func(string) {
		return func(text string) {
			got.Log = append(got.Log, severity+printable(strings.ReplaceAll(text, dir, "DIR"), !c.ASCII))
		}
	}
	types := dict.NewTypes(dict.Options{UTF8: !c.ASCII, Fatal: c.Fatal, Warn: log("warning: "), Error: log("error: ")},
		static.Driver(), inline.Driver())
	ask, err := newMatcher(match.Options{Name: "pname", Types: types}, c.Kind, strings.ReplaceAll(c.Patterns, "DIR", dir))
	if err != nil {
		got.Died = true
		log("fatal: ")(err.Error())
		return got
	}
	got.Yes, err = ask(context.Background(), c.Args)
	if err != nil {
		log("warning: ")(err.Error())
		got.Error = -3
		switch {
		case errors.Is(err, dict.ErrRetry):
			got.Error = -1
		case errors.Is(err, dict.ErrConfig):
			got.Error = -2
		}
	}
	return got
}

// isDeliberate reports whether a record shows a difference that the package comment
// names: a mask above 255, or a surrogate that was asked for a key that is not UTF-8.
func isDeliberate(c recorded) bool {
	_, mask, _ := strings.Cut(c.Patterns, "/")
	if bits, err := strconv.Atoi(mask); err == nil && bits > 255 {
		return strings.HasPrefix(c.Kind, "addr")
	}
	return len(c.Log) == 2 && strings.HasPrefix(c.Log[0], "error: ") && strings.Contains(c.Log[1], "non-UTF-8 key")
}

// printable is what stock's logger makes of text.
func printable(text string, unicodeToo bool) string {
	b := []byte(strings.ToValidUTF8(text, "?"))
	for i, c := range b {
		if c < ' ' || c == 0x7f || c > 0x7f && !unicodeToo {
			b[i] = '?'
		}
	}
	return string(b)
}

// raw turns text of which each character is one byte into those bytes.
func raw(text string) string {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return string(b)
}

// writeFiles makes a directory with the files of the recording and returns its path.
func writeFiles(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/files.json")
	if err != nil {
		t.Fatal(err)
	}
	var files map[string]string
	if err := json.Unmarshal(data, &files); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range files {
		content = strings.ReplaceAll(content, "/DIR/", dir+"/")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestStock makes the lists of testdata/match.jsonl and asks them what stock was
// asked. Strings there are Latin-1 in JSON: each character is one byte.
func TestStock(t *testing.T) {
	dir := writeFiles(t)
	f, err := os.Open("testdata/match.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := 0
	for lines := bufio.NewScanner(f); lines.Scan(); cases++ {
		var c recorded
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		c.Patterns = raw(c.Patterns)
		for i := range c.Args {
			c.Args[i] = raw(c.Args[i])
		}
		for i := range c.Log {
			c.Log[i] = raw(c.Log[i])
		}
		got := replay(c, dir)
		if isDeliberate(c) {
			if got.Yes || got.Error == 0 && (c.Yes || c.Error != 0) {
				t.Errorf("%s %q %q: %v %d, not an error", c.Kind, c.Patterns, c.Args, got.Yes, got.Error)
			}
			continue
		}
		if got.Yes != c.Yes || got.Error != c.Error || got.Died != c.Died || !slices.Equal(got.Log, c.Log) {
			t.Errorf("%s %q %q:\n got %v %d %v %q\nwant %v %d %v %q", c.Kind, c.Patterns, c.Args,
				got.Yes, got.Error, got.Died, got.Log, c.Yes, c.Error, c.Died, c.Log)
		}
	}
	if cases < 1000 {
		t.Errorf("only %d cases", cases)
	}
}
