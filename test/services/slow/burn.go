package main

import (
	"sync/atomic"
	"time"
)

// burner knows how much work a processor does in a time.
type burner struct {
	chunk time.Duration // one call of work(chunkRounds) without interruption
}

const (
	chunkRounds = 50_000
	trials      = 50
)

// calibrate measures for a few milliseconds. The shortest trial is the one that
// nothing has interrupted.
func calibrate() burner {
	best := time.Hour
	for range trials {
		start := time.Now()
		work(chunkRounds)
		best = min(best, time.Since(start))
	}
	return burner{chunk: max(best, 1)}
}

// spend uses processor time, without a system call.
func (b burner) spend(d time.Duration) {
	for ; d > 0; d -= b.chunk {
		work(chunkRounds)
	}
}

// work does some arithmetic. That its result is stored keeps the compiler from
// leaving it out.
func work(rounds int) {
	x := uint64(88172645463325252)
	for range rounds {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	var sink atomic.Uint64
	sink.Store(x)
}
