// Command faulty is a service that does what a service had better not do, for
// tests of the skeleton under faults.
//
// A request is one line and an empty line, or the empty line alone. The reply is
// the request, but for large:
//
//	block=50ms  the handler first blocks its thread in a system call, as one
//	            that reads a disk or asks a C library does
//	large=1000  the reply is that many bytes, and an empty line
//
// Anything else ends the connection, with a warning.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ostler/multiserver"
)

func main() { multiserver.Main(newServer()) }

// newServer returns the service.
func newServer() *multiserver.Server {
	return &multiserver.Server{
		Frame: multiserver.BlankLine,
		Handle: func(c *multiserver.Conn, req []byte) error {
			reply, err := perform(req, block)
			if err != nil {
				return err
			}
			_, err = c.Write(reply)
			return err
		},
	}
}

var errRequest = errors.New("malformed request")

// maxLarge bounds a large reply: more is a mistake in a test.
const maxLarge = 64 << 20

// perform does what a request asks for and returns the reply.
func perform(req []byte, block func(time.Duration)) ([]byte, error) {
	if string(req) == "\n" {
		return req, nil
	}
	line, ok := bytes.CutSuffix(req, []byte("\n\n"))
	if !ok {
		return nil, fmt.Errorf("%w: %q", errRequest, req)
	}
	name, value, _ := bytes.Cut(line, []byte("="))
	switch string(name) {
	case "block":
		d, err := time.ParseDuration(string(value))
		if err != nil || d < 0 {
			return nil, fmt.Errorf("%w: %q", errRequest, req)
		}
		block(d)
		return req, nil
	case "large":
		n, err := strconv.Atoi(string(value))
		if err != nil || n < 0 || n > maxLarge {
			return nil, fmt.Errorf("%w: %q", errRequest, req)
		}
		return append(bytes.Repeat([]byte("x"), n), "\n\n"...), nil
	}
	return nil, fmt.Errorf("%w: %q", errRequest, req)
}

// block keeps the thread in the kernel, where time.Sleep would give it back.
func block(d time.Duration) {
	rest := unix.NsecToTimespec(int64(d))
	for unix.Nanosleep(&rest, &rest) == unix.EINTR {
	}
}
