package attr_test

import (
	"errors"
	"fmt"
	"testing"

	"ostler/attr"
)

// refusal is something that a Writer does not take.
type refusal struct {
	name  string
	plain bool // in the plain encoding only
	write func(w *attr.Writer)
	err   error
}

func refusals() []refusal {
	large := make(map[string]string)
	for i := range attr.MaxMembers + 1 {
		large[fmt.Sprint(i)] = ""
	}
	return []refusal{
		{"no name", false, func(w *attr.Writer) { w.Int("", 1) }, attr.ErrName},
		{"brace", false, func(w *attr.Writer) { w.Str("{", "x") }, attr.ErrName},
		{"closing brace", false, func(w *attr.Writer) { w.Hash(map[string]string{"}": "x"}) }, attr.ErrName},
		{"nul in name", false, func(w *attr.Writer) { w.Data("a\x00", nil) }, attr.ErrName},
		{"newline in name", true, func(w *attr.Writer) { w.Bool("a\nb", true) }, attr.ErrName},
		{"= in name", true, func(w *attr.Writer) { w.Long("a=b", 1) }, attr.ErrName},
		{"nul in string", false, func(w *attr.Writer) { w.Str("a", "b\x00c") }, attr.ErrValue},
		{"nul in bytes", false, func(w *attr.Writer) { w.StrBytes("a", []byte("\x00")) }, attr.ErrValue},
		{"newline", true, func(w *attr.Writer) { w.Str("a", "b\nc") }, attr.ErrValue},
		{"newline in table", true, func(w *attr.Writer) { w.Hash(map[string]string{"a": "\n"}) }, attr.ErrValue},
		{"large table", false, func(w *attr.Writer) { w.Hash(large) }, attr.ErrMembers},
	}
}

// TestWriterRefuses: what cannot be sent takes its list with it, and no other.
func TestWriterRefuses(t *testing.T) {
	for _, test := range refusals() {
		for _, enc := range encodings {
			want := test.err
			if test.plain && enc != attr.Plain {
				want = nil
			}
			w := attr.NewWriter(enc, []byte("kept"))
			w.Int("first", 1)
			w.End()
			whole := string(w.Bytes())
			w.Str("second", "list")
			test.write(&w)
			w.Int("more", 1)
			w.Hash(nil)
			w.End()
			if err := w.Err(); !errors.Is(err, want) {
				t.Errorf("%s, %s: error %v", test.name, enc, err)
			}
			if got := string(w.Bytes()); (got == whole) != (want != nil) {
				t.Errorf("%s, %s: wrote %q", test.name, enc, got)
			}
			w.Reset(nil)
			w.Str("a", "b")
			if w.Err() != nil || len(w.Bytes()) == 0 {
				t.Errorf("%s, %s: %v after Reset", test.name, enc, w.Err())
			}
		}
	}
}

// TestWriterHashOrder: sorted by name.
func TestWriterHashOrder(t *testing.T) {
	w := attr.NewWriter(attr.Null, nil)
	w.Hash(map[string]string{"b": "2", "c": "3", "a": "1", "B": "0"})
	if got, want := string(w.Bytes()), "{\x00B\x000\x00a\x001\x00b\x002\x00c\x003\x00}\x00"; got != want {
		t.Errorf("%q", got)
	}
}

// TestEncodingString names the encodings.
func TestEncodingString(t *testing.T) {
	want := []string{"plain", "null", "base64", "unknown"}
	for i, name := range want {
		if got := attr.Encoding(i).String(); got != name {
			t.Errorf("%d: %s", i, got)
		}
	}
}
