package attr_test

import (
	"testing"

	"ostler/attr"
)

// noAllocs fails if f allocates, once what can be reused has been made.
func noAllocs(t *testing.T, f func()) {
	t.Helper()
	f()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestServeAllocs: a request and its reply without an allocation, with a Reader
// and a Writer that live on the stack for one request.
func TestServeAllocs(t *testing.T) {
	for _, enc := range []attr.Encoding{attr.Plain, attr.Null} {
		req, buf := anvilRequest(enc), make([]byte, 0, 256)
		noAllocs(t, func() {
			buf = serve(enc, req, buf)
			if !read(enc, buf) {
				t.Fatal("wrong reply")
			}
		})
	}
}

// TestScanAllocs: every type but tables, in every encoding, with a Reader that is
// kept, as for each connection.
func TestScanAllocs(t *testing.T) {
	for _, enc := range encodings {
		w := attr.NewWriter(enc, nil)
		w.Str("protocol", "test")
		w.Int("int", -1)
		w.Long("long", 1<<40)
		w.Str("skipped", "nobody asks for it")
		w.Str("str", "same text each time")
		w.Str("bytes", "view\x01")
		w.Data("data", []byte("binary\x00data"))
		w.Bool("bool", true)
		w.End()
		if w.Err() != nil {
			t.Fatal(w.Err())
		}
		r := attr.NewReader(enc, nil, "test")
		var kept string
		noAllocs(t, func() {
			var i int
			var l int64
			var b bool
			var view, data []byte
			r.Reset(w.Bytes())
			n := r.Scan(attr.Missing|attr.Printable, attr.StrEq("protocol", "test"), attr.Int("int", &i),
				attr.Long("long", &l), attr.Str("str", &kept), attr.Bytes("bytes", &view),
				attr.Data("data", &data), attr.Bool("bool", &b))
			if n != 6 || i != -1 || l != 1<<40 || string(view) != "view?" ||
				string(data) != "binary\x00data" || !b {
				t.Fatal(n, i, l, kept, view, data, b)
			}
		})
	}
}

// TestScanFreshAllocs: a Reader made for one request may allocate once, however
// many values there are to decode.
func TestScanFreshAllocs(t *testing.T) {
	for _, enc := range encodings {
		w := attr.NewWriter(enc, nil)
		for range 20 {
			w.Data("data", []byte("some binary data"))
		}
		w.End()
		n := testing.AllocsPerRun(100, func() {
			r := attr.NewReader(enc, w.Bytes(), "test")
			for range 20 {
				var data []byte
				if r.Scan(attr.More, attr.Data("data", &data)) != 1 {
					t.Fatal("broken")
				}
			}
		})
		if n > 1 {
			t.Errorf("%s: %v allocations", enc, n)
		}
	}
}

// TestFrameAllocs: nor does Frame allocate.
func TestFrameAllocs(t *testing.T) {
	for _, enc := range encodings {
		req := anvilRequest(enc)
		noAllocs(t, func() {
			state := 0
			for i := range req {
				_, state, _ = enc.Frame(req[:i], state)
			}
			if n, _, _ := enc.Frame(req, state); n != len(req) {
				t.Fatal(n)
			}
		})
	}
}
