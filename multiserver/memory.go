package multiserver

import (
	"sync"
)

// budget bounds what unfinished requests and untaken replies of all clients
// hold together. A client that holds nothing costs nothing here.
type budget struct {
	limit int // Static after construction.
	cut   func(c *Conn, held int)

	mu sync.Mutex

	// Guarded by mu.
	used    int
	holders map[*Conn]int
}

func newBudget(limit int, cut func(*Conn, int)) *budget {
	return &budget{limit: limit, cut: cut, holders: make(map[*Conn]int)}
}

// hold says that c holds n bytes now. It is false when c is itself the client
// that holds most while the limit is passed: it has to go. When another one
// holds most, that one is cut. A cut client counts no more.
func (b *budget) hold(c *Conn, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += n - b.holders[c]
	if n == 0 {
		delete(b.holders, c)
		return true
	}
	b.holders[c] = n
	for b.used > b.limit {
		victim, held := b.largest()
		b.used -= held
		delete(b.holders, victim)
		if victim == c {
			return false
		}
		b.cut(victim, held)
	}
	return true
}

func (b *budget) largest() (victim *Conn, held int) {
	for c, n := range b.holders {
		if n > held {
			victim, held = c, n
		}
	}
	return victim, held
}
