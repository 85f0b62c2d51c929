package load

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Schedule says when the requests of an open loop are due.
type Schedule struct {
	// Period is the time between two requests of one client. The clients are
	// spread evenly over it.
	Period time.Duration

	// Warm is how long requests are sent before those that are measured.
	Warm time.Duration

	// Duration is how long requests are measured.
	Duration time.Duration
}

// pacer runs an open loop. Request number j, from 0 on, is of client j modulo
// the number of clients, and due j steps after the start.
type pacer struct {
	// Static after construction.
	plan    Plan
	clients []client
	step    time.Duration
	total   int // requests
	warm    int // the first request that is measured
	start   time.Time
	ep      int
	timer   int // a timerfd, its index in the epoll set is len(clients)

	// Owned by the pacer's goroutine, not thread-safe.
	due      int // the first request that is not yet due
	armed    int // the request that the timer waits for
	answered int
	sent     []int // per client: requests sent
	latency  []time.Duration
	events   [256]unix.EpollEvent
}

// Open connects the clients, has them say what they say once, and then the rest
// of the script on schedule, from one thread. A client has one unanswered
// request at a time; those that become due meanwhile follow as soon as it may
// send them, and their latency counts from when they were due. It blocks until
// all requests are answered, or for at most Plan.Timeout after the last was
// due: requests that then have no reply count as if it had come then.
func Open(p Plan, s Schedule) (Latencies, error) {
	p, err := p.complete()
	if err != nil {
		return nil, err
	}
	step := s.Period / time.Duration(p.Clients)
	if step <= 0 || s.Duration < step {
		return nil, fmt.Errorf("cannot send a request every %v for %v", step, s.Duration)
	}
	clients, err := dialClients(p)
	if err != nil {
		return nil, err
	}
	defer closeClients(clients)
	r := &pacer{
		plan: p, clients: clients, step: step, armed: -1,
		total: int((s.Warm + s.Duration) / step), warm: int((s.Warm + step - 1) / step),
		sent: make([]int, p.Clients),
	}
	r.latency = make([]time.Duration, 0, r.total)
	if r.ep, err = watch(clients); err != nil {
		return nil, err
	}
	defer unix.Close(r.ep)
	if err := r.makeTimer(); err != nil {
		return nil, err
	}
	defer unix.Close(r.timer)
	failed := make(chan error)
	// Ends when all is answered, or by the timeout; we wait here.
	go func() {
		// Not unlocked: see worker.run.
		runtime.LockOSThread()
		failed <- r.run()
	}()
	err = <-failed
	return newLatencies(r.latency), err
}

// makeTimer adds a timer to the epoll set. Its precision is better than that of
// a timeout of epoll_wait.
func (r *pacer) makeTimer() (err error) {
	r.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("cannot make a timer: %w", err)
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(len(r.clients))}
	if err := unix.EpollCtl(r.ep, unix.EPOLL_CTL_ADD, r.timer, &event); err != nil {
		unix.Close(r.timer)
		return fmt.Errorf("cannot make a timer: %w", err)
	}
	return nil
}

func (r *pacer) run() error {
	r.start = time.Now()
	deadline := time.Duration(r.total)*r.step + r.plan.Timeout
	for r.answered < r.total {
		if err := r.release(); err != nil {
			return err
		}
		if err := r.arm(); err != nil {
			return err
		}
		n, err := unix.EpollWait(r.ep, r.events[:], int(tick/time.Millisecond))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("cannot wait for replies: %w", err)
		}
		for _, event := range r.events[:max(n, 0)] {
			if err := r.serve(int(event.Fd)); err != nil {
				return err
			}
		}
		if now := time.Since(r.start); now > deadline {
			r.giveUp(now)
			return nil
		}
	}
	return nil
}

// release has the clients send what has become due.
func (r *pacer) release() error {
	now := time.Since(r.start)
	for ; r.due < r.total && time.Duration(r.due)*r.step <= now; r.due++ {
		if i := r.due % len(r.clients); !r.clients[i].waiting {
			if err := r.send(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// arm sets the timer to when the next request is due.
func (r *pacer) arm() error {
	if r.due == r.total || r.armed == r.due {
		return nil
	}
	r.armed = r.due
	wait := max(time.Duration(r.due)*r.step-time.Since(r.start), 1)
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(wait))}
	if err := unix.TimerfdSettime(r.timer, 0, &spec, nil); err != nil {
		return fmt.Errorf("cannot set a timer: %w", err)
	}
	return nil
}

func (r *pacer) send(i int) error {
	r.sent[i]++
	if err := r.clients[i].send(); err != nil {
		return fmt.Errorf("client %d: %w", i, err)
	}
	return nil
}

// serve handles an event: the timer, or a client's reply.
func (r *pacer) serve(i int) error {
	if i == len(r.clients) {
		var expirations [8]byte
		// There is nothing to learn from it; it makes the timer unreadable.
		_, _ = unix.Read(r.timer, expirations[:])
		return nil
	}
	done, err := r.clients[i].poll()
	if err != nil {
		return fmt.Errorf("client %d: %w", i, err)
	}
	if !done {
		return nil
	}
	r.record((r.sent[i]-1)*len(r.clients)+i, time.Since(r.start))
	if r.sent[i]*len(r.clients)+i < r.due {
		return r.send(i)
	}
	return nil
}

// record notes that request j was answered now.
func (r *pacer) record(j int, now time.Duration) {
	r.answered++
	if j >= r.warm {
		r.latency = append(r.latency, now-time.Duration(j)*r.step)
	}
}

// giveUp records all that is unanswered as answered now.
func (r *pacer) giveUp(now time.Duration) {
	for i := range r.clients {
		first := r.sent[i]
		if r.clients[i].waiting {
			first--
		}
		for j := first*len(r.clients) + i; j < r.total; j += len(r.clients) {
			r.record(j, now)
		}
	}
}
