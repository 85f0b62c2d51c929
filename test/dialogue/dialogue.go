// Package dialogue lets a test hold the same conversation with two servers and
// look at the differences: one body, two peers.
//
//	d := dialogue.Dialogue{Name: "two clients", Steps: []dialogue.Step{
//		{Conn: 1, Op: dialogue.Open},
//		{Conn: 1, Op: dialogue.Send, Data: []byte("request=lookup\nident=x\n\n")},
//		{Conn: 1, Op: dialogue.End},
//	}}
//	got := d.Run(runner)
//
// # Rules
//
// A dialogue is a list of steps on connections that are known by a number. Steps
// are taken one after the other, and each waits for what it causes: the
// greeting, one whole reply, or the end of the connection. So the outcome does
// not depend on how a server shares its time between connections. A connection that
// the server has closed takes no further steps: they are skipped, and their outcome says so.
//
// # Text form
//
// A dialogue and its [Outcome]s can be written to a file and read again, one step or
// outcome a line, bytes as Go strings (# starts a comment):
//
//	1 open
//	1 got "protocol=anvil_protocol\n\n"
//	1 end "request=connect\n"
//	1 got "" eof
//
// # Concurrency
//
// Dialogues are values that Run does not change; any number may run at the same
// time.
package dialogue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Op is what a step does.
type Op string

const (
	Open Op = "open" // connect, and wait for the greeting
	Send Op = "send" // send Data, and wait for one whole reply
	Last Op = "last" // send Data, and read up to the end: the server is to close
	End  Op = "end"  // send Data if there is any, half-close, and read up to the end
	Drop Op = "drop" // send Data if there is any, and close without reading
)

// Step is one thing that the client does.
type Step struct {
	Conn int
	Op   Op
	Data []byte
}

// Dialogue is a conversation, seen from the client.
type Dialogue struct {
	Name  string // for messages
	Steps []Step
}

// Fate is what became of a connection in a step.
type Fate string

const (
	Alive   Fate = ""        // it is open
	EOF     Fate = "eof"     // the server has closed it
	Reset   Fate = "reset"   // the server has closed it with input unread
	Timeout Fate = "timeout" // nothing came within the time
	Refused Fate = "refused" // it could not be made
	Skipped Fate = "skipped" // it had ended before
	Dropped Fate = "dropped" // the client has closed it
)

// Outcome is what a step has brought.
type Outcome struct {
	Got  []byte // what the server has sent
	Fate Fate
}

// Equal tells whether two outcomes are the same bytes and the same fate.
func (o Outcome) Equal(other Outcome) bool {
	return o.Fate == other.Fate && bytes.Equal(o.Got, other.Got)
}

// String is the outcome as in the text form, long data shortened.
func (o Outcome) String() string {
	if len(o.Got) > 300 {
		return fmt.Sprintf("%q... (%d bytes) %s", o.Got[:300], len(o.Got), o.Fate)
	}
	return fmt.Sprintf("%q %s", o.Got, o.Fate)
}

// Runner is how a dialogue is held with one server.
type Runner struct {
	// Dial makes a connection.
	Dial func() (*net.UnixConn, error)
	// Whole tells whether the bytes are a whole reply, or a whole greeting.
	Whole func([]byte) bool
	// Limit is how long a step may take.
	Limit time.Duration
}

// PlainList is a [Runner]'s Whole for replies in the plain attribute encoding: a
// list ends with an empty line.
func PlainList(b []byte) bool { return bytes.HasSuffix(b, []byte("\n\n")) }

// NullList is the same for the null-terminated encoding, for lists without an
// empty value: a list ends with an empty name.
func NullList(b []byte) bool { return bytes.HasSuffix(b, []byte("\x00\x00")) }

// Run takes the steps and returns the outcome of each. It closes the
// connections that are left.
func (r Runner) Run(d Dialogue) []Outcome {
	conns := make(map[int]*net.UnixConn)
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	outcomes := make([]Outcome, len(d.Steps))
	for i, step := range d.Steps {
		outcomes[i] = r.step(conns, step)
		if conn := conns[step.Conn]; conn != nil && outcomes[i].Fate != Alive {
			conn.Close()
			delete(conns, step.Conn)
		}
	}
	return outcomes
}

func (r Runner) step(conns map[int]*net.UnixConn, step Step) Outcome {
	conn := conns[step.Conn]
	if step.Op == Open {
		if conn != nil {
			conn.Close()
			delete(conns, step.Conn)
		}
		var err error
		if conn, err = r.Dial(); err != nil {
			return Outcome{Fate: Refused}
		}
		conns[step.Conn] = conn
	}
	if conn == nil {
		return Outcome{Fate: Skipped}
	}
	if err := conn.SetDeadline(time.Now().Add(r.Limit)); err != nil {
		return Outcome{Fate: Timeout}
	}
	// A server that closes early makes the write fail; the read that follows says
	// what it has answered before, and how it ended.
	_, _ = conn.Write(step.Data)
	switch step.Op {
	case Drop:
		return Outcome{Fate: Dropped}
	case Last, End:
		if step.Op == End {
			_ = conn.CloseWrite()
		}
		return read(conn, func([]byte) bool { return false })
	}
	return read(conn, r.Whole)
}

// read reads until the bytes are whole or the connection ends.
func read(conn *net.UnixConn, whole func([]byte) bool) Outcome {
	var o Outcome
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		o.Got = append(o.Got, buf[:n]...)
		switch {
		case err == nil && whole(o.Got):
			return o
		case err == nil:
		case errors.Is(err, io.EOF):
			o.Fate = EOF
			return o
		case errors.Is(err, os.ErrDeadlineExceeded):
			o.Fate = Timeout
			return o
		case errors.Is(err, syscall.ECONNRESET):
			o.Fate = Reset
			return o
		default:
			o.Fate = Fate(err.Error())
			return o
		}
	}
}
