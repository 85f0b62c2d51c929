package multiserver

import "sync/atomic"

// loops is the engine of a few event loops, with goroutines beside them for
// the turns that take long.
type loops struct {
	// Static after construction.
	s    *process
	all  []*loop
	mon  *monitor
	jobs chan job
	done chan struct{} // closed when the last loop has ended

	next    atomic.Uint32 // round robin
	idle    atomic.Int32  // goroutines that wait for a job
	running atomic.Int32  // loops that have not ended
}

// A job is for a goroutine that has nothing to do: run a loop, or give a
// connection its turn.
type job struct {
	run  *loop
	turn *Conn
}

// maxIdleWorkers is how many goroutines are kept for later.
const maxIdleWorkers = 64

func newLoops(s *process, n int) (*loops, error) {
	e := &loops{s: s, jobs: make(chan job), done: make(chan struct{})}
	for range n {
		l, err := newLoop(e, max(1, s.maxHandlers/n))
		if err != nil {
			return nil, err
		}
		e.all = append(e.all, l)
	}
	e.mon = newMonitor(e)
	e.running.Store(int32(n))
	for _, l := range e.all {
		e.give(job{run: l})
	}
	// Ends when the last loop has ended.
	go e.mon.run()
	return e, nil
}

// adopt gives new connections to the loops in turn.
func (e *loops) adopt(c *Conn) {
	c.loop = e.all[e.next.Add(1)%uint32(len(e.all))]
	c.loop.post(noteAdopt, c)
}

func (e *loops) see(c *Conn) { c.loop.post(noteSee, c) }

func (e *loops) leave() {
	for _, l := range e.all {
		l.post(noteLeave, nil)
	}
}

func (e *loops) wait() {
	<-e.done
	for _, l := range e.all {
		l.close()
	}
}

// give hands a job to an idle goroutine, or starts one.
func (e *loops) give(j job) {
	select {
	case e.jobs <- j:
	default:
		// Ends after a job when enough others are idle, and with the engine.
		go e.work(j)
	}
}

// work does jobs.
func (e *loops) work(j job) {
	r := newRunner()
	for {
		switch {
		case j.turn != nil:
			j.turn.turnAway(r)
		case j.run.run(r) && e.running.Add(-1) == 0:
			close(e.done)
		}
		if e.idle.Add(1) > maxIdleWorkers {
			e.idle.Add(-1)
			return
		}
		select {
		case j = <-e.jobs:
		case <-e.done:
			return
		}
		e.idle.Add(-1)
	}
}

// turnAway is a turn away from the loop, and finds out whether the next one
// should be there too.
func (c *Conn) turnAway(r *runner) {
	start := c.s.uptime()
	end := c.turn(r)
	if c.s.uptime()-start > quickTurn {
		c.slow = slowTurns
	} else {
		c.slow--
	}
	c.giveBack(end)
}

// stuck looks for a loop that does not sleep and has not moved since the last
// look. A turn that takes long does not count: the monitor has taken it out.
func (e *loops) stuck() string { return e.mon.stuck() }
