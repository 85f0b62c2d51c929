package multiserver_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"ostler/multiserver/servertest"
)

// TestGreeting: what PostAccept writes is sent before the client says anything.
func TestGreeting(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "greeter", Env: env})
		c := dial(t, svc)
		c.expect("hello")
		if got := c.ask("hi"); got != "hi" {
			t.Errorf("%q", got)
		}
		eager := dial(t, svc)
		eager.send("one\ntwo\n")
		for _, want := range []string{"hello", "one", "two"} {
			eager.expect(want)
		}
		gone := dial(t, svc)
		gone.closeWrite()
		gone.expect("hello")
		gone.ends()
	})
}

// TestPreDisconnect: it runs once for each connection, however that ends.
func TestPreDisconnect(t *testing.T) {
	endings := []string{"error\n", "panic\n", "bye\n", "close\n", "size 3000000\n", strings.Repeat("x", 2000), "half a request", ""}
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "small", Env: env, Args: []string{"-o", "ipc_timeout=1s"}})
		for i, ending := range endings {
			c := dial(t, svc)
			c.ask("hello") // so that Data is set
			c.send(ending)
			switch {
			case strings.HasSuffix(ending, "\n"), len(ending) > 1000:
				c.broken()
			case i%2 == 0: // cut by the timeout
				c.broken()
			default:
				c.Close()
			}
		}
		other := dial(t, svc)
		want := strconv.Itoa(len(endings)) + " 0"
		until(t, "each connection has ended once", func() bool { return other.ask("gone") == want })
	})
}

// TestLoop: Loop runs after every event and never beside itself, however many
// ask for it.
func TestLoop(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "looper", Env: env})
		var clients []*client
		for range 8 {
			clients = append(clients, dial(t, svc))
		}
		for range 20 {
			for _, c := range clients {
				c.send("wake\n")
			}
			for _, c := range clients {
				c.expect("woken")
			}
		}
		var calls, atOnce int
		until(t, "Loop has run a few times", func() bool {
			fmt.Sscan(clients[0].ask("loops"), &calls, &atOnce)
			return calls > 20
		})
		if atOnce != 0 {
			t.Errorf("Loop ran beside itself %d times", atOnce)
		}
	})
}

// TestLoopTimer: Loop says when it wants to be called again; no client is needed
// for that.
func TestLoopTimer(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "ticker"})
	svc.Logged("called 20 times")
}

// TestRetire: the service may end the process; clients have their answers first.
func TestRetire(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		c := dial(t, svc)
		c.send("retire\nthis too\n")
		c.expect("retiring")
		c.expect("this too")
		c.ends()
		succeeded(t, svc.Process())
		if n := logged(svc, "exit hook"); n != 1 {
			t.Errorf("Exit ran %d times", n)
		}
	})
}

// TestPreAccept: it may end the process before a client is accepted, who is then
// the next process's, as are those that wait with him.
func TestPreAccept(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "shy", Env: env})
		first := dial(t, svc)
		first.ask("hello")
		stop := svc.Dir() + "/queue/stop"
		if err := os.WriteFile(stop, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		second, third := dial(t, svc), dial(t, svc)
		second.send("second\n")
		third.send("third\n")
		first.ends()
		succeeded(t, svc.Process())
		if err := os.Remove(stop); err != nil {
			t.Fatal(err)
		}
		svc.Spawn()
		second.expect("second")
		third.expect("third")
	})
}
