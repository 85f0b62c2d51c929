package anvil_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ostler/service/anvil"
)

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock {
	return &clock{t: time.Date(2026, 11, 3, 9, 8, 7, 0, time.Local)}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func (c *clock) unix() int64 { return c.now().Unix() }

func lookup(s *anvil.State, ident []byte) anvil.Counts {
	n, _ := s.Lookup(ident)
	return n
}

func TestLinks(t *testing.T) {
	clk := newClock()
	s := anvil.NewState(time.Minute, clk.now)
	x, y := []byte("x"), []byte("y")
	var a, b anvil.Peer
	check := func(what string, wantX, wantY int) {
		t.Helper()
		if gotX, gotY := lookup(s, x).Count, lookup(s, y).Count; gotX != wantX || gotY != wantY {
			t.Errorf("%s: counts %d, %d, want %d, %d", what, gotX, gotY, wantX, wantY)
		}
	}
	s.Connect(&a, x)
	s.Connect(&a, x)
	check("repeated connect counts once", 1, 0)
	s.Connect(&b, x)
	check("two clients", 2, 0)
	s.Connect(&a, y)
	check("another ident takes the place of the first", 1, 1)
	s.Disconnect(&a, x)
	check("disconnect of an ident that is not linked", 1, 1)
	s.Disconnect(&b, []byte("unknown"))
	check("disconnect of an unknown ident", 1, 1)
	if !s.Leave(&b) || s.Leave(&b) {
		t.Error("Leave does not tell once that something was linked")
	}
	check("client gone", 0, 1)
	s.Add(&b, anvil.Messages, x)
	check("a known ident is not linked by message", 0, 1)
	s.Add(&a, anvil.Messages, []byte("z"))
	check("an unknown ident is linked by message", 0, 0)
	s.Disconnect(&a, []byte("z"))
	if n := lookup(s, []byte("z")).Count; n != 0 {
		t.Errorf("count of z = %d", n)
	}
}

func TestReport(t *testing.T) {
	clk := newClock()
	s := anvil.NewState(time.Minute, clk.now)
	var a, b anvil.Peer
	if lines := s.Report(); lines != nil {
		t.Errorf("report of nothing: %q", lines)
	}
	s.Connect(&a, []byte("smtp:192.0.2.1"))
	clk.add(time.Second)
	s.Connect(&b, []byte("smtp:192.0.2.2")) // equal: the first stays
	for range 3 {
		s.Add(&a, anvil.Messages, []byte("smtp:192.0.2.1"))
		clk.add(time.Second)
	}
	for k := anvil.Recipients; k <= anvil.TLSTraces; k++ {
		s.Add(&b, k, []byte("smtp:192.0.2.2"))
	}
	want := []string{
		"statistics: max connection rate 1/60s for (smtp:192.0.2.1) at Nov  3 09:08:07",
		"statistics: max connection count 1 for (smtp:192.0.2.1) at Nov  3 09:08:07",
		"statistics: max message rate 3/60s for (smtp:192.0.2.1) at Nov  3 09:08:10",
		"statistics: max recipient rate 1/60s for (smtp:192.0.2.2) at Nov  3 09:08:11",
		"statistics: max newtls rate 1/60s for (smtp:192.0.2.2) at Nov  3 09:08:11",
		"statistics: max auth rate 1/60s for (smtp:192.0.2.2) at Nov  3 09:08:11",
		"statistics: max tlstrace rate 1/60s for (smtp:192.0.2.2) at Nov  3 09:08:11",
		"statistics: max cache size 2 at Nov  3 09:08:08",
	}
	if got := s.Report(); !slices.Equal(got, want) {
		t.Errorf("report:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// An ident that message registers raises the cache size and the message
	// rate only.
	s.Add(&a, anvil.Messages, []byte("new"))
	want = []string{
		"statistics: max message rate 1/60s for (new) at Nov  3 09:08:11",
		"statistics: max cache size 3 at Nov  3 09:08:11",
	}
	if got := s.Report(); !slices.Equal(got, want) {
		t.Errorf("second report:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRatesStopAtMaxInt(t *testing.T) {
	s := anvil.NewState(time.Minute, newClock().now)
	var p anvil.Peer
	ident := []byte("x")
	s.Connect(&p, ident)
	for k := range anvil.NumKinds {
		s.SetRate("x", k, math.MaxInt32-1)
	}
	for range 2 {
		if _, rate := s.Connect(&p, ident); rate != math.MaxInt32 {
			t.Errorf("connection rate %d", rate)
		}
		for k := anvil.Messages; k < anvil.NumKinds; k++ {
			if rate := s.Add(&p, k, ident); rate != math.MaxInt32 {
				t.Errorf("rate %d of kind %d", rate, k)
			}
		}
	}
}

// A clock that is set back must not keep a client at its limit.
func TestWindowsFollowMonotonicClock(t *testing.T) {
	var tod = time.Now()
	s := anvil.NewState(time.Second, func() time.Time { return tod })
	var p anvil.Peer
	ident := []byte("x")
	for want := 1; want <= 3; want++ {
		if got := s.Add(&p, anvil.Messages, ident); got != want {
			t.Fatalf("rate = %d, want %d", got, want)
		}
	}
	tod = tod.Add(3 * time.Second)
	if got := s.Add(&p, anvil.Messages, ident); got != 1 {
		t.Errorf("rate in the next window = %d, want 1", got)
	}
	tod = tod.Add(-time.Hour)
	if got := s.Add(&p, anvil.Messages, ident); got != 2 {
		t.Errorf("rate after time went back = %d, want 2", got)
	}
}

func TestExpireTellsHowLongToWait(t *testing.T) {
	clk := newClock()
	clk.add(250 * time.Millisecond)
	s := anvil.NewState(60*time.Second, clk.now)
	var p anvil.Peer
	check := func(what string, want time.Duration) {
		t.Helper()
		if got := s.Expire(); got != want {
			t.Errorf("%s: wait %v, want %v", what, got, want)
		}
	}
	check("nothing to expire", 59*time.Second+750*time.Millisecond)
	s.Connect(&p, []byte("x"))
	s.Leave(&p)
	clk.add(10 * time.Second)
	check("one to expire", 49*time.Second+750*time.Millisecond)
	clk.add(50 * time.Second)
	if s.Len() != 1 {
		t.Errorf("%d idents before Expire, want 1", s.Len())
	}
	s.Expire()
	if s.Len() != 0 {
		t.Errorf("%d idents after Expire, want 0", s.Len())
	}
}

func TestMemoryOfForgottenIdentsIsReleased(t *testing.T) {
	const idents = 200_000
	clk := newClock()
	s := anvil.NewState(time.Minute, clk.now)
	before := heap()
	var p anvil.Peer
	for i := range idents {
		s.Connect(&p, fmt.Appendf(nil, "smtp:2001:db8::%x", i))
	}
	s.Leave(&p)
	if s.Len() != idents {
		t.Fatalf("%d idents, want %d", s.Len(), idents)
	}
	full := heap()
	t.Logf("%d bytes per ident", (full-before)/idents)
	clk.add(time.Minute)
	calls := 1
	for s.Expire() == 0 {
		calls++
	}
	if s.Len() != 0 || calls < 2 {
		t.Errorf("%d idents left after %d calls", s.Len(), calls)
	}
	if after := heap(); after > before+(full-before)/20 {
		t.Errorf("heap %d bytes before, %d full, %d after", before, full, after)
	}
	runtime.KeepAlive(s)
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestFloodDrainsWithoutExpire(t *testing.T) {
	clk := newClock()
	s := anvil.NewState(time.Second, clk.now)
	var p, q anvil.Peer
	for i := range 10_000 {
		s.Connect(&p, fmt.Appendf(nil, "%d", i))
	}
	clk.add(5 * time.Second)
	for range 300 {
		s.Connect(&q, []byte("x"))
	}
	if s.Len() != 2 { // the last of the flood, which is linked, and x
		t.Errorf("%d idents are left, want 2", s.Len())
	}
}

func TestKnownIdentAllocatesNothing(t *testing.T) {
	s := anvil.NewState(time.Minute, nil)
	var p anvil.Peer
	ident := []byte("smtp:192.0.2.1")
	s.Connect(&p, ident)
	if n := testing.AllocsPerRun(100, func() {
		s.Disconnect(&p, ident)
		s.Connect(&p, ident)
		s.Add(&p, anvil.Messages, ident)
		s.Rate(anvil.NewTLS, ident)
		s.Lookup(ident)
		s.Expire()
	}); n != 0 {
		t.Errorf("%v allocations per run, want 0", n)
	}
}

func TestConcurrentClients(t *testing.T) {
	s := anvil.NewState(time.Minute, nil)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() { // ends by itself; waited for below
			rnd := rand.New(rand.NewPCG(1, uint64(g)))
			var p anvil.Peer
			for range 3000 {
				ident := fmt.Appendf(nil, "%d", rnd.IntN(5))
				switch rnd.IntN(5) {
				case 0, 1:
					if count, _ := s.Connect(&p, ident); count < 1 || count > 8 {
						t.Errorf("count %d with 8 clients", count)
					}
				case 2:
					s.Disconnect(&p, ident)
				case 3:
					s.Add(&p, anvil.Recipients, ident)
				case 4:
					s.Expire()
					s.Report()
				}
			}
			s.Leave(&p)
		})
	}
	wg.Wait()
	for i := range 5 {
		if n := lookup(s, fmt.Appendf(nil, "%d", i)).Count; n != 0 {
			t.Errorf("ident %d: count %d after all have left", i, n)
		}
	}
}

func BenchmarkState(b *testing.B) {
	s := anvil.NewState(time.Minute, nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var p anvil.Peer
		ident := fmt.Appendf(nil, "smtp:192.0.2.%d", rand.IntN(200))
		for pb.Next() {
			s.Connect(&p, ident)
		}
	})
}
