package multiserver

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"ostler/masterproto"
)

// statusRetry is how long a message waits for room in the channel.
const statusRetry = time.Second

// reporter tells master what it needs to know to manage its processes. Stock
// says Taken and Avail around each request: two writes, and two wake-ups of
// master. What master does with it is to decide whether it must start another
// process, and whether this one has ever worked. So it hears from us Taken
// at the first request and Avail after it, and then only when the process becomes too busy for new
// clients, or is so no longer.
type reporter struct {
	// Static after construction.
	fd         int // -1: there is no master
	generation uint32
	gone       func() // master does not listen any more
	stalled    func() // something is pending: retry is to be called

	told   atomic.Bool // the first request has been told
	proved atomic.Bool // and that it was handled

	mu sync.Mutex

	// Guarded by mu.
	pid     int
	busy    bool
	pending []masterproto.Availability // what the channel did not take yet
	again   time.Duration              // when retry tries again
}

// used is called for every request.
func (r *reporter) used() {
	if r.told.Load() {
		return
	}
	r.firstUse()
}

func (r *reporter) firstUse() {
	if r.told.Swap(true) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.busy {
		r.queue(masterproto.Taken)
	}
	r.flush()
}

// worked is called when a request has been handled. Only then does master count
// the process as one that works: a command that dies of its first request is
// throttled, as it should be.
func (r *reporter) worked() {
	if r.proved.Load() || r.proved.Swap(true) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.busy {
		r.queue(masterproto.Avail)
	}
	r.flush()
}

// setBusy says whether the process takes new clients.
func (r *reporter) setBusy(busy bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy == busy {
		return
	}
	r.busy = busy
	if busy {
		r.queue(masterproto.Taken)
	} else {
		r.queue(masterproto.Avail)
	}
	r.flush()
}

// retire says that the process is to be counted out.
func (r *reporter) retire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue(masterproto.Retiring)
	r.flush()
}

// retry sends what could not be sent, and says when to call it again; negative
// when there is nothing left.
func (r *reporter) retry(now time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending) == 0 || now < r.again {
		return r.wait(now)
	}
	r.again = now + statusRetry
	r.flush()
	return r.wait(now)
}

// wait is called with mu held.
func (r *reporter) wait(now time.Duration) time.Duration {
	if len(r.pending) == 0 {
		return -1
	}
	return max(0, r.again-now)
}

// queue and flush are called with mu held.
func (r *reporter) queue(a masterproto.Availability) {
	if r.fd >= 0 {
		r.pending = append(r.pending, a)
	}
}

func (r *reporter) flush() {
	for len(r.pending) > 0 {
		err := masterproto.SendStatus(r.fd, masterproto.Status{
			PID: int32(r.pid), Generation: r.generation, Availability: r.pending[0],
		})
		if err != nil && !errors.Is(err, masterproto.ErrMasterGone) {
			r.stalled() // full, or the system is short of memory: retry comes back
			return
		}
		r.pending = r.pending[1:]
		if errors.Is(err, masterproto.ErrMasterGone) {
			r.pending = nil
			r.gone()
		}
	}
}
