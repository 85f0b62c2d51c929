package load

import (
	"testing"

	"golang.org/x/sys/unix"
)

// The path of a request allocates nothing: the collector would run in the middle
// of a measurement.
func TestNoAllocation(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	say := []byte("x\n\n")
	c := client{fd: pair[0], whole: BlankLine, reply: make([]byte, 0, maxReply), cycle: []Exchange{{say, say}}}
	buf := make([]byte, 16)
	n := testing.AllocsPerRun(100, func() {
		if err := c.send(); err != nil {
			t.Fatal(err)
		}
		n, err := unix.Read(pair[1], buf)
		if err != nil {
			t.Fatal(err)
		}
		if err := transmit(pair[1], buf[:n]); err != nil {
			t.Fatal(err)
		}
		if done, err := c.poll(); err != nil || !done {
			t.Fatalf("poll returns %v, %v", done, err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations for each request, want 0", n)
	}
}
