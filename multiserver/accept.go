package multiserver

import (
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// acceptor accepts clients on one listening socket, on a goroutine of its own
// that waits in the runtime's poller. The socket's open file is shared with
// master and siblings: any of them may take the client first.
type acceptor struct {
	// Static after construction.
	s    *process
	file *os.File
	pass bool
	done chan struct{} // closed when run has ended
}

const (
	acceptsPerTurn = 64
	acceptPause    = 100 * time.Millisecond // after an error that will not go away at once
	complainEvery  = 60 * time.Second
)

// harmless are the errors of accept(2) that say that the client has gone or
// the network is down; stock passes over them in silence.
// postfix: src/util/sane_accept.c
var harmless = []unix.Errno{
	unix.EAGAIN, unix.ECONNREFUSED, unix.ECONNRESET, unix.EHOSTDOWN, unix.EHOSTUNREACH, unix.EINTR, unix.ENETDOWN,
	unix.ENETUNREACH, unix.ENOTCONN, unix.ENOBUFS, unix.ECONNABORTED, unix.EPROTO,
}

// run accepts until the listener is closed or told to stop.
func (a *acceptor) run() {
	defer close(a.done)
	raw, err := a.file.SyscallConn()
	if err != nil {
		return
	}
	var readable = func(fd uintptr) bool { return ready(int(fd), unix.POLLIN) }
	for {
		if err := raw.Read(readable); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) { // which is stop
				a.s.log.Warningf("cannot wait for clients: %v", err)
				a.s.retire("listener failed")
			}
			return
		}
		if !a.s.room.wait() {
			return
		}
		if !a.turn(raw.Control) {
			return
		}
	}
}

// turn accepts what is there, up to a limit. It is false when the process
// takes no more clients.
func (a *acceptor) turn(control func(func(uintptr)) error) bool {
	for i := range acceptsPerTurn {
		if i > 0 && a.s.srv.PreAccept != nil && !a.waiting(control) {
			return true
		}
		if !a.s.preAccept() {
			return false
		}
		fd, err := -1, error(unix.EBADF)
		if control(func(s uintptr) {
			fd, _, err = unix.Accept4(int(s), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		}) != nil {
			return false
		}
		switch {
		case err == unix.EAGAIN:
			return true
		case err != nil:
			a.failed(err)
			return true
		case a.pass:
			a.s.receivePassed(fd)
		default:
			a.s.welcome(fd, nil)
		}
		if a.s.room.full() {
			return true
		}
	}
	return true
}

// waiting says whether there is a client to accept: PreAccept is not to run
// without one.
func (a *acceptor) waiting(control func(func(uintptr)) error) (yes bool) {
	control(func(fd uintptr) { yes = ready(int(fd), unix.POLLIN) })
	return yes
}

// failed tells of an error of accept. Stock counts the serious ones, and ends
// at the thirteenth; those for want of a resource it is no use to die of.
func (a *acceptor) failed(err error) {
	for _, h := range harmless {
		if errors.Is(err, h) {
			return
		}
	}
	switch {
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOMEM):
		a.s.acceptTrouble.warn(a.s, "accept connection: %s", errText(err))
	default:
		a.s.log.Errorf("accept connection: %s", errText(err))
	}
	a.s.room.pause(acceptPause)
}

// stop ends run and closes the socket.
func (a *acceptor) stop() {
	a.file.SetReadDeadline(time.Unix(1, 0))
	<-a.done
	a.file.Close()
}

// preAccept runs the hook, one acceptor at a time. It is false when no client
// is to be accepted.
func (s *process) preAccept() bool {
	if hook := s.srv.PreAccept; hook != nil {
		s.accepting.Lock()
		s.preAccepting.Store(true)
		hook(s.srv)
		s.preAccepting.Store(false)
		s.accepting.Unlock()
	}
	_, phase := s.life.why()
	return phase == serving
}

// welcome takes a new client in.
func (s *process) welcome(fd int, attrs map[string]string) {
	if !s.admitClient() {
		unix.Close(fd)
		return
	}
	s.serveClient(fd, attrs)
}

// passes says that clients are passed by other services.
func (s *process) passes() bool {
	return s.underMaster && strings.EqualFold(s.opts.transport, masterproto.TransportPass)
}

// admitClient counts a client.
func (s *process) admitClient() bool {
	if !s.life.clientAccepted() {
		return false
	}
	s.room.enter()
	return true
}

// serveClient gives a client that was counted to the engine.
func (s *process) serveClient(fd int, attrs map[string]string) {
	c := &Conn{s: s, fd: int32(fd), attrs: attrs}
	c.inspect()
	if s.passes() {
		c.flags |= connPassed
	}
	if s.verbose() {
		s.log.Infof("connection established fd %d", fd)
	}
	if attrs != nil && s.srv.PostAccept == nil {
		s.log.Warningf("service ignores 'pass' connection attributes")
	}
	if s.srv.InFlowDelay && s.flowDelay() {
		c.flags |= connBlind
	}
	blind := c.is(connBlind)
	s.clients.add(c)
	s.engine.adopt(c) // which owns c now
	if blind {
		time.AfterFunc(s.params.InFlowDelay, func() { s.engine.see(c) })
	}
	s.wake()
}

// inspect finds out what the socket is, and turns keepalives on for a client
// over the network.
func (c *Conn) inspect() {
	domain, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
	switch {
	case err != nil || domain == unix.AF_UNIX:
		c.flags |= connUnix
	default:
		unix.SetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	}
}

// flowDelay says whether the client must be held up for want of a token.
func (s *process) flowDelay() bool {
	if s.params.InFlowDelay <= 0 || !s.underMaster {
		return false
	}
	err := masterproto.GetToken(masterproto.FlowReadFD)
	if err != nil && !errors.Is(err, masterproto.ErrNoToken) {
		s.log.Warningf("%v", err)
	}
	return err != nil
}

// clientGone is called when a connection has been closed.
func (s *process) clientGone() {
	s.room.exit()
	s.life.clientGone(time.Now())
	s.wake()
}

// room counts the clients against the limit, and holds acceptors up.
type room struct {
	// Static after construction.
	limit int
	tell  func(full bool)

	mu   sync.Mutex
	cond sync.Cond

	// Guarded by mu.
	clients int
	paused  bool
	closed  bool
}

func newRoom(limit int, tell func(full bool)) *room {
	r := &room{limit: limit, tell: tell}
	r.cond.L = &r.mu
	return r
}

func (r *room) enter() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clients++; r.clients == r.limit {
		r.tell(true)
	}
}

func (r *room) exit() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clients--; r.clients == r.limit-1 {
		r.tell(false)
		r.cond.Broadcast()
	}
}

func (r *room) full() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clients >= r.limit || r.paused
}

// pause holds acceptors up for a while.
func (r *room) pause(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused {
		return
	}
	r.paused = true
	time.AfterFunc(d, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.paused = false
		r.cond.Broadcast()
	})
}

// wait blocks while there is no room. It is false when there never will be.
func (r *room) wait() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.closed && (r.paused || r.clients >= r.limit) {
		r.cond.Wait()
	}
	return !r.closed
}

// close lets everyone go who waits.
func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.cond.Broadcast()
}

// receivePassed receives a connection that another service passes, on a
// goroutine of its own: a sender that stalls holds nobody else up, and counts as
// a client as long as it does.
func (s *process) receivePassed(fd int) {
	if !s.admitClient() {
		unix.Close(fd)
		return
	}
	s.handshakes.Add(1)
	// Ends after at most twice PassTimeout; finish waits for it, within its limit.
	go func() {
		defer s.handshakes.Done()
		conn := s.passOn(fd)
		defer s.passedOn(conn) // the sender waits for that
		client, attrs, err := masterproto.ReceivePass(conn)
		if err != nil {
			s.log.Warningf("pass_accept_attr: %s", errText(err))
			s.clientGone()
			return
		}
		s.serveClient(client, attrs)
	}()
}

// passOn remembers the connection fd while another one is passed on it, and
// passedOn closes it.
func (s *process) passOn(fd int) *os.File {
	conn := os.NewFile(uintptr(fd), "pass socket")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.passing == nil {
		s.passing = make(map[*os.File]struct{})
	}
	s.passing[conn] = struct{}{}
	return conn
}

func (s *process) passedOn(conn *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.passing, conn)
	conn.Close()
}

// closePassing gives up what has not been passed.
func (s *process) closePassing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.passing {
		conn.Close()
	}
}

// complaint is a warning that is not repeated all the time.
type complaint struct {
	mu   sync.Mutex
	next time.Time
}

func (c *complaint) warn(s *process, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); !now.Before(c.next) {
		c.next = now.Add(complainEvery)
		s.log.Warningf(format, args...)
	}
}

// errText is an error as stock prints it: an error of the operating system at
// its end has its first letter in upper case.
func errText(err error) string {
	var errno unix.Errno
	text := err.Error()
	if !errors.As(err, &errno) {
		return text
	}
	name := errno.Error()
	before, ok := strings.CutSuffix(text, name)
	if !ok {
		return text
	}
	return before + strings.ToUpper(name[:1]) + name[1:]
}

// listenAddr is the address of the first listener.
func listenAddr(files []*os.File) net.Addr {
	addr := sockAddr(nil, unix.EBADF)
	if len(files) == 0 {
		return addr
	}
	raw, err := files[0].SyscallConn()
	if err == nil {
		raw.Control(func(fd uintptr) { addr = sockAddr(unix.Getsockname(int(fd))) })
	}
	return addr
}
