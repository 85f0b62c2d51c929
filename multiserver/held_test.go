package multiserver_test

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/multiserver"
	"ostler/multiserver/servertest"
)

// Clients that are held up, and others that hold something up.

// newFlowGreeter is held up by its own PostAccept for longer than a client is for
// want of a token.
func newFlowGreeter() *multiserver.Server {
	return with(func(s *multiserver.Server) {
		s.InFlowDelay = true
		s.PostAccept = func(*multiserver.Conn, map[string]string) error {
			time.Sleep(1500 * time.Millisecond)
			return nil
		}
	})
}

// newFlowRaw echoes a byte.
func newFlowRaw() *multiserver.Server {
	return &multiserver.Server{
		InFlowDelay: true,
		Serve: func(c *multiserver.Conn) error {
			b := make([]byte, 1)
			if _, err := io.ReadFull(c, b); err != nil {
				return err
			}
			_, err := c.Write(b)
			return err
		},
	}
}

// TestHeldWhileGreeted: the end of the delay comes while PostAccept runs, away
// from the loop.
func TestHeldWhileGreeted(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "flowgreet", Env: env, Args: []string{"-o", "in_flow_delay=1s"}})
		c := dial(t, svc)
		if got := c.ask("hello"); got != "hello" {
			t.Errorf("%q", got)
		}
	})
}

// TestHeldSilent: a client of the raw form that has said nothing when the delay
// ends is waited for.
func TestHeldSilent(t *testing.T) {
	svc := servertest.Start(t, servertest.Config{Server: "flowraw", Args: []string{"-v", "-o", "in_flow_delay=1s"}})
	c := dial(t, svc)
	timer := time.NewTimer(1300 * time.Millisecond)
	<-timer.C // nothing tells from outside that the delay has ended
	c.send("x")
	c.read("x")
}

// TestTrickle: a client that does not take its reply is cut, whatever it sends
// meanwhile.
func TestTrickle(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env, Args: []string{"-o", "ipc_timeout=1s"}})
		conn := svc.Dial()
		if _, err := conn.Write([]byte("size 4000000\n")); err != nil {
			t.Fatal(err)
		}
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for range 75 {
			<-tick.C
			if _, err := conn.Write([]byte("x")); err != nil {
				svc.Logged("warning: timeout on verbs socket while writing a reply")
				return
			}
		}
		t.Error("the client was not cut")
	})
}

// TestPassAgain: a sender may keep the connection that it has passed, and pass
// it again when the service has let go of it.
func TestPassAgain(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Transport: "pass", Env: env})
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
		defer theirs.Close()
		conn, err := net.FileConn(ours)
		ours.Close()
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, conn)
		for range 10 {
			svc.Pass(theirs, nil)
			if got := c.ask("hello"); got != "hello" {
				t.Fatalf("%q", got)
			}
			c.ask("bye")
		}
	})
}

// TestStalledPass: a sender that stalls does not keep others from leaving in
// order.
func TestStalledPass(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Transport: "pass", Env: env})
		c := newClient(t, svc.DialPass(nil))
		c.ask("hello")
		stalled := svc.Dial() // and passes nothing
		defer stalled.Close()
		other := newClient(t, svc.DialPass(nil))
		other.ask("hello") // was accepted behind the one that stalls
		svc.Reload()
		c.ends()
		other.ends()
		succeeded(t, svc.Process())
	})
}
