package multiserver

import (
	"sync"
)

// budget bounds what unfinished requests and untaken replies of all clients
// hold together. A client that holds nothing costs nothing here.
//
// A client that is cut lets go of its memory when its owner comes to it. Until
// then it counts against a second limit, twice the first: whoever asks for more
// beyond that goes itself, at once.
type budget struct {
	limit int // Static after construction.
	cut   func(c *Conn, held int)

	mu sync.Mutex

	// Guarded by mu.
	used    int
	doomed  int // the part of used that dying clients hold
	holders map[*Conn]int
	dying   map[*Conn]bool // were cut, and have not let go
}

func newBudget(limit int, cut func(*Conn, int)) *budget {
	return &budget{limit: limit, cut: cut, holders: make(map[*Conn]int), dying: make(map[*Conn]bool)}
}

// hold says that c holds n bytes now. It is false when c has to go: it is the
// client that holds most while the limit is passed, or was cut already, or asks
// for more while too much is on its way out. When another one holds most, that
// one is cut.
func (b *budget) hold(c *Conn, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	more := n - b.holders[c]
	b.used += more
	if b.dying[c] {
		b.doomed += more
	}
	if n == 0 {
		delete(b.holders, c)
		delete(b.dying, c)
		return true
	}
	b.holders[c] = n
	if b.dying[c] || more > 0 && b.used > 2*b.limit {
		return false
	}
	for b.used-b.doomed > b.limit {
		victim, held := b.largest()
		b.dying[victim] = true
		b.doomed += held
		if victim == c {
			return false
		}
		b.cut(victim, held)
	}
	return true
}

// largest finds the client that holds most of those that are to stay.
func (b *budget) largest() (victim *Conn, held int) {
	for c, n := range b.holders {
		if n > held && !b.dying[c] {
			victim, held = c, n
		}
	}
	return victim, held
}
