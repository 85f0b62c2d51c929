package load

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// DefaultTimeout is how long a client waits for a reply, unless Plan.Timeout says
// otherwise.
const DefaultTimeout = 10 * time.Second

// Plan says what the clients are and what they say. It is not changed, and what
// it points to must not be changed while it is in use.
type Plan struct {
	// Network is "unix" or "tcp"; Address a path, or an address and port.
	Network, Address string

	// Clients is the number of connections.
	Clients int

	// Greeting is what the server says first, word for word; nil for nothing.
	Greeting []byte

	// Script returns what a client, from 0 on, says. It is called before the first
	// request is sent.
	Script func(client int) Script

	// Whole tells that a reply is complete. The default is BlankLine. Since a
	// client has one unanswered request at a time, nothing can follow.
	Whole func(reply []byte) bool

	// Threads is the number of threads among which a closed loop's clients are
	// divided; the default is 1.
	Threads int

	// Timeout is how long a client waits for a connection, a reply, or, when the
	// generator stops, for its last reply. The default is DefaultTimeout.
	Timeout time.Duration
}

// Script is what one client says.
type Script struct {
	Once  []Exchange // first, before anything is measured
	Cycle []Exchange // then, again and again
}

// Exchange is a request and what the reply to it must begin with.
type Exchange struct {
	Request, Reply []byte
}

// BlankLine tells that a reply that ends with an empty line is complete.
func BlankLine(reply []byte) bool {
	n := len(reply)
	return n > 0 && reply[n-1] == '\n' && (n == 1 || reply[n-2] == '\n')
}

// complete returns the plan with its defaults filled in.
func (p Plan) complete() (Plan, error) {
	switch {
	case p.Clients <= 0:
		return p, fmt.Errorf("cannot generate load with %d clients", p.Clients)
	case p.Script == nil:
		return p, errors.New("cannot generate load without a script")
	}
	if p.Whole == nil {
		p.Whole = BlankLine
	}
	if p.Timeout == 0 {
		p.Timeout = DefaultTimeout
	}
	p.Threads = min(max(p.Threads, 1), p.Clients)
	return p, nil
}

// replyError is the error of a client whose reply is not the expected one.
func replyError(request, reply, want []byte) error {
	if cut := 200; len(reply) > cut {
		reply = reply[:cut]
	}
	return fmt.Errorf("reply %q to %q, want %q", reply, request, want)
}

// fits tells whether a reply is the expected one.
func (e *Exchange) fits(reply []byte) bool { return bytes.HasPrefix(reply, e.Reply) }
