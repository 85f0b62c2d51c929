package dict_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"ostler/dict"
	"ostler/dict/inline"
	"ostler/dict/static"
)

// recorded is one table that stock Postfix 3.7.11 opened and looked one key up in.
type recorded struct {
	Spec, Key string
	ASCII     bool // smtputf8_enable = no
	Fold      bool // FoldFixed
	Found     bool
	Value     string
	Error     int // -1 retry, -2 config
	Flags     dict.Flags
	Died      bool // the log ends with the fatal error
	Log       []string
}

// replay does what stock did, and returns what it would have recorded.
func replay(c recorded) recorded {
	got := recorded{Spec: c.Spec, Key: c.Key, ASCII: c.ASCII, Fold: c.Fold}
	log := func(severity string) func(string) {
		return func(text string) { got.Log = append(got.Log, severity+printable(text, !c.ASCII)) }
	}
	types := dict.NewTypes(dict.Options{UTF8: !c.ASCII, Warn: log("warning: "), Error: log("error: ")},
		static.Driver(), inline.Driver())
	flags := dict.Lock | dict.UTF8Request
	if c.Fold {
		flags |= dict.FoldFixed
	}
	table, err := types.Open(c.Spec, flags)
	if err != nil {
		got.Died = true
		log("fatal: ")(err.Error())
		return got
	}
	got.Flags = table.Info().Flags
	got.Value, got.Found, err = table.Lookup(context.Background(), c.Key)
	switch {
	case errors.Is(err, dict.ErrRetry):
		got.Error = -1
	case errors.Is(err, dict.ErrConfig):
		got.Error = -2
	case err != nil:
		got.Error = -3
	}
	return got
}

// TestStock opens the tables of testdata/dict.jsonl and looks up the keys there. In
// its strings each character is one byte.
func TestStock(t *testing.T) {
	f, err := os.Open("testdata/dict.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := 0
	for lines := bufio.NewScanner(f); lines.Scan(); cases++ {
		var want recorded
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		want.Spec, want.Key, want.Value = raw(want.Spec), raw(want.Key), raw(want.Value)
		for i := range want.Log {
			want.Log[i] = raw(want.Log[i])
		}
		got := replay(want)
		if isLenient(want) {
			want.Error = -1
			want.Log[1] = got.Log[1]
		}
		if !equal(got, want) {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
	}
	if cases < 1000 {
		t.Errorf("only %d cases", cases)
	}
}

// isLenient reports whether stock said "not found" where it could not know: a
// surrogate was asked for a key that is not UTF-8. Ours is an error then.
func isLenient(c recorded) bool {
	return len(c.Log) == 2 && strings.HasPrefix(c.Log[0], "error: ") && strings.Contains(c.Log[1], "non-UTF-8 key")
}

func equal(a, b recorded) bool {
	return a.Found == b.Found && a.Value == b.Value && a.Error == b.Error && a.Flags == b.Flags &&
		a.Died == b.Died && slices.Equal(a.Log, b.Log)
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
