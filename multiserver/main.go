package multiserver

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ostler/mailconf"
	"ostler/maillog"
	"ostler/masterproto"
)

// Main runs the service as the program's main function, with the command line
// that master gives, and never returns. What cannot be is a fatal error in the
// log, and exit status 1.
//
// postfix: src/master/multi_server.c multi_server_main
func Main(s *Server) {
	p := newProcess(s, environment{
		get: os.Getenv, lookup: os.LookupEnv, unset: os.Unsetenv, pid: os.Getpid(), host: mailconf.SystemHost(),
	})
	os.Exit(p.main(os.Args))
}

// main is Main without the exit, unless there is a fatal error.
func (s *process) main(argv []string) int {
	signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ)
	restoreSignals()
	useZone(s.env.get("TZ"))
	opts, optErr := parseOptions(argv)
	var alone error // why there is no parent where there should be one
	if optErr == nil && wantsParent(&opts, s.env) {
		var status int
		status, alone = runParent(argv, opts.sockets, maillog.New(maillog.Options{Program: argv[0]}))
		if alone == nil {
			return status
		}
	}
	s.opts = opts
	startErr := errors.Join(s.adoptParent(), s.findSystemd(), s.srv.check())
	s.startLogging(argv)
	if alone != nil {
		s.log.Warningf("cannot start the parent of the service process, which therefore cannot drain: %s", errText(alone))
	}
	for _, step := range []func() error{
		func() error { return first(startErr) },
		func() error { return s.configure(optErr) },
		s.admit,
		s.readGeneration,
		s.debug,
		s.settle,
	} {
		if err := step(); err != nil {
			s.log.Fatalf("%s", errText(err))
		}
	}
	if opts.oneShot {
		return s.exit(s.runOnce(os.Stdin, os.Stdout))
	}
	if err := s.begin(); err != nil {
		s.log.Fatalf("%s", errText(err))
	}
	return s.exit(s.serve())
}

// adoptParent takes over what the small parent has left in the environment.
func (s *process) adoptParent() error {
	parent, err := findParent(s.env)
	if parent != nil {
		s.parent = parent
		s.report.pid = parent.pid
	}
	return err
}

// check finds a Server that makes no sense. That is a mistake in the program.
func (s *Server) check() error {
	forms := 0
	for _, set := range []bool{s.Handle != nil, s.Serve != nil, s.ServeListener != nil} {
		if set {
			forms++
		}
	}
	switch {
	case forms != 1:
		return errors.New("multiserver: exactly one of Handle, Serve and ServeListener must be set")
	case (s.Handle == nil) != (s.Frame == nil):
		return errors.New("multiserver: Handle and Frame belong together")
	}
	return nil
}

// begin opens the listeners and starts everything that serves clients.
func (s *process) begin() error {
	files, err := s.listen()
	if err != nil {
		return err
	}
	s.addr = listenAddr(files)
	if err := s.crashOutput(); err != nil {
		s.log.Warningf("cannot arrange for crash output: %v", err)
	}
	s.memory = newBudget(s.maxMemory, s.cut)
	s.limitHeap()
	s.room = newRoom(s.maxClients, s.report.setBusy)
	if s.engine, err = s.newEngine(); err != nil {
		return fmt.Errorf("cannot start event loops: %w", err)
	}
	if s.underMaster {
		if err := watchStatus(masterproto.StatusFD, s.report.gone); err != nil {
			return err
		}
	}
	if s.parent != nil {
		s.parent.watch(func() { s.retire("parent disconnect") })
	}
	s.handleSignals()
	s.watchdog = &watchdog{s: s, limit: s.params.DaemonTimeout}
	// Ends with the process.
	go s.watchdog.run()
	s.log.OnFatal(s.lastWords)
	s.life.ready(time.Now())
	s.accept(files)
	s.notify("READY=1")
	return nil
}

// newEngine chooses the form in which clients are served.
func (s *process) newEngine() (engine, error) {
	form := s.env.get("OSTLER_ENGINE")
	switch {
	case s.srv.ServeListener != nil:
		e := newHandOver(s)
		// Ends when the listener is closed; finish does not wait for it, but for
		// its clients.
		go s.runListener(e)
		return e, nil
	case s.srv.Serve != nil, form == "goroutines", s.srv.Goroutines && form != "loops":
		return newGoroutines(s), nil
	}
	return newLoops(s, runtime.GOMAXPROCS(0))
}

// runListener runs the library. It is not expected to return before its
// listener is closed.
func (s *process) runListener(e *handOver) {
	if err := s.srv.ServeListener(e); err != nil {
		if _, phase := s.life.why(); phase != exiting {
			s.log.Warningf("service %s: %v", s.opts.name, err)
		}
	}
	s.retire("listener returned")
}

// accept starts an acceptor for each listener.
func (s *process) accept(files []*os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, file := range files {
		a := &acceptor{
			s: s, file: file, done: make(chan struct{}),
			pass: s.passes(),
		}
		s.acceptors = append(s.acceptors, a)
		// Ends when stopAccepting says so, which waits for it.
		go a.run()
	}
}

// cut breaks the connection of the client that holds most memory.
func (s *process) cut(c *Conn, held int) {
	s.log.Warningf("%s holds %d bytes and memory is used up: closing connection", c, held)
	s.clients.sever(c)
}

// crashOutput has the runtime write to the parent when it crashes.
func (s *process) crashOutput() error {
	if s.parent == nil {
		return nil
	}
	defer s.parent.crash.Close()
	debug.SetTraceback("all")
	if sameFile(2, int(s.parent.crash.Fd())) {
		return nil // it does so already
	}
	return debug.SetCrashOutput(s.parent.crash, debug.CrashOptions{})
}

func sameFile(a, b int) bool {
	var x, y unix.Stat_t
	return unix.Fstat(a, &x) == nil && unix.Fstat(b, &y) == nil && x.Dev == y.Dev && x.Ino == y.Ino
}

func isPipe(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
}

// ownMemory is what the process needs beside what its clients hold.
const ownMemory = 6 << 20

// limitHeap has the garbage collector keep to half as much again as MaxMemory: a client that is
// cut lets go of its memory a moment later, when others may have taken more, and
// a buffer that grows is there twice. By itself the collector would let the heap
// grow to twice of all that. The buffers have no pointers in them, so that even
// many collections cost little.
func (s *process) limitHeap() {
	if s.env.get("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(s.maxMemory/2*3 + ownMemory))
	}
}
