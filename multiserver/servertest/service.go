package servertest

import (
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// A Service is a line of master.cf in a test: its sockets, its main.cf, its
// status channel, its log, and its processes.
type Service struct {
	// Static after construction.
	t    testing.TB
	conf Config
	at   layout
	log  *logReader

	statuses board[masterproto.Status]

	mu sync.Mutex

	// Guarded by mu.
	listeners  []listener
	flow       [2]int   // the flow-control pipe; -1 when master is dead
	status     *channel // nil until the next process is started
	statusRead int      // how many messages Status has returned
	generation uint32
	processes  []*Process
	clients    []net.Conn
	closed     bool
}

// Start makes a service and starts one process of it. The process may not have
// got far when Start returns, but clients may connect. Everything ends with the
// test. What cannot be done ends the test.
func Start(t testing.TB, c Config) *Service {
	t.Helper()
	s := New(t, c)
	s.Spawn()
	return s
}

// New is Start without the process: the sockets listen, and clients wait.
func New(t testing.TB, c Config) *Service {
	t.Helper()
	s := &Service{t: t, conf: c.withDefaults(t), flow: [2]int{-1, -1}}
	t.Cleanup(s.Close)
	var err error
	for _, step := range []func() error{
		func() error { s.at, err = newLayout(); return err },
		func() error { return s.at.writeMainCF(&s.conf) },
		func() error { s.log, err = newLogReader(s.at.postlog()); return err },
		func() error { return unix.Pipe2(s.flow[:], unix.O_CLOEXEC|unix.O_NONBLOCK) },
		s.listen,
	} {
		if err := step(); err != nil {
			t.Fatalf("servertest: cannot set up a service: %v", err)
		}
	}
	return s
}

// Dir is the folder of main.cf. The queue directory is "queue" in it; it holds
// nothing but the folders private and public.
func (s *Service) Dir() string { return s.at.dir }

// Process returns the process that was started last. Without one it ends the
// test.
func (s *Service) Process() *Process {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.processes) == 0 {
		s.t.Fatal("servertest: the service has no process")
	}
	return s.processes[len(s.processes)-1]
}

// Wait waits for the end of the process that was started last. See Process.Wait.
func (s *Service) Wait() *os.ProcessState {
	s.t.Helper()
	return s.Process().Wait()
}

// Reload does what "postfix reload" does to the processes of the service: the
// status channel is closed, and each of them goes when it has answered what its
// clients have sent. Sockets stay; the next Spawn makes a new channel.
// postfix: src/master/master_status.c, src/master/master_conf.c
func (s *Service) Reload() {
	s.mu.Lock()
	c := s.status
	s.status = nil
	s.mu.Unlock()
	if c != nil {
		c.close()
	}
}

// KillMaster does what the death of master does: its descriptors are closed, the
// status channel, the flow-control pipe and the listening sockets. There can be
// no further process. Clients that nobody has accepted are lost with the last
// process.
func (s *Service) KillMaster() {
	s.Reload()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		unix.Close(l.fd)
	}
	s.listeners = nil
	for i, fd := range s.flow {
		if fd >= 0 {
			unix.Close(fd)
		}
		s.flow[i] = -1
	}
}

// PutTokens puts n tokens into the flow-control pipe, which is empty at first.
func (s *Service) PutTokens(n int) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if put, err := masterproto.PutTokens(s.flow[1], n); err != nil || put != n {
		s.t.Fatalf("%d of %d flow-control tokens: %v", put, n, err)
	}
}

// Tokens returns how many tokens the flow-control pipe holds.
func (s *Service) Tokens() int {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := masterproto.CountTokens(s.flow[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// Close ends the service: see the package comment. The test does it by itself
// when it ends; a second Close does nothing.
func (s *Service) Close() {
	s.t.Helper()
	s.mu.Lock()
	closed, clients, processes := s.closed, s.clients, s.processes
	s.closed, s.clients = true, nil
	s.mu.Unlock()
	if closed {
		return
	}
	for _, c := range clients {
		c.Close()
	}
	s.Reload()
	for _, p := range processes {
		p.leave()
	}
	s.KillMaster()
	if s.log != nil {
		s.log.sync(s.conf.Timeout)
		if s.t.Failed() {
			s.showLog()
		}
		s.log.close()
	}
	if s.at.dir != "" {
		os.RemoveAll(s.at.dir)
	}
}

// showLog tells the reader of a failed test what the processes had to say.
func (s *Service) showLog() {
	s.t.Helper()
	for _, r := range s.log.all() {
		s.t.Logf("log: %v", r)
	}
}

// poll asks done until it is true, or the time is over.
func poll(limit time.Duration, done func() bool) bool {
	for end := time.Now().Add(limit); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
