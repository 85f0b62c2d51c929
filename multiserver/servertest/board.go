package servertest

import (
	"slices"
	"sync"
	"time"
)

// board is a list that one goroutine adds to and others wait on.
type board[T any] struct {
	mu sync.Mutex

	// Guarded by mu.
	items   []T
	changed chan struct{} // closed at the next change; nil while nobody waits
}

func (b *board[T]) add(item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = append(b.items, item)
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// all returns a copy of what is there.
func (b *board[T]) all() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.items)
}

// find waits for an item that match accepts, from the index from on, and
// returns it and its index; ok is false when the time is over.
func (b *board[T]) find(from int, match func(T) bool, limit time.Duration) (item T, at int, ok bool) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for {
		b.mu.Lock()
		for ; from < len(b.items); from++ {
			if match(b.items[from]) {
				defer b.mu.Unlock()
				return b.items[from], from, true
			}
		}
		if b.changed == nil {
			b.changed = make(chan struct{})
		}
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-timeout.C:
			return item, from, false
		}
	}
}
