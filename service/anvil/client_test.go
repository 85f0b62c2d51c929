package anvil_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ostler/attr"
	"ostler/service/anvil"
)

// script is a server in memory: for each connection what it answers to one
// request after the other. It closes the connection when there is nothing more,
// and refuses connections when there is no more script.
type script struct {
	conns [][]string
	dials int

	mu   sync.Mutex
	seen []string // requests; guarded by mu
}

const greeting = "protocol=anvil_protocol\n\n"

func (s *script) connect(context.Context) (net.Conn, error) {
	s.dials++
	if s.dials > len(s.conns) {
		return nil, errors.New("nobody listens")
	}
	replies := s.conns[s.dials-1]
	client, server := net.Pipe()
	go s.serve(server, replies) // ends with the replies or the client
	return client, nil
}

func (s *script) serve(conn net.Conn, replies []string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for i, reply := range replies {
		if i > 0 { // the first is the greeting
			req, err := attr.ReadList(in, attr.Plain, nil, 1000)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.seen = append(s.seen, string(req))
			s.mu.Unlock()
		}
		if reply == "stall" {
			in.ReadByte()
			return
		}
		if _, err := conn.Write([]byte(reply)); err != nil {
			return
		}
	}
}

// in runs f in a bubble with a client of a scripted server.
func in(t *testing.T, s *script, f func(t *testing.T, ctx context.Context, c *anvil.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := anvil.NewTestClient(s.connect)
		f(t, t.Context(), c)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if _, err := c.Message(t.Context(), "x"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("request after Close: %v", err)
		}
	})
}

// allReplies answer one request of each kind, and two lookups.
var allReplies = []string{
	greeting,
	"status=0\ncount=2\nrate=3\n\n",
	"extra=1\nstatus=0\nmore=2\nrate=4\nmuch=3\n\n", // the client only asks that nothing is missing
	"status=0\nrate=5\n\n",
	"status=0\nrate=6\n\n",
	"status=0\nrate=7\n\n",
	"status=0\nrate=8\n\n",
	"status=0\nrate=9\n\n",
	"status=0\ncount=1\nrate=2\nmail=3\nrcpt=4\nnewtls=5\nauth=6\n\n",
	"status=0\ncount=1\nrate=2\nmail=3\nrcpt=4\nnewtls=5\nauth=6\nauth=7\n\n",
	"status=0\n\n",
}

func TestClientRequests(t *testing.T) {
	s := &script{conns: [][]string{allReplies}}
	in(t, s, func(t *testing.T, ctx context.Context, c *anvil.Client) {
		if count, rate, err := c.Connect(ctx, "x"); count != 2 || rate != 3 || err != nil {
			t.Errorf("connect: %d, %d, %v", count, rate, err)
		}
		want := 4
		for _, f := range []func(context.Context, string) (int, error){
			c.Message, c.Recipient, c.NewTLS, c.NewTLSStatus, c.Auth, c.TLSTrace,
		} {
			if rate, err := f(ctx, "x"); rate != want || err != nil {
				t.Errorf("rate %d, %v, want %d", rate, err, want)
			}
			want++
		}
		n, traces, err := c.Lookup(ctx, "x")
		if fmt.Sprint(n, traces, err) != "{1 [2 3 4 5 6 0]} false <nil>" {
			t.Errorf("lookup as of 3.7: %v, %t, %v", n, traces, err)
		}
		n, traces, err = c.Lookup(ctx, "x")
		if fmt.Sprint(n, traces, err) != "{1 [2 3 4 5 6 7]} true <nil>" {
			t.Errorf("lookup as of 3.12: %v, %t, %v", n, traces, err)
		}
		if err := c.Disconnect(ctx, "x"); err != nil {
			t.Error(err)
		}
	})
	verbs := "connect message recipient newtls newtls_status auth tlstr lookup lookup disconnect"
	for i, verb := range strings.Fields(verbs) {
		if want := "request=" + verb + "\nident=x\n\n"; s.seen[i] != want {
			t.Errorf("request %q, want %q", s.seen[i], want)
		}
	}
}

func TestClientRetries(t *testing.T) {
	const ok = "status=0\nrate=1\n\n"
	tests := []struct {
		name  string
		conns [][]string
		ask   int // requests
		fail  bool
		slept time.Duration
		dials int
	}{
		{"good", [][]string{{greeting, ok, ok}}, 2, false, 0, 1},
		{"gone between requests", [][]string{{greeting, ok}, {greeting, ok}}, 2, false, time.Second, 2},
		{"gone in a reply", [][]string{{greeting, "status=0\n"}, {greeting, ok}}, 1, false, time.Second, 2},
		{"gone in the greeting", [][]string{{"protocol="}, {greeting, ok}}, 1, false, time.Second, 2},
		{"another protocol", [][]string{{"protocol=x\n\n"}, {"protocol=x\n\n"}, {greeting, ok}}, 1, true, time.Second, 2},
		{"not a greeting", [][]string{{"status=0\n\n"}, {greeting, ok}}, 1, false, time.Second, 2},
		{"nobody there", nil, 1, true, time.Second, 2},
		{"gone twice", [][]string{{greeting}, {greeting}, {greeting, ok}}, 1, true, time.Second, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &script{conns: test.conns}
			in(t, s, func(t *testing.T, ctx context.Context, c *anvil.Client) {
				begin := time.Now()
				var err error
				for range test.ask {
					_, err = c.Message(ctx, "x")
					synctest.Wait() // until the server has closed the connection
				}
				if (err != nil) != test.fail {
					t.Errorf("error %v, want one: %t", err, test.fail)
				}
				if slept := time.Since(begin); slept != test.slept || s.dials != test.dials {
					t.Errorf("took %v and %d connections, want %v and %d", slept, s.dials, test.slept, test.dials)
				}
			})
		})
	}
}

func TestClientReplies(t *testing.T) {
	tests := []struct {
		name, reply string
		want        error
	}{
		{"refused", "status=4294967295\n\n", anvil.ErrRefused},
		{"refused with a rate", "status=4294967295\nrate=1\n\n", anvil.ErrRefused},
		{"no rate", "status=0\n\n", anvil.ErrReply},
		{"nothing", "\n", anvil.ErrReply},
		{"not a number", "status=0\nrate=x\n\n", anvil.ErrReply},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &script{conns: [][]string{{greeting, test.reply, "status=0\nrate=1\n\n"}}}
			in(t, s, func(t *testing.T, ctx context.Context, c *anvil.Client) {
				if _, err := c.TLSTrace(ctx, "x"); !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if rate, err := c.Message(ctx, "x"); rate != 1 || err != nil || s.dials != 1 {
					t.Errorf("next request: %d, %v, %d connections", rate, err, s.dials)
				}
			})
		})
	}
}

func TestClientContext(t *testing.T) {
	s := &script{conns: [][]string{{greeting, "stall"}, {greeting, "status=0\nrate=1\n\n"}}}
	in(t, s, func(t *testing.T, ctx context.Context, c *anvil.Client) {
		soon, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := c.Auth(soon, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		if rate, err := c.Auth(ctx, "x"); rate != 1 || err != nil {
			t.Errorf("next request: %d, %v", rate, err)
		}
	})
}

func TestClientWaitsForItsTurn(t *testing.T) {
	s := &script{conns: [][]string{{greeting, "stall"}}}
	in(t, s, func(t *testing.T, ctx context.Context, c *anvil.Client) {
		long, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		done := make(chan error)
		go func() { // ends with long; waited for below
			_, err := c.Auth(long, "x")
			done <- err
		}()
		synctest.Wait()
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := c.Auth(short, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("second request: %v", err)
		}
		if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("first request: %v", err)
		}
	})
}

func TestClientRefusesNewline(t *testing.T) {
	s := &script{}
	in(t, s, func(t *testing.T, ctx context.Context, c *anvil.Client) {
		if _, err := c.Auth(ctx, "x\nrequest=y"); !errors.Is(err, attr.ErrValue) {
			t.Errorf("error %v", err)
		}
		if s.dials != 0 {
			t.Error("connected for it")
		}
	})
}

func TestIdent(t *testing.T) {
	for _, test := range [][3]string{
		{"smtp", "192.0.2.1", "smtp:192.0.2.1"},
		{"smtp", "2001:db8::1", "smtp:2001:db8::1"},
		{"127.0.0.1:2525", "unknown", "127.0.0.1:2525:unknown"},
		{"a\nb", "\x00\x7f\xe4", "a?b:???"},
	} {
		if got := anvil.Ident(test[0], test[1]); got != test[2] {
			t.Errorf("%q, %q: %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

func TestReadable(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", dir+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("unix", dir+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if anvil.Readable(client) {
		t.Error("readable with nothing sent")
	}
	server.Write([]byte("x"))
	for range 2 { // looking takes nothing away
		if !anvil.Readable(client) {
			t.Error("not readable with a byte sent")
		}
	}
	client.Read(make([]byte, 1))
	server.Close()
	if !anvil.Readable(client) {
		t.Error("not readable after the end")
	}
}

// TestClientAndStock lets the client speak to stock's anvil.
func TestClientAndStock(t *testing.T) {
	testClient(t, requireStock(t))
}

// TestClientAndOwn does so with ours.
func TestClientAndOwn(t *testing.T) {
	testClient(t, requireOwn(t))
}

func testClient(t *testing.T, program string) {
	p := startProcess(t, program, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	a, err := anvil.Dial(ctx, p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b := anvil.NewClient(p.path)
	defer b.Close()
	ident := anvil.Ident("smtp", "192.0.2.1")
	for i, c := range []*anvil.Client{a, b} {
		if count, rate, err := c.Connect(ctx, ident); count != i+1 || rate != i+1 || err != nil {
			t.Errorf("connect: %d, %d, %v", count, rate, err)
		}
	}
	for i, f := range []func(context.Context, string) (int, error){a.Message, b.Recipient, a.NewTLS, b.Auth, a.NewTLSStatus} {
		if rate, err := f(ctx, ident); rate != 1 || err != nil {
			t.Errorf("request %d: %d, %v", i, rate, err)
		}
	}
	if err := b.Disconnect(ctx, ident); err != nil {
		t.Error(err)
	}
	n, traces, err := b.Lookup(ctx, ident)
	if fmt.Sprint(n, traces, err) != "{1 [2 1 1 1 1 0]} false <nil>" {
		t.Errorf("lookup: %v, %t, %v", n, traces, err)
	}
	if _, err := a.TLSTrace(ctx, ident); !errors.Is(err, anvil.ErrRefused) {
		t.Errorf("tlstr: %v", err)
	}
}

// TestDialInet: an anvil may listen on the network.
func TestDialInet(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // ends with the connection
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, anvil.Greeting)
		io.ReadFull(conn, make([]byte, len("request=message\nident=a:b\n\n")))
		io.WriteString(conn, "status=0\nrate=7\n\n")
	}()
	c, err := anvil.Dial(t.Context(), "inet:"+l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if rate, err := c.Message(t.Context(), "a:b"); rate != 7 || err != nil {
		t.Errorf("rate %d, %v", rate, err)
	}
}
