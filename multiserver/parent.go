package multiserver

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ostler/maillog"
	"ostler/masterproto"
)

// Under a master that cannot count a process out, a service consists of two
// processes. Master starts the small parent, which starts the real process (the
// same program again) and then only waits: C's way to drain, to fork and let the
// parent exit, is closed to a Go program. When the real process drains, the
// parent exits, and master believes that the service process has ended. The
// parent also logs what the Go runtime writes when it crashes, which under
// master would go to /dev/null, and it notices when the runtime hangs.

// envParent tells the real process the numbers of its descriptors to the parent.
const envParent = "OSTLER_PARENT"

// Messages from the real process to the parent, one a packet.
const (
	parentConfine = 'C' // then JSON: a parentConfig
	parentDrained = 'D' // master is to start another process
	parentBeat    = 'B' // the owner goroutine is alive
)

// parentConfig is what the parent needs to be no more than the real process.
type parentConfig struct {
	Jail     confinement
	Log      maillog.Settings
	Watchdog time.Duration // how long the real process may be silent
}

// crashLimit bounds what is kept of the output of a crash.
const crashLimit = 64 << 10

// wantsParent says whether this process is to be a small parent: master has
// started it, and cannot be told that a process retires.
func wantsParent(o *options, env environment) bool {
	if o.oneShot || o.byHand() || o.transport == "" || env.get(envParent) != "" ||
		env.get(masterproto.EnvRetiring) != "" || checkStatusChannel() != nil {
		return false
	}
	if !isPipe(masterproto.FlowReadFD) || !isPipe(masterproto.FlowWriteFD) {
		return false // no master; the numbers may be our own
	}
	for fd := masterproto.ListenFD; fd < masterproto.ListenFD+o.sockets; fd++ {
		if checkListener(fd) != nil {
			return false // and the process will say so
		}
	}
	return true
}

// smallParent is the parent's side.
type smallParent struct {
	// Static after start.
	log  *maillog.Logger
	pid  int // of the real process
	ctl  *os.File
	text *os.File // what the real process writes when it crashes

	hung     atomic.Bool // watch ends this process
	beats    chan struct{}
	watchdog chan time.Duration
	readers  sync.WaitGroup

	mu    sync.Mutex
	crash []byte // Guarded by mu.
}

// runParent starts the real process and waits for it. It returns the status to
// exit with, unless it dies of the signal that the real process has died of. It
// is an error when there can be no real process; the service then has to do
// without a parent.
func runParent(argv []string, sockets int, log *maillog.Logger) (int, error) {
	p := &smallParent{log: log, beats: make(chan struct{}, 1), watchdog: make(chan time.Duration, 1)}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	if err := p.start(argv, sockets); err != nil {
		signal.Stop(signals)
		return 0, err
	}
	runtime.GOMAXPROCS(1) // few threads: they count like those of the real process
	for fd := masterproto.FlowReadFD; fd < masterproto.ListenFD+sockets; fd++ {
		unix.Close(fd)
	}
	p.readers.Add(1)
	// All of them end with the real process, which ends this one.
	go p.forward(signals)
	go p.readCrash()
	go p.readMessages()
	go p.watch()
	return p.wait(), nil
}

// start executes this program again.
func (p *smallParent) start(argv []string, sockets int) error {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	ctl, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	var crash [2]int
	if err := unix.Pipe2(crash[:], unix.O_CLOEXEC); err != nil {
		unix.Close(ctl[0])
		unix.Close(ctl[1])
		return err
	}
	files := []uintptr{0, 1, 2}
	if isNull(2) {
		files[2] = uintptr(crash[1])
	}
	for fd := masterproto.FlowReadFD; fd < masterproto.ListenFD+sockets; fd++ {
		files = append(files, uintptr(fd))
	}
	env := append(os.Environ(), fmt.Sprintf("%s=%d %d", envParent, len(files), len(files)+1))
	files = append(files, uintptr(ctl[1]), uintptr(crash[1]))
	p.pid, err = syscall.ForkExec(exe, argv, &syscall.ProcAttr{Env: env, Files: files})
	unix.Close(ctl[1])
	unix.Close(crash[1])
	if err != nil {
		unix.Close(ctl[0])
		unix.Close(crash[0])
		return err
	}
	unix.SetNonblock(ctl[0], true)
	unix.SetNonblock(crash[0], true)
	p.ctl = os.NewFile(uintptr(ctl[0]), "control")
	p.text = os.NewFile(uintptr(crash[0]), "crash output")
	return nil
}

// isNull says whether a descriptor is /dev/null.
func isNull(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == unix.Mkdev(1, 3)
}

// forward passes signals on: what ends master's process ends the service.
func (p *smallParent) forward(signals <-chan os.Signal) {
	for sig := range signals {
		unix.Kill(p.pid, sig.(syscall.Signal))
	}
}

// readCrash keeps the beginning of what the real process writes, and goes on
// reading, so that it never has to wait.
func (p *smallParent) readCrash() {
	defer p.readers.Done()
	buf := make([]byte, 4096)
	for {
		n, err := p.text.Read(buf)
		p.mu.Lock()
		p.crash = append(p.crash, buf[:min(n, crashLimit-len(p.crash))]...)
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// readMessages does what the real process says.
func (p *smallParent) readMessages() {
	buf := make([]byte, 16<<10)
	for {
		n, err := p.ctl.Read(buf)
		if err != nil || n == 0 {
			return
		}
		switch buf[0] {
		case parentConfine:
			if err := p.confine(buf[1:n]); err != nil {
				unix.Kill(p.pid, unix.SIGKILL)
				p.log.Fatalf("cannot confine the parent of the service process: %s", errText(err))
			}
			p.ctl.Write([]byte{parentConfine})
		case parentDrained:
			p.log.Flush(time.Second)
			os.Exit(0)
		case parentBeat:
			select {
			case p.beats <- struct{}{}:
			default:
			}
		}
	}
}

// confine makes the parent no more privileged than the real process.
func (p *smallParent) confine(text []byte) error {
	var c parentConfig
	if err := json.Unmarshal(text, &c); err != nil {
		return err
	}
	if err := p.log.Configure(c.Log); err != nil {
		return err
	}
	if err := c.Jail.enter(); err != nil {
		return err
	}
	if c.Jail.Root != "" {
		p.log.EnterJail(c.Jail.Root)
	}
	p.watchdog <- c.Watchdog
	return nil
}

// watch ends a real process that has been silent for too long. It waits longer
// than the real process, which finds a hanging goroutine by itself: this is for
// a hanging runtime.
func (p *smallParent) watch() {
	limit := <-p.watchdog
	limit += max(limit/watchdogSteps, time.Second)
	for silent := 0; ; {
		select {
		case <-p.beats:
			silent = 0
		case <-time.After(limit / watchdogSteps):
			// Steps and not time: this process may have been stopped itself.
			if silent++; silent < watchdogSteps {
				continue
			}
			p.hung.Store(true)
			unix.Kill(p.pid, unix.SIGKILL)
			p.log.Fatalf("watchdog timeout")
		}
	}
}

// wait waits for the end of the real process, and ends as it has.
func (p *smallParent) wait() int {
	var status unix.WaitStatus
	for {
		pid, err := unix.Wait4(p.pid, &status, 0, nil)
		if pid == p.pid && (status.Exited() || status.Signaled()) {
			break
		}
		if err != nil && err != unix.EINTR {
			p.log.Fatalf("wait for service process: %s", errText(err))
		}
	}
	if p.hung.Load() {
		select {}
	}
	// Something else may have the pipe open, a debugger for instance.
	p.text.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	p.readers.Wait()
	if len(p.crash) > 0 && (status.Signaled() || status.ExitStatus() != 0) {
		p.log.LogCrash(p.pid, p.crash)
	}
	p.log.Flush(time.Second)
	if status.Signaled() {
		dieOf(status.Signal())
	}
	return status.ExitStatus()
}
