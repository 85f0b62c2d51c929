package multiserver

import "time"

// A seat is what a loop keeps about a connection of its own. Nobody else looks
// at it, even while a turn of the connection runs elsewhere.
type seat struct {
	timer   timerNode
	slot    uint32  // index in the loop's table
	gen     uint32  // tells the tenants of a slot apart
	outcome outcome // of a turn that ended away from the loop
	queued  bool    // on the ready or the waiting list
	wantOut bool    // EPOLLOUT is asked for
	watched bool    // in the epoll set
	missed  bool    // an event came while a turn ran elsewhere
	sighted bool    // noteSee came while a turn ran elsewhere
}

// table gives connections of one loop small numbers, which events carry.
type table struct {
	tenants []*Conn
	gens    []uint32
	free    []uint32
	live    int
}

func (t *table) enter(c *Conn) {
	if n := len(t.free); n > 0 {
		c.slot = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		c.slot = uint32(len(t.tenants))
		t.tenants = append(t.tenants, nil)
		t.gens = append(t.gens, 0)
	}
	t.gens[c.slot]++
	c.gen = t.gens[c.slot]
	t.tenants[c.slot] = c
	t.live++
}

func (t *table) leave(c *Conn) {
	t.tenants[c.slot] = nil
	t.free = append(t.free, c.slot)
	t.live--
}

// at returns the connection that an event is for, or nil when it has gone.
func (t *table) at(slot, gen uint32) *Conn {
	if int(slot) >= len(t.tenants) || t.gens[slot] != gen {
		return nil
	}
	return t.tenants[slot]
}

// queue is a first-in first-out list of connections. A connection is on at most
// one of a loop's queues, and at most once.
type queue struct {
	items []*Conn
	head  int
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) push(c *Conn) {
	if c.queued {
		return
	}
	c.queued = true
	q.items = append(q.items, c)
}

func (q *queue) pop() *Conn {
	c := q.items[q.head]
	q.items[q.head] = nil
	if q.head++; q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	} else if q.head >= 1024 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	c.queued = false
	return c
}

// timeouts are the connections that must make progress within ipc_timeout:
// those with half a request or an untaken reply. All have the same limit, so
// that the order of their last turns is the order of their deadlines.
type timeouts struct {
	first, last *Conn
}

// timerNode is a connection's place in timeouts.
type timerNode struct {
	prev, next *Conn
	deadline   time.Duration // zero when not in the list
}

// set puts c at the end of the list.
func (t *timeouts) set(c *Conn, deadline time.Duration) {
	t.clear(c)
	c.timer.deadline = deadline
	c.timer.prev = t.last
	if t.last == nil {
		t.first = c
	} else {
		t.last.timer.next = c
	}
	t.last = c
}

// clear takes c out of the list, if it is in it.
func (t *timeouts) clear(c *Conn) {
	if c.timer.deadline == 0 {
		return
	}
	if c.timer.prev == nil {
		t.first = c.timer.next
	} else {
		c.timer.prev.timer.next = c.timer.next
	}
	if c.timer.next == nil {
		t.last = c.timer.prev
	} else {
		c.timer.next.timer.prev = c.timer.prev
	}
	c.timer = timerNode{}
}

// expired returns the first connection whose deadline has passed, or nil.
func (t *timeouts) expired(now time.Duration) *Conn {
	if t.first != nil && t.first.timer.deadline <= now {
		return t.first
	}
	return nil
}

// wait is how long it is until the first deadline; negative when there is none.
func (t *timeouts) wait(now time.Duration) time.Duration {
	if t.first == nil {
		return -1
	}
	return max(0, t.first.timer.deadline-now)
}
