package multiserver

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

func TestBudget(t *testing.T) {
	var cut []*Conn
	b := newBudget(100, func(c *Conn, held int) { cut = append(cut, c) })
	small, big, other := &Conn{fd: 1}, &Conn{fd: 2}, &Conn{fd: 3}
	for _, step := range []struct {
		c    *Conn
		n    int
		ok   bool
		used int
		cut  int
	}{
		{small, 10, true, 10, 0},
		{big, 80, true, 90, 0},
		{small, 20, true, 100, 0},
		{other, 5, true, 105, 1},   // the biggest goes, not the one that asked
		{big, 85, false, 110, 1},   // it was cut already
		{other, 70, true, 175, 1},  // what has been cut counts for the second limit only
		{small, 50, false, 205, 1}, // which this one passes
		{big, 0, true, 120, 1},     // has let go
		{small, 50, true, 120, 2},  // the biggest of those that are left goes
		{other, 0, true, 50, 2},
		{small, 0, true, 0, 2},
	} {
		if ok := b.hold(step.c, step.n); ok != step.ok || b.used != step.used || len(cut) != step.cut {
			t.Errorf("%d holds %d: %v, %d used, %d cut; want %+v", step.c.fd, step.n, ok, b.used, len(cut), step)
		}
	}
	if len(cut) != 2 || cut[0] != big || cut[1] != other {
		t.Error("the wrong clients were cut")
	}
}

// TestTimeouts compares with a plain list.
func TestTimeouts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	conns := make([]*Conn, 20)
	for i := range conns {
		conns[i] = &Conn{fd: int32(i)}
	}
	var list timeouts
	deadlines := map[*Conn]time.Duration{}
	now := time.Second
	for range 5000 {
		now += time.Duration(rng.IntN(3)) * time.Second
		c := conns[rng.IntN(len(conns))]
		switch rng.IntN(3) {
		case 0:
			list.clear(c)
			delete(deadlines, c)
		case 1:
			list.set(c, now+30*time.Second)
			deadlines[c] = now + 30*time.Second
		case 2:
			for c := list.expired(now); c != nil; c = list.expired(now) {
				if deadlines[c] > now {
					t.Fatal("expired too early")
				}
				list.clear(c)
				delete(deadlines, c)
			}
			for _, d := range deadlines {
				if d <= now {
					t.Fatal("a deadline was passed over")
				}
			}
		}
		first := time.Duration(-1)
		for _, d := range deadlines {
			if first < 0 || d-now < first {
				first = max(0, d-now)
			}
		}
		if w := list.wait(now); w != first {
			t.Fatalf("wait is %v, want %v", w, first)
		}
	}
}

func TestTable(t *testing.T) {
	var tab table
	a, b := &Conn{}, &Conn{}
	tab.enter(a)
	slot, gen := a.slot, a.gen
	tab.leave(a)
	tab.enter(b)
	if b.slot != slot {
		t.Errorf("slot %d was not used again", slot)
	}
	if tab.at(slot, gen) != nil {
		t.Error("an event for a connection that has gone reaches another one")
	}
	if tab.at(b.slot, b.gen) != b || tab.at(99, 1) != nil {
		t.Error("connection not found")
	}
}

func TestQueue(t *testing.T) {
	var q queue
	conns := make([]*Conn, 3000)
	for i := range conns {
		conns[i] = &Conn{fd: int32(i)}
		q.push(conns[i])
		q.push(conns[i]) // is in it already
	}
	for i := range conns {
		if c := q.pop(); c != conns[i] {
			t.Fatalf("connection %d comes out as %d", c.fd, i)
		}
	}
	if q.len() != 0 {
		t.Errorf("%d are left", q.len())
	}
}

// channel makes a status channel: master's end and a reporter on the other.
func channel(t *testing.T) (int, *reporter, *int) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[1]) })
	gone := 0
	return fds[0], &reporter{fd: fds[1], pid: 77, generation: 9, gone: func() { gone++ }, stalled: func() {}}, &gone
}

func statuses(t *testing.T, fd int) (all []masterproto.Availability) {
	buf := make([]byte, 1<<20)
	n, err := unix.Read(fd, buf)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < n; i += masterproto.StatusSize {
		s, err := masterproto.ParseStatus(buf[i : i+masterproto.StatusSize])
		if err != nil || s.PID != 77 || s.Generation != 9 {
			t.Fatalf("status %+v: %v", s, err)
		}
		all = append(all, s.Availability)
	}
	return all
}

func TestReporter(t *testing.T) {
	master, r, gone := channel(t)
	for range 1000 {
		r.used()
		r.worked()
	}
	if got := statuses(t, master); len(got) != 2 || got[0] != masterproto.Taken || got[1] != masterproto.Avail {
		t.Errorf("first use tells %v", got)
	}
	r.setBusy(true)
	r.setBusy(true)
	r.setBusy(false)
	if got := statuses(t, master); len(got) != 2 || got[0] != masterproto.Taken || got[1] != masterproto.Avail {
		t.Errorf("busy tells %v", got)
	}
	unix.Close(master)
	r.setBusy(true)
	if *gone != 1 {
		t.Error("the end of master went unnoticed")
	}
}

// TestReporterFull has a master that does not read.
func TestReporterFull(t *testing.T) {
	master, r, gone := channel(t)
	defer unix.Close(master)
	sent, now := 0, time.Duration(0)
	for ; r.retry(now) < 0 && sent < 1<<20; sent++ {
		r.setBusy(sent%2 == 0)
	}
	if sent == 1<<20 || *gone != 0 {
		t.Fatal("the channel was never full")
	}
	var got []masterproto.Availability
	for ; r.retry(now) >= 0 || len(got) < sent; now += statusRetry {
		got = append(got, statuses(t, master)...)
	}
	for i, a := range got {
		if want := masterproto.Availability(i % 2); a != want {
			t.Fatalf("message %d is %d", i, a)
		}
	}
}

func TestSooner(t *testing.T) {
	for _, test := range []struct{ a, b, want time.Duration }{
		{-1, -1, -1}, {-1, 5, 5}, {5, -1, 5}, {5, 3, 3}, {3, 5, 3}, {0, 5, 0}, {0, -1, 0},
	} {
		if got := sooner(test.a, test.b); got != test.want {
			t.Errorf("sooner(%v, %v) is %v", test.a, test.b, got)
		}
	}
}

func TestErrText(t *testing.T) {
	_, err := os.Open("/nonexistent/main.cf")
	if got := errText(err); got != "open /nonexistent/main.cf: No such file or directory" {
		t.Error(got)
	}
	if got := errText(ErrCannotDrain); got != ErrCannotDrain.Error() {
		t.Error(got)
	}
}

func TestAtoi(t *testing.T) {
	for text, want := range map[string]int{"7": 7, " 12x": 12, "-3": -3, "+4": 4, "x": 0, "": 0, "-": 0, "99999999999999999999": 0} {
		if got := atoi(text); got != want {
			t.Errorf("atoi(%q) is %d", text, got)
		}
	}
}
