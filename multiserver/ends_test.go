package multiserver_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"ostler/multiserver"
	"ostler/multiserver/servertest"
)

// TestSignalsEnd: signals that the Go runtime would pass over end the process,
// as they end a C program.
func TestSignalsEnd(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP, syscall.SIGXCPU} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			svc := servertest.Start(t, servertest.Config{Server: "verbs"})
			dial(t, svc).ask("hello")
			svc.Process().Signal(sig)
			ws := svc.Wait().Sys().(syscall.WaitStatus)
			if !ws.Signaled() || ws.Signal() != sig {
				t.Errorf("process ended: %v, want signal: %v", svc.Wait(), sig)
			}
		})
	}
}

// TestFatalWhileServing: a fatal error leaves nothing behind, and a client that
// has nothing to do with it sees an ordinary end.
func TestFatalWhileServing(t *testing.T) {
	path := shortDir(t) + "/socket"
	p := byHand(t, "verbs", "--listen", "unix:"+path)
	other, guilty := dialUntil(t, "unix", path), dialUntil(t, "unix", path)
	other.ask("hello")
	guilty.send("fatal\n")
	other.ends()
	guilty.broken()
	if status, stderr := p.wait(); status != 1 || !strings.Contains(stderr, "fatal: asked for it") {
		t.Errorf("exit status %d and %q", status, stderr)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// newFatalAccept comes to a fatal error on the goroutine of an acceptor, when
// the second client comes.
func newFatalAccept() *multiserver.Server {
	n := 0
	return with(func(s *multiserver.Server) {
		s.PreAccept = func(s *multiserver.Server) {
			if n++; n == 2 {
				s.Log().Fatalf("no more")
			}
		}
	})
}

// TestFatalInAcceptor: the process ends although it cannot wait for the acceptor.
func TestFatalInAcceptor(t *testing.T) {
	svc := servertest.Start(t, servertest.Config{Server: "fatalaccept"})
	c := dial(t, svc)
	c.ask("hello")
	svc.Dial()
	if code := svc.Wait().ExitCode(); code != 1 {
		t.Errorf("process ended: %v, want exit status 1", svc.Wait())
	}
	svc.Logged("fatal: no more")
}

// newDrainAccept drains when the second client comes.
func newDrainAccept() *multiserver.Server {
	n := 0
	return with(func(s *multiserver.Server) {
		s.MayDrain = true
		s.PreAccept = func(s *multiserver.Server) {
			if n++; n == 2 {
				s.Drain()
			}
		}
	})
}

// TestDrainInPreAccept: the client that has not been accepted is the next
// process's, and the first one is served on.
func TestDrainInPreAccept(t *testing.T) {
	svc := servertest.Start(t, servertest.Config{Server: "drainaccept"})
	first := svc.Process()
	c := dial(t, svc)
	c.ask("hello")
	next := dial(t, svc)
	if code := first.Wait().ExitCode(); code != 0 {
		t.Errorf("process ended: %v", first.Wait())
	}
	svc.Spawn()
	if got := next.ask("hello"); got != "hello" {
		t.Errorf("%q", got)
	}
	if got := c.ask("still here"); got != "still here" {
		t.Errorf("%q", got)
	}
}

// TestAddressSpace: below what the runtime reserves nothing of ours runs yet;
// by hand at least one sees what is lacking.
func TestAddressSpace(t *testing.T) {
	t.Parallel()
	cmd := servertest.New(t, servertest.Config{Server: "verbs"}).Command("--listen", "unix:"+shortDir(t)+"/s")
	path, err := exec.LookPath("prlimit")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Args = append([]string{"prlimit", "--as=67108864", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = path
	if status, stderr := launch(t, cmd).wait(); status != 2 || stderr == "" {
		t.Errorf("exit status %d and %q", status, stderr)
	}
}
