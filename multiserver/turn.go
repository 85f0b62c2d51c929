package multiserver

import (
	"golang.org/x/sys/unix"
)

// A turn is what a connection does between two waits: it reads what has come,
// handles whole requests, and sends replies, without ever waiting for the
// client. It runs on a goroutine that owns the connection and touches nothing
// else, so that a loop can be taken over in the middle of it.

// An outcome is how a turn ends.
type outcome uint8

const (
	// awaitRequest: everything that has come is answered. Wait for more.
	awaitRequest outcome = iota

	// awaitRoom: the client's socket takes no more of the reply. Wait for room;
	// until then no request of this client is read.
	awaitRoom

	// goOn: there is more to do, but other clients are waiting.
	goOn

	// finished: the connection has been closed.
	finished
)

// requestsPerTurn is how many requests of one client are handled in a turn.
const requestsPerTurn = 16

// A runner is what a goroutine that runs turns has: space for what it reads
// and writes. Idle connections own no space.
type runner struct {
	scratch []byte // what was read
	reply   []byte // what a handler has written
}

const (
	scratchSize  = 16 << 10
	maxIdleReply = 64 << 10
)

func newRunner() *runner {
	return &runner{scratch: make([]byte, scratchSize)}
}

// spare is the space behind the reply, for appending.
func (r *runner) spare() []byte { return r.reply[len(r.reply):len(r.reply):cap(r.reply)] }

// turn gives the connection its turn.
func (c *Conn) turn(r *runner) outcome {
	c.run = r
	end := c.progress(r)
	if end == finished {
		c.disconnect()
	}
	c.run = nil
	r.reply = r.reply[:0]
	if cap(r.reply) > maxIdleReply {
		r.reply = nil
	}
	return end
}

// progress does as much as it can.
func (c *Conn) progress(r *runner) outcome {
	switch {
	case !c.greet():
		return c.lastWords()
	case c.is(connLinger):
		return c.linger(r)
	case len(c.out) > 0 && (c.send() != nil || len(c.out) > 0), c.is(connClosing):
		return c.lastWords()
	case c.is(connBlind) && !c.is(connLeaving):
		return awaitRequest
	}
	return c.converse(r)
}

// converse reads and serves until nothing is there, or enough was done.
func (c *Conn) converse(r *runner) outcome {
	data, handled, toEnd := c.in, 0, c.is(connToEnd|connLeaving)
	c.flags &^= connToEnd
	for dry := false; ; {
		rest, end := c.serve(data, &handled)
		if end != awaitRequest || dry {
			if end == goOn && toEnd {
				c.flags |= connToEnd // what the event has said still holds
			}
			return c.keep(rest, end)
		}
		n, buf := c.receive(r, rest)
		dry = !toEnd && n < len(buf)-len(rest)
		if len(rest) > 0 {
			rest = c.in[:len(rest)] // has moved
		}
		switch {
		case n > 0 && len(rest) == 0:
			data = buf[:n]
		case n > 0:
			data = buf[:len(rest)+n]
		case n == 0:
			return c.atEOF(rest)
		case c.is(connLeaving): // and nothing more is queued
			c.flags |= connClosing
			return c.lastWords()
		default:
			return c.keep(rest, awaitRequest)
		}
	}
}

// serve handles the whole requests in data and returns what remains.
func (c *Conn) serve(data []byte, handled *int) (rest []byte, end outcome) {
	for len(data) > 0 {
		n, next, err := c.cut(data)
		if err != nil {
			c.ended(err)
			c.flags |= connClosing
			return nil, c.lastWords()
		}
		if n <= 0 {
			c.frame = next
			break
		}
		if n > c.s.maxRequest {
			return nil, c.tooLarge()
		}
		if *handled == requestsPerTurn && !c.is(connLeaving) {
			return data, goOn
		}
		c.frame = 0
		*handled++
		req := data[:n:n]
		data = data[n:]
		if end := c.answer(req); end != awaitRequest {
			return data, end
		}
	}
	if len(data) > c.s.maxRequest {
		return nil, c.tooLarge()
	}
	return data, awaitRequest
}

func (c *Conn) tooLarge() outcome {
	c.s.log.Warningf("request from %s is larger than %d bytes: closing connection", c, c.s.maxRequest)
	c.flags |= connClosing
	return finished
}

// answer handles one request and sends the reply.
func (c *Conn) answer(req []byte) outcome {
	c.s.report.used()
	err := c.handle(req)
	c.s.report.worked()
	if err != nil {
		c.ended(err)
		c.flags |= connClosing
	}
	sendErr := c.send()
	switch {
	case sendErr != nil:
		return finished
	case len(c.out) > 0:
		return awaitRoom
	case c.is(connClosing):
		return c.lastWords()
	}
	return awaitRequest
}

// receive reads into the runner's space, or behind an unfinished request. It
// returns n < 0 when nothing is there, 0 at end of file and when the connection
// is broken or may not grow.
func (c *Conn) receive(r *runner, rest []byte) (n int, buf []byte) {
	buf, into := r.scratch, r.scratch
	if len(rest) > 0 {
		if !c.grow(rest) {
			c.flags |= connClosing
			return 0, nil
		}
		buf = c.in[:cap(c.in)]
		into = buf[len(rest):]
	}
	for {
		n, err := recvNow(int(c.fd), into)
		switch err {
		case 0:
			return n, buf
		case unix.EINTR:
		case unix.EAGAIN:
			return -1, nil
		default:
			c.flags |= connClosing
			return 0, nil
		}
	}
}

// grow makes rest the beginning of c.in, with room behind it. Space is
// doubled when it is used up, so that it grows with what has arrived.
func (c *Conn) grow(rest []byte) bool {
	inPlace := cap(c.in) > 0 && &rest[0] == &c.in[:1][0]
	if inPlace && cap(c.in) > len(rest) {
		c.in = c.in[:len(rest)]
		return true
	}
	size := 512
	for size <= len(rest) {
		size *= 2
	}
	// One byte more than allowed tells that there is too much.
	// There may be several requests, though.
	size = max(min(size, c.s.maxRequest+1), len(rest)+1)
	if !inPlace && cap(c.in) >= size {
		c.in = c.in[:copy(c.in[:cap(c.in)], rest)]
		return true
	}
	in := make([]byte, len(rest), size)
	copy(in, rest)
	c.in = in
	return c.hold()
}

// keep puts what remains where the next turn finds it.
func (c *Conn) keep(rest []byte, end outcome) outcome {
	switch {
	case end == finished:
	case len(rest) == 0 && c.in != nil:
		c.in = nil
		if !c.hold() {
			return finished
		}
	case len(rest) > 0 && !c.grow(rest):
		return finished
	}
	return end
}

// atEOF ends a connection whose client has sent its last byte. An unfinished
// request is given to the handler, so that it can say what is wrong with it.
func (c *Conn) atEOF(rest []byte) outcome {
	if len(rest) > 0 && !c.is(connClosing|connLeaving) && !c.lost.Load() {
		c.flags |= connEOF
		c.answer(rest)
	}
	c.flags |= connClosing
	if !c.is(connLeaving) || !c.is(connUnix) {
		c.flags |= connEOF // after hurry it would be of our own making
	}
	return c.lastWords()
}

// lastWords decides what follows when no further request is to be served, or
// the reply has not gone yet.
func (c *Conn) lastWords() outcome {
	switch {
	case len(c.out) > 0 && !c.lost.Load():
		return awaitRoom
	case !c.is(connClosing | connEOF):
		return awaitRequest
	case c.is(connLeaving) && !c.is(connUnix|connEOF) && !c.lost.Load():
		return c.startLinger()
	}
	return finished
}

// startLinger says goodbye to a client over the network. A plain close would
// reset the connection if the client sends just now, and so lose the reply:
// instead close one half, and wait for a moment until the client has got
// everything, or has closed the other half.
func (c *Conn) startLinger() outcome {
	if unix.Shutdown(int(c.fd), unix.SHUT_WR) != nil {
		return finished
	}
	c.flags |= connLinger
	if c.allArrived() {
		return finished
	}
	c.lingers.Store(int64(c.s.uptime()))
	return awaitRequest
}

// allArrived says that the client has acknowledged all of the reply (and not
// perhaps the end of the connection, which counts as a byte). It then reads the
// end before it can read of a reset, and need not be waited for.
func (c *Conn) allArrived() bool {
	unsent, err := unix.IoctlGetInt(int(c.fd), unix.TIOCOUTQ)
	return err == nil && unsent <= 1
}

// linger throws away what still comes.
func (c *Conn) linger(r *runner) outcome {
	for {
		n, err := recvNow(int(c.fd), r.scratch)
		switch {
		case err == unix.EAGAIN:
			return awaitRequest
		case err != unix.EINTR && (err != 0 || n == 0):
			return finished
		}
	}
}

// greet runs PostAccept once.
func (c *Conn) greet() bool {
	if c.is(connGreeted) {
		return true
	}
	c.flags |= connGreeted
	attrs := c.attrs
	c.attrs = nil
	hook := c.s.srv.PostAccept
	if hook == nil {
		return true
	}
	err := c.guard(func() error { return hook(c, attrs) })
	if err != nil {
		c.ended(err)
		c.flags |= connClosing
	}
	if c.send() != nil {
		c.flags |= connClosing
	}
	return len(c.out) == 0 && !c.is(connClosing)
}
