package multiserver

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"ostler/dict"
	"ostler/mailconf"
	"ostler/maillog"
	"ostler/resolvelocal"
)

// process is a Server at work.
type process struct {
	// Static once the process serves.
	srv    *Server
	env    environment
	opts   options
	log    *maillog.Logger
	conf   *mailconf.Config
	params *mailconf.Params
	ctx    context.Context
	cancel context.CancelFunc
	start  time.Time

	underMaster bool        // descriptors 3 to 6 are a master's
	parent      *parentLink // the small parent, if there is one
	systemd     *systemd
	unlink      []string // sockets of our own

	maxRequest, maxReply, maxMemory int
	maxHandlers, maxClients         int
	extraProcs                      int
	filter                          []dict.Table // of delivery statuses
	addr                            net.Addr     // of the first listener
	local                           *resolvelocal.Resolver
	memory                          *budget
	room                            *room
	engine                          engine
	report                          reporter
	watchdog                        *watchdog
	acceptTrouble                   complaint

	life    life
	clients clients

	finishing    atomic.Bool   // finish has been called
	preAccepting atomic.Bool   // PreAccept runs
	wakeups      chan struct{} // one token: something has happened
	signals      chan os.Signal
	accepting    sync.Mutex     // held while PreAccept runs
	stopping     sync.Mutex     // held while stopAccepting runs
	handshakes   sync.WaitGroup // connections that are being passed

	// Owned by the owner goroutine, not thread-safe.
	died os.Signal // the signal that ended the process

	mu sync.Mutex

	// Guarded by mu.
	acceptors []*acceptor
	passing   map[*os.File]struct{} // connections on which others are being passed
}

// environment is what a process sees of the outside at its start. Tests put
// their own in.
type environment struct {
	get    func(string) string
	lookup func(string) (string, bool)
	unset  func(string) error
	pid    int
	host   mailconf.Host
}

func newProcess(s *Server, env environment) *process {
	p := &process{
		srv:     s,
		env:     env,
		start:   time.Now(),
		wakeups: make(chan struct{}, 1),
		signals: make(chan os.Signal, 4),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.report = reporter{fd: -1, pid: env.pid, gone: func() { p.retire("master disconnect") }, stalled: p.wake}
	s.p = p
	return p
}

// uptime is the clock of everything that needs no date.
func (s *process) uptime() time.Duration { return time.Since(s.start) }

func (s *process) verbose() bool { return s.log.Verbose() > 0 }

// wake makes the owner goroutine look. It does not block.
func (s *process) wake() {
	select {
	case s.wakeups <- struct{}{}:
	default:
	}
}

// retire makes the process leave.
func (s *process) retire(reason string) {
	if s.life.left(reason) {
		s.wake()
	}
}
