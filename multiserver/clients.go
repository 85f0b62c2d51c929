package multiserver

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// clients is the list of all connections, for those who must reach one that
// they do not own.
type clients struct {
	mu sync.Mutex

	// Guarded by mu.
	all map[*Conn]struct{}
}

func (l *clients) add(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = make(map[*Conn]struct{})
	}
	l.all[c] = struct{}{}
}

// remove takes c out before its descriptor is closed, so that sever never hits
// a stranger with the same number.
func (l *clients) remove(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, c)
}

// each calls f for every connection. f must not close it.
func (l *clients) each(f func(c *Conn)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.all {
		f(c)
	}
}

// sever breaks a connection from outside: its owner finds it at end of file.
func (l *clients) sever(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.severLocked(c)
}

func (l *clients) severLocked(c *Conn) {
	if _, here := l.all[c]; here {
		c.hangUp()
		unix.Shutdown(int(c.fd), unix.SHUT_RDWR)
	}
}

// severLate breaks every connection whose handler has run for longer than
// limit, and returns how many.
func (l *clients) severLate(now time.Duration, limit time.Duration) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.all {
		since := c.since.Load()
		if since != 0 && c.state() == detached && now-time.Duration(since) > limit && !c.lost.Load() {
			l.severLocked(c)
			n++
		}
	}
	return n
}

// severLingering breaks connections whose clients have got everything, or have
// had time to for longer than limit.
func (l *clients) severLingering(now, limit time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.all {
		if since := c.lingers.Load(); since != 0 && (c.allArrived() || now-time.Duration(since) > limit) {
			l.severLocked(c)
		}
	}
}
