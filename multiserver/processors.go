package multiserver

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// processors lends the process more processors (in the sense of GOMAXPROCS)
// while turns take long. A turn that computes keeps one; without a loan the
// others would have to wait until Go's scheduler takes it away after 10 ms, in
// turn after turn. With it, the operating system shares the cores out, which it
// does sooner. Nothing tells turns that compute from those that sleep; the
// latter do not use what they are lent.
type processors struct {
	base, most int
	now        int
	linger     int // ticks until a loan that is not needed ends
}

const (
	// procsStep is by how many the processors grow at the least: the world stops
	// for a moment at each change.
	procsStep = 4

	// procsSpare are for the monitor and the collector.
	procsSpare = 2

	// procsLinger is for how many ticks more processors are kept than needed.
	procsLinger = 1000

	// maxExtraProcs bounds the threads that run Go code beyond the cores. With the
	// loops' and the runtime's own there are at most 16 beyond them.
	maxExtraProcs = 6
)

func newProcessors(extra int) processors {
	n := runtime.GOMAXPROCS(0)
	return processors{base: n, most: n + extra, now: n}
}

// lent says that there are more processors than usual.
func (p *processors) lent() bool { return p.now > p.base }

// lend is called at each tick with the number of turns that take long.
func (p *processors) lend(turns int) {
	need := p.base
	if turns > 0 {
		need = min(p.base+turns+procsSpare, p.most)
	}
	switch {
	case need > p.now:
		p.set(min(p.most, max(need, p.now+procsStep)))
	case need == p.now || !p.lent():
		p.linger = procsLinger
	default:
		if p.linger--; p.linger <= 0 {
			p.set(max(p.base, need))
		}
	}
}

func (p *processors) set(n int) {
	p.now, p.linger = n, procsLinger
	runtime.GOMAXPROCS(n)
}

// nap is time.Sleep without the scheduler's timers, whose wake-ups cost several
// system calls each.
func nap(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&ts, nil)
}
