package load

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// tick is how often a thread without replies looks whether it should stop.
const tick = 20 * time.Millisecond

// Generator is a closed loop under way.
type Generator struct {
	// Static after construction.
	plan    Plan
	workers []*worker

	running sync.WaitGroup
	stop    atomic.Bool
}

// worker serves some of the clients from one thread.
type worker struct {
	count atomic.Int64 // replies
	_     [56]byte     // on a cache line of its own

	// Static after construction.
	g       *Generator
	clients []client
	first   int // the number of the first client
	ep      int

	// Owned by the worker's goroutine; err by Stop when that has ended.
	busy   int // clients that wait for a reply
	err    error
	events [256]unix.EpollEvent
}

// Start connects the clients, has them say what they say once, and starts them.
// It returns when all are at it. An error of one client ends them all.
func Start(p Plan) (*Generator, error) {
	p, err := p.complete()
	if err != nil {
		return nil, err
	}
	clients, err := dialClients(p)
	if err != nil {
		return nil, err
	}
	g := &Generator{plan: p}
	for t := range p.Threads {
		from, to := t*p.Clients/p.Threads, (t+1)*p.Clients/p.Threads
		w := &worker{g: g, clients: clients[from:to], first: from}
		if w.ep, err = watch(w.clients); err != nil {
			g.close()
			closeClients(clients)
			return nil, err
		}
		g.workers = append(g.workers, w)
	}
	for _, w := range g.workers {
		// Ends by itself after g.stop has been set or on error; Stop waits.
		g.running.Go(w.run)
	}
	return g, nil
}

// Count returns the number of replies so far. It may be called at any time, and
// costs the generator nothing.
func (g *Generator) Count() int64 {
	var n int64
	for _, w := range g.workers {
		n += w.count.Load()
	}
	return n
}

// Stop lets each client have its last reply, closes the connections, and
// returns the first error that a client has met: an unexpected reply, none at
// all, a closed connection. It is called once.
func (g *Generator) Stop() error {
	g.stop.Store(true)
	g.running.Wait()
	var errs []error
	for _, w := range g.workers {
		errs = append(errs, w.err)
		closeClients(w.clients)
	}
	g.close()
	return errors.Join(errs...)
}

func (g *Generator) close() {
	for _, w := range g.workers {
		unix.Close(w.ep)
	}
}

// run serves the clients until the generator stops.
func (w *worker) run() {
	// Not unlocked: the thread, busy all the time, serves nothing else and goes
	// with the goroutine.
	runtime.LockOSThread()
	defer w.g.stop.Store(true)
	for i := range w.clients {
		if w.err = w.clients[i].send(); w.err != nil {
			return
		}
		w.busy++
	}
	last := time.Now()
	for w.busy > 0 {
		n, err := unix.EpollWait(w.ep, w.events[:], int(tick/time.Millisecond))
		switch {
		case err != nil && !errors.Is(err, unix.EINTR):
			w.err = fmt.Errorf("cannot wait for replies: %w", err)
			return
		case n > 0:
			if !w.serve(w.events[:n]) {
				return
			}
			last = time.Now()
		case time.Since(last) > w.g.plan.Timeout:
			w.err = fmt.Errorf("%d clients: %w", w.busy, errTimeout)
			return
		}
	}
}

// serve has each client that an event is about take its reply and send its next
// request. It returns false on error.
func (w *worker) serve(events []unix.EpollEvent) bool {
	for i := range events {
		c := &w.clients[events[i].Fd]
		done, err := c.poll()
		if err == nil && done {
			w.count.Add(1)
			w.busy--
			if !w.g.stop.Load() {
				err = c.send()
				w.busy++
			}
		}
		if err != nil {
			w.err = fmt.Errorf("client %d: %w", w.first+int(events[i].Fd), err)
			return false
		}
	}
	return true
}
