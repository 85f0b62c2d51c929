package servertest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// A Process is one process of a service as master knows it, with those that it
// has started itself.
type Process struct {
	// Static after construction.
	s     *Service
	proc  *os.Process
	done  chan struct{} // closed when master's process has ended
	state *os.ProcessState

	waited bool // Guarded by s.mu. The test has asked how it ended.
}

// Spawn starts one more process of the service, as master does when a client
// comes and no process is free. It ends the test if that cannot be done.
// postfix: src/master/master_spawn.c
func (s *Service) Spawn() *Process {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flow[0] < 0 {
		s.t.Fatal("servertest: master is dead")
	}
	if s.status == nil {
		c, err := newChannel(&s.statuses)
		if err != nil {
			s.t.Fatalf("servertest: cannot make a status channel: %v", err)
		}
		s.status = c
	}
	s.generation++
	proc, err := s.fork()
	if err != nil {
		s.t.Fatalf("servertest: cannot start %s: %v", s.conf.Program, err)
	}
	p := &Process{s: s, proc: proc, done: make(chan struct{})}
	s.processes = append(s.processes, p)
	// Ends with the process, which leave waits for.
	go func() {
		p.state, _ = proc.Wait()
		close(p.done)
	}()
	return p
}

// fork starts a process with master's descriptors. It is called with mu held.
func (s *Service) fork() (*os.Process, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	stderr := null
	if s.conf.Stderr != nil {
		stderr = s.conf.Stderr
	}
	// The order of masterproto's numbers.
	files := []uintptr{null.Fd(), null.Fd(), stderr.Fd(), uintptr(s.flow[0]), uintptr(s.flow[1]), uintptr(s.status.child)}
	for _, l := range s.listeners {
		files = append(files, uintptr(l.fd))
	}
	env := append(s.environment(), masterproto.EnvGeneration+"="+masterproto.FormatGeneration(s.generation))
	if s.conf.Retiring {
		env = append(env, masterproto.EnvRetiring+"=1")
	}
	pid, err := syscall.ForkExec(s.conf.Program, s.conf.argv(), &syscall.ProcAttr{
		Dir: s.at.queue(), Env: env, Files: files, Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return nil, err
	}
	return os.FindProcess(pid)
}

// environment is what a process of this service inherits, whoever starts it.
func (s *Service) environment() []string {
	env := []string{
		masterproto.EnvConfig + "=" + s.at.dir,
		masterproto.EnvLogTag + "=postfix",
		"POSTLOG_SERVICE=" + s.at.postlog(),
		"POSTLOG_HOSTNAME=host.example.com",
		"LANG=C",
		"PATH=/usr/bin:/bin",
		"GORACE=atexit_sleep_ms=10", // with the race detector each exit would take a second
	}
	for _, name := range []string{"TZ", "GODEBUG", "GORACE", "GOTRACEBACK", "GOCOVERDIR"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	if s.conf.Server != "" {
		env = append(env, envServer+"="+s.conf.Server)
	}
	return append(env, s.conf.Env...)
}

// PID is the process id that master knows.
func (p *Process) PID() int { return p.proc.Pid }

// PIDs lists the processes that live of those that master has started and those
// that they have started themselves, in ascending order: a service that may
// drain is two, the small parent and the one that serves.
func (p *Process) PIDs() []int {
	var pids []int
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range names {
		stat, err := os.ReadFile(filepath.Join(name, "stat"))
		if err != nil {
			continue // it has ended just now
		}
		// After the name in parentheses: state, parent, process group.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) > 2 && fields[0] != "Z" && fields[0] != "X" && fields[2] == strconv.Itoa(p.PID()) {
			pid, _ := strconv.Atoi(filepath.Base(name))
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// Signal sends a signal to the process that master knows, as master does.
func (p *Process) Signal(sig os.Signal) error { return p.proc.Signal(sig) }

// Kill ends the process, and what it has started, at once. The test has to Wait
// for it, or it counts as an accident.
func (p *Process) Kill() { unix.Kill(-p.PID(), unix.SIGKILL) }

// Done is closed when the process that master knows has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits until the process that master knows has ended, and returns how. It
// ends the test if that takes longer than Config.Timeout. The records of the
// process have arrived when it returns.
func (p *Process) Wait() *os.ProcessState {
	p.s.t.Helper()
	p.s.mu.Lock()
	p.waited = true
	p.s.mu.Unlock()
	if !p.ended() {
		p.s.t.Fatalf("process %d of service %s has not ended in time", p.PID(), p.s.conf.Name)
	}
	p.s.log.sync(p.s.conf.Timeout)
	return p.state
}

// WaitAll is Wait for the processes too that the one that master knows has
// started: those that serve old clients after a drain.
func (p *Process) WaitAll() {
	p.s.t.Helper()
	p.Wait()
	if !poll(p.s.conf.Timeout, func() bool { return len(p.PIDs()) == 0 }) {
		p.s.t.Fatalf("processes %v of service %s have not ended in time", p.PIDs(), p.s.conf.Name)
	}
	p.s.log.sync(p.s.conf.Timeout)
}

// ended waits for the end; it is false when the time is over.
func (p *Process) ended() bool {
	return poll(p.s.conf.Timeout, func() bool {
		select {
		case <-p.done:
			return true
		default:
			return false
		}
	})
}

// leave is the end of the test: the process has been told to go.
func (p *Process) leave() {
	p.s.t.Helper()
	if problem := p.accident(); problem != "" {
		p.s.t.Errorf("service %s: process %d %s", p.s.conf.Name, p.PID(), problem)
	}
	p.Kill()
	<-p.done
}

// accident waits for the end of all, and says what was wrong with it.
func (p *Process) accident() string {
	p.s.mu.Lock()
	waited := p.waited
	p.s.mu.Unlock()
	switch {
	case !p.ended():
		return "does not leave"
	case !waited && !p.state.Success():
		return fmt.Sprintf("has ended badly: %v", p.state)
	case !poll(p.s.conf.Timeout, func() bool { return len(p.PIDs()) == 0 }):
		return fmt.Sprintf("has left others that do not leave: %v", p.PIDs())
	}
	return ""
}
