package multiserver_test

import (
	"io"
	"strings"
	"testing"

	"ostler/multiserver/servertest"
)

// TestSlowReader: a reply that the client does not read waits for it, whole, and
// meanwhile nothing further of this client is handled.
func TestSlowReader(t *testing.T) {
	const size = 4 << 20
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		slow, other := dial(t, svc), dial(t, svc)
		slow.send("size 4194304\nafterwards\n")
		until(t, "the request is handled", func() bool { return other.ask("handled") != "1" })
		for range 20 {
			other.ask("other")
		}
		n, err := io.CopyN(io.Discard, slow.r, size)
		if n != size || err != nil {
			t.Fatalf("%d bytes of the reply, %v", n, err)
		}
		slow.expect("")
		slow.expect("afterwards")
		if got := slow.ask("again"); got != "again" {
			t.Errorf("%q", got)
		}
	})
}

// TestReplyTooLarge: half of a reply must not look like a whole one.
func TestReplyTooLarge(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "small", Env: env})
		c := dial(t, svc)
		c.send("size 1048577\n")
		c.ends()
		svc.Logged("client has left too much of the reply unread")
	})
}

// TestMemory: when all clients together hold too much, the one that holds most
// is cut.
func TestMemory(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "hoard", Env: env})
		good, modest := dial(t, svc), dial(t, svc)
		modest.send(strings.Repeat("m", 100_000))
		if got := good.ask("good"); got != "good" {
			t.Fatalf("%q", got)
		}
		first, second := dial(t, svc), dial(t, svc)
		first.send(strings.Repeat("a", 520_000))
		good.ask("good")
		// Together more than a megabyte is there now. Either of the two may be the
		// larger one, depending on how much had arrived; the third is not.
		go io.WriteString(second.Conn, strings.Repeat("b", 530_000))
		svc.Logged("bytes and memory is used up: closing connection")
		modest.send("\n")
		if got := modest.line(); len(got) != 100_000 {
			t.Errorf("the modest client got %d bytes back", len(got))
		}
		if got := good.ask("good"); got != "good" {
			t.Errorf("the good client got %q", got)
		}
	})
}

// TestUnreadReplies: replies that nobody takes count too.
func TestUnreadReplies(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "hoard", Env: env})
		c, good := dial(t, svc), dial(t, svc)
		c.send("size 3000000\n")
		svc.Logged("bytes and memory is used up: closing connection")
		c.broken()
		if got := good.ask("good"); got != "good" {
			t.Errorf("the good client got %q", got)
		}
	})
}
