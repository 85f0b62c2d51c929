package multiserver_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
	"ostler/multiserver/servertest"
)

// TestUseLimit: the process ends when max_use connections were closed, and not
// while there is a client.
func TestUseLimit(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env, Args: []string{"-m", "3"}})
		first := dial(t, svc)
		first.ask("hello")
		for range 3 {
			c := dial(t, svc)
			c.ask("hello")
			c.Close()
		}
		until(t, "three have gone", func() bool { return first.ask("gone") == "3 0" })
		if got := first.ask("still here"); got != "still here" {
			t.Errorf("%q", got)
		}
		first.Close()
		succeeded(t, svc.Process())
		if n := logged(svc, "exit hook"); n != 1 {
			t.Errorf("Exit ran %d times", n)
		}
	})
}

// TestIdleLimit: the process ends when it has been without a client for
// max_idle; a silent client counts as one.
func TestIdleLimit(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		c := servertest.Config{Server: "verbs", Env: env, Args: []string{"-i", "1"}}
		never := servertest.Start(t, c)
		once := servertest.Start(t, c)
		busy := servertest.Start(t, c)
		silent := dial(t, busy)
		silent.ask("hello")
		dial(t, once).Close()
		succeeded(t, never.Process())
		succeeded(t, once.Process())
		if got := silent.ask("still here"); got != "still here" {
			t.Errorf("%q", got)
		}
		silent.Close()
		succeeded(t, busy.Process())
	})
}

// TestMaxClients: at the limit the process accepts nobody and tells master that
// it is busy.
func TestMaxClients(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "crowded", Env: env})
		c := dial(t, svc)
		c.ask("hello")
		expectStatus(t, svc, masterproto.Taken)
		expectStatus(t, svc, masterproto.Avail)
		second, third := dial(t, svc), dial(t, svc)
		second.ask("hello")
		third.ask("hello")
		expectStatus(t, svc, masterproto.Taken)
		late := dial(t, svc)
		late.send("let me in\n")
		for range 50 {
			c.ask("other")
		}
		if got := c.ask("handled"); got != "54" {
			t.Errorf("%s requests were handled, want 54", got)
		}
		second.Close()
		late.expect("let me in")
		expectStatus(t, svc, masterproto.Avail)
		expectStatus(t, svc, masterproto.Taken)
	})
}

func expectStatus(t *testing.T, svc *servertest.Service, want masterproto.Availability) {
	t.Helper()
	got := svc.Status()
	if got.Availability != want || int(got.PID) != svc.Process().PID() || got.Generation != 1 {
		t.Fatalf("status is %+v, want availability %d of process %d, generation 1", got, want, svc.Process().PID())
	}
}

// TestOutOfFiles: a process that can open no more descriptors says so, serves
// those that it has, and goes on when it can.
func TestOutOfFiles(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		good := dial(t, svc)
		good.ask("hello")
		pids := svc.Process().PIDs()
		serving := pids[len(pids)-1]
		var old unix.Rlimit
		if err := unix.Prlimit(serving, unix.RLIMIT_NOFILE, nil, &old); err != nil {
			t.Skipf("cannot see the limits of another process: %v", err)
		}
		if err := unix.Prlimit(serving, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: old.Max}, nil); err != nil {
			t.Skipf("cannot change the limits of another process: %v", err)
		}
		late := dial(t, svc)
		late.send("let me in\n")
		svc.Logged("warning: accept connection: Too many open files")
		if got := good.ask("still here"); got != "still here" {
			t.Errorf("%q", got)
		}
		if err := unix.Prlimit(serving, unix.RLIMIT_NOFILE, &old, nil); err != nil {
			t.Fatal(err)
		}
		late.SetDeadline(time.Now().Add(servertest.DefaultTimeout))
		late.expect("let me in")
	})
}
