package multiserver_test

import (
	"testing"

	"ostler/masterproto"
	"ostler/multiserver/servertest"
)

// TestStatus: master hears once that the process was used.
func TestStatus(t *testing.T) {
	t.Parallel()
	// A request that each service sends back, and what it sends back of it.
	for server, echo := range map[string]string{"verbs": "Eabc\n", "swap": "abc\n"} {
		t.Run(server, func(t *testing.T) {
			engines(t, func(t *testing.T, env []string) {
				svc := servertest.Start(t, servertest.Config{Server: server, Env: env})
				first, second := dial(t, svc), dial(t, svc)
				if n := len(svc.Statuses()); n != 0 {
					t.Errorf("%d status messages before the first request", n)
				}
				for range 100 {
					for _, c := range []*client{first, second} {
						c.send("Eabc\n")
						c.read(echo)
					}
				}
				expectStatus(t, svc, masterproto.Taken)
				expectStatus(t, svc, masterproto.Avail)
				svc.Reload()
				svc.Wait()
				if n := len(svc.Statuses()); n != 2 {
					t.Errorf("%d status messages, want 2", n)
				}
			})
		})
	}
}

// TestStatusFull: a master that does not read holds nobody up, and hears later
// what there was to say.
func TestStatusFull(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.New(t, servertest.Config{Server: "verbs", Env: env})
		svc.Spawn()
		drain := svc.FillStatus()
		c := dial(t, svc)
		for range 10 {
			if got := c.ask("hello"); got != "hello" {
				t.Fatalf("%q", got)
			}
		}
		drain()
		expectStatus(t, svc, masterproto.Taken)
		expectStatus(t, svc, masterproto.Avail)
	})
}

// TestGeneration: each process tells its own.
func TestGeneration(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "verbs"})
	for gen := uint32(1); gen < 10; gen++ {
		c := dial(t, svc)
		c.ask("hello")
		status := svc.Status()
		if status.Generation != gen || int(status.PID) != svc.Process().PID() {
			t.Fatalf("%+v, want generation %d", status, gen)
		}
		svc.Status()
		svc.Reload()
		succeeded(t, svc.Process())
		svc.Spawn()
	}
}
