package multiserver

import (
	"io"
	"testing"

	"golang.org/x/sys/unix"

	"ostler/attr"
	"ostler/mailconf"
	"ostler/maillog"
)

// turner is a connection with nothing around it but the client's end.
func turner(t testing.TB, handle func(c *Conn, req []byte) error) (c *Conn, client int) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	s := newProcess(&Server{Frame: attr.Plain.Frame, Handle: handle}, environment{})
	s.log = maillog.ToWriter(io.Discard, maillog.Options{})
	t.Cleanup(func() { s.log.Close() })
	s.params = &mailconf.Params{}
	s.maxRequest, s.maxReply = DefaultMaxRequest, DefaultMaxReply
	s.memory = newBudget(DefaultMaxMemory, func(*Conn, int) {})
	return &Conn{s: s, fd: int32(fds[0]), flags: connUnix}, fds[1]
}

var anvilRequest = []byte("request=message\nident=smtp:192.0.2.1\n\n")

func answerMessage(c *Conn, req []byte) error {
	r := attr.NewReader(attr.Plain, req, "socket")
	var request, ident []byte
	if r.Scan(attr.Strict, attr.Bytes("request", &request), attr.Bytes("ident", &ident)) != 2 {
		return ErrDisconnect
	}
	w := attr.NewWriter(attr.Plain, c.ReplyBuffer())
	w.Int("status", 0)
	w.Int("rate", 7)
	w.End()
	_, err := c.Write(w.Bytes())
	return err
}

// exchange sends a request, gives the connection its turn, and takes the reply.
func exchange(c *Conn, r *runner, client int, buf []byte) outcome {
	unix.Write(client, anvilRequest)
	end := c.turn(r)
	unix.Read(client, buf)
	return end
}

func TestTurnAllocatesNothing(t *testing.T) {
	c, client := turner(t, answerMessage)
	r, buf := newRunner(), make([]byte, 100)
	if n := testing.AllocsPerRun(1000, func() {
		if end := exchange(c, r, client, buf); end != awaitRequest {
			t.Fatalf("the turn ends with %d", end)
		}
	}); n != 0 {
		t.Errorf("%v allocations in a turn", n)
	}
	if string(buf[:17]) != "status=0\nrate=7\n\n" {
		t.Errorf("reply %q", buf)
	}
}

func BenchmarkTurn(b *testing.B) {
	c, client := turner(b, answerMessage)
	r, buf := newRunner(), make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		exchange(c, r, client, buf)
	}
}
