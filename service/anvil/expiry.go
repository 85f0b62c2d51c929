package anvil

import "time"

// queue holds the counters without a connection, the one to be forgotten first
// in front. All wait equally long and time does not go back, so that a new one
// belongs at the end: adding and removing cost the same however many there are.
// (Stock has a timer for each, in a list that it searches from the front.)
type queue struct {
	head, tail *counter
}

func (q *queue) push(c *counter) {
	c.prev, c.next = q.tail, nil
	if q.tail == nil {
		q.head = c
	} else {
		q.tail.next = c
	}
	q.tail = c
}

func (q *queue) remove(c *counter) {
	if c.prev == nil {
		q.head = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		q.tail = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
}

// expireShare bounds how many idents one call of Expire removes, and so for how
// long it holds the mutex: a millisecond, about.
const expireShare = 4096

// Expire removes idents whose time is over, and tells how long to wait at most
// before it is called again: 0 when there are more than one call removes, at
// most one time unit when there are none.
func (s *State) Expire() (wait time.Duration) {
	tod := s.now()
	sec := s.seconds(tod)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last, sec)
	s.purge(s.last, expireShare)
	next := s.last + s.unit
	if s.queue.head != nil {
		next = s.queue.head.expires
	}
	return s.until(next, tod)
}

// until is how long after t the second sec begins, 0 if it has begun.
func (s *State) until(sec int64, t time.Time) time.Duration {
	whole := time.Duration(sec-s.base.Unix())*time.Second - time.Duration(s.base.Nanosecond())
	return max(0, whole-t.Sub(s.base))
}

// purge removes at most n counters whose time is over.
func (s *State) purge(now int64, n int) {
	for c := s.queue.head; c != nil && c.expires <= now && n > 0; n-- {
		next := c.next
		s.forget(c)
		c = next
	}
}

// forget removes a counter that is in the queue.
func (s *State) forget(c *counter) {
	s.queue.remove(c)
	s.idents.remove(c)
}
