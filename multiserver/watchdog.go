package multiserver

import (
	"strconv"
	"sync/atomic"
	"time"
)

// The watchdog ends a process that does not get on, as stock's does: its owner
// goroutine, or an event loop, without progress for daemon_timeout. A handler
// that runs for so long costs its client only. Stock counts alarms, three in
// daemon_timeout; so do we.
// postfix: src/util/watchdog.c

const watchdogSteps = 3

// beatEvery is how often the owner goroutine shows that it is alive: to the
// watchdog, to the parent, and to systemd, which may want it more often.
func (s *process) beatEvery() time.Duration {
	beat := max(s.params.DaemonTimeout/watchdogSteps/2, 100*time.Millisecond)
	usec, err := strconv.ParseInt(s.env.get("WATCHDOG_USEC"), 10, 64)
	pid := s.env.get("WATCHDOG_PID")
	if err != nil || usec <= 0 || pid != "" && pid != strconv.Itoa(s.env.pid) {
		return beat
	}
	return min(beat, max(time.Duration(usec)*time.Microsecond/2, time.Millisecond))
}

// watchdog is a goroutine's view of the others.
type watchdog struct {
	s     *process
	limit time.Duration

	lastBeat atomic.Int64 // of the owner goroutine

	// Owned by run, not thread-safe.
	stuck  int   // how many steps an event loop has not moved
	silent int   // how many steps the owner goroutine has not
	beat   int64 // what it was at the last step
}

// run looks every third of the limit. It ends with the process.
func (w *watchdog) run() {
	tick := time.NewTicker(max(w.limit/watchdogSteps, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-w.s.ctx.Done():
			return
		case <-tick.C:
			if why := w.look(w.s.uptime()); why != "" {
				w.s.log.Fatalf("watchdog timeout")
			}
		}
	}
}

// look returns what makes no progress, and breaks connections whose handlers
// have run for too long.
func (w *watchdog) look(now time.Duration) string {
	if n := w.s.clients.severLate(now, w.limit); n > 0 {
		w.s.log.Warningf("%d requests have been handled for more than %v: closing their connections", n, w.limit)
	}
	if w.s.engine.stuck() == "" {
		w.stuck = 0
	} else if w.stuck++; w.stuck >= watchdogSteps {
		return "event loop"
	}
	// Steps and not time: a process that was stopped for long is not stuck.
	if beat := w.lastBeat.Load(); beat != w.beat {
		w.beat, w.silent = beat, 0
	} else if w.silent++; w.silent > watchdogSteps {
		return "owner"
	}
	return ""
}

// beat is called by the owner goroutine.
func (s *process) beat(now time.Duration) {
	s.watchdog.lastBeat.Store(int64(now))
	s.parent.beat()
	s.notify("WATCHDOG=1")
}
