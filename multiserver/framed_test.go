package multiserver_test

import (
	"strings"
	"testing"

	"ostler/multiserver/servertest"
)

// TestRequestsInPieces: what a request looks like on the wire does not matter.
func TestRequestsInPieces(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		c := dial(t, svc)
		for _, piece := range []string{"a first req", "uest", "\n"} {
			c.send(piece)
		}
		c.expect("a first request")
		for _, b := range []byte("byte by byte\n") {
			c.send(string(b))
		}
		c.expect("byte by byte")
		c.send("one\ntwo\nthree\nfo")
		for _, want := range []string{"one", "two", "three"} {
			c.expect(want)
		}
		c.send("ur\n")
		c.expect("four")
		long := strings.Repeat("0123456789", 50_000)
		if got := c.ask(long); got != long {
			t.Errorf("a request of %d bytes came back with %d", len(long), len(got))
		}
	})
}

// TestPipeline: more requests in one read than a client may have in one turn.
func TestPipeline(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		c, other := dial(t, svc), dial(t, svc)
		var lines []string
		for i := range 1000 {
			lines = append(lines, strings.Repeat("y", i%7+1))
		}
		c.send(strings.Join(lines, "\n") + "\n")
		if got := other.ask("other"); got != "other" {
			t.Errorf("another client got %q", got)
		}
		for _, want := range lines {
			c.expect(want)
		}
	})
}

// TestHalfClose: a client may half-close and still gets its answers, the one
// for an unfinished request included.
func TestHalfClose(t *testing.T) {
	tests := []struct{ name, send, want string }{
		{"after nothing", "", ""},
		{"after a request", "one\n", "one\n"},
		{"in a request", "one\ntw", "one\nunfinished tw\n"},
		{"in the first request", "o", "unfinished o\n"},
		{"after many", strings.Repeat("r\n", 100), strings.Repeat("r\n", 100)},
	}
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		for _, test := range tests {
			for _, transport := range []string{"at once", "later"} {
				c := dial(t, svc)
				c.send(test.send)
				want := strings.Split(strings.TrimSuffix(test.want, "\n"), "\n")
				if transport == "later" && !strings.Contains(test.want, "unfinished") && test.want != "" {
					for _, line := range want {
						c.expect(line)
					}
					want = nil
				}
				c.closeWrite()
				for _, line := range want {
					if line != "" {
						c.expect(line)
					}
				}
				c.ends()
			}
		}
	})
}

// TestTooLarge: a request beyond MaxRequest costs the connection, whether its
// end has come or not.
func TestTooLarge(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "small", Env: env})
		good := dial(t, svc)
		for _, request := range []string{strings.Repeat("a", 1001), strings.Repeat("b", 1000) + "\n", "fine\n" + strings.Repeat("c", 3000)} {
			c := dial(t, svc)
			c.send(request)
			c.broken()
		}
		limit := strings.Repeat("d", 999)
		if got := good.ask(limit); got != limit {
			t.Errorf("a request of the largest size: %q", got)
		}
		until(t, "three warnings", func() bool {
			return logged(svc, "warning: request from small socket is larger than 1000 bytes: closing connection") == 3
		})
	})
}

// TestEnds: how a handler ends a connection, and that it costs nobody else.
func TestEnds(t *testing.T) {
	tests := []struct{ request, reply, log string }{
		{"error\n", "", "warning: service verbs: closing connection: no such thing"},
		{"panic\n", "", "warning: service verbs: panic while serving a client: spoilt request"},
		{"bye\n", "good bye", ""},
		{"close\n", "closing", ""},
		{"close\nnever answered\n", "closing", ""},
	}
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		good := dial(t, svc)
		for _, test := range tests {
			c := dial(t, svc)
			c.send(test.request)
			if test.reply != "" {
				c.expect(test.reply)
			}
			c.broken()
			if test.log != "" {
				svc.Logged(test.log)
			}
			if got := good.ask("still here"); got != "still here" {
				t.Errorf("after %q another client got %q", test.request, got)
			}
		}
		svc.Reload()
		svc.Wait()
		if n := logged(svc, "closing connection"); n != 1 {
			t.Errorf("%d warnings about the end of a connection, want 1", n)
		}
	})
}

// TestFrameError: data that cannot be a request ends the connection.
func TestFrameError(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "netstring", Env: env})
		c := dial(t, svc)
		c.send("5:hello,no")
		buf := make([]byte, 8)
		if n, err := c.r.Read(buf); string(buf[:n]) != "5:hello," {
			t.Fatalf("%q, %v", buf[:n], err)
		}
		c.broken()
		svc.Logged("warning: service netstring: closing connection: malformed netstring")
	})
}

// TestName: every callback knows the service's name and the arguments.
func TestName(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "verbs", Name: "fancy", Args: []string{"-o", "max_use=5", "one", "two"}})
	if got := dial(t, svc).ask("name"); got != "fancy [one two]" {
		t.Errorf("the service calls itself %q", got)
	}
}

// TestFlush: Flush sends before the handler has returned.
func TestFlush(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		c := dial(t, svc)
		c.send("flushed\n")
		c.expect("first")
		dial(t, svc).ask("open")
		c.expect("waited")
	})
}
