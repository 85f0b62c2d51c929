package multiserver

import (
	"math"
	"testing"
	"time"
)

// TestLife walks the life of a process event by event.
func TestLife(t *testing.T) {
	t0 := time.Unix(1000, 0)
	at := func(s float64) time.Time { return t0.Add(time.Duration(s * float64(time.Second))) }
	type step struct {
		do    func(l *life) bool // nil: only look
		ok    bool
		now   float64
		leave bool
		wait  time.Duration
		phase phase
	}
	accept := func(l *life) bool { return l.clientAccepted() }
	gone := func(s float64) func(l *life) bool { return func(l *life) bool { return l.clientGone(at(s)) } }
	ready := func(l *life) bool { l.ready(t0); return true }
	drain := func(l *life) bool { return l.drainAsked() }
	left := func(l *life) bool { return l.left("signal") }
	closed := func(l *life) bool { l.listenersClosed(); return true }
	const second = time.Second
	tests := []struct {
		name    string
		maxUse  int
		maxIdle time.Duration
		steps   []step
		reason  string
	}{
		{"not before it is ready", 1, second, []step{
			{accept, false, 0, false, -1, starting},
			{drain, false, 0, false, -1, starting},
			{ready, true, 0, false, second, serving},
		}, ""},
		{"idle since the start", 100, 3 * second, []step{
			{ready, true, 0, false, 3 * second, serving},
			{nil, false, 2.5, false, second / 2, serving},
			{nil, false, 3, true, 0, exiting},
			{accept, true, 3, true, 0, exiting}, // had been accepted just then
			{closed, true, 3, true, 0, exiting},
			{accept, false, 3, true, 0, exiting},
		}, "idle timeout"},
		{"idle is counted from the last close", 100, 3 * second, []step{
			{ready, true, 0, false, 3 * second, serving},
			{accept, true, 2, false, -1, serving},
			{accept, true, 2, false, -1, serving},
			{gone(9), false, 9, false, -1, serving},
			{nil, false, 99, false, -1, serving},
			{gone(99), true, 99, false, 3 * second, serving},
			{nil, false, 102, true, 0, exiting},
		}, "idle timeout"},
		{"no idle limit", 100, 0, []step{
			{ready, true, 0, false, -1, serving},
			{nil, false, 1e6, false, -1, serving},
		}, ""},
		{"used up only when nobody is left", 2, 0, []step{
			{ready, true, 0, false, -1, serving},
			{accept, true, 0, false, -1, serving},
			{accept, true, 0, false, -1, serving},
			{accept, true, 0, false, -1, serving},
			{gone(1), false, 1, false, -1, serving},
			{gone(1), false, 1, false, -1, serving},
			{accept, true, 1, false, -1, serving},
			{gone(2), false, 2, false, -1, serving},
			{gone(2), true, 2, true, 0, exiting},
		}, "use limit"},
		{"drain with clients", 0, 5 * second, []step{
			{ready, true, 0, false, 5 * second, serving},
			{accept, true, 0, false, -1, serving},
			{drain, true, 0, false, -1, draining},
			{drain, false, 0, false, -1, draining},
			{accept, true, 0, false, -1, draining},
			{closed, true, 0, false, -1, draining},
			{accept, false, 0, false, -1, draining},
			{gone(1), false, 1, false, -1, draining},
			{gone(1), true, 1, true, 0, exiting},
		}, "use limit"},
		{"drain without a client waits for max_idle", 0, 5 * second, []step{
			{ready, true, 0, false, 5 * second, serving},
			{drain, true, 0, false, 5 * second, draining},
			{nil, false, 4, false, second, draining},
			{nil, false, 5, true, 0, exiting},
		}, "idle timeout"},
		{"drain of a process that was used and is empty", 0, 5 * second, []step{
			{ready, true, 0, false, 5 * second, serving},
			{accept, true, 0, false, -1, serving},
			{gone(0), true, 0, false, 5 * second, serving},
			{drain, true, 0, true, 0, exiting},
		}, "use limit"},
		{"the first reason counts", 0, 0, []step{
			{ready, true, 0, false, -1, serving},
			{left, true, 0, true, 0, exiting},
			{func(l *life) bool { return l.left("master disconnect") }, false, 0, true, 0, exiting},
			{drain, false, 0, true, 0, exiting},
		}, "signal"},
		{"a signal before it is ready", 0, 0, []step{
			{left, true, 0, true, 0, exiting},
			{ready, true, 0, true, 0, exiting},
		}, "signal"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := &life{}
			l.configured(test.maxUse, test.maxIdle)
			for i, s := range test.steps {
				if s.do != nil {
					if ok := s.do(l); ok != s.ok {
						t.Errorf("step %d: event gives %v", i, ok)
					}
				}
				leave, wait := l.next(at(s.now))
				reason, phase := l.why()
				if leave != s.leave || wait != s.wait || phase != s.phase {
					t.Errorf("step %d: leave %v, wait %v, %v (%s); want %v, %v, %v", i, leave, wait, phase, reason, s.leave, s.wait, s.phase)
				}
			}
			if reason, _ := l.why(); reason != test.reason {
				t.Errorf("reason %q, want %q", reason, test.reason)
			}
		})
	}
}

func TestUsesSaturate(t *testing.T) {
	l := &life{uses: math.MaxInt32 - 1}
	l.ready(time.Now())
	for range 3 {
		l.clientAccepted()
		l.clientGone(time.Now())
	}
	if l.uses != math.MaxInt32 {
		t.Errorf("%d uses", l.uses)
	}
}
