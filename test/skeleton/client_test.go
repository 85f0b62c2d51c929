package skeleton_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A client behaves as stock's attr_clnt does: it keeps its connection; what can
// be read before it has asked is taken for the end, and it connects again; so it
// does when its request cannot be sent. It does not rest for a second, as stock's does then,
// which makes it harder to serve.
//
// postfix: src/util/attr_clnt.c
type client struct {
	// Static after construction.
	at       endpoint
	greeting string // what the server says first, "" for nothing
	tally    *tally

	// Owned by the goroutine that asks, not thread-safe.
	conn net.Conn
	in   *bufio.Reader
	pid  string // of the process that serves this connection, where that tells
}

// What must never happen to a client.
var (
	errUnanswered = errors.New("a request that was sent has no reply")
	errReset      = errors.New("connection reset")
)

// maxTries is how often in a row a request may fail in ways that are allowed.
const maxTries = 20

// request sends a request until there is a reply, and returns that.
func (c *client) request(req string) (reply string, err error) {
	for range maxTries {
		if c.conn == nil {
			if err := c.dial(); err != nil {
				return "", err
			}
			if c.conn == nil {
				continue
			}
		}
		reply, again, err := c.attempt(req)
		if !again {
			return reply, err
		}
		c.hangUp()
	}
	return "", fmt.Errorf("%d connections in a row ended before a request was sent", maxTries)
}

// attempt is one try. again tells that the connection has ended in a way that
// is allowed.
func (c *client) attempt(req string) (reply string, again bool, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return "", false, err
	}
	switch ended, err := c.peek(); {
	case err != nil:
		return "", false, fmt.Errorf("before a request: %w", err)
	case ended:
		c.tally.ended.Add(1)
		return "", true, nil
	}
	if _, err := c.conn.Write([]byte(req)); errors.Is(err, unix.EPIPE) {
		c.tally.unsent.Add(1)
		return "", true, nil
	} else if err != nil {
		return "", false, fmt.Errorf("sending a request: %w", plain(err))
	}
	reply, err = readList(c.in)
	switch {
	case err == nil:
		c.tally.replies.Add(1)
		return reply, false, nil
	case errors.Is(err, io.EOF) && reply == "" && c.at.network == "tcp":
		// The end of the connection has met the request on its way. Nothing can
		// prevent that over a network; who has read no byte of a reply knows that
		// the request may be sent again. load.stop looks how many there were.
		c.tally.crossed.Add(1)
		return "", true, nil
	case errors.Is(err, io.EOF) && reply == "":
		return "", false, errUnanswered
	}
	return "", false, fmt.Errorf("after %q of a reply: %w", reply, plain(err))
}

// dial connects and reads the greeting. conn is nil when the server has closed
// the connection before it greeted.
func (c *client) dial() error {
	open := func() (net.Conn, error) { return net.Dial(c.at.network, c.at.address) }
	if c.at.network == "pass" {
		open = func() (net.Conn, error) { return passPair(c.at.address) }
	}
	conn, err := open()
	if err != nil {
		return fmt.Errorf("connecting: %w", plain(err))
	}
	c.conn, c.in, c.pid = conn, bufio.NewReader(conn), ""
	c.tally.dials.Add(1)
	if c.greeting == "" {
		return nil
	}
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	got, err := readList(c.in)
	switch {
	case err == nil && got == c.greeting:
		return nil
	case errors.Is(err, io.EOF) && got == "":
		c.tally.ungreeted.Add(1)
		c.hangUp()
		return nil
	}
	return fmt.Errorf("greeting %q: %w", got, plain(err))
}

func (c *client) hangUp() {
	if c.conn != nil {
		c.conn.Close()
	}
	c.conn = nil
}

// peek looks, without waiting, whether the server has closed the connection.
func (c *client) peek() (ended bool, err error) {
	var b [1]byte
	n, peekErr := 0, error(nil)
	c.control(func(fd int) { n, _, peekErr = unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT) })
	switch {
	case errors.Is(peekErr, unix.EAGAIN):
		return false, nil
	case peekErr != nil:
		return false, plain(peekErr)
	case n > 0:
		return false, fmt.Errorf("%q came unasked", b)
	}
	return true, nil
}

func (c *client) control(f func(fd int)) {
	raw, err := c.conn.(syscall.Conn).SyscallConn()
	if err == nil {
		// It fails only for a connection that we have closed.
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// plain gives the error that no client may see its name.
func plain(err error) error {
	if errors.Is(err, unix.ECONNRESET) {
		return fmt.Errorf("%w: %w", errReset, err)
	}
	return err
}
