package multiserver

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// NetConn is the connection as a net.Conn, for a library that wants one in a
// handler of the raw form. Deadlines are the caller's; without one its calls
// may block for ever, as those of any net.Conn. Close ends the connection when
// the handler returns. It is nil for a framed connection and in one-shot mode.
// It is to be called by the handler, on its goroutine; from then on the handler
// does not count against MaxHandlers.
func (c *Conn) NetConn() net.Conn {
	if c.raw == nil || c.once != nil {
		return nil
	}
	if e, ok := c.s.engine.(*goroutines); ok && !c.raw.unslotted {
		c.raw.unslotted = true
		<-e.slots // a library's calls may wait for ever
	}
	return newNetConn(c, func() { c.Close() })
}

// netConn is a view of a Conn as package net has them: Read, Write and Close
// may be called at the same time.
type netConn struct {
	// Static after construction.
	c             *Conn
	local, remote net.Addr // asked for while the descriptor is certainly the client's
	closing       func()

	closed atomic.Bool
}

func newNetConn(c *Conn, closing func()) *netConn {
	return &netConn{c: c, local: c.LocalAddr(), remote: c.RemoteAddr(), closing: closing}
}

func (n *netConn) Read(p []byte) (got int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	var errno unix.Errno
	err = n.c.rc.raw.Read(func(fd uintptr) bool {
		got, errno = recvNow(int(fd), p)
		return errno != unix.EAGAIN && errno != unix.EINTR
	})
	switch {
	case err != nil:
		return 0, n.opError("read", err)
	case errno != 0:
		return 0, n.opError("read", os.NewSyscallError("recv", errno))
	case got == 0:
		return 0, io.EOF
	}
	return got, nil
}

func (n *netConn) Write(p []byte) (sent int, err error) {
	var sendErr error
	err = n.c.rc.raw.Write(func(fd uintptr) bool {
		var k int
		k, sendErr = sendAll(int(fd), p[sent:])
		sent += k
		return sent == len(p) || sendErr != nil
	})
	if err == nil && sendErr != nil {
		err = os.NewSyscallError("send", sendErr)
	}
	if err != nil {
		return sent, n.opError("write", err)
	}
	return sent, nil
}

// opError is what package net returns, so that callers' checks work.
func (n *netConn) opError(op string, err error) error {
	if n.closed.Load() {
		err = net.ErrClosed
	}
	return &net.OpError{Op: op, Net: n.local.Network(), Source: n.local, Addr: n.remote, Err: err}
}

func (n *netConn) Close() error {
	if n.closed.Swap(true) {
		return net.ErrClosed
	}
	n.closing()
	return nil
}

func (n *netConn) LocalAddr() net.Addr                { return n.local }
func (n *netConn) RemoteAddr() net.Addr               { return n.remote }
func (n *netConn) SetDeadline(t time.Time) error      { return n.c.file.SetDeadline(t) }
func (n *netConn) SetReadDeadline(t time.Time) error  { return n.c.file.SetReadDeadline(t) }
func (n *netConn) SetWriteDeadline(t time.Time) error { return n.c.file.SetWriteDeadline(t) }

// handOver is the engine of ServeListener: it gives every client to a library,
// which keeps it until it closes it.
type handOver struct {
	s       *process
	clients chan *Conn
	gone    chan struct{} // closed when the process leaves
	once    sync.Once
	left    sync.WaitGroup
}

func newHandOver(s *process) *handOver {
	return &handOver{s: s, clients: make(chan *Conn), gone: make(chan struct{})}
}

func (e *handOver) adopt(c *Conn) {
	c.raw = new(rawForm)
	e.left.Add(1)
	if err := c.usePoller(); err != nil {
		e.s.log.Warningf("cannot watch connection: %v", err)
		e.end(c)
		return
	}
	// Ends when the library has taken the client, or the process leaves.
	go func() {
		if c.is(connBlind) {
			select {
			case <-c.rc.seen:
			case <-e.gone:
			}
			c.flags &^= connBlind
		}
		if !c.rawGreet() {
			e.end(c)
			return
		}
		select {
		case e.clients <- c:
		case <-e.gone:
			e.end(c)
		}
	}()
}

func (e *handOver) end(c *Conn) {
	c.disconnect()
	e.left.Done()
}

func (e *handOver) see(c *Conn)   { c.rc.see() }
func (e *handOver) leave()        { e.once.Do(func() { close(e.gone) }) }
func (e *handOver) wait()         { e.left.Wait() }
func (e *handOver) stuck() string { return "" }

// Accept, Close and Addr make a handOver the net.Listener of ServeListener.
func (e *handOver) Accept() (net.Conn, error) {
	select {
	case c := <-e.clients:
		e.s.report.used()
		e.s.report.worked() // what the library makes of it nobody tells
		return newNetConn(c, func() { e.end(c) }), nil
	case <-e.gone:
		return nil, net.ErrClosed
	}
}

// Close ends the process as Retire does: a library that takes no more clients
// leaves those that come to another process.
func (e *handOver) Close() error {
	e.s.retire("listener closed")
	e.leave()
	return nil
}

func (e *handOver) Addr() net.Addr { return e.s.addr }
