package attr_test

import (
	"bytes"
	"testing"

	"ostler/attr"
)

// frames are lists with their size as Frame and as FrameFlat should tell it.
var frames = []struct {
	enc     attr.Encoding
	data    string
	n, flat int
}{
	{attr.Plain, "", 0, 0},
	{attr.Plain, "\n", 1, 1},
	{attr.Plain, "\nrest", 1, 1},
	{attr.Plain, "a=b", 0, 0},
	{attr.Plain, "a=b\n", 0, 0},
	{attr.Plain, "a=b\n\n", 5, 5},
	{attr.Plain, "a=b\n\nc=d\n\n", 5, 5},
	{attr.Plain, "a=\n\n", 4, 4},
	{attr.Plain, "{\x00\na=b\n}\x00\nc=d\n\n", 15, 15},
	{attr.Plain, "{\n\n}\n\n", 3, 3},
	{attr.Plain, "\x00\n=\n\n", 5, 5},
	{attr.Base64, "YQ==:Yg==\n\n", 11, 11},
	{attr.Base64, "ew==\nfQ==\n\n\n", 11, 11},
	{attr.Null, "", 0, 0},
	{attr.Null, "\x00", 1, 1},
	{attr.Null, "\x00rest", 1, 1},
	{attr.Null, "a\x00b\x00", 0, 0},
	{attr.Null, "a\x00b\x00\x00", 5, 5},
	{attr.Null, "a\x00\x00", 0, 0},
	{attr.Null, "a\x00\x00\x00", 4, 4},
	{attr.Null, "a\x00\x00b\x00\x00\x00c", 7, 7},
	{attr.Null, "{\x00}\x00\x00", 5, 5},
	{attr.Null, "{\x00a\x00b\x00}\x00\x00", 9, 9},
	{attr.Null, "{\x00a\x00\x00}\x00\x00", 8, 5},
	{attr.Null, "{\x00a\x00{\x00}\x00c\x00d\x00\x00", 13, 13},
	{attr.Null, "{\x00{\x00}\x00}\x00\x00", 9, 9},
	{attr.Null, "a\x00{\x00b\x00}\x00\x00", 9, 9},
	{attr.Null, "{\x00\x00", 3, 0},
	{attr.Null, "x{\x00\x00\x00", 5, 5},
	{attr.Null, "}\x00\x00\x00", 4, 4},
}

func TestFrame(t *testing.T) {
	for _, test := range frames {
		if n, _, err := test.enc.Frame([]byte(test.data), 0); n != test.n || err != nil {
			t.Errorf("%s %q: n %d, want %d, error %v", test.enc, test.data, n, test.n, err)
		}
		if n, _, err := test.enc.FrameFlat([]byte(test.data), 0); n != test.flat || err != nil {
			t.Errorf("%s %q, flat: n %d, want %d, error %v", test.enc, test.data, n, test.flat, err)
		}
		for step := 1; step < 5; step++ {
			checkChunks(t, test.enc.Frame, []byte(test.data), step)
			checkChunks(t, test.enc.FrameFlat, []byte(test.data), step)
		}
	}
}

// checkChunks gives data to frame in pieces of step bytes, and checks that the
// answer is that for all of it at once, and comes as soon as it can.
func checkChunks(t *testing.T, frame func([]byte, int) (int, int, error), data []byte, step int) {
	t.Helper()
	want, _, _ := frame(data, 0)
	state := 0
	for have := 0; ; have = min(have+step, len(data)) {
		n, next, err := frame(data[:have], state)
		if err != nil || next < 0 || next > 8*have {
			t.Fatalf("%q: state %d, error %v", data[:have], next, err)
		}
		if ready := want > 0 && have >= want; (n > 0) != ready || n > 0 && n != want {
			t.Fatalf("%q in steps of %d: n %d at %d bytes, want %d", data, step, n, have, want)
		}
		if n > 0 || have == len(data) {
			return
		}
		state = next
	}
}

// TestFrameShrunk: a state that does not belong to the data is no reason to crash.
func TestFrameShrunk(t *testing.T) {
	for _, enc := range encodings {
		_, state, _ := enc.Frame(bytes.Repeat([]byte("a"), 100), 0)
		if n, _, err := enc.Frame([]byte("\x00\n"), state); n != 0 || err != nil {
			t.Errorf("%s: %d, %v", enc, n, err)
		}
	}
}
