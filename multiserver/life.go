package multiserver

import (
	"math"
	"sync"
	"time"
)

// A phase is where a process is in its life.
type phase uint8

const (
	// starting is the initial phase. It ends with ready.
	starting phase = iota

	// serving processes accept clients. They leave when they are used up or idle,
	// when master has gone, on a signal, or when the service says so.
	serving

	// draining processes accept nobody and leave with the last client; one that
	// never had a client leaves when it has been idle for max_idle, as in stock.
	draining

	// exiting is terminal. What clients have sent is answered, nothing else is
	// begun.
	exiting
)

func (p phase) String() string {
	return [...]string{"starting", "serving", "draining", "exiting"}[p]
}

// life is the state machine of a process: one method for each event, no
// socket and no clock. After an event the owner goroutine asks next what
// follows from it.
type life struct {
	mu sync.Mutex

	// Guarded by mu.
	phase   phase
	open    bool          // there may be listeners
	clients int           // connected now
	uses    int           // connections closed so far, saturating
	maxUse  int           // leave after so many uses, 0 for never
	maxIdle time.Duration // leave after so long without a client, 0 for never
	idleAt  time.Time     // when max_idle will have passed; zero while there are clients
	reason  string        // why the process is exiting
}

// configured sets the limits, before or after the process is ready.
func (l *life) configured(maxUse int, maxIdle time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.maxUse, l.maxIdle = maxUse, maxIdle
}

func (l *life) setMaxUse(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != draining {
		l.maxUse = n
	}
}

func (l *life) setMaxIdle(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.maxIdle = d
}

func (l *life) getMaxIdle() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.maxIdle
}

// ready says that the process listens.
func (l *life) ready(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase == starting {
		l.phase, l.open = serving, true
		l.armIdle(now)
	}
}

// clientAccepted says that a client has come, perhaps in the moment in which
// the process has decided to take no more. It is false when the listeners have
// been closed; the client is then not counted.
func (l *life) clientAccepted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return false
	}
	l.clients++
	l.idleAt = time.Time{}
	return true
}

// listenersClosed says that nobody can come any more.
func (l *life) listenersClosed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = false
}

// clientGone says that a connection has been closed. It is true for the last.
func (l *life) clientGone(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clients--
	if l.uses < math.MaxInt32 {
		l.uses++
	}
	if l.clients == 0 {
		l.armIdle(now)
	}
	return l.clients == 0
}

// drainAsked says that the process is to finish its clients and take no more.
// It is false when it does so already or is exiting.
func (l *life) drainAsked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != serving {
		return false
	}
	l.phase = draining
	l.maxUse = 1
	return true
}

// left says that the process has to leave now: master has gone, or a signal has
// come, or the service wants it. It is false when it is leaving already.
func (l *life) left(reason string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.exit(reason)
}

// next is the consequence of the events so far: whether to leave, else how long
// there is at the most until it must be asked again (negative: not before the
// next event).
func (l *life) next(now time.Time) (leave bool, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.phase == starting:
		return false, -1
	case l.phase == exiting:
		return true, 0
	case l.maxUse > 0 && l.uses >= l.maxUse && l.clients == 0:
		l.exit("use limit")
		return true, 0
	case l.idleAt.IsZero():
		return false, -1
	case !now.Before(l.idleAt):
		l.exit("idle timeout")
		return true, 0
	}
	return false, l.idleAt.Sub(now)
}

// why tells the reason of the exit, and the phase.
func (l *life) why() (reason string, p phase) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason, l.phase
}

// armIdle and exit are called with mu held.
func (l *life) armIdle(now time.Time) {
	if l.maxIdle > 0 {
		l.idleAt = now.Add(l.maxIdle)
	}
}

func (l *life) exit(reason string) bool {
	if l.phase == exiting {
		return false
	}
	l.phase, l.reason = exiting, reason
	return true
}
