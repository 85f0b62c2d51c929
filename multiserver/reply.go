package multiserver

import "golang.org/x/sys/unix"

// send sends the reply as far as the socket takes it; the rest is kept in out.
func (c *Conn) send() error {
	reply := c.run.reply
	if len(c.out) > 0 {
		n, err := sendAll(int(c.fd), c.out)
		if err != nil {
			return c.unsendable(err)
		}
		if n > 0 {
			c.moved = true
		}
		if c.out = c.out[n:]; len(c.out) > 0 {
			c.addUnsent(reply)
			c.run.reply = reply[:0]
			return c.holdReply()
		}
		c.out = nil
		c.hold()
	}
	if len(reply) == 0 {
		return nil
	}
	n, err := sendAll(int(c.fd), reply)
	c.run.reply = reply[:0]
	if err != nil {
		return c.unsendable(err)
	}
	if n < len(reply) {
		c.addUnsent(reply[n:])
		c.moved = true
		return c.holdReply()
	}
	return nil
}

// addUnsent keeps more of a reply. When half of the space is free at its front,
// what is left moves to a smaller one.
func (c *Conn) addUnsent(reply []byte) {
	need := len(c.out) + len(reply)
	if c.out == nil || need <= c.space/2 {
		c.out = append(make([]byte, 0, need), c.out...)
		c.space = cap(c.out)
	}
	grows := need > cap(c.out)
	c.out = append(c.out, reply...)
	if grows {
		c.space = cap(c.out)
	}
}

func (c *Conn) holdReply() error {
	if !c.hold() {
		return c.unsendable(unix.ENOBUFS)
	}
	return nil
}

// unsendable says that nobody will read the reply.
func (c *Conn) unsendable(err error) error {
	c.flags |= connClosing
	c.out = nil
	c.hangUp()
	return err
}

// hold tells the budget what the connection holds now.
func (c *Conn) hold() bool {
	if c.out == nil {
		c.space = 0
	}
	n := cap(c.in) + c.space
	if n == 0 && !c.held {
		return true
	}
	c.held = n > 0
	if c.s.memory.hold(c, n) {
		return true
	}
	c.s.log.Warningf("%s holds %d bytes and memory is used up: closing connection", c, n)
	return false
}
