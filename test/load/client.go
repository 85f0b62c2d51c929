package load

import (
	"bytes"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxReply bounds a reply, in bytes.
const maxReply = 4096

// client is one connection.
type client struct {
	// Static after construction.
	fd    int
	cycle []Exchange
	whole func([]byte) bool

	// Owned by the thread that serves it, not thread-safe.
	pos     int    // in cycle: of the request that is sent next, or waits for its reply
	reply   []byte // what has come so far
	waiting bool   // for a reply
}

// dialClients connects all clients of a plan and has them say what they say once.
// On error none is left.
func dialClients(p Plan) ([]client, error) {
	clients := make([]client, 0, p.Clients)
	// All connect before the first waits for a greeting: a server with many
	// clients should have work to do.
	for range p.Clients {
		fd, err := dial(p.Network, p.Address, p.Timeout)
		if err != nil {
			closeClients(clients)
			return nil, err
		}
		clients = append(clients, client{fd: fd, whole: p.Whole, reply: make([]byte, 0, maxReply)})
	}
	for i := range clients {
		if err := clients[i].prepare(p.Greeting, p.Script(i)); err != nil {
			closeClients(clients)
			return nil, fmt.Errorf("client %d of %d: %w", i, p.Clients, err)
		}
	}
	return clients, nil
}

func closeClients(clients []client) {
	for i := range clients {
		unix.Close(clients[i].fd)
	}
}

// prepare reads the greeting and runs the first part of the script. It blocks.
func (c *client) prepare(greeting []byte, s Script) error {
	if len(s.Cycle) == 0 {
		return fmt.Errorf("script without a cycle")
	}
	c.cycle = s.Cycle
	for len(c.reply) < len(greeting) {
		n, err := receive(c.fd, c.reply[len(c.reply):len(greeting)])
		if err != nil {
			return fmt.Errorf("cannot read the greeting: %w", err)
		}
		c.reply = c.reply[:len(c.reply)+n]
	}
	if !bytes.Equal(c.reply, greeting) {
		return fmt.Errorf("greeting %q, want %q", c.reply, greeting)
	}
	for i := range s.Once {
		if err := c.exchange(&s.Once[i]); err != nil {
			return err
		}
	}
	return nil
}

// exchange sends a request and waits for the reply.
func (c *client) exchange(e *Exchange) error {
	if err := transmit(c.fd, e.Request); err != nil {
		return fmt.Errorf("cannot send a request: %w", err)
	}
	c.reply = c.reply[:0]
	for !c.whole(c.reply) {
		if len(c.reply) == maxReply {
			return errLong
		}
		n, err := receive(c.fd, c.reply[len(c.reply):maxReply])
		if err != nil {
			return fmt.Errorf("cannot read the reply to %q: %w", e.Request, err)
		}
		c.reply = c.reply[:len(c.reply)+n]
	}
	if !e.fits(c.reply) {
		return replyError(e.Request, c.reply, e.Reply)
	}
	return nil
}

// send sends the next request of the cycle. It does not block.
func (c *client) send() error {
	c.reply = c.reply[:0]
	c.waiting = true
	if err := transmit(c.fd, c.cycle[c.pos].Request); err != nil {
		return fmt.Errorf("cannot send a request: %w", err)
	}
	return nil
}

// poll reads what is there of the reply, and tells when it is complete. It does
// not block.
func (c *client) poll() (done bool, err error) {
	room := c.reply[len(c.reply):maxReply]
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(room))), uintptr(len(room)), unix.MSG_DONTWAIT, 0, 0)
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
		return false, nil
	case errno != 0:
		return false, fmt.Errorf("cannot read the reply: %w", errno)
	case n == 0 && len(room) == 0:
		return false, errLong
	case n == 0:
		return false, errClosed
	}
	c.reply = c.reply[:len(c.reply)+int(n)]
	e := &c.cycle[c.pos]
	if !c.waiting {
		return false, fmt.Errorf("server says %q unasked", c.reply)
	}
	if !c.whole(c.reply) {
		return false, nil
	}
	if !e.fits(c.reply) {
		return false, replyError(e.Request, c.reply, e.Reply)
	}
	c.waiting = false
	if c.pos++; c.pos == len(c.cycle) {
		c.pos = 0
	}
	return true, nil
}

// transmit sends data by one call that does not block.
func transmit(fd int, data []byte) error {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	switch {
	case errno == unix.EAGAIN || errno == 0 && int(n) < len(data):
		return errShort
	case errno != 0:
		return errno
	}
	return nil
}

// watch makes an epoll set of clients. An event carries the client's index.
func watch(clients []client) (ep int, err error) {
	ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("cannot wait for replies: %w", err)
	}
	for i := range clients {
		// Level-triggered: a reply that comes in two pieces is noticed twice.
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(i)}
		if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, clients[i].fd, &event); err != nil {
			unix.Close(ep)
			return -1, fmt.Errorf("cannot wait for replies: %w", err)
		}
	}
	return ep, nil
}
