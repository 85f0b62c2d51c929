package skeleton_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"ostler/test/stock"
)

// A target is a service that a crowd asks while its processes leave.
type target struct {
	name    string // of the subtest
	at      string // see at
	program string
	dialect dialect
}

// targets are our two services and the raw form, each as unix and as inet, and
// one that is passed its connections. The lines of
// master.cf are those of [targetServices].
var targets = []target{
	{"probe-unix", "private/probe", "probe", probeDialect},
	{"probe-inet", "2601", "probe", probeDialect},
	{"anvil-unix", "private/anvil", "anvil", anvilDialect},
	{"anvil-inet", "2602", "anvil", anvilDialect},
	{"raw-unix", "private/raw", "probe", probeDialect},
	{"raw-inet", "2603", "probe", probeDialect},
	{"pass", "pass", "probe", probeDialect},
}

func targetServices(args string) []string {
	return []string{
		"probe unix - - n - 1 @probe@ " + args,
		"@addr@:2601 inet n - n - 1 @probe@ " + args,
		"anvil unix - - n - 1 @anvil@ " + args,
		"@addr@:2602 inet n - n - 1 @anvil@ " + args,
		"raw unix - - n - 1 @probe@ -o probe_form=raw " + args,
		"@addr@:2603 inet n - n - 1 @probe@ -o probe_form=raw " + args,
		"passed pass - - n - 1 @probe@ " + args,
	}
}

// eachTarget runs a test for each engine and target, in an instance of its own.
func eachTarget(t *testing.T, args string, only func(target) bool, f func(t *testing.T, inst *stock.Instance, tg target)) {
	for _, engine := range engines {
		for _, tg := range targets {
			if only != nil && !only(tg) || engine == "loops" && strings.HasPrefix(tg.name, "raw") {
				continue // the raw form is always that of goroutines
			}
			t.Run(engine+"/"+tg.name, func(t *testing.T) {
				t.Parallel()
				f(t, newInstance(t, engine, stock.Config{
					// An anvil does not leave before its time unit is over.
					Main:   map[string]string{"anvil_rate_time_unit": "1s"},
					Master: targetServices(args),
				}), tg)
			})
		}
	}
}

// awaitGone waits until none of some processes is there.
func awaitGone(inst *stock.Instance, pids []int) {
	for _, pid := range pids {
		inst.WaitGone(limit, pid)
	}
}

// TestReloadUnderLoad has master reload whenever the last reload is over.
func TestReloadUnderLoad(t *testing.T) {
	eachTarget(t, "", nil, func(t *testing.T, inst *stock.Instance, tg target) {
		l := (&load{at: at(inst, tg.at), dialect: tg.dialect, perConn: 30}).start(t)
		for range 8 {
			l.progress(t, 2*crowd)
			if l.failed() {
				break
			}
			old := inst.Children(tg.program)
			inst.Reload()
			awaitGone(inst, old)
		}
		l.progress(t, crowd)
		l.stop()
	})
}

// patience is less than the time after which a process leaves in any case.
const patience = 3 * time.Second

// TestReloadWithIdleClient reloads while a client is connected that does and
// will do nothing. Nobody has to wait for it: it reads the end of its connection, the
// process is gone, and another one serves.
func TestReloadWithIdleClient(t *testing.T) {
	eachTarget(t, "", nil, func(t *testing.T, inst *stock.Instance, tg target) {
		idle := &client{at: at(inst, tg.at), greeting: tg.dialect.greeting, tally: &tally{}}
		defer idle.hangUp()
		req, check := tg.dialect.request(idle, 1, 1)
		reply, err := idle.request(req)
		if err == nil {
			err = check(reply)
		}
		if err != nil {
			t.Fatal(err)
		}
		old := inst.Children(tg.program)
		inst.Reload()
		for _, pid := range old {
			inst.WaitGone(patience, pid)
		}
		if ended, err := idle.peek(); !ended || err != nil {
			t.Errorf("the idle client has not read the end of its connection: %v", err)
		}
		var tl tally
		burst(t, at(inst, tg.at), tg.dialect, &tl, 0)
	})
}

// TestReloadInMidRequest reloads while a request is handled. It is answered, and
// then nobody waits for the client, which does nothing more.
func TestReloadInMidRequest(t *testing.T) {
	only := func(tg target) bool { return tg.program == "probe" }
	eachTarget(t, "", only, func(t *testing.T, inst *stock.Instance, tg target) {
		var tl tally
		c := &client{at: at(inst, tg.at), tally: &tl}
		defer c.hangUp()
		const req = "log=begun\nsleep=50ms\n\n"
		answered := make(chan error, 1)
		// Ends with the reply; waited for below.
		go func() {
			reply, err := c.request(req)
			if err == nil && reply != req {
				err = fmt.Errorf("reply %q", reply)
			}
			answered <- err
		}()
		inst.WaitRecord(limit, stock.Matching("probe", "^begun$"))
		old := inst.Children(tg.program)
		inst.Reload()
		if err := <-answered; err != nil || tl.dials.Load() != 1 {
			t.Errorf("%v; %v", err, &tl)
		}
		for _, pid := range old {
			inst.WaitGone(patience, pid)
		}
		if ended, err := c.peek(); !ended || err != nil {
			t.Errorf("the client has not read the end of its connection: %v", err)
		}
	})
}

// TestUseLimitUnderLoad has processes leave because they are used up, which they
// do when the last of a crowd hangs up: the next crowd comes just then. Anvil has
// no such limit.
func TestUseLimitUnderLoad(t *testing.T) {
	only := func(tg target) bool { return tg.program == "probe" }
	eachTarget(t, "-o max_use=20", only, func(t *testing.T, inst *stock.Instance, tg target) {
		var tl tally
		seen := map[string]bool{}
		for round := range 12 {
			for pid := range burst(t, at(inst, tg.at), tg.dialect, &tl, round) {
				seen[pid] = true
			}
			// The load, and not a wait for something.
			time.Sleep(rand.N(3 * time.Millisecond))
		}
		// Whoever serves the last crowd, or some of it before it leaves, is not to be
		// seen again.
		old := inst.Children(tg.program)
		burst(t, at(inst, tg.at), tg.dialect, &tl, -1)
		awaitGone(inst, old)
		t.Logf("%s: %v; %d processes", tg.at, &tl, len(seen))
	})
}

// TestIdleExitUnderLoad has a crowd come at the time when a process without
// clients leaves: a second after the last of them has gone.
func TestIdleExitUnderLoad(t *testing.T) {
	eachTarget(t, "-o max_idle=1s", nil, func(t *testing.T, inst *stock.Instance, tg target) {
		var tl tally
		seen := map[string]bool{}
		for round := range 4 {
			for pid := range burst(t, at(inst, tg.at), tg.dialect, &tl, round) {
				seen[pid] = true
			}
			// The load, and not a wait for something: half of the rounds come before
			// the time is over, half after it, as near to it as can be.
			time.Sleep(time.Second - 3*time.Millisecond + rand.N(6*time.Millisecond))
		}
		// Without a crowd the process leaves for certain, and then another one comes.
		awaitGone(inst, inst.Children(tg.program))
		burst(t, at(inst, tg.at), tg.dialect, &tl, -1)
		t.Logf("%s: %v; %d processes", tg.at, &tl, len(seen))
	})
}

// burst lets each of a crowd connect, ask and hang up, all at once, and returns
// the processes that have served them, where that tells.
func burst(t *testing.T, e endpoint, d dialect, tl *tally, round int) map[string]bool {
	t.Helper()
	var group sync.WaitGroup
	errs := make(chan error, crowd)
	pids := make(chan string, crowd)
	for id := range crowd {
		// Waited for below.
		group.Go(func() {
			c := &client{at: e, greeting: d.greeting, tally: tl}
			defer c.hangUp()
			req, check := d.request(c, id, round)
			reply, err := c.request(req)
			if err == nil {
				err = check(reply)
			}
			if err != nil {
				errs <- fmt.Errorf("round %d, client %d: %w", round, id, err)
			}
			pids <- c.pid
		})
	}
	group.Wait()
	close(errs)
	close(pids)
	for err := range errs {
		t.Error(err)
	}
	seen := map[string]bool{}
	for pid := range pids {
		seen[pid] = true
	}
	return seen
}
