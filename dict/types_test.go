package dict_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"ostler/dict"
	"ostler/dict/inline"
	"ostler/dict/static"
)

// stub is a table that fails, or answers each key with itself.
type stub struct {
	info dict.Info
	err  error
}

func (s *stub) Lookup(_ context.Context, key string) (string, bool, error) {
	return key, true, s.err
}

func (s *stub) Info() dict.Info { return s.info }

func (s *stub) Close() error { return nil }

func open(t *testing.T, s *stub, flags dict.Flags) dict.Table {
	t.Helper()
	types := dict.NewTypes(dict.Options{UTF8: true}, dict.Driver{Type: "stub", Open: func(r dict.Request) (dict.Table, error) {
		s.info = r.Info("stub", s.info.Flags)
		return s, nil
	}})
	table, err := types.Open("stub:x", flags)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Whatever a driver returns, the caller gets one of two classes, and no value.
func TestErrorClass(t *testing.T) {
	config := &dict.Error{Class: dict.ErrConfig, Text: "bad query"}
	tests := []struct{ err, class, not error }{
		{errors.New("broken"), dict.ErrRetry, dict.ErrConfig},
		{context.Canceled, dict.ErrRetry, dict.ErrConfig},
		{fmt.Errorf("wrapped: %w", config), dict.ErrConfig, dict.ErrRetry},
		{dict.ErrRetry, dict.ErrRetry, dict.ErrConfig},
	}
	for _, test := range tests {
		value, found, err := open(t, &stub{err: test.err}, 0).Lookup(context.Background(), "k")
		if value != "" || found {
			t.Errorf("%v: %q, %v", test.err, value, found)
		}
		if !errors.Is(err, test.class) || errors.Is(err, test.not) || !errors.Is(err, test.err) || err.Error() != test.err.Error() {
			t.Errorf("%v: %v", test.err, err)
		}
	}
	if dict.Classify(nil) != nil {
		t.Error("nil has a class")
	}
}

// Each kind of table has a fold flag of its own.
func TestFoldFlags(t *testing.T) {
	tests := []struct {
		kind, flags dict.Flags
		want        string
	}{
		{dict.Fixed, dict.FoldFixed | dict.UTF8Request, "strasse"},
		{dict.Fixed, dict.FoldFixed, "straße"},
		{dict.Fixed, dict.FoldPattern | dict.UTF8Request, "Straße"},
		{dict.Pattern, dict.FoldFixed, "Straße"},
		{dict.Pattern, dict.FoldPattern | dict.UTF8Request, "strasse"},
	}
	for _, test := range tests {
		table := open(t, &stub{info: dict.Info{Flags: test.kind}}, test.flags)
		if got, _, err := table.Lookup(context.Background(), "Straße"); got != test.want || err != nil {
			t.Errorf("%#x, %#x: %q, %v", test.kind, test.flags, got, err)
		}
		if kind := table.Info().Flags & (dict.Fixed | dict.Pattern); kind != test.kind {
			t.Errorf("kind %#x, want %#x", kind, test.kind)
		}
	}
}

// Without surrogates each failed open is an error with stock's text.
func TestFatal(t *testing.T) {
	types := dict.NewTypes(dict.Options{Fatal: true}, static.Driver(), inline.Driver())
	for spec, want := range map[string]string{
		"foo:bar":   "unsupported dictionary type: foo",
		"inline:{}": `bad syntax: "inline:{}"; need "inline:{name=value...}"`,
		"static:{x": `bad static:name syntax: missing '}' in "{x"`,
		"static":    `open dictionary: expecting "type:name" form instead of "static"`,
	} {
		if table, err := types.Open(spec, 0); table != nil || err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
}

func TestRegister(t *testing.T) {
	types := dict.NewTypes(dict.Options{}, static.Driver())
	types.Register(inline.Driver())
	if got := types.Names(); !slices.Equal(got, []string{"inline", "static"}) {
		t.Errorf("types %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a type was registered twice")
		}
	}()
	types.Register(static.Driver())
}

func TestSystemText(t *testing.T) {
	for err, want := range map[error]string{
		syscall.EISDIR: "Is a directory",
		&fs.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}: "No such file or directory",
		errors.New("other"): "other",
	} {
		if got := dict.SystemText(err); got != want {
			t.Errorf("%v: %q", err, got)
		}
	}
}
