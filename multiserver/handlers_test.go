package multiserver_test

import (
	"os"
	"strings"
	"testing"

	"ostler/multiserver/servertest"
)

// TestBlockedHandlers: a hundred handlers that block at the same time hold
// nobody else up.
func TestBlockedHandlers(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		var blocked []*client
		for range 100 {
			c := dial(t, svc)
			c.send("wait\n")
			blocked = append(blocked, c)
		}
		good := dial(t, svc)
		until(t, "all are in the handler", func() bool { return good.ask("waiting") == "100 100" })
		good.ask("open")
		for _, c := range blocked {
			c.expect("waited")
			if got := c.ask("after"); got != "after" {
				t.Fatalf("%q", got)
			}
		}
	})
}

// TestMaxHandlers: no more handlers block than the service allows; the requests
// of others wait, and are answered later.
func TestMaxHandlers(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "few", Env: env})
		var clients []*client
		for range 20 {
			c := dial(t, svc)
			c.send("wait\nwaiting\n")
			clients = append(clients, c)
		}
		svc.Logged("4 waiting")
		if err := os.WriteFile(svc.Dir()+"/queue/open", nil, 0o644); err != nil {
			t.Fatal(err)
		}
		svc.Dial()
		for _, c := range clients {
			c.expect("waited")
		}
		for _, c := range clients {
			if _, most, _ := strings.Cut(c.line(), " "); most != "4" {
				t.Fatalf("%s handlers at a time, want 4", most)
			}
		}
	})
}

// TestOneAtATime: requests of one client are handled one after the other.
func TestOneAtATime(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		c, other := dial(t, svc), dial(t, svc)
		c.send(strings.Repeat("wait\n", 10))
		until(t, "the first is in the handler", func() bool { return strings.HasPrefix(other.ask("waiting"), "1 ") })
		for range 50 {
			other.ask("other")
		}
		if got := other.ask("waiting"); got != "1 1" {
			t.Errorf("handlers waiting now and at the most: %s", got)
		}
		other.ask("open")
		for range 10 {
			c.expect("waited")
		}
		if got := other.ask("waiting"); got != "0 1" {
			t.Errorf("handlers waiting now and at the most: %s", got)
		}
	})
}
