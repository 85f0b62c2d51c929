package maillog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fakeSink is a destination in memory. It is used by the writer only, except
// while that is durably blocked.
type fakeSink struct {
	got    []string
	answer func(n int) error // of the n-th call of send, from 0
	calls  int
	waits  int
	closes int
	slow   time.Duration // how long wait takes, if less than asked
}

func (s *fakeSink) send(r *record) error {
	n := s.calls
	s.calls++
	if s.answer != nil {
		if err := s.answer(n); err != nil {
			return err
		}
	}
	text := string(r.text)
	if r.severity != Info {
		text = r.severity.String() + ": " + text
	}
	s.got = append(s.got, text)
	return nil
}

func (s *fakeSink) wait(d time.Duration) {
	s.waits++
	time.Sleep(min(d, s.slow))
}

func (s *fakeSink) close() { s.closes++ }

// testQueue returns a queue of a few bytes in front of s.
func testQueue(limit int, s sink) *queue {
	return newQueue(limit, time.Now, func() []byte { return []byte("t[1]") }, s)
}

func putText(q *queue, format string, args ...any) bool {
	return q.put(&record{when: time.Now(), ident: []byte("t[1]"), text: fmt.Appendf(nil, format, args...)})
}

var errDown = errors.New("down")

// A full destination is waited for, record by record, and nothing is lost.
func TestQueueWaitsWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{slow: time.Millisecond, answer: func(n int) error {
			if n%11 > 0 && n%2 == 0 {
				return errFull
			}
			return nil
		}}
		q := testQueue(queueLimit, s)
		for i := range 1000 {
			if !putText(q, "line %d", i) {
				t.Fatal("refused")
			}
		}
		if !q.close(time.Minute) {
			t.Fatal("not all delivered")
		}
		for i, got := range s.got {
			if want := fmt.Sprintf("line %d", i); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
		if len(s.got) != 1000 || s.closes != 1 || q.bytes != 0 || s.waits == 0 {
			t.Errorf("%d records, %d closes, %d bytes, %d waits", len(s.got), s.closes, q.bytes, s.waits)
		}
	})
}

// A destination that is away is tried once a second, and gets everything.
func TestQueueRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := &fakeSink{answer: func(int) error {
			if time.Since(start) < 9500*time.Millisecond {
				return errDown
			}
			return nil
		}}
		q := testQueue(queueLimit, s)
		putText(q, "a")
		putText(q, "b")
		if q.flush(9 * time.Second) {
			t.Error("flush is content while the destination is away")
		}
		if !q.flush(time.Minute) || time.Since(start) != 10*time.Second {
			t.Errorf("flushed after %v", time.Since(start))
		}
		if s.calls != 12 || strings.Join(s.got, ",") != "a,b" { // at 0, 1 ... 10 s, and b
			t.Errorf("%d calls, got %q", s.calls, s.got)
		}
		q.close(0)
	})
}

// Only a full queue drops; one warning, in the place of what was lost, tells
// how much.
func TestQueueTellsDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := false
		s := &fakeSink{slow: time.Second, answer: func(int) error {
			if !up {
				return errFull
			}
			return nil
		}}
		r := record{ident: []byte("t[1]"), text: []byte("line 0")}
		q := testQueue(3*r.size(), s)
		for i := range 10 {
			if got := putText(q, "line %d", i); got != (i < 3) {
				t.Errorf("line %d: taken is %v", i, got)
			}
		}
		if !q.put(&record{severity: Fatal, text: []byte("the end")}) {
			t.Error("the last words were dropped")
		}
		synctest.Wait()
		up = true
		if !q.flush(time.Minute) {
			t.Error("not flushed")
		}
		if !putText(q, "next") || !q.flush(time.Minute) {
			t.Error("no space again")
		}
		want := "line 0,line 1,line 2,fatal: the end,warning: log queue full: 7 log records lost,next"
		if got := strings.Join(s.got, ","); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		q.close(0)
	})
}

// The warning does not wait for the next record.
func TestQueueTellsDropsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{slow: time.Second}
		s.answer = func(n int) error {
			if n < 3 {
				return errFull
			}
			return nil
		}
		r := record{ident: []byte("t[1]"), text: []byte("a")}
		q := testQueue(r.size(), s)
		putText(q, "a")
		synctest.Wait()
		putText(q, "b")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, want := strings.Join(s.got, ","), "a,warning: log queue full: 1 log records lost"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		q.close(0)
	})
}

// A new destination gets what the old one did not take, at once.
func TestQueueSetSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &fakeSink{answer: func(int) error { return errDown }}
		between, last := &fakeSink{}, &fakeSink{}
		q := testQueue(queueLimit, first)
		putText(q, "a")
		synctest.Wait()
		start := time.Now()
		q.setSink(between)
		q.setSink(last)
		putText(q, "b")
		if !q.flush(time.Minute) || time.Since(start) != 0 {
			t.Errorf("flushed after %v", time.Since(start))
		}
		if got := strings.Join(last.got, ","); got != "a,b" {
			t.Errorf("got %q", got)
		}
		q.close(0)
		if first.closes != 1 || between.closes != 1 || last.closes != 1 {
			t.Errorf("closed %d, %d, %d times", first.closes, between.closes, last.closes)
		}
		late := &fakeSink{}
		q.setSink(late)
		if putText(q, "late") || late.closes != 1 {
			t.Error("a closed queue took something")
		}
	})
}

// No record, no goroutine; the sink is closed all the same.
func TestQueueNeverUsed(t *testing.T) {
	first, second := &fakeSink{}, &fakeSink{}
	q := testQueue(queueLimit, first)
	q.setSink(second)
	if q.running || !q.flush(0) || !q.close(0) || !q.close(0) {
		t.Error("an unused queue has something to do")
	}
	if first.closes != 1 || second.closes != 1 {
		t.Errorf("closed %d, %d times", first.closes, second.closes)
	}
}

// A record that is refused for good does not hold up the others, and flush says
// so.
func TestQueueLosesRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: func(n int) error {
			if n == 0 {
				return errLost
			}
			return nil
		}}
		q := testQueue(queueLimit, s)
		putText(q, "a")
		putText(q, "b")
		if q.flush(time.Minute) {
			t.Error("flush is content with a lost record")
		}
		if got := strings.Join(s.got, ","); got != "b" {
			t.Errorf("got %q", got)
		}
		q.close(0)
	})
}

// The buffer of a burst is not kept.
func TestQueueReleasesMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := testQueue(queueLimit, &fakeSink{})
		for range 100 {
			putText(q, "%2000s", "x")
		}
		q.flush(time.Minute)
		putText(q, "x")
		q.flush(time.Minute)
		synctest.Wait()
		if cap(q.spare) == 0 || cap(q.spare) > keepBuffer || q.pending != nil {
			t.Errorf("keeps %d and %d bytes", cap(q.spare), cap(q.pending))
		}
		q.close(0)
	})
}

func FuzzRecord(f *testing.F) {
	f.Add(int64(1), uint8(2), []byte("postfix/anvil[1]"), []byte("text"))
	f.Add(int64(-1), uint8(0), []byte(""), []byte(""))
	f.Fuzz(func(t *testing.T, when int64, severity uint8, ident, text []byte) {
		in := record{time.Unix(when, 5), Severity(severity), clip(ident, maxIdent), text}
		batch := appendRecord(appendRecord(nil, &in), &in)
		if len(batch) != 2*in.size() {
			t.Fatalf("size is %d, not %d", len(batch), 2*in.size())
		}
		var out record
		rest := out.next(out.next(batch))
		if len(rest) != 0 || !out.when.Equal(in.when) || out.severity != in.severity ||
			string(out.ident) != string(in.ident) || string(out.text) != string(in.text) {
			t.Errorf("got %v, want %v", out, in)
		}
	})
}
