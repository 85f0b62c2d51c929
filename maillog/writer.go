package maillog

import (
	"errors"
	"time"
)

// A destination that cannot be reached is tried again every retryDelay. One
// that is full is waited for in slices of fullSlice, so that a change of the
// destination is noticed.
const (
	retryDelay = time.Second
	fullSlice  = 200 * time.Millisecond
)

// errFull is returned by a sink that takes no more at the moment; wait tells
// when it may again. errLost is returned for a record that it will never take.
var (
	errFull = errors.New("log destination is full")
	errLost = errors.New("log destination refuses the record")
)

// sink is a place where records go. Until a queue's writer has adopted it, it
// belongs to who made it; afterwards to the writer. It must not log.
type sink interface {
	// send delivers r or says why not: errFull, errLost, or any other error
	// when the destination cannot be reached now. It does not block for long.
	// After errFull it is called with the same record again.
	send(r *record) error
	// wait blocks until send may succeed again, for at most d.
	wait(d time.Duration)
	// close releases what the sink holds. It may be called more than once.
	close()
}

// write is the writer: it ends after close, not before the sink is closed.
func (q *queue) write() {
	defer close(q.gone)
	for {
		batch := q.take()
		if batch == nil {
			select {
			case <-q.wake:
				continue
			case <-q.control:
			}
			if q.current() == nil {
				return
			}
			continue
		}
		if !q.deliver(batch) {
			return
		}
		q.giveBack(batch)
	}
}

// deliver writes a batch; false means that the queue was closed.
func (q *queue) deliver(batch []byte) bool {
	var r record
	for rest := batch; len(rest) > 0; {
		rest = r.next(rest)
		delivered, open := q.deliverOne(&r)
		if !open {
			return false
		}
		q.settle(r.size(), delivered)
	}
	return true
}

// deliverOne writes r, however long that takes.
func (q *queue) deliverOne(r *record) (delivered, open bool) {
	for {
		s := q.current()
		if s == nil {
			return false, false
		}
		switch err := s.send(r); err {
		case nil:
			return true, true
		case errLost:
			return false, true
		case errFull:
			s.wait(fullSlice)
		default:
			select {
			case <-q.control:
			case <-time.After(retryDelay):
			}
		}
	}
}

// current returns the sink to use, after closing the one that it replaces. It
// returns nil when the queue is closed; then all sinks are.
func (q *queue) current() sink {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		if q.adopted != nil {
			q.adopted.close()
		}
		return nil
	}
	if q.adopted != q.sink {
		if q.adopted != nil {
			q.adopted.close()
		}
		q.adopted = q.sink
	}
	return q.adopted
}
