package multiserver_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/multiserver/servertest"
)

// TestCrash: what the runtime says when it crashes stands in the log: why, once,
// and the stack, although standard error is /dev/null.
func TestCrash(t *testing.T) {
	tests := []struct{ request, panic, stack string }{
		{"crash\n", "panic: runtime error: invalid memory address or nil pointer dereference", "verbs_test.go"},
		{"maps\n", "panic: fatal error: concurrent map ", "crashMaps"},
	}
	engines(t, func(t *testing.T, env []string) {
		for _, test := range tests {
			svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
			c := dial(t, svc)
			c.send(test.request)
			c.broken()
			if state := svc.Wait(); state.Success() {
				t.Errorf("process ended: %v", state)
			}
			svc.Logged(test.panic)
			panics, stack := 0, ""
			for _, r := range svc.Log() {
				if len(r.Text) > 2000 {
					t.Errorf("a record of %d bytes", len(r.Text))
				}
				if strings.HasPrefix(r.Text, "panic: ") {
					panics++
				}
				stack += r.Text + "\n"
			}
			if panics != 1 {
				t.Errorf("%d panic records, want 1", panics)
			}
			if !strings.Contains(stack, test.stack) {
				t.Errorf("no %s in the stack:\n%s", test.stack, stack)
			}
		}
	})
}

// TestWatchdogHandler: a handler that runs for longer than daemon_timeout costs
// its client only.
func TestWatchdogHandler(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env, Args: []string{"-o", "daemon_timeout=2s"}})
		good, late := dial(t, svc), dial(t, svc)
		good.ask("hello")
		late.send("hold\n")
		late.broken()
		svc.Logged("warning: 1 requests have been handled for more than 2s: closing their connections")
		if got := good.ask("still here"); got != "still here" {
			t.Errorf("%q", got)
		}
	})
}

// TestWatchdogOwner: an owner goroutine that hangs is a fatal error, as in
// stock.
func TestWatchdogOwner(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "looper", Args: []string{"-o", "daemon_timeout=2s"}})
	c := dial(t, svc)
	c.ask("hangloop")
	if code := svc.Wait().ExitCode(); code != 1 {
		t.Errorf("process ended: %v, want exit status 1", svc.Wait())
	}
	svc.Logged("fatal: watchdog timeout")
	c.broken()
}

// TestWatchdogRuntime: a process that does not run at all is found by its
// parent.
func TestWatchdogRuntime(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "verbs", Args: []string{"-o", "daemon_timeout=2s"}})
	c := dial(t, svc)
	c.ask("hello")
	pids := svc.Process().PIDs()
	if len(pids) != 2 {
		t.Fatalf("processes %v, want two", pids)
	}
	if err := unix.Kill(pids[1], unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	state := svc.Wait()
	if ws := state.Sys().(syscall.WaitStatus); state.ExitCode() != 1 && !ws.Signaled() {
		t.Errorf("process ended: %v", state)
	}
	svc.Logged("fatal: watchdog timeout")
	c.broken()
}

// TestWatchdogQuiet: a process that has nothing to do, or many short requests,
// has nothing to fear.
func TestWatchdogQuiet(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		args := []string{"-o", "daemon_timeout=3s"}
		quiet := dial(t, servertest.Start(t, servertest.Config{Server: "looper", Env: env, Args: args}))
		busy := dial(t, servertest.Start(t, servertest.Config{Server: "verbs", Env: env, Args: args}))
		quiet.ask("hello")
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		for range 900 {
			<-pace.C
			busy.ask("hello")
		}
		if got := quiet.ask("still here"); got != "still here" {
			t.Errorf("%q", got)
		}
	})
}
