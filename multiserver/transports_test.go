package multiserver_test

import (
	"fmt"
	"net"
	"os"
	"testing"

	"ostler/multiserver/servertest"
)

// TestTransports: several sockets of each transport that has them.
func TestTransports(t *testing.T) {
	t.Parallel()
	for _, c := range []servertest.Config{
		{Transport: "unix"}, {Transport: "UNIX"}, {Transport: "inet"},
		{Transport: "inet", Sockets: 2}, {Transport: "unix", Sockets: 3}, {Transport: "inet", ProcessLimit: -1},
	} {
		t.Run(fmt.Sprint(c.Transport, c.Sockets), func(t *testing.T) {
			engines(t, func(t *testing.T, env []string) {
				c := c
				c.Server, c.Env = "verbs", env
				svc := servertest.Start(t, c)
				for i := range svc.Addrs() {
					for range 3 {
						conn := newClient(t, svc.DialSocket(i))
						if got := conn.ask("hello"); got != "hello" {
							t.Errorf("socket %d: %q", i, got)
						}
					}
				}
			})
		})
	}
}

// TestPass: a connection that another service has passed on is a client like
// others, and PostAccept knows where it comes from.
func TestPass(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "greeter", Transport: "pass", Env: env})
		tests := []struct {
			attrs map[string]string
			want  string
		}{
			{nil, "hello"},
			{map[string]string{"client_address": "192.0.2.1", "client_port": "99"}, "hello client_address=192.0.2.1 client_port=99"},
		}
		for _, test := range tests {
			c := newClient(t, svc.DialPass(test.attrs))
			c.expect(test.want)
			if got := c.ask("hi"); got != "hi" {
				t.Errorf("%q", got)
			}
		}
		unwanted := newClient(t, svc.DialPass(map[string]string{"client_name": "unwanted"}))
		unwanted.expect("hello client_name=unwanted")
		unwanted.ends()
	})
}

// TestPassInet: so is one over the network, which is passed in mid-dialogue.
func TestPassInet(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "greeter", Transport: "pass"})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, conn)
	c.send("early\n")
	svc.Pass(accepted.(*net.TCPConn), map[string]string{"a": "b"})
	accepted.Close()
	c.expect("hello a=b")
	c.expect("early")
	c.closeWrite()
	c.ends()
}

// TestPassIgnored: attributes that nobody takes are worth a warning.
func TestPassIgnored(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Transport: "pass", Env: env})
		if got := newClient(t, svc.DialPass(nil)).ask("hello"); got != "hello" {
			t.Errorf("%q", got)
		}
		if got := newClient(t, svc.DialPass(map[string]string{"a": "b"})).ask("hello"); got != "hello" {
			t.Errorf("%q", got)
		}
		svc.Logged("warning: service ignores 'pass' connection attributes")
		svc.Reload()
		svc.Wait()
		if n := logged(svc, "ignores"); n != 1 {
			t.Errorf("%d warnings, want 1", n)
		}
	})
}

// TestPassBroken: senders that send something else cost nothing: no client, no
// descriptor.
func TestPassBroken(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "greeter", Transport: "pass"})
	first := newClient(t, svc.DialPass(nil))
	first.expect("hello")
	pids := svc.Process().PIDs()
	serving := pids[len(pids)-1]
	before := countFiles(t, serving)
	for _, text := range []string{"", "x", "no descriptor comes with this\n"} {
		c := dial(t, svc)
		c.send(text)
		c.closeWrite()
		c.broken()
	}
	// A descriptor, but no end of the attributes.
	c := dial(t, svc)
	sendFD(t, c.Conn.(*net.UnixConn), int(os.Stdin.Fd()))
	c.send("name\x00")
	c.closeWrite()
	c.ends()
	until(t, "warnings", func() bool { return logged(svc, "warning: pass_accept_attr: cannot receive") == 4 })
	until(t, "all descriptors are closed", func() bool { return countFiles(t, serving) == before })
	if got := first.ask("hi"); got != "hi" {
		t.Errorf("%q", got)
	}
}

func countFiles(t *testing.T, pid int) int {
	t.Helper()
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// TestNoLeaks: when its clients have gone a process has as many descriptors as
// before.
func TestNoLeaks(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		first := dial(t, svc)
		first.ask("hello")
		pids := svc.Process().PIDs()
		serving := pids[len(pids)-1]
		before := countFiles(t, serving)
		var clients []*client
		for i := range 60 {
			c := dial(t, svc)
			c.send([]string{"hello\n", "half", "bye\n", "panic\n", "size 1000000\n", ""}[i%6])
			clients = append(clients, c)
		}
		for _, c := range clients {
			c.Close()
		}
		until(t, "all descriptors are closed", func() bool { return countFiles(t, serving) == before })
	})
}

// TestInFlowDelay: a client without a flow-control token is not heard for
// in_flow_delay.
func TestInFlowDelay(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "flow", Env: env, Args: []string{"-o", "in_flow_delay=1s"}})
		c := dial(t, svc)
		if got := c.ask("late"); got != "late" {
			t.Errorf("%q", got)
		}
		if got := c.ask("and again"); got != "and again" {
			t.Errorf("%q", got)
		}
	})
}

// TestInFlowHeld: such a client is held up while others are served, and has its
// answer when the process leaves.
func TestInFlowHeld(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.New(t, servertest.Config{Server: "flow", Env: env, Args: []string{"-v", "-o", "in_flow_delay=10s"}})
		svc.PutTokens(1)
		svc.Spawn()
		good := dial(t, svc)
		good.ask("hello")
		if n := svc.Tokens(); n != 0 {
			t.Errorf("%d tokens are left, want none", n)
		}
		held := dial(t, svc)
		held.send("held up\n")
		until(t, "the client is accepted", func() bool { return logged(svc, "connection established") == 2 })
		for range 100 {
			good.ask("other")
		}
		if got := good.ask("handled"); got != "102" {
			t.Errorf("%s requests were handled, want 102", got)
		}
		svc.Reload()
		held.expect("held up")
		held.ends()
		succeeded(t, svc.Process())
	})
}
