package load_test

import (
	"bufio"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ostler/test/load"
)

// server answers requests that end with an empty line by reply.
type server struct {
	network, address string
	requests         atomic.Int64
	conns            atomic.Int64
}

// serve starts a server; reply returns the answer to request number n of a
// connection, and false to close it instead.
func serve(t *testing.T, network, greeting string, reply func(n int, request string) (string, bool)) *server {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{network: network, address: listener.Addr().String()}
	var running sync.WaitGroup
	t.Cleanup(func() { listener.Close(); running.Wait() })
	// Ended by the close of the listener; the cleanup waits.
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			// Ended by the client, before the cleanup that waits.
			running.Go(func() { s.talk(conn, greeting, reply) })
		}
	})
	return s
}

func (s *server) talk(conn net.Conn, greeting string, reply func(n int, request string) (string, bool)) {
	defer conn.Close()
	s.conns.Add(1)
	if _, err := io.WriteString(conn, greeting); err != nil {
		return
	}
	in := bufio.NewReader(conn)
	request := ""
	for n := 0; ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if request += line; line != "\n" {
			continue
		}
		s.requests.Add(1)
		text, ok := reply(n, request)
		// A reply in two pieces is one reply.
		for _, piece := range []string{text[:len(text)/2], text[len(text)/2:]} {
			if _, err := io.WriteString(conn, piece); err != nil {
				return
			}
		}
		if !ok {
			return
		}
		n, request = n+1, ""
	}
}

func echo(_ int, request string) (string, bool) { return request, true }

func exchange(text string) load.Exchange {
	return load.Exchange{Request: []byte(text), Reply: []byte(text)}
}

// script says hello once, and then two things in turn.
func script(int) load.Script {
	return load.Script{
		Once:  []load.Exchange{exchange("hello\n\n")},
		Cycle: []load.Exchange{exchange("a=1\n\n"), exchange("b=2\nc=3\n\n")},
	}
}

func (s *server) plan(clients int) load.Plan {
	return load.Plan{Network: s.network, Address: s.address, Clients: clients, Script: script, Timeout: 5 * time.Second}
}

func TestClosedLoop(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		for _, threads := range []int{1, 2} {
			s := serve(t, network, "welcome\n", echo)
			p := s.plan(5)
			p.Greeting, p.Threads = []byte("welcome\n"), threads
			g, err := load.Start(p)
			if err != nil {
				t.Fatal(err)
			}
			for g.Count() < 500 {
				time.Sleep(time.Millisecond)
			}
			if err := g.Stop(); err != nil {
				t.Fatal(err)
			}
			// Each client has said hello besides.
			if got, want := g.Count()+5, s.requests.Load(); got != want {
				t.Errorf("%s: %d replies to %d requests", network, got, want)
			}
			if got := s.conns.Load(); got != 5 {
				t.Errorf("%s: %d connections, want 5", network, got)
			}
		}
	}
}

// except returns a server's reply function: an echo, but for request number n of a
// connection, to which it says text.
func except(n int, text string) func(int, string) (string, bool) {
	return func(i int, request string) (string, bool) {
		if i == n {
			return text, true
		}
		return request, true
	}
}

// What is wrong with a server is an error, and no figure.
func TestErrors(t *testing.T) {
	hangUp := func(n int, request string) (string, bool) {
		if n == 7 {
			return "", false
		}
		return request, true
	}
	tests := []struct {
		name  string
		reply func(n int, request string) (string, bool)
		edit  func(*load.Plan)
		want  string
	}{
		{name: "wrong reply", reply: except(3, "no\n\n"), want: `reply "no\n\n" to "a=1\n\n", want "a=1\n\n"`},
		{name: "closed", reply: hangUp, want: "server has closed the connection"},
		{name: "silence", reply: except(2, ""), want: "no reply in time"},
		{name: "too long", reply: except(2, strings.Repeat("x", 5000)), want: "reply is too long"},
		{name: "no server", reply: echo, edit: func(p *load.Plan) { p.Address += "x" }, want: "cannot connect to"},
		{name: "greeting", reply: echo, edit: func(p *load.Plan) { p.Greeting = []byte("x") }, want: "cannot read the greeting: no reply in time"},
		{name: "no clients", reply: echo, edit: func(p *load.Plan) { p.Clients = 0 }, want: "with 0 clients"},
		{name: "no script", reply: echo, edit: func(p *load.Plan) { p.Script = nil }, want: "without a script"},
		{name: "no cycle", reply: echo, edit: func(p *load.Plan) {
			p.Script = func(int) load.Script { return load.Script{} }
		}, want: "without a cycle"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, "unix", "", test.reply).plan(1)
			p.Timeout = 200 * time.Millisecond
			if test.edit != nil {
				test.edit(&p)
			}
			g, err := load.Start(p)
			if err == nil {
				for before := int64(-1); g.Count() != before; time.Sleep(50 * time.Millisecond) {
					before = g.Count()
				}
				err = g.Stop()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

// A server that stalls once for as long as five periods makes five requests of
// the one client late, not one.
func TestOpenLoopCountsFromDue(t *testing.T) {
	const period, stall = 10 * time.Millisecond, 60 * time.Millisecond
	s := serve(t, "unix", "", func(n int, request string) (string, bool) {
		if n == 4 {
			time.Sleep(stall)
		}
		return request, true
	})
	l, err := load.Open(s.plan(1), load.Schedule{Period: period, Warm: 2 * period, Duration: 20 * period})
	if err != nil {
		t.Fatal(err)
	}
	if len(l) != 20 {
		t.Errorf("%d requests were measured, want 20", len(l))
	}
	late := 0
	for _, d := range l {
		if d >= period-time.Millisecond {
			late++
		}
	}
	// The stalled one itself and those due 10, 20, 30, 40 and 50 ms later.
	if late < 5 {
		t.Errorf("%d requests were late, want at least 5: %v", late, l)
	}
	if worst := l.Quantile(1); worst < stall {
		t.Errorf("the worst latency is %v, want at least %v", worst, stall)
	}
}

// Requests without a reply are part of the result.
func TestOpenLoopUnanswered(t *testing.T) {
	s := serve(t, "unix", "", func(n int, request string) (string, bool) {
		if n >= 3 {
			return "", true
		}
		return request, true
	})
	p := s.plan(2)
	p.Timeout = 100 * time.Millisecond
	l, err := load.Open(p, load.Schedule{Period: 10 * time.Millisecond, Duration: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if len(l) != 20 {
		t.Errorf("%d requests were measured, want 20", len(l))
	}
	// Two of each client were answered, after hello.
	if got := l[4]; got < p.Timeout {
		t.Errorf("the fifth latency is %v, want at least %v: %v", got, p.Timeout, l)
	}
}

func TestQuantile(t *testing.T) {
	l := make(load.Latencies, 1000)
	for i := range l {
		l[i] = time.Duration(i + 1)
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := l.Quantile(q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	if got := load.Latencies(nil).Quantile(0.5); got != 0 {
		t.Errorf("quantile of nothing is %v, want 0", got)
	}
}

func TestIdle(t *testing.T) {
	s := serve(t, "tcp", "hi\n", echo)
	idle, err := load.Connect("tcp", s.address, 50, []byte("hi\n"), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.conns.Load(); got != 50 {
		t.Errorf("%d connections, want 50", got)
	}
	if got := idle.Lost(); got != 0 {
		t.Errorf("%d lost, want 0", got)
	}
	idle.Close()

	rude, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer rude.Close()
	idle, err = load.Connect("tcp", rude.Addr().String(), 3, nil, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	conn, err := rude.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for deadline := time.Now().Add(5 * time.Second); idle.Lost() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d lost, want 1", idle.Lost())
		}
	}
}
