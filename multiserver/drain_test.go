package multiserver_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
	"ostler/multiserver/servertest"
)

// TestDrain: under a master that cannot count processes out, the process that it
// knows ends, and the old clients are served on. Four in a row.
func TestDrain(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		var old []*client
		var processes []*servertest.Process
		pids := map[string]bool{}
		for range 4 {
			c := dial(t, svc)
			pids[c.ask("pid")] = true
			if got := c.ask("drain"); got != "<nil>" {
				t.Fatalf("Drain: %s", got)
			}
			succeeded(t, svc.Process())
			if got := c.ask("drain"); got != "<nil>" {
				t.Fatalf("a second Drain: %s", got)
			}
			old = append(old, c)
			processes = append(processes, svc.Process())
			svc.Spawn()
		}
		for _, c := range old {
			if pid := c.ask("pid"); !pids[pid] {
				t.Errorf("an old client is served by process %s, which is none of %v", pid, pids)
			}
			delete(pids, c.ask("pid"))
		}
		if len(pids) > 0 {
			t.Errorf("processes %v serve nobody", pids)
		}
		for i, c := range old {
			c.Close()
			processes[i].WaitAll()
		}
		if n := logged(svc, "exit hook"); n != 4 {
			t.Errorf("Exit ran %d times, want 4", n)
		}
	})
}

// TestRetiring: a master that can count processes out is told.
func TestRetiring(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env, Retiring: true})
		c := dial(t, svc)
		c.ask("hello")
		if pids := svc.Process().PIDs(); len(pids) != 1 {
			t.Errorf("processes %v, want one", pids)
		}
		expectStatus(t, svc, masterproto.Taken)
		expectStatus(t, svc, masterproto.Avail)
		if got := c.ask("drain"); got != "<nil>" {
			t.Fatalf("Drain: %s", got)
		}
		expectStatus(t, svc, masterproto.Retiring)
		old := svc.Process()
		svc.Spawn()
		next := dial(t, svc)
		if next.ask("pid") == c.ask("pid") {
			t.Error("a new client is served by the old process")
		}
		c.Close()
		succeeded(t, old)
	})
}

// TestDrainedReload: clients of a drained process have their answers when
// master is reloaded.
func TestDrainedReload(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		c := dial(t, svc)
		c.ask("drain")
		succeeded(t, svc.Process())
		thaw := freeze(t, svc.Process())
		c.send("one\ntwo\n")
		svc.Reload()
		thaw()
		c.expect("one")
		c.expect("two")
		c.ends()
		svc.Process().WaitAll()
	})
}

// TestCannotDrain: nobody would start a successor of a service by hand, and not
// every service may drain.
func TestCannotDrain(t *testing.T) {
	t.Parallel()
	const want = "this process cannot drain"
	svc := servertest.New(t, servertest.Config{Server: "verbs"})
	cmd := svc.Command("-S")
	cmd.Stdin = strings.NewReader("drain\n")
	if out, err := cmd.Output(); err != nil || string(out) != want+"\n" {
		t.Errorf("by hand: %q and %v", out, err)
	}
	if got := dial(t, servertest.Start(t, servertest.Config{Server: "few"})).ask("drain"); got != want {
		t.Errorf("a service that did not ask for it: %s", got)
	}
}

// TestParentDies: the process that serves goes when the small parent has been
// killed, because master starts another.
func TestParentDies(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		c := dial(t, svc)
		c.ask("hello")
		p := svc.Process()
		if len(p.PIDs()) != 2 {
			t.Fatalf("processes %v, want two", p.PIDs())
		}
		// More than the socket takes: the rest must be answered later.
		c.send("size 1000000\na request\n")
		if err := p.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		p.Wait()
		c.expect(strings.Repeat("x", 1000000))
		c.expect("a request")
		c.ends()
		p.WaitAll()
	})
}

// TestServerDies: the small parent ends as the process that serves has ended,
// so that master sees it.
func TestServerDies(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "verbs"})
	c := dial(t, svc)
	c.ask("hello")
	pids := svc.Process().PIDs()
	if err := unix.Kill(pids[len(pids)-1], unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
		t.Fatal(err)
	}
	ws := svc.Wait().Sys().(syscall.WaitStatus)
	if !ws.Signaled() || ws.Signal() != syscall.SIGKILL {
		t.Errorf("process ended: %v, want signal: killed", svc.Wait())
	}
	c.broken()
}
