package multiserver_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

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
