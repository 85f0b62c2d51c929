package attr_test

import (
	"fmt"
	"reflect"
	"testing"

	"ostler/attr"
)

// warnings collects what a Reader warns of.
type warnings []string

func (w *warnings) add(format string, args ...any) {
	*w = append(*w, fmt.Sprintf(format, args...))
}

// TestHashLimit: stock takes 1024 members, returns what it has at the next one,
// and leaves the rest unread (checked against 3.7.11).
func TestHashLimit(t *testing.T) {
	for _, enc := range encodings {
		for _, members := range []int{attr.MaxMembers, attr.MaxMembers + 1} {
			w := attr.NewWriter(enc, nil)
			for i := range members {
				w.Str(fmt.Sprintf("m%d", i), "v")
			}
			w.End()
			var warned, wantWarned warnings
			wantRest := 0
			if members > attr.MaxMembers {
				wantWarned.add("attribute count exceeds limit 1024 in input from test")
				wantRest = 1
			}
			r := attr.NewReader(enc, w.Bytes(), "test")
			r.Warn = warned.add
			var m map[string]string
			if n := r.Scan(attr.Strict, attr.Hash(&m)); n != attr.MaxMembers || len(m) != n {
				t.Errorf("%s, %d members: count %d, %d in the table", enc, members, n, len(m))
			}
			if !reflect.DeepEqual(warned, wantWarned) || len(r.Rest()) != wantRest {
				t.Errorf("%s, %d members: %q, rest %q", enc, members, warned, r.Rest())
			}
		}
	}
}

// TestHashKeepsMembers: members that the table had before count for the limit and
// are not replaced.
func TestHashKeepsMembers(t *testing.T) {
	m := map[string]string{"a": "old"}
	r := attr.NewReader(attr.Null, []byte("a\x00new\x00b\x00x\x00\x00"), "test")
	if n := r.Scan(0, attr.Hash(&m)); n != 2 || m["a"] != "old" || m["b"] != "x" {
		t.Error(n, m)
	}
}

// TestTimeout: the other text for data that ends too early.
func TestTimeout(t *testing.T) {
	tests := []struct {
		enc        attr.Encoding
		data, want string
	}{
		{attr.Plain, "a", "timeout on test while reading input attribute name"},
		{attr.Plain, "a=", "timeout on test while reading input attribute value"},
		{attr.Null, "a\x00", "timeout on test while reading input attribute value"},
		{attr.Null, "a\x001", "unexpected end-of-input from test while reading input attribute value"},
		{attr.Base64, "YQ==:", "timeout on test while reading input attribute value"},
	}
	for _, test := range tests {
		var warned warnings
		r := attr.NewReader(test.enc, []byte(test.data), "test")
		r.Warn, r.Timeout = warned.add, true
		var v string
		n := r.Scan(attr.Strict, attr.Str("a", &v))
		if n != -1 || len(warned) != 1 || warned[0] != test.want {
			t.Errorf("%s %q: %d, %q", test.enc, test.data, n, warned)
		}
	}
}

// TestSilent: without hooks all goes the same way.
func TestSilent(t *testing.T) {
	r := attr.NewReader(attr.Null, []byte("x\x00y\x00\x00a\x00b"), "test")
	var v string
	if n := r.Scan(attr.Strict, attr.Str("a", &v)); n != 0 || string(r.Rest()) != "y\x00\x00a\x00b" {
		t.Errorf("%d, rest %q", n, r.Rest())
	}
	if n := r.More(); n != 1 {
		t.Error(n)
	}
	if n := r.Scan(0, attr.Str("a", &v)); n != -1 || v != "" {
		t.Error(n, v)
	}
	if n := r.More(); n != -1 {
		t.Error(n)
	}
}

// TestUnreached: variables keep their values when the count is short or an error
// comes first.
func TestUnreached(t *testing.T) {
	n, m, b := 1, 2, []byte("old")
	r := attr.NewReader(attr.Plain, []byte("n=5\nm=6x\n\n"), "test")
	if got := r.Scan(0, attr.Int("n", &n), attr.Int("m", &m), attr.Bytes("b", &b)); got != -1 {
		t.Error(got)
	}
	if n != 5 || m != 2 || string(b) != "old" {
		t.Error(n, m, b)
	}
}

// TestViews: what Bytes and Data give cannot grow into the rest of the list, the
// input is never changed, and views stay as they are while the list is read.
func TestViews(t *testing.T) {
	for _, enc := range encodings {
		w := attr.NewWriter(enc, nil)
		w.Str("s", "text\x02")
		for i := range 5 {
			w.Data("d", make([]byte, 100*i))
		}
		w.Str("last", "one")
		w.End()
		input := string(w.Bytes())
		r := attr.NewReader(enc, w.Bytes(), "test")
		var s, last []byte
		var d [5][]byte
		n := r.Scan(attr.Strict|attr.Printable, attr.Bytes("s", &s), attr.Data("d", &d[0]),
			attr.Data("d", &d[1]), attr.Data("d", &d[2]), attr.Data("d", &d[3]), attr.Data("d", &d[4]),
			attr.Bytes("last", &last))
		if n != 7 || string(s) != "text?" || string(last) != "one" {
			t.Fatal(enc, n, s, last)
		}
		for i := range d {
			if len(d[i]) != 100*i {
				t.Errorf("%s: %d bytes of data", enc, len(d[i]))
			}
			d[i] = append(d[i], "overwritten"...)
		}
		_, _ = append(s, "overwritten"...), append(last, "overwritten"...)
		if string(s) != "text?" || string(last) != "one" || string(w.Bytes()) != input {
			t.Errorf("%s: a view reaches into another", enc)
		}
	}
}

// TestBadFlags: as in stock, a panic.
func TestBadFlags(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	r := attr.NewReader(attr.Null, []byte("\x00"), "test")
	r.Scan(1 << 7)
}
