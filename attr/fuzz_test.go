package attr_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"ostler/attr"
)

// FuzzFrame: any pieces give the answer that all of the data gives at once, and
// a reader that wants nothing takes the same list.
func FuzzFrame(f *testing.F) {
	f.Add(byte(0), []byte("a=b\n{\x00\nc=d\n}\x00\n\nrest"), byte(1))
	f.Add(byte(1), []byte("a\x00b\x00{\x00c\x00\x00}\x00\x00rest"), byte(2))
	f.Add(byte(2), []byte("YQ==:Yg==\n\n"), byte(3))
	f.Fuzz(func(t *testing.T, e byte, data []byte, step byte) {
		enc := encodings[e%3]
		checkChunks(t, enc.Frame, data, int(step)%8+1)
		checkChunks(t, enc.FrameFlat, data, int(step)%8+1)
		n, _, _ := enc.FrameFlat(data, 0)
		r := attr.NewReader(enc, data, "test")
		got := r.Scan(0)
		read := len(data) - len(r.Rest())
		switch {
		case enc == attr.Base64 && got < 0: // malformed base64 ends it early
			if n > 0 && read > n {
				t.Errorf("%q: read %d of a list of %d", data, read, n)
			}
		case n > 0 && (got != 0 || read != n):
			t.Errorf("%q: Scan %d, read %d of a list of %d", data, got, read, n)
		case n == 0 && len(data) > 0 && got != -1:
			t.Errorf("%q: Scan %d without a whole list", data, got)
		}
	})
}

// everything has a variable for each type of attribute.
type everything struct {
	n    int
	l    int64
	s, d []byte
	b    bool
	m    map[string]string
}

// FuzzReader: no input makes a Reader crash, go back, or change its data; strict
// reading accepts nothing that lenient reading refuses.
func FuzzReader(f *testing.F) {
	f.Add(byte(0), byte(3), []byte("n=1\ns=x\nd=QQ==\n{\x00\na=b\n}\x00\n\n"))
	f.Add(byte(1), byte(0), []byte("n\x001\x00x\x00y\x00s\x00x\x00d\x00QQ==\x00{\x00a\x00b\x00}\x00\x00"))
	f.Add(byte(2), byte(8), []byte("bg==:MQ==\ncw==:eA==\nZA==:QQ==\newaa==\n\n"))
	f.Fuzz(func(t *testing.T, e, flags byte, data []byte) {
		enc := encodings[e%3]
		input := string(data)
		lenient := attr.Flags(flags) & (attr.More | attr.Printable | attr.Continued)
		loose := readAll(t, enc, lenient, data)
		strict := readAll(t, enc, lenient|attr.Strict, data)
		if strict > loose && loose >= 0 {
			t.Errorf("%q: strict %d, lenient %d", data, strict, loose)
		}
		if string(data) != input {
			t.Error("input was changed")
		}
	})
}

// readAll reads lists until nothing moves any more and returns the first result.
func readAll(t *testing.T, enc attr.Encoding, flags attr.Flags, data []byte) (first int) {
	var v everything
	r := attr.NewReader(enc, data, "test")
	r.Verbose = func(string, ...any) {}
	for left := len(data) + 1; len(r.Rest()) < left; r.More() {
		n := r.Scan(flags, attr.Int("n", &v.n), attr.Bytes("s", &v.s), attr.Data("d", &v.d),
			attr.Hash(&v.m), attr.Long("l", &v.l), attr.Bool("b", &v.b), attr.StrEq("e", "x"))
		if n < -1 || len(v.m) > attr.MaxMembers || len(r.Rest()) > left {
			t.Fatalf("Scan %d, %d members, %d bytes left of %d", n, len(v.m), len(r.Rest()), left)
		}
		if left > len(data) {
			first = n
		}
		left = len(r.Rest())
	}
	return first
}

// FuzzRoundTrip: what a Writer takes, a Reader gives back, in one frame.
func FuzzRoundTrip(f *testing.F) {
	f.Add(byte(0), "name", "value", []byte{0, 1, 2}, -1, int64(1)<<40)
	f.Add(byte(1), "{", "a\nb=c", []byte{}, 0, int64(-1))
	f.Add(byte(2), "a=b", "", []byte("x"), 1<<31, int64(0))
	f.Fuzz(func(t *testing.T, e byte, name, value string, data []byte, n int, l int64) {
		enc := encodings[e%3]
		w := attr.NewWriter(enc, nil)
		w.Int(name, n)
		w.Str(name, value)
		w.Data(name, data)
		w.Hash(map[string]string{name: value, "x" + name: name})
		w.Long(name, l)
		w.Bool(name, n > 0)
		w.End()
		if good := sendable(enc, name, value); good != (w.Err() == nil) || good != (len(w.Bytes()) > 0) {
			t.Fatalf("%q: error %v", w.Bytes(), w.Err())
		}
		if w.Err() != nil {
			return
		}
		if got, _, _ := enc.Frame(w.Bytes(), 0); got != len(w.Bytes()) {
			t.Fatalf("%q: frame of %d", w.Bytes(), got)
		}
		var v everything
		r := attr.NewReader(enc, w.Bytes(), "test")
		r.Warn = t.Errorf
		got := r.Scan(attr.Strict, attr.Int(name, &v.n), attr.Bytes(name, &v.s), attr.Data(name, &v.d),
			attr.Hash(&v.m), attr.Long(name, &v.l), attr.Bool(name, &v.b))
		if got != 7 || len(r.Rest()) != 0 || v.n != int(int32(n)) || v.l != l || string(v.s) != value ||
			!bytes.Equal(v.d, data) || v.b != (n > 0) || v.m[name] != value || v.m["x"+name] != name {
			t.Errorf("%q: %d %+v", w.Bytes(), got, v)
		}
	})
}

// sendable says in other words than the Writer's what it should take.
func sendable(enc attr.Encoding, name, value string) bool {
	if name == "" || name == "{" || name == "}" || strings.Contains(name+value, "\x00") {
		return false
	}
	return enc != attr.Plain || !strings.ContainsAny(name, "=\n") && !strings.Contains(value, "\n")
}

// FuzzBase64: written as the standard library writes it; what that reads, we read.
func FuzzBase64(f *testing.F) {
	f.Add([]byte("text"), "QUJD")
	f.Add([]byte{}, "QQ==QQ==")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		w := attr.NewWriter(attr.Null, nil)
		w.Data("d", data)
		if want := "d\x00" + base64.StdEncoding.EncodeToString(data) + "\x00"; string(w.Bytes()) != want {
			t.Errorf("wrote %q", w.Bytes())
		}
		want, err := base64.StdEncoding.DecodeString(text)
		if err != nil || strings.ContainsAny(text, "\r\n\x00") {
			return
		}
		var got []byte
		r := attr.NewReader(attr.Null, []byte("d\x00"+text+"\x00\x00"), "test")
		if n := r.Scan(attr.Strict, attr.Data("d", &got)); n != 1 || !bytes.Equal(got, want) {
			t.Errorf("%q: %d %q", text, n, got)
		}
	})
}
