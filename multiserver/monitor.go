package multiserver

import (
	"sync/atomic"
	"time"
)

const (
	// monitorTick is how long a turn may hold a loop up; it is between one and two
	// ticks until the loop is given to another goroutine.
	monitorTick = time.Millisecond

	// quickTurn is what a turn may take and still be run inline.
	quickTurn = 200 * time.Microsecond
)

// monitor watches the loops while any of them is awake. It takes a loop from a
// goroutine whose turn takes long, and lends processors to such turns.
type monitor struct {
	// Static after construction.
	e      *loops
	unpark chan struct{} // one token: go on ticking

	asleep atomic.Bool // parked, or about to

	// Owned by run, not thread-safe.
	seen  []uint32 // turns of each loop at the last tick
	procs processors

	// Owned by the watchdog, not thread-safe.
	watched []uint32
}

func newMonitor(e *loops) *monitor {
	return &monitor{
		e:       e,
		unpark:  make(chan struct{}, 1),
		seen:    make([]uint32, len(e.all)),
		procs:   newProcessors(e.s.extraProcs),
		watched: make([]uint32, len(e.all)),
	}
}

// wake is called by a loop that has got something to do.
func (m *monitor) wake() {
	if m.asleep.Load() && m.asleep.CompareAndSwap(true, false) {
		m.unpark <- struct{}{}
	}
}

// run ticks until the engine has ended.
func (m *monitor) run() {
	for quiet := 0; ; {
		select {
		case <-m.e.done:
			return
		default:
		}
		nap(monitorTick)
		if m.tick() {
			quiet = 0
		} else if quiet++; quiet > 2 {
			m.park()
			quiet = 0
		}
	}
}

// park waits for a loop to wake up. The order is what matters: say that it
// sleeps, then look once more whether all loops do. A loop does the opposite:
// it says that it is awake, then looks whether the monitor sleeps.
func (m *monitor) park() {
	m.asleep.Store(true)
	if m.anyAwake() && m.asleep.CompareAndSwap(true, false) {
		return
	}
	select {
	case <-m.unpark:
	case <-m.e.done:
	}
}

func (m *monitor) anyAwake() bool {
	for _, l := range m.e.all {
		if !l.asleep.Load() || l.detached.Load() > 0 {
			return true
		}
	}
	return false
}

// tick looks at each loop. It is false when all is quiet.
func (m *monitor) tick() (busy bool) {
	detached := 0
	for i, l := range m.e.all {
		turns, c := l.turns.Load(), l.current.Load()
		if c != nil && turns == m.seen[i] && c.state() == inline {
			m.takeOver(l, c)
		}
		m.seen[i] = turns
		detached += int(l.detached.Load())
		busy = busy || !l.asleep.Load()
	}
	m.procs.lend(detached)
	return busy || detached > 0 || m.procs.lent()
}

// takeOver gives l to another goroutine, unless c's turn ends just now.
func (m *monitor) takeOver(l *loop, c *Conn) {
	c.since.Store(int64(m.e.s.uptime()))
	l.detached.Add(1)
	if !c.move(inline, detached) {
		l.detached.Add(-1)
		l.post(noteLook, nil) // it may have seen the limit reached meanwhile
		return
	}
	m.e.give(job{run: l})
}

// stuck is for the watchdog: it remembers where each loop was.
func (m *monitor) stuck() string {
	found := ""
	for i, l := range m.e.all {
		rounds := l.rounds.Load()
		if rounds == m.watched[i] && !l.asleep.Load() {
			found = "event loop"
		}
		m.watched[i] = rounds
	}
	return found
}
