package multiserver_test

import (
	"io"
	"testing"
	"time"

	"ostler/multiserver/servertest"
)

// TestTimeouts: half a request and an unread reply are bounded by ipc_timeout,
// silence between requests is not, nor is a handler.
func TestTimeouts(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env, Args: []string{"-o", "ipc_timeout=1s"}})
		silent, busy := dial(t, svc), dial(t, svc)
		silent.ask("first")
		busy.send("wait\n")
		half := dial(t, svc)
		half.send("half a requ")
		unread := dial(t, svc)
		unread.send("size 4194304\n")
		half.ends()
		svc.Logged("warning: timeout on verbs socket while reading a request")
		svc.Logged("warning: timeout on verbs socket while writing a reply")
		unread.broken()
		if got := silent.ask("second"); got != "second" {
			t.Errorf("the silent client got %q", got)
		}
		silent.ask("open")
		busy.expect("waited")
		svc.Reload()
		svc.Wait()
		if n := logged(svc, "timeout"); n != 2 {
			t.Errorf("%d timeouts, want 2", n)
		}
	})
}

// TestSlowProgress: a client that reads slowly but reads is not cut, however long
// the whole takes.
func TestSlowProgress(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env, Args: []string{"-o", "ipc_timeout=3s"}})
		c := dial(t, svc)
		const size = 6 << 20
		c.send("size 6291456\n")
		pace := time.NewTicker(300 * time.Millisecond)
		defer pace.Stop()
		for range 12 {
			<-pace.C
			if n, err := io.CopyN(io.Discard, c.r, size/12); err != nil {
				t.Fatalf("after %d bytes: %v", n, err)
			}
		}
		c.expect("")
	})
}
