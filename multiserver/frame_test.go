package multiserver_test

import (
	"testing"

	"ostler/multiserver"
)

var frames = map[string]multiserver.FrameFunc{
	"lines": multiserver.Lines, "blank line": multiserver.BlankLine, "netstrings": multiserver.Netstrings,
}

func TestFrames(t *testing.T) {
	for _, test := range []struct {
		frame, data string
		n           int
		bad         bool
	}{
		{"lines", "", 0, false}, {"lines", "a", 0, false}, {"lines", "a\nb\n", 2, false}, {"lines", "\n", 1, false},
		{"blank line", "a=b\n", 0, false}, {"blank line", "a=b\n\nc", 5, false}, {"blank line", "\na", 1, false},
		{"netstrings", "", 0, false}, {"netstrings", "3", 0, false}, {"netstrings", "3:ab", 0, false},
		{"netstrings", "3:abc", 0, false}, {"netstrings", "3:abc,4", 6, false}, {"netstrings", "0:,", 3, false},
		{"netstrings", "3:abcd", 0, true}, {"netstrings", "03:abc,", 0, true}, {"netstrings", ":,", 0, true},
		{"netstrings", "-1:,", 0, true}, {"netstrings", "9999999999:", 0, true}, {"netstrings", "x", 0, true},
	} {
		n, _, err := frames[test.frame]([]byte(test.data), 0)
		if n != test.n || (err != nil) != test.bad {
			t.Errorf("%s %q: %d and %v", test.frame, test.data, n, err)
		}
	}
}

// FuzzFrames: a request is the same in one piece and byte by byte, and never
// longer than the data.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("3:abc,a=b\n\n"))
	f.Add([]byte("\n\n0:,"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, frame := range frames {
			n, _, err := frame(data, 0)
			if n < 0 || n > len(data) {
				t.Fatalf("%s: %d of %d bytes", name, n, len(data))
			}
			state := 0
			for end := 1; end <= len(data); end++ {
				k, next, pieceErr := frame(data[:end], state)
				if pieceErr != nil || k > 0 {
					if k != n || (pieceErr != nil) != (err != nil) {
						t.Fatalf("%s: %d and %v, in pieces %d and %v", name, n, err, k, pieceErr)
					}
					break
				}
				if state = next; end == len(data) && (n != 0 || err != nil) {
					t.Fatalf("%s: %d and %v, in pieces nothing", name, n, err)
				}
			}
		}
	})
}
