package multiserver

import (
	"bytes"
	"io"
	"math"
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
	t.Cleanup(func() { unix.Close(fds[1]) })
	s := newProcess(&Server{Frame: attr.Plain.Frame, Handle: handle}, environment{})
	s.log = maillog.ToWriter(io.Discard, maillog.Options{})
	t.Cleanup(func() { s.log.Close() })
	s.params = &mailconf.Params{}
	s.maxRequest, s.maxReply = DefaultMaxRequest, DefaultMaxReply
	s.memory = newBudget(DefaultMaxMemory, func(*Conn, int) {})
	c = &Conn{s: s, fd: int32(fds[0]), flags: connUnix}
	t.Cleanup(func() {
		if !c.lost.Load() { // else its last turn has closed it
			unix.Close(fds[0])
		}
	})
	return c, fds[1]
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

// drive feeds input to a new connection, in one piece, and returns the replies
// and how the last turn has ended.
func drive(t *testing.T, srv *Server, input []byte, change func(s *process)) (got []byte, end outcome) {
	c, client := turner(t, srv.Handle)
	c.s.srv.Frame = srv.Frame
	c.s.room = newRoom(1, func(bool) {})
	c.s.clients.add(c)
	if change != nil {
		change(c.s)
	}
	unix.Write(client, input)
	unix.Shutdown(client, unix.SHUT_WR)
	c.flags |= connToEnd
	r, buf := newRunner(), make([]byte, 1<<16)
	for range 1000 {
		end = c.turn(r)
		for {
			n, errno := recvNow(client, buf)
			if errno != 0 || n == 0 {
				break
			}
			got = append(got, buf[:n]...)
		}
		if end != goOn && end != awaitRoom {
			break
		}
	}
	return got, end
}

func echoLine(c *Conn, req []byte) error {
	_, err := c.Write(req)
	return err
}

// TestEndBehindManyRequests: the end of file was told once, with an event that
// is long gone when the last of many requests has been handled.
func TestEndBehindManyRequests(t *testing.T) {
	input := bytes.Repeat(append(bytes.Repeat([]byte("x"), 899), '\n'), 40)
	got, end := drive(t, &Server{Frame: Lines, Handle: echoLine}, input, nil)
	if !bytes.Equal(got, input) || end != finished {
		t.Errorf("%d bytes of replies, the last turn ends with %d", len(got), end)
	}
}

// TestManySmallRequests: what is kept between turns may be more than one
// request may have.
func TestManySmallRequests(t *testing.T) {
	input := bytes.Repeat([]byte("1234567\n"), 2000)
	got, end := drive(t, &Server{Frame: Lines, Handle: echoLine}, input, func(s *process) { s.maxRequest = 1000 })
	if !bytes.Equal(got, input) || end != finished {
		t.Errorf("%d bytes of replies, the last turn ends with %d", len(got), end)
	}
}

// TestBadFrame: a FrameFunc that panics, or wants what is not there, costs its
// client only.
func TestBadFrame(t *testing.T) {
	for name, frame := range map[string]FrameFunc{
		"panic":    func(data []byte, _ int) (int, int, error) { return int(data[len(data)]), 0, nil },
		"too much": func(data []byte, _ int) (int, int, error) { return len(data) + 1, 0, nil },
	} {
		got, end := drive(t, &Server{Frame: frame, Handle: echoLine}, []byte("a\n"), nil)
		if len(got) != 0 || end != finished {
			t.Errorf("%s: reply %q, the turn ends with %d", name, got, end)
		}
	}
}

// TestUnlimited: bounds that are as large as can be do not overflow.
func TestUnlimited(t *testing.T) {
	n := orDefault(math.MaxInt, 1)
	got, end := drive(t, &Server{Frame: Lines, Handle: echoLine}, []byte("half a request"), func(s *process) {
		s.maxRequest, s.maxReply = n, n
		s.memory = newBudget(n, func(*Conn, int) { t.Error("cut") })
	})
	if string(got) != "half a request" || end != finished {
		t.Errorf("reply %q, the turn ends with %d", got, end)
	}
}

// TestUnreadCounts: the space behind a reply that the client takes in part is
// counted, or given back.
func TestUnreadCounts(t *testing.T) {
	const size = 8 << 20
	reply := make([]byte, size)
	c, client := turner(t, func(c *Conn, _ []byte) error { _, err := c.Write(reply); return err })
	c.s.srv.Frame = Lines
	unix.Write(client, []byte("x\n"))
	r, buf, taken := newRunner(), make([]byte, 64<<10), 0
	for end := c.turn(r); end == awaitRoom && taken < size-(300<<10); end = c.turn(r) {
		n, _ := recvNow(client, buf)
		taken += n
		if c.s.memory.used != cap(c.in)+c.space || c.space < cap(c.out) {
			t.Fatalf("%d bytes are counted, the reply has %d behind it", c.s.memory.used, c.space)
		}
	}
	if len(c.out) > 0 && c.s.memory.used < len(c.out) {
		t.Errorf("%d bytes are counted, %d are left", c.s.memory.used, len(c.out))
	}
}

// FuzzTurn feeds a live connection with anything, in pieces of any size: the
// replies must be those to the whole, and nothing may be held at the end.
func FuzzTurn(f *testing.F) {
	f.Add([]byte("request=a\nident=b\n\n"), uint8(1))
	f.Add([]byte("a=b\n\n\n\nx\x00=\n{\x00\nk=v\n}\x00\n\nrest"), uint8(3))
	f.Fuzz(func(t *testing.T, input []byte, size uint8) {
		if len(input) > 1<<12 {
			return
		}
		echo := func(c *Conn, req []byte) error {
			_, err := c.Write(append([]byte{'<'}, req...))
			return err
		}
		var want []byte
		for data := input; len(data) > 0; {
			n, _, err := attr.Plain.Frame(data, 0)
			if err != nil {
				return
			}
			if n == 0 {
				n = len(data) // the rest, at end of file
			}
			want = append(append(want, '<'), data[:n]...)
			data = data[n:]
		}
		c, client := turner(t, echo)
		s := c.s
		s.room = newRoom(1, func(bool) {})
		s.clients.add(c)
		r := newRunner()
		var got []byte
		buf := make([]byte, 1<<16)
		take := func() {
			for {
				n, errno := recvNow(client, buf)
				if errno != 0 || n == 0 {
					return
				}
				got = append(got, buf[:n]...)
			}
		}
		for data := input; len(data) > 0; {
			n := min(int(size)+1, len(data))
			unix.Write(client, data[:n])
			data = data[n:]
			for end := c.turn(r); end == goOn || end == awaitRoom; end = c.turn(r) {
				take()
			}
			take()
		}
		unix.Shutdown(client, unix.SHUT_WR)
		c.flags |= connToEnd
		for end := c.turn(r); end != finished; end = c.turn(r) {
			if end == awaitRequest {
				t.Fatalf("the last turn ends with %d", end)
			}
			take()
		}
		take()
		if string(got) != string(want) {
			t.Errorf("replies %q, want %q", got, want)
		}
		if s.memory.used != 0 || len(s.clients.all) != 0 {
			t.Errorf("%d bytes and %d clients are left", s.memory.used, len(s.clients.all))
		}
	})
}

func BenchmarkTurn(b *testing.B) {
	c, client := turner(b, answerMessage)
	r, buf := newRunner(), make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		exchange(c, r, client, buf)
	}
}
