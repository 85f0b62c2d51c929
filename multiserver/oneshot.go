package multiserver

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// oneShot is the client of -S: standard input and output instead of a socket.
type oneShot struct {
	in  *bufio.Reader // nothing is read ahead of what the handler asks for in the raw form
	out io.Writer
}

// runOnce serves one request from standard input, as -S wants it: PostAccept
// does not run, so there is no greeting, and there is nobody to tell of errors
// but the log.
// postfix: src/master/multi_server.c multi_server_main
func (s *process) runOnce(in io.Reader, out io.Writer) int {
	s.memory = newBudget(s.maxMemory, func(*Conn, int) {})
	s.room = newRoom(s.maxClients, func(bool) {})
	c := &Conn{s: s, fd: 0, once: &oneShot{in: bufio.NewReader(in), out: out}}
	c.flags |= connGreeted
	if err := c.serveOnce(); err != nil && !errors.Is(err, ErrDisconnect) {
		s.log.Warningf("%s", errText(err))
	}
	c.hangUp()
	if s.srv.Exit != nil {
		s.srv.Exit(s.srv)
	}
	return 0
}

func (c *Conn) serveOnce() error {
	switch {
	case c.s.srv.ServeListener != nil:
		return fmt.Errorf("service %s has no one-shot mode", c.s.opts.name)
	case c.s.srv.Serve != nil:
		c.raw = new(rawForm)
		err := c.guard(func() error { return c.s.srv.Serve(c) })
		return errors.Join(err, c.rawFlush())
	}
	req, whole, err := c.once.request(c.s)
	if err != nil {
		return err
	}
	c.run = newRunner()
	if !whole {
		c.flags |= connEOF
	}
	if len(req) == 0 {
		return errors.New("no request on standard input")
	}
	err = c.handle(req)
	writeErr := c.flushOnce()
	// As in stock, a client that is not disconnected by the service is not
	// disconnected at all.
	if hook := c.s.srv.PreDisconnect; hook != nil && (err != nil || c.is(connClosing)) {
		c.guard(func() error { hook(c); return nil })
	}
	return first(errors.Join(err, writeErr))
}

// request reads one request, or the unfinished rest before end of file.
func (o *oneShot) request(s *process) (req []byte, whole bool, err error) {
	for state := 0; ; {
		b, err := o.in.ReadByte()
		if err == io.EOF {
			return req, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if req = append(req, b); len(req) > s.maxRequest {
			return nil, false, fmt.Errorf("request is larger than %d bytes", s.maxRequest)
		}
		n, next, err := s.srv.Frame(req, state)
		if err != nil {
			return nil, false, err
		}
		if n > 0 {
			return req[:min(n, len(req))], true, nil
		}
		state = next
	}
}

// flushOnce writes the reply.
func (c *Conn) flushOnce() error {
	reply := c.run.reply
	c.run.reply = reply[:0]
	if len(reply) == 0 {
		return nil
	}
	return c.once.write(reply)
}

// read and write are Read and Write of the raw form.
func (o *oneShot) read(p []byte) (int, error) { return o.in.Read(p) }

func (o *oneShot) write(p []byte) error {
	_, err := o.out.Write(p)
	return err
}
