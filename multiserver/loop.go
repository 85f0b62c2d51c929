package multiserver

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A loop waits for many clients with one epoll set and runs their turns inline,
// one after the other. When a turn takes long, the monitor gives the loop to
// another goroutine, which goes on where it stands; the turn ends on its own
// goroutine and posts its connection back. So nothing of the loop may be
// touched in a turn, and everything that is left to do is in the loop.
type loop struct {
	// Static after construction.
	e           *loops
	epfd        int
	wakefd      int
	maxDetached int32

	// Owned by the goroutine that runs the loop, not thread-safe.
	table
	timeouts timeouts
	ready    queue // to be given a turn
	waiting  queue // to be ready when a handler elsewhere has ended
	leaving  bool
	events   [64]unix.EpollEvent

	// For everybody.
	current  atomic.Pointer[Conn] // of the last inline turn
	turns    atomic.Uint32        // counts inline turns
	rounds   atomic.Uint32        // counts looks at what is to do
	asleep   atomic.Bool          // is waiting, or about to
	detached atomic.Int32         // turns away from the loop
	noted    atomic.Bool          // notes is not empty

	mu sync.Mutex

	// Guarded by mu.
	notes []note
}

// A note is what others want of a loop.
type note struct {
	what noteKind
	c    *Conn
}

type noteKind uint8

const (
	noteAdopt noteKind = iota // c is a new connection
	noteBack                  // c's turn away from the loop has ended
	noteSee                   // c need not be held up any longer
	noteLeave                 // the process leaves
	noteLook                  // look again at what is waiting
)

// wakeSlot marks events of the loop's own wake-up descriptor.
const wakeSlot = -1

func newLoop(e *loops, maxDetached int) (*loop, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	wakefd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epfd)
		return nil, err
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: wakeSlot}
	if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, wakefd, &ev); err != nil {
		unix.Close(epfd)
		unix.Close(wakefd)
		return nil, err
	}
	return &loop{e: e, epfd: epfd, wakefd: wakefd, maxDetached: int32(maxDetached)}, nil
}

// close gives the descriptors back, when the loop has ended.
func (l *loop) close() {
	unix.Close(l.epfd)
	unix.Close(l.wakefd)
}

// post leaves a note and wakes the loop if it sleeps.
func (l *loop) post(what noteKind, c *Conn) {
	l.mu.Lock()
	l.notes = append(l.notes, note{what, c})
	l.noted.Store(true)
	l.mu.Unlock()
	if l.asleep.CompareAndSwap(true, false) {
		one := [8]byte{0: 1}
		unix.Write(l.wakefd, one[:])
	}
}

// run runs the loop until it has come to its end (true), or has been given to
// another goroutine (false).
func (l *loop) run(r *runner) bool {
	for {
		l.rounds.Add(1)
		l.readNotes()
		l.expire()
		for l.waiting.len() > 0 && l.detached.Load() < l.maxDetached && l.ready.len() < len(l.events) {
			l.ready.push(l.waiting.pop())
		}
		for n := l.ready.len(); n > 0; n-- {
			if !l.serve(l.ready.pop(), r) {
				return false
			}
		}
		if l.leaving && l.live == 0 && !l.noted.Load() {
			return true
		}
		l.poll()
	}
}

// serve gives a connection its turn, here or elsewhere. It is false when the
// loop has meanwhile been given away.
func (l *loop) serve(c *Conn, r *runner) bool {
	switch {
	case c.state() != parked:
		return true
	case l.detached.Load() >= l.maxDetached && !c.is(connClosing):
		l.waiting.push(c)
		return true
	case c.slow > 0:
		l.dispatch(c)
		return true
	}
	l.current.Store(c)
	c.must(parked, inline)
	l.turns.Add(1)
	end := c.turn(r)
	if c.move(inline, parked) {
		l.apply(c, end)
		return true
	}
	c.slow = slowTurns
	c.giveBack(end)
	return false
}

// slowTurns is how many quick turns in a row a connection must have had
// elsewhere until it is served inline again.
const slowTurns = 8

// dispatch gives c's turn to another goroutine.
func (l *loop) dispatch(c *Conn) {
	c.since.Store(int64(l.e.s.uptime()))
	c.must(parked, detached)
	l.detached.Add(1)
	l.e.give(job{turn: c})
}

// giveBack returns a connection after a turn away from the loop.
func (c *Conn) giveBack(end outcome) {
	c.outcome = end
	c.must(detached, returning)
	c.loop.post(noteBack, c)
}

// apply draws the consequences of a turn.
func (l *loop) apply(c *Conn, end outcome) {
	switch {
	case end == finished:
		l.timeouts.clear(c)
		l.leave(c)
		c.must(parked, closed)
	case end == goOn:
		l.ready.push(c)
	case end == awaitRoom:
		// What the client sends meanwhile is no progress.
		if c.moved || !c.wantOut || c.timer.deadline == 0 {
			l.timeouts.set(c, l.e.s.uptime()+c.ipcTimeout())
		}
		c.moved = false
		l.watch(c, true)
	case len(c.in) > 0:
		l.watch(c, false)
		l.timeouts.set(c, l.e.s.uptime()+c.ipcTimeout())
	case c.wantOut || !c.watched:
		l.watch(c, false)
		l.timeouts.clear(c)
	default:
		l.timeouts.clear(c)
	}
}

// readNotes does what others have asked for.
func (l *loop) readNotes() {
	if !l.noted.Load() {
		return
	}
	l.mu.Lock()
	notes := l.notes
	l.notes = nil
	l.noted.Store(false)
	l.mu.Unlock()
	for _, n := range notes {
		switch n.what {
		case noteAdopt:
			l.seat(n.c)
		case noteBack:
			l.welcomeBack(n.c)
		case noteSee:
			l.see(n.c)
		case noteLeave:
			l.leaveAll()
		case noteLook:
		}
	}
}

// seat takes a new connection in. Its first turn greets the client, and reads
// what came before the connection was watched.
func (l *loop) seat(c *Conn) {
	l.enter(c)
	l.watch(c, false)
	c.flags |= connToEnd
	l.ready.push(c)
	if l.leaving {
		l.hurry(c)
	}
}

// welcomeBack takes a connection over after a turn elsewhere. If there were
// events in the meantime, it gets another turn to see what they were.
func (l *loop) welcomeBack(c *Conn) {
	c.must(returning, parked)
	l.detached.Add(-1)
	if c.sighted {
		c.sighted, c.missed = false, true
		c.flags &^= connBlind
	}
	l.apply(c, c.outcome)
	if c.outcome == finished {
		return
	}
	if c.missed {
		c.missed = false
		c.flags |= connToEnd
		l.ready.push(c)
	}
	if l.leaving {
		l.hurry(c)
	}
}

// see ends the time in which a connection was held up.
func (l *loop) see(c *Conn) {
	if l.at(c.slot, c.gen) != c {
		return
	}
	if c.state() != parked {
		c.sighted = true // welcomeBack does the rest
		return
	}
	c.flags &^= connBlind
	c.flags |= connToEnd
	l.watch(c, c.wantOut)
	l.ready.push(c)
}

// leaveAll hurries all connections.
func (l *loop) leaveAll() {
	l.leaving = true
	for _, c := range l.tenants {
		if c != nil && c.state() == parked {
			l.hurry(c)
		}
	}
}

// hurry makes a connection's next turn its last but for what it has to answer.
func (l *loop) hurry(c *Conn) {
	if c.is(connLeaving) {
		return
	}
	c.hurry()
	l.ready.push(c)
}

// hurry closes the receiving half, where that is possible without losing what
// is in it already: the client's next write fails as if we had gone.
func (c *Conn) hurry() {
	c.flags |= connLeaving
	c.flags &^= connBlind
	if c.is(connUnix) {
		unix.Shutdown(int(c.fd), unix.SHUT_RD)
	}
}

// expire ends connections that have made no progress for too long.
func (l *loop) expire() {
	for {
		c := l.timeouts.expired(l.e.s.uptime())
		if c == nil {
			return
		}
		l.timeouts.clear(c)
		if c.state() != parked {
			continue
		}
		if !c.due() {
			c.expired()
		}
		l.ready.push(c)
	}
}
