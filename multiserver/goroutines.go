package multiserver

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// goroutines is the engine with one goroutine for each client, which waits in
// the runtime's poller. It gives the same turns as loops does, and serves the
// raw form.
type goroutines struct {
	// Static after construction.
	s       *process
	slots   chan struct{} // one for each handler that runs
	runners sync.Pool

	leaving atomic.Bool
	gone    chan struct{} // closed when leaving
	left    sync.WaitGroup

	ticking atomic.Bool // lend runs
}

func newGoroutines(s *process) *goroutines {
	return &goroutines{
		s:       s,
		slots:   make(chan struct{}, s.maxHandlers),
		gone:    make(chan struct{}),
		runners: sync.Pool{New: func() any { return newRunner() }},
	}
}

func (e *goroutines) adopt(c *Conn) {
	if err := c.usePoller(); err != nil {
		e.s.log.Warningf("cannot watch connection: %v", err)
		c.flags |= connClosing
	}
	if e.s.srv.Serve != nil {
		c.raw = new(rawForm)
	}
	e.left.Add(1)
	// Ends with the connection; wait waits for it.
	go func() {
		defer e.left.Done()
		if c.raw != nil {
			e.runRaw(c)
		} else {
			e.run(c)
		}
	}()
}

// see lets a connection on that was held up; its goroutine waits for it.
func (e *goroutines) see(c *Conn) { c.rc.see() }

func (e *goroutines) leave() {
	e.leaving.Store(true)
	close(e.gone)
	e.s.clients.each(func(c *Conn) {
		if c.file != nil && c.state() == parked {
			c.file.SetReadDeadline(time.Unix(1, 0))
		}
	})
}

func (e *goroutines) wait() { e.left.Wait() }

// stuck is always empty: a goroutine that waits holds nobody else up.
func (e *goroutines) stuck() string { return "" }

// run is the life of a connection.
func (e *goroutines) run(c *Conn) {
	for {
		if e.leaving.Load() && !c.is(connLeaving) {
			c.hurry()
		}
		switch e.turn(c) {
		case finished:
			return
		case awaitRequest:
			e.await(c, len(c.in) > 0)
		case awaitRoom:
			if err := c.rc.waitRoom(c.ipcTimeout()); err != nil {
				c.outOfTime(err)
			}
		}
	}
}

// turn gives c its turn when one of the slots for handlers is free. It reads to
// the end: the runtime's poller does not tell how a client has become readable.
func (e *goroutines) turn(c *Conn) outcome {
	e.slots <- struct{}{}
	if !e.ticking.Load() && e.ticking.CompareAndSwap(false, true) {
		// Ends when it finds no turn that takes long.
		go e.lend()
	}
	r := e.runners.Get().(*runner)
	c.flags |= connToEnd
	c.since.Store(int64(e.s.uptime()))
	c.must(parked, detached)
	end := c.turn(r)
	c.must(detached, returning)
	c.must(returning, parked)
	e.runners.Put(r)
	<-e.slots
	return end
}

// lend lends processors while more turns are under way than there are cores: a
// turn that neither sleeps nor computes for long has ended before another begins
// on its processor.
func (e *goroutines) lend() {
	procs := newProcessors(e.s.extraProcs)
	for quiet := 0; quiet < 3; {
		nap(monitorTick)
		turns := len(e.slots)
		procs.lend(max(0, turns-procs.base))
		if quiet++; turns > 0 || procs.lent() {
			quiet = 0
		}
	}
	e.ticking.Store(false)
	if len(e.slots) > procs.base && e.ticking.CompareAndSwap(false, true) {
		go e.lend() // a turn that saw ticking just before has begun meanwhile
	}
}

// await waits until the client has sent something, without a limit unless it
// is in the middle of a request.
func (e *goroutines) await(c *Conn, unfinished bool) {
	if c.is(connBlind) && !c.is(connLeaving) {
		select {
		case <-c.rc.seen:
		case <-e.gone:
		}
		c.flags &^= connBlind
	}
	var limit time.Duration
	if unfinished {
		limit = c.ipcTimeout()
	}
	err := c.rc.waitRequest(limit, func() bool { return e.leaving.Load() && !c.is(connLeaving) })
	if err != nil {
		c.outOfTime(err)
	}
}

// outOfTime ends a connection that did not become ready.
func (c *Conn) outOfTime(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) && !c.is(connLeaving) {
		if !c.due() {
			c.expired()
		}
		return
	}
	c.flags |= connClosing
	c.out = nil
}

// usePoller gives the descriptor to the runtime's poller. O_NONBLOCK is only a
// ticket there; reads and writes do not rely on it.
func (c *Conn) usePoller() error {
	if err := unix.SetNonblock(int(c.fd), true); err != nil {
		return err
	}
	c.file = os.NewFile(uintptr(c.fd), "socket")
	raw, err := c.file.SyscallConn()
	if err != nil {
		return err
	}
	c.rc = newReadyWaiter(c.file, raw)
	return nil
}

// readyWaiter waits for a socket in the runtime's poller. Its functions are
// made once, so that waiting allocates nothing.
type readyWaiter struct {
	file     *os.File
	raw      syscall.RawConn
	readable func(fd uintptr) bool
	writable func(fd uintptr) bool
	seen     chan struct{} // closed when the client need not be held up any longer
}

func newReadyWaiter(file *os.File, raw syscall.RawConn) *readyWaiter {
	return &readyWaiter{
		file:     file,
		raw:      raw,
		readable: func(fd uintptr) bool { return ready(int(fd), unix.POLLIN|unix.POLLRDHUP) },
		writable: func(fd uintptr) bool { return ready(int(fd), unix.POLLOUT) },
		seen:     make(chan struct{}),
	}
}

// see lets a client on that was held up. A nil waiter is that of a connection
// which could not be watched, and has gone.
func (w *readyWaiter) see() {
	if w != nil {
		close(w.seen)
	}
}

// ready is poll(2) without waiting. Hang-up and errors count as ready.
func ready(fd int, events int16) bool {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: events}}
	n, _ := unix.Poll(fds[:], 0)
	return n > 0
}

// waitRequest waits for something to read, limit 0 for ever. It returns nil
// also when hurry says so after the deadline has been moved into the past.
func (w *readyWaiter) waitRequest(limit time.Duration, hurry func() bool) error {
	if err := w.file.SetReadDeadline(deadline(limit)); err != nil {
		return err
	}
	if hurry() {
		return nil
	}
	err := w.raw.Read(w.readable)
	if err != nil && hurry() {
		return nil
	}
	return err
}

func (w *readyWaiter) waitRoom(limit time.Duration) error {
	if err := w.file.SetWriteDeadline(deadline(limit)); err != nil {
		return err
	}
	return w.raw.Write(w.writable)
}

func deadline(limit time.Duration) time.Time {
	if limit == 0 {
		return time.Time{}
	}
	return time.Now().Add(limit)
}
