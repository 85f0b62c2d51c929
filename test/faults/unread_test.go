package faults_test

import "testing"

// What the clients ask for who read no reply: each less than a client may leave
// unread, all of them more than the service keeps.
const (
	unreadClients = 32
	unreadRequest = "large=4000000\n\n"
	unreadReply   = 4_000_000
)

// TestUnreadReplies has clients ask for large replies and read none of them. What
// is kept for them is bounded, and others are served.
func TestUnreadReplies(t *testing.T) {
	each(t, func(t *testing.T, engine string, _ uint32) {
		v := serveByHand(t, setup{path: faulty(), engine: engine})
		good, err := dialLimited(v.network, v.address)
		if err != nil {
			t.Fatal(err)
		}
		defer good.Close()
		if err := ask(good, "\n", "\n"); err != nil {
			t.Fatal(err)
		}
		base, err := usageOf(v.cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		for range unreadClients {
			conn, err := dialLimited(v.network, v.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			// One byte tells that the handler has ended: what those need who run at the
			// same time is their own affair.
			if err := ask(conn, unreadRequest, "x"); err != nil {
				t.Fatal(err)
			}
			if err := ask(good, "\n", "\n"); err != nil {
				t.Fatal(err)
			}
		}
		v.await("memory is used up: closing connection\n")
		worst, err := usageOf(v.cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		// The handler makes each reply, and the skeleton gathers it, before it goes.
		allowed := base.peak + bounds[engine].unfinished + 4*unreadReply
		t.Logf("first request: %v; in the worst case: %v (allowed: %.1f MiB)", base, worst, float64(allowed)/(1<<20))
		if worst.peak > allowed {
			t.Errorf("%.1f MiB beyond the bound", float64(worst.peak-allowed)/(1<<20))
		}
	})
}
