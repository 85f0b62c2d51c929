package maillog

import (
	"strconv"
	"sync"
	"time"
)

// queueLimit is the default bound of a queue, in bytes.
const queueLimit = 1 << 20

// keepBuffer is the size up to which an empty buffer is kept for the next
// burst; a larger one is given back.
const keepBuffer = 64 << 10

// queue holds records until its writer, one goroutine, has delivered them.
type queue struct {
	// Static after construction.
	limit int              // bytes, headers included
	now   func() time.Time // when a warning of the queue's own was written
	ident func() []byte    // who wrote it

	wake    chan struct{} // holds one: something was put into an empty queue
	control chan struct{} // holds one: the sink was changed or the queue closed
	gone    chan struct{} // closed by the writer when it returns

	mu sync.Mutex

	// Guarded by mu.
	pending []byte   // records that the writer has not taken yet
	spare   []byte   // an empty buffer to swap with pending, or nil
	bytes   int      // size of all records that are not settled
	entered uint64   // records put so far
	settled uint64   // records delivered or given up so far
	lost    uint64   // of these, given up
	dropped int      // records refused since the last warning about that
	waiters []waiter // calls of flush, in the order of their marks
	sink    sink     // where records go
	adopted sink     // the one that the writer uses, which it alone closes
	running bool     // the writer was started
	closed  bool     // close was called
}

// waiter is one call of flush: done is closed when settled reaches mark.
type waiter struct {
	mark uint64
	done chan struct{}
}

func newQueue(limit int, now func() time.Time, ident func() []byte, s sink) *queue {
	return &queue{
		limit:   limit,
		now:     now,
		ident:   ident,
		wake:    make(chan struct{}, 1),
		control: make(chan struct{}, 1),
		gone:    make(chan struct{}),
		sink:    s,
	}
}

// put copies r into the queue, or counts it as dropped when the queue is full.
// It does not wait, and reports whether r is in the queue. A record that ends
// the process finds room in a full one.
func (q *queue) put(r *record) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	size := r.size()
	if q.bytes+size > q.limit && r.severity < Fatal {
		q.dropped++
		return false
	}
	q.append(r)
	if !q.running {
		q.running = true
		// Stopped by close, which waits for it.
		go q.write()
	}
	signal(q.wake)
	return true
}

// append puts r at the end of pending. The caller holds mu.
func (q *queue) append(r *record) {
	if q.pending == nil {
		q.pending, q.spare = q.spare, nil
	}
	q.pending = appendRecord(q.pending, r)
	q.bytes += r.size()
	q.entered++
}

// take gives the writer all pending records, and nil if there are none. If
// records were dropped, a warning that tells how many is the last of the batch:
// it stands where they would have stood.
func (q *queue) take() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dropped > 0 {
		text := append([]byte("log queue full: "), strconv.Itoa(q.dropped)...)
		text = append(text, " log records lost"...)
		q.dropped = 0
		q.append(&record{when: q.now(), severity: Warning, ident: q.ident(), text: text})
	}
	batch := q.pending
	q.pending = nil
	return batch
}

// giveBack returns the buffer of a batch that was written.
func (q *queue) giveBack(batch []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if cap(batch) <= keepBuffer && q.spare == nil {
		q.spare = batch[:0]
	}
}

// settle notes that a record of size bytes was delivered, or given up.
func (q *queue) settle(size int, delivered bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= size
	q.settled++
	if !delivered {
		q.lost++
	}
	for len(q.waiters) > 0 && q.waiters[0].mark <= q.settled {
		close(q.waiters[0].done)
		q.waiters = q.waiters[1:]
	}
}

// flush waits until all records put so far are settled, at most for d, and
// reports whether they were all delivered.
func (q *queue) flush(d time.Duration) bool {
	q.mu.Lock()
	lost := q.lost
	if q.settled == q.entered {
		q.mu.Unlock()
		return true
	}
	done := make(chan struct{})
	q.waiters = append(q.waiters, waiter{mark: q.entered, done: done})
	q.mu.Unlock()
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	select {
	case <-done:
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.lost == lost
	case <-timeout.C:
		q.forget(done)
		return false
	}
}

// forget removes a waiter that has given up.
func (q *queue) forget(done chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.waiters {
		if q.waiters[i].done == done {
			q.waiters = append(q.waiters[:i], q.waiters[i+1:]...)
			return
		}
	}
}

// setSink makes s the place where records go that are not delivered yet, and
// wakes a writer that waits for the old one.
func (q *queue) setSink(s sink) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		s.close()
		return
	}
	if q.sink != q.adopted {
		q.sink.close()
	}
	q.sink = s
	signal(q.control)
}

// destination returns the sink that was set last. Only what is static in it may
// be looked at.
func (q *queue) destination() sink {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.sink
}

// close flushes for at most d, ends the writer and closes the sink. Records put
// from now on are lost. It reports whether all went out.
func (q *queue) close(d time.Duration) bool {
	ok := q.flush(d)
	q.mu.Lock()
	already := q.closed
	q.closed = true
	running := q.running
	if !already && q.sink != q.adopted {
		q.sink.close()
	}
	q.mu.Unlock()
	if running {
		signal(q.control)
		select {
		case <-q.gone:
		case <-time.After(time.Second):
			// The writer is held by a Write that does not return.
			return false
		}
	}
	return ok
}

// signal puts one token into a channel that holds one, without waiting.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
