package skeleton_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is how many clients a load has.
const crowd = 50

// maxPause is how long a client rests between requests, at the most.
const maxPause = 20 * time.Millisecond

// tally counts what happens to the clients of a load.
type tally struct {
	replies   atomic.Int64
	dials     atomic.Int64
	ended     atomic.Int64 // connections found closed before a request
	unsent    atomic.Int64 // requests that met a closed socket
	crossed   atomic.Int64 // requests that met the end of a connection under way
	ungreeted atomic.Int64 // connections that ended before the greeting
}

func (t *tally) String() string {
	return fmt.Sprintf("%d replies on %d connections; %d found closed, %d requests not sent, %d crossed, %d ungreeted",
		t.replies.Load(), t.dials.Load(), t.ended.Load(), t.unsent.Load(), t.crossed.Load(), t.ungreeted.Load())
}

// A dialect is what the clients of a load say, and what they must hear.
type dialect struct {
	greeting string
	// request returns the request number seq of a client, and a check of the reply
	// to it.
	request func(c *client, id, seq int) (req string, check func(reply string) error)
}

// probeDialect has every third request take some milliseconds, so that there
// are always some under way, and wants a connection to be served by one process.
var probeDialect = dialect{
	request: func(c *client, id, seq int) (string, func(string) error) {
		text := fmt.Sprintf("echo=%d-%d\n", id, seq)
		if seq%3 == 0 {
			text += fmt.Sprintf("sleep=%dms\n", 1+seq%5)
		}
		return text + "pid\n\n", func(reply string) error {
			rest, ok := strings.CutPrefix(reply, text)
			pid, ok2 := strings.CutPrefix(rest, "pid=")
			switch pid = strings.TrimSpace(pid); {
			case !ok || !ok2:
				return fmt.Errorf("request %q: reply %q", text, reply)
			case c.pid != "" && c.pid != pid:
				return fmt.Errorf("a connection to process %s is served by %s", c.pid, pid)
			default:
				c.pid = pid
			}
			return nil
		}
	},
}

// anvilDialect counts messages, of an ident for each client.
var anvilDialect = dialect{
	greeting: "protocol=anvil_protocol\n\n",
	request: func(_ *client, id, _ int) (string, func(string) error) {
		return fmt.Sprintf("request=message\nident=load:%d\n\n", id), func(reply string) error {
			var rate int
			if _, err := fmt.Sscanf(reply, "status=0\nrate=%d\n\n", &rate); err != nil || rate < 1 {
				return fmt.Errorf("reply %q", reply)
			}
			return nil
		}
	},
}

// A load is a crowd of clients of one service.
type load struct {
	t       *testing.T
	at      endpoint
	dialect dialect
	// perConn is after how many requests, on average, a client hangs up by itself;
	// 0: never.
	perConn int

	tally tally
	quit  chan struct{}
	group sync.WaitGroup

	mu   sync.Mutex
	errs []error // Guarded by mu.
}

// start starts the clients. They end with the test at the latest.
func (l *load) start(t *testing.T) *load {
	l.t, l.quit = t, make(chan struct{})
	for id := range crowd {
		// Stopped by stop, which waits.
		l.group.Go(func() { l.serve(id) })
	}
	t.Cleanup(l.stop)
	return l
}

// serve is the life of a client. It ends between requests, or with an error.
func (l *load) serve(id int) {
	c := &client{at: l.at, greeting: l.dialect.greeting, tally: &l.tally}
	defer c.hangUp()
	for seq := 0; ; seq++ {
		select {
		case <-l.quit:
			return
		case <-time.After(rand.N(maxPause)):
		}
		req, check := l.dialect.request(c, id, seq)
		reply, err := c.request(req)
		if err == nil {
			err = check(reply)
		}
		if err != nil {
			l.mu.Lock()
			l.errs = append(l.errs, fmt.Errorf("client %d, request %d: %w", id, seq, err))
			l.mu.Unlock()
			return
		}
		if l.perConn > 0 && rand.IntN(l.perConn) == 0 {
			c.hangUp()
		}
	}
}

// stop ends the clients, and tells what has happened to them. A second call does
// nothing.
func (l *load) stop() {
	select {
	case <-l.quit:
		return
	default:
	}
	close(l.quit)
	l.group.Wait()
	l.t.Logf("%s: %v", l.at.network, &l.tally)
	if n := len(l.errs); n > 0 {
		l.t.Errorf("%d clients have failed: %v", n, errors.Join(l.errs[:min(n, 5)]...))
	}
	// What crosses on its way is a matter of microseconds. At any time a tenth of
	// the probe's clients wait for a reply: more than a few would mean that the service closes
	// connections with requests unanswered.
	if crossed, all := l.tally.crossed.Load(), l.tally.dials.Load(); crossed > 4+all/100 {
		l.t.Errorf("%d of %d connections were closed when a request was under way", crossed, all)
	}
}

// failed tells whether a client has failed: there is no sense in going on.
func (l *load) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.errs) > 0
}

// progress waits until there are n more replies.
func (l *load) progress(t *testing.T, n int64) {
	t.Helper()
	want := l.tally.replies.Load() + n
	await(t, "replies to requests", func() bool { return l.failed() || l.tally.replies.Load() >= want })
}
