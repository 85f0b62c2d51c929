package match_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ostler/dict"
	"ostler/dict/static"
	"ostler/match"
)

// A file that includes itself, twice, ends as one that cannot be opened.
func TestFileIncludesItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, []byte("a\n"+path+"\n!"+path+"\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var reasons []string
	types := dict.NewTypes(dict.Options{Error: func(text string) { reasons = append(reasons, text) }})
	list, err := match.NewStrings(match.Options{Name: "pname", Types: types}, path)
	if err != nil {
		t.Fatal(err)
	}
	if yes, err := list.Match(context.Background(), "a"); !yes || err != nil {
		t.Errorf("a: %v, %v", yes, err)
	}
	if yes, err := list.Match(context.Background(), "b"); yes || !errors.Is(err, dict.ErrRetry) {
		t.Errorf("b: %v, %v", yes, err)
	}
	want := "open file " + path + ": Too many open files"
	if len(reasons) != 1 || reasons[0] != want {
		t.Errorf("reported %q, want once %q", reasons, want)
	}
}

// fake is a table that answers with what it is made of.
type fake struct {
	err    error
	flags  dict.Flags
	keys   []string
	closed int
}

func (f *fake) Lookup(_ context.Context, key string) (string, bool, error) {
	f.keys = append(f.keys, key)
	return "", false, f.err
}

func (f *fake) Info() dict.Info { return dict.Info{Type: "fake", Name: "x", Flags: f.flags} }

func (f *fake) Close() error { f.closed++; return nil }

func fakeTypes(f *fake) *dict.Types {
	return dict.NewTypes(dict.Options{}, static.Driver(),
		dict.Driver{Type: "fake", Open: func(dict.Request) (dict.Table, error) { return f, nil }})
}

// Only tables of fixed strings are asked for parent domains.
func TestParentDomains(t *testing.T) {
	tests := []struct {
		flags  dict.Flags
		parent bool
		want   string
	}{
		{dict.Fixed, true, "a.b.c b.c c"},
		{dict.Fixed, false, "a.b.c .b.c .c"},
		{dict.Pattern, true, "a.b.c"},
		{dict.Pattern, false, "a.b.c"},
	}
	for _, test := range tests {
		f := &fake{flags: test.flags}
		list, err := match.NewDomains(match.Options{Types: fakeTypes(f), Parent: test.parent}, "fake:x")
		if err != nil {
			t.Fatal(err)
		}
		if yes, err := list.Match(context.Background(), "A.b.c"); yes || err != nil {
			t.Errorf("%v, %v", yes, err)
		}
		if got := strings.Join(f.keys, " "); got != test.want {
			t.Errorf("%v: keys %q, want %q", test, got, test.want)
		}
	}
}

// An error keeps its class and its cause, and ends the search.
func TestLookupErrors(t *testing.T) {
	config := &dict.Error{Class: dict.ErrConfig, Text: "bad query"}
	tests := []struct{ err, want error }{
		{context.DeadlineExceeded, dict.ErrRetry},
		{config, dict.ErrConfig},
		{dict.ErrRetry, dict.ErrRetry},
	}
	for _, test := range tests {
		f := &fake{err: test.err}
		list, err := match.NewStrings(match.Options{Name: "pname", Types: fakeTypes(f)}, "fake:x, fake:x, static:all")
		if err != nil {
			t.Fatal(err)
		}
		yes, err := list.Match(context.Background(), "key")
		if yes || !errors.Is(err, test.want) || !errors.Is(err, test.err) {
			t.Errorf("%v: %v, %v", test.err, yes, err)
		} else if text := "pname: fake:x: table lookup problem"; err.Error() != text {
			t.Errorf("text %q, want %q", err, text)
		}
		if len(f.keys) != 1 {
			t.Errorf("%d lookups", len(f.keys))
		}
		if err := list.Close(); err != nil || f.closed != 1 {
			t.Errorf("closed %d times, %v", f.closed, err)
		}
	}
}

// A list without types reports nothing, and never says no where it does not know.
func TestNoTypes(t *testing.T) {
	list, err := match.NewAddrs(match.Options{Name: "pname"}, "10.0.0.0/8, static:all")
	if err != nil {
		t.Fatal(err)
	}
	if yes, err := list.Match(context.Background(), "10.1.2.3"); !yes || err != nil {
		t.Errorf("%v, %v", yes, err)
	}
	if yes, err := list.Match(context.Background(), "192.0.2.1"); yes || !errors.Is(err, dict.ErrRetry) {
		t.Errorf("%v, %v", yes, err)
	}
}
