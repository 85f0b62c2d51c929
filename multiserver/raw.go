package multiserver

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// The raw form: the handler reads and writes by itself, on the goroutine of the
// client. Nothing is read ahead, so that descriptors that come with the data
// are never lost.

// maxRawReply is how much of a reply is gathered before it is sent.
const maxRawReply = 4096

// rawForm is what a Conn of the raw form has besides.
type rawForm struct {
	reply     []byte
	unslotted bool // NetConn was asked for: the handler holds no slot any more
}

// ErrNotRaw is returned by methods of the raw form for a framed connection, and
// by those that pass descriptors in one-shot mode.
var ErrNotRaw = errors.New("the service is not of the raw form")

// Read reads what the client has sent, at least one byte. It blocks for at most
// ipc_timeout, then the error is os.ErrDeadlineExceeded; io.EOF means that the
// client has closed. Only for the raw form, else ErrNotRaw.
func (c *Conn) Read(p []byte) (n int, err error) {
	if c.raw == nil {
		return 0, ErrNotRaw
	}
	if len(p) == 0 {
		return 0, nil
	}
	if c.once != nil {
		return c.once.read(p)
	}
	err = c.block(c.rc.raw.Read, c.file.SetReadDeadline, func(fd uintptr) bool {
		var errno unix.Errno
		n, errno = recvNow(int(fd), p)
		err = nil
		if errno != 0 {
			err = errno
		}
		return errno != unix.EAGAIN && errno != unix.EINTR
	}, &err)
	if err == nil && n == 0 {
		return 0, io.EOF
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// RecvFD receives one descriptor, which comes with one byte of data. The
// descriptor is close-on-exec and the caller's. It blocks like Read. Only for
// the raw form on unix-domain sockets.
func (c *Conn) RecvFD() (fd int, err error) {
	if c.raw == nil || c.once != nil {
		return -1, ErrNotRaw
	}
	err = c.block(c.rc.raw.Read, c.file.SetReadDeadline, func(s uintptr) bool {
		fd, err = masterproto.ReceiveFDNow(int(s))
		return err != unix.EAGAIN && err != unix.EINTR
	}, &err)
	if err != nil {
		return -1, err
	}
	return fd, nil
}

// SendFD sends what was written and then the descriptor fd with one null byte.
// fd stays open and the caller's. It blocks like Flush. Only for the raw form on
// unix-domain sockets.
func (c *Conn) SendFD(fd int) (err error) {
	if c.raw == nil || c.once != nil {
		return ErrNotRaw
	}
	if err := c.rawFlush(); err != nil {
		return err
	}
	rights := unix.UnixRights(fd)
	err = c.block(c.rc.raw.Write, c.file.SetWriteDeadline, func(s uintptr) bool {
		err = unix.Sendmsg(int(s), []byte{0}, rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		return err != unix.EAGAIN && err != unix.EINTR
	}, &err)
	return err
}

// Buffered is how many bytes wait to be read, without waiting.
func (c *Conn) Buffered() int { return queued(int(c.fd)) }

// block runs one call that may have to wait, under ipc_timeout. *callErr is
// what the call itself has said. A goroutine that waits for its client gives
// its slot to others.
func (c *Conn) block(wait func(func(uintptr) bool) error, setDeadline func(time.Time) error,
	call func(uintptr) bool, callErr *error) error {
	if c.file == nil {
		return net.ErrClosed
	}
	if e, ok := c.s.engine.(*goroutines); ok && !c.raw.unslotted {
		<-e.slots
		defer func() { e.slots <- struct{}{} }()
	}
	until := time.Now().Add(c.ipcTimeout())
	for {
		if err := setDeadline(until); err != nil {
			return err
		}
		err := wait(call)
		if errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(until) {
			continue // that was leave, and meant for a client without a request
		}
		if err != nil {
			return err
		}
		return *callErr
	}
}

// rawWrite gathers a reply, and sends it when it has grown.
func (c *Conn) rawWrite(p []byte) (int, error) {
	c.raw.reply = append(c.raw.reply, p...)
	if len(c.raw.reply) >= maxRawReply {
		if err := c.rawFlush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// rawFlush sends what was gathered. Each wait for room is bounded by
// ipc_timeout.
func (c *Conn) rawFlush() (err error) {
	if c.once != nil {
		reply := c.raw.reply
		c.raw.reply = nil
		return c.once.write(reply)
	}
	for len(c.raw.reply) > 0 {
		err = c.block(c.rc.raw.Write, c.file.SetWriteDeadline, func(fd uintptr) bool {
			var n int
			n, err = sendAll(int(fd), c.raw.reply)
			c.raw.reply = c.raw.reply[n:]
			return n > 0 || err != nil
		}, &err)
		if err != nil {
			c.raw.reply = nil
			c.hangUp()
			return err
		}
	}
	c.raw.reply = nil
	return nil
}

// runRaw is the life of a connection of the raw form.
func (e *goroutines) runRaw(c *Conn) {
	e.slots <- struct{}{}
	defer func() { <-e.slots }()
	defer c.disconnect()
	greeted := c.file != nil && c.rawGreet()
	e.reslot(c)
	if !greeted {
		return
	}
	for !c.is(connClosing) {
		if c.is(connUnix) || !c.is(connLeaving) {
			<-e.slots
			e.await(c, false)
			e.slots <- struct{}{}
		}
		switch {
		case c.is(connClosing):
		case c.is(connBlind):
		case queued(int(c.fd)) > 0:
			e.rawServe(c)
		case e.leaving.Load() && !c.is(connLeaving):
			c.hurry()
		case c.is(connLeaving) && !c.is(connUnix):
			e.rawLinger(c)
			return
		default:
			return // the client has gone, or so have we
		}
	}
}

// rawLinger is startLinger and linger of the raw form.
func (e *goroutines) rawLinger(c *Conn) {
	r := newRunner()
	for end := c.startLinger(); end != finished; end = c.linger(r) {
		<-e.slots
		err := c.rc.waitRequest(0, func() bool { return false })
		e.slots <- struct{}{}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
}

// reslot takes the slot back that NetConn has given up.
func (e *goroutines) reslot(c *Conn) {
	if c.raw.unslotted {
		e.slots <- struct{}{}
		c.raw.unslotted = false
	}
}

// rawServe calls the handler for one request.
func (e *goroutines) rawServe(c *Conn) {
	e.s.report.used()
	c.since.Store(int64(e.s.uptime()))
	c.must(parked, detached)
	err := c.guard(func() error { return e.s.srv.Serve(c) })
	e.s.report.worked()
	if flushErr := c.rawFlush(); err == nil {
		err = flushErr
	}
	e.reslot(c)
	c.must(detached, returning)
	c.must(returning, parked)
	if err != nil {
		if !errors.Is(err, io.EOF) && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
			c.ended(err)
		}
		c.flags |= connClosing
	}
}

// rawGreet runs PostAccept.
func (c *Conn) rawGreet() bool {
	c.flags |= connGreeted
	attrs := c.attrs
	c.attrs = nil
	hook := c.s.srv.PostAccept
	if hook == nil {
		return true
	}
	err := c.guard(func() error { return hook(c, attrs) })
	if flushErr := c.rawFlush(); err == nil {
		err = flushErr
	}
	if err != nil {
		c.ended(err)
	}
	return err == nil
}
