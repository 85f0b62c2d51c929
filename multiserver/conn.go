package multiserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// ErrDisconnect, returned by a handler or by PostAccept, ends the connection
// without a line in the log.
var ErrDisconnect = errors.New("disconnect")

// ErrReplyTooLarge is returned by Write when the client has left more than
// MaxReply bytes unread. The connection ends when the handler returns.
var ErrReplyTooLarge = errors.New("client has left too much of the reply unread")

// A Conn is one client. Handlers, PostAccept and PreDisconnect get it; no two
// of them have the same Conn at the same time, and its methods are for them
// alone, except Context, Server and the addresses, which anyone may call. None
// may be called after PreDisconnect has returned.
type Conn struct {
	// Data is the service's own, for what it remembers of this client.
	Data any

	// Static after construction.
	s    *process
	file *os.File     // goroutine form: fd as the runtime's poller has it
	raw  *rawForm     // raw form only
	once *oneShot     // -S only
	rc   *readyWaiter // goroutine form only
	loop *loop        // loop form: the loop that it belongs to
	fd   int32

	// ownership says who may touch the fields below and the descriptor.
	ownership

	// Owned by the owner of the connection, not thread-safe.
	run   *runner           // the goroutine in whose turn the connection is
	in    []byte            // what has come of an unfinished request
	out   []byte            // what has not gone of a reply
	space int               // size of the array behind out, what has gone included
	attrs map[string]string // of a passed connection, until PostAccept has had them
	frame int               // resume point for Frame in in
	flags connFlags
	slow  uint8 // how many more turns are to run beside the loop
	held  bool  // the budget knows of this connection
	moved bool  // some of out has gone since the loop last looked

	// Owned by the loop, not thread-safe.
	seat

	lost    atomic.Bool  // the client has hung up, or was cut
	since   atomic.Int64 // when the turn began, if it is one that may take long
	lingers atomic.Int64 // since when the connection waits for the client's end
	cancel  atomic.Pointer[cancelled]
}

// cancelled is a context of a Conn, made when somebody asks for it.
type cancelled struct {
	context.Context
	cancel context.CancelFunc
}

type connFlags uint16

const (
	connGreeted connFlags = 1 << iota // PostAccept has run
	connEOF                           // the client has sent end of file
	connClosing                       // Close was called, or a handler failed
	connLeaving                       // the process leaves: answer what is here, then close
	connToEnd                         // the next turn must read until nothing is there
	connBlind                         // nothing is read yet, for want of a flow-control token
	connVoid                          // the reply has become too large: nothing of it is sent
	connLinger                        // the reply half is closed, wait for the client's end
	connPassed                        // was passed by another service
	connUnix                          // a unix-domain socket
)

func (c *Conn) is(f connFlags) bool { return c.flags&f != 0 }

// Server returns the service.
func (c *Conn) Server() *Server { return c.s.srv }

// EOF is true in the last call of Handle for a client that has half-closed in
// the middle of a request: req is the unfinished rest.
func (c *Conn) EOF() bool { return c.flags&connEOF != 0 }

// FD is the number of the connection's descriptor, for log lines. It stays the
// skeleton's.
func (c *Conn) FD() int { return int(c.fd) }

// Write adds p to the reply. In the framed form it never blocks. Its errors are
// ErrReplyTooLarge and net.ErrClosed, and in the raw form what Flush returns.
func (c *Conn) Write(p []byte) (int, error) {
	if c.raw != nil {
		return c.rawWrite(p)
	}
	if err := c.takes(len(p)); err != nil {
		return 0, err
	}
	c.run.reply = append(c.run.reply, p...)
	return len(p), nil
}

// WriteString is Write for a string.
func (c *Conn) WriteString(p string) (int, error) {
	if c.raw != nil {
		return c.rawWrite([]byte(p))
	}
	if err := c.takes(len(p)); err != nil {
		return 0, err
	}
	c.run.reply = append(c.run.reply, p...)
	return len(p), nil
}

// takes says whether n more bytes may be added to the reply. One that becomes
// too large is void: half of it must not look like a whole one.
func (c *Conn) takes(n int) error {
	switch {
	case c.run == nil || c.lost.Load():
		return net.ErrClosed
	case len(c.out)+len(c.run.reply)+n > c.s.maxReply:
		c.flags |= connClosing | connVoid
		c.run.reply = c.run.reply[:0]
	}
	if c.is(connVoid) {
		return ErrReplyTooLarge
	}
	return nil
}

// ReplyBuffer returns an empty buffer into which a reply may be appended and
// which is then given to Write without being copied: it is the space in which
// the skeleton keeps the reply. It is valid until the next method call.
func (c *Conn) ReplyBuffer() []byte {
	if c.run == nil {
		return nil
	}
	return c.run.spare()
}

// Flush sends what has been written. In the framed form it does not wait: what
// the client's socket does not take now is sent later. In the raw form it
// blocks; each wait for room is bounded by ipc_timeout.
func (c *Conn) Flush() error {
	if c.raw != nil {
		return c.rawFlush()
	}
	if c.run == nil {
		return net.ErrClosed
	}
	if c.once != nil {
		return c.flushOnce()
	}
	return c.send()
}

// Close ends the connection when the handler returns, after the reply has been
// sent. It does not block; a second Close does nothing.
func (c *Conn) Close() error {
	c.flags |= connClosing
	return nil
}

// Context ends when the connection is over: cut, closed, or the process ends.
// That the client has hung up is noticed while a handler runs only by the event
// loops, and over the network only when the connection is reset. It may be asked
// for and used by any goroutine.
func (c *Conn) Context() context.Context {
	if have := c.cancel.Load(); have != nil {
		return have
	}
	ctx, cancel := context.WithCancel(c.s.ctx)
	mine := &cancelled{ctx, cancel}
	if !c.cancel.CompareAndSwap(nil, mine) {
		cancel()
		return c.cancel.Load()
	}
	if c.lost.Load() {
		cancel()
	}
	return mine
}

// hangUp says that there is nobody left to answer.
func (c *Conn) hangUp() {
	c.lost.Store(true)
	if have := c.cancel.Load(); have != nil {
		have.cancel()
	}
}

// LocalAddr asks the operating system for the address that the client has
// connected to. It never returns nil.
func (c *Conn) LocalAddr() net.Addr { return sockAddr(unix.Getsockname(int(c.fd))) }

// RemoteAddr asks the operating system for the client's address; that of a
// unix-domain client has an empty name. It never returns nil.
func (c *Conn) RemoteAddr() net.Addr { return sockAddr(unix.Getpeername(int(c.fd))) }

// guard calls into the service and turns a panic into an error: it costs this
// client only. postfix has no such thing: there the process ends.
func (c *Conn) guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v)
			err = ErrDisconnect
		}
	}()
	return f()
}

// handle is guard for the path of a request, without a closure.
func (c *Conn) handle(req []byte) (err error) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v)
			err = ErrDisconnect
		}
	}()
	return c.s.srv.Handle(c, req)
}

// cut is Frame, guarded as handle is.
func (c *Conn) cut(data []byte) (n, next int, err error) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v)
			n, err = 0, ErrDisconnect
		}
	}()
	n, next, err = c.s.srv.Frame(data, c.frame)
	if err == nil && n > len(data) {
		err = fmt.Errorf("frame wants %d bytes of %d", n, len(data))
	}
	return n, next, err
}

func (c *Conn) panicked(v any) {
	if c.run != nil {
		c.run.reply = c.run.reply[:0]
	}
	c.s.log.Warningf("service %s: panic while serving a client: %v", c.s.opts.name, v)
	stack := strings.TrimSpace(string(debug.Stack()))
	for i, line := range strings.Split(stack, "\n") {
		if i == 40 {
			break
		}
		c.s.log.Infof("panic: %s", strings.TrimSpace(line))
	}
}

// ended logs why a handler ended the connection.
func (c *Conn) ended(err error) {
	if err != nil && !errors.Is(err, ErrDisconnect) {
		c.s.log.Warningf("service %s: closing connection: %v", c.s.opts.name, err)
	}
}

// disconnect runs the last hook and closes the descriptor. The caller owns the
// connection, and it is over.
func (c *Conn) disconnect() {
	if c.s.verbose() {
		c.s.log.Infof("connection closed fd %d", c.fd)
	}
	if hook := c.s.srv.PreDisconnect; hook != nil && c.is(connGreeted) {
		c.guard(func() error { hook(c); return nil })
	}
	c.hangUp()
	c.drop()
	c.s.clients.remove(c)
	if c.is(connPassed) && c.loop != nil {
		// Closing does not take it out of the set as long as the sender has it open.
		unix.EpollCtl(c.loop.epfd, unix.EPOLL_CTL_DEL, int(c.fd), nil)
	}
	if c.file != nil {
		c.file.Close()
	} else {
		unix.Close(int(c.fd))
	}
	c.s.clientGone()
}

// drop gives back what the connection holds of the budget.
func (c *Conn) drop() {
	c.in, c.out = nil, nil
	if c.held {
		c.s.memory.hold(c, 0)
	}
}

// String is how warnings name the client, as stock does: "anvil socket".
func (c *Conn) String() string { return fmt.Sprintf("%s socket", c.s.opts.name) }

// due says that what the connection waits for is there: it is this process that
// was late, not the client.
func (c *Conn) due() bool {
	if len(c.out) > 0 {
		return ready(int(c.fd), unix.POLLOUT)
	}
	return ready(int(c.fd), unix.POLLIN)
}

// expired says, and logs, that the client has taken too long. The next turn is
// the last.
func (c *Conn) expired() {
	what := "reading a request"
	if len(c.out) > 0 {
		what = "writing a reply"
	}
	c.s.log.Warningf("timeout on %s while %s", c, what)
	c.flags |= connClosing
	c.out = nil
}

func (c *Conn) ipcTimeout() time.Duration { return c.s.params.IPCTimeout }
