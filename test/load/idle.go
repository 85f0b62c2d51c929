package load

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Idle are clients that are connected and say nothing.
type Idle struct {
	fds []int
}

// Connect connects n idle clients and has each read the server's greeting (nil
// for none). It blocks, for at most timeout for each step of each client. The
// caller sees to it that the process may open that many files.
func Connect(network, address string, n int, greeting []byte, timeout time.Duration) (*Idle, error) {
	idle := &Idle{fds: make([]int, 0, n)}
	for i := range n {
		fd, err := dial(network, address, timeout)
		if err != nil {
			idle.Close()
			return nil, fmt.Errorf("client %d of %d: %w", i, n, err)
		}
		idle.fds = append(idle.fds, fd)
	}
	buf := make([]byte, len(greeting))
	for i, fd := range idle.fds {
		for have := 0; have < len(greeting); {
			n, err := receive(fd, buf[have:])
			if err != nil {
				idle.Close()
				return nil, fmt.Errorf("client %d: cannot read the greeting: %w", i, err)
			}
			have += n
		}
		if !bytes.Equal(buf, greeting) {
			idle.Close()
			return nil, fmt.Errorf("client %d: greeting %q, want %q", i, buf, greeting)
		}
	}
	return idle, nil
}

// Lost returns how many of the clients the server has disconnected.
func (idle *Idle) Lost() int {
	lost := 0
	var buf [1]byte
	for _, fd := range idle.fds {
		n, _, err := unix.Recvfrom(fd, buf[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		if n == 0 && err == nil || err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			lost++
		}
	}
	return lost
}

// Close disconnects them.
func (idle *Idle) Close() {
	for _, fd := range idle.fds {
		unix.Close(fd)
	}
	idle.fds = nil
}
