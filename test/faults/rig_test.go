package faults_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"ostler/test/stock"
)

// An opener makes one descriptor of the program under test. It is closed in
// the test when the program has been started; what is to stay open belongs to
// the rig.
type opener func(r *rig) (fd int, err error)

// rig is master's side of one process: its descriptors, before and after it
// has started.
type rig struct {
	// Static after construction.
	t      *testing.T
	inst   *stock.Instance
	log    *receiver
	deaf   bool
	theirs []int // by number in the program; -1: closed

	// Owned by the goroutine of the test, not thread-safe.
	mine     []int // that are closed at the end
	status   int   // master's end of the status channel, or -1
	listener int   // or -1
	network  string
	address  string
	outputs  map[int]*capture // by number in the program
}

// newRig lays out an instance that is never started, serves the log, and opens
// what master would, but for what the invocation says.
func newRig(t *testing.T, v invocation) *rig {
	t.Helper()
	inst := stock.New(t, stock.Config{Main: v.main})
	log, err := newReceiver(inst.Path("queue/public/postlog"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, inst: inst, log: log, deaf: v.deaf, status: -1, listener: -1, outputs: make(map[int]*capture)}
	if !v.deaf {
		log.listen()
	}
	if err := r.openAll(v.fds); err != nil {
		t.Fatal(err)
	}
	if err := r.edit(v.text); err != nil {
		t.Fatal(err)
	}
	if v.prepare != nil {
		if err := v.prepare(r); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// edit appends to main.cf.
func (r *rig) edit(text string) error {
	if text == "" {
		return nil
	}
	have, err := os.ReadFile(r.inst.Path("conf/main.cf"))
	if err != nil {
		return err
	}
	return r.inst.WriteFile("conf/main.cf", string(have)+r.inst.Expand(text))
}

// openAll opens the descriptors.
func (r *rig) openAll(special map[int]opener) error {
	usual := []opener{devNull, captured(1), captured(2), flowPipe(0), flowPipe(1), statusChannel, unixListener}
	last := len(usual) - 1
	for number := range special {
		last = max(last, number)
	}
	for number := range last + 1 {
		open, changed := special[number]
		if !changed && number < len(usual) {
			open = usual[number]
		}
		fd := -1
		if open != nil {
			var err error
			if fd, err = open(r); err != nil {
				return fmt.Errorf("cannot open descriptor %d: %w", number, err)
			}
		}
		r.theirs = append(r.theirs, fd)
	}
	return nil
}

// files are the descriptors as ForkExec wants them: -1 is a closed one.
func (r *rig) files() []uintptr {
	files := make([]uintptr, len(r.theirs))
	for i, fd := range r.theirs {
		files[i] = uintptr(fd)
	}
	return files
}

func (r *rig) closeTheirs() {
	for _, fd := range r.theirs {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// hangUp closes master's end of the status channel, if there is one.
func (r *rig) hangUp() bool {
	if r.status < 0 {
		return false
	}
	unix.Close(r.status)
	r.status = -1
	return true
}

// closeListener ends the wait of a client that nobody has accepted.
func (r *rig) closeListener() {
	if r.listener >= 0 {
		unix.Close(r.listener)
		r.listener = -1
	}
}

func (r *rig) close() {
	r.log.stop()
	r.hangUp()
	r.closeListener()
	for _, fd := range r.mine {
		unix.Close(fd)
	}
}

// output returns what the program, which has ended, has written.
func (r *rig) output(number int) string {
	if c := r.outputs[number]; c != nil {
		return c.wait()
	}
	return ""
}

// capture is what came through a pipe.
type capture struct {
	done chan struct{}
	text []byte // valid once done is closed
}

func (c *capture) wait() string {
	<-c.done
	return string(c.text)
}

// read gathers until the other end is closed. The descriptor becomes its own.
func read(fd int) *capture {
	c := &capture{done: make(chan struct{})}
	// Ends with the program, which has the other end.
	go func() {
		defer close(c.done)
		defer unix.Close(fd)
		buf := make([]byte, 4096)
		for {
			n, err := unix.Read(fd, buf)
			if err == unix.EINTR {
				continue
			}
			if err != nil || n == 0 { // a terminal says EIO
				return
			}
			c.text = append(c.text, buf[:n]...)
		}
	}()
	return c
}

// client is someone who connects at once and asks as soon as there is an answer
// to be had.
type client struct {
	answered chan struct{} // closed when there was a reply
	done     chan struct{} // closed when the client has gone
	once     sync.Once
}

func (c *client) ok() bool {
	select {
	case <-c.answered:
		return true
	default:
		return false
	}
}

// client connects to the listener, if there is one.
func (r *rig) client() *client {
	c := &client{answered: make(chan struct{}), done: make(chan struct{})}
	if r.listener < 0 {
		close(c.done)
		return c
	}
	conn, err := net.Dial(r.network, r.address)
	if err != nil {
		close(c.done)
		return c
	}
	// Ends when the program has ended: it, or the kernel when the listener is
	// closed, closes the connection.
	go func() {
		defer close(c.done)
		defer conn.Close()
		if _, err := io.WriteString(conn, lookup); err != nil {
			return
		}
		var got []byte
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			got = append(got, buf[:n]...)
			if bytes.HasSuffix(got, []byte(unknown)) {
				c.once.Do(func() { close(c.answered) })
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

// lookup is a request of anvil that changes nothing, and unknown the reply.
const (
	greeting = "protocol=anvil_protocol\n\n"
	lookup   = "request=lookup\nident=nobody\n\n"
	unknown  = "status=0\ncount=0\nrate=0\nmail=0\nrcpt=0\nnewtls=0\nauth=0\n\n"
)
