package faults_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/test/stock"
)

// An invocation is one way to start a program: what master(8) would do, but for
// what the invocation says. The zero value is a good start.
type invocation struct {
	args []string          // default: -l -t unix
	main map[string]string // main.cf parameters, see stock.Config
	text string            // appended to main.cf
	env  []string          // "NAME=value" sets, "NAME" removes
	// fds replaces descriptors, or adds some. A nil opener leaves one closed.
	fds map[int]opener
	// prepare runs when all else is there, before the program starts.
	prepare func(r *rig) error
	deaf    bool   // nobody reads the log while the program runs
	uid     uint32 // who starts it; 0: root
}

// An outcome is what became of it, with the folder's name made "@dir@".
type outcome struct {
	Status string   // "exit status 1", "signal: aborted", or waitsForEver
	Log    []string // "tag/program: text", one for each record
	Stderr string
	Stdout string
	Served bool // a client was answered
}

// waitsForEver is the status of a process that neither ends nor serves.
const waitsForEver = "waits for ever"

func (o outcome) String() string {
	return fmt.Sprintf("%s, served %v\n  log: %q\n  stderr: %q\n  stdout: %q", o.Status, o.Served, o.Log, o.Stderr, o.Stdout)
}

func (o outcome) equal(p outcome) bool {
	return o.Status == p.Status && slices.Equal(o.Log, p.Log) && o.Stderr == p.Stderr && o.Stdout == p.Stdout && o.Served == p.Served
}

// invoke starts the program at path, lets a client ask it something, and waits
// for its end. A program that has served is told to go, by the close of the
// status channel or else by a signal.
func invoke(t *testing.T, path string, v invocation) outcome {
	t.Helper()
	r := newRig(t, v)
	defer r.close()
	pid := r.start(path, v)
	c := r.client()
	out := outcome{Status: r.wait(pid, c), Served: c.ok(), Stderr: r.output(2), Stdout: r.output(1)}
	r.log.stop()
	if !v.deaf { // how much a socket holds is the kernel's affair
		for _, text := range r.log.records() {
			text = strings.ReplaceAll(text, r.inst.Dir, "@dir@")
			out.Log = append(out.Log, peakTime.ReplaceAllString(text, " at @time@"))
		}
	}
	out.Stderr = strings.ReplaceAll(out.Stderr, r.inst.Dir, "@dir@")
	return out
}

// peakTime is in anvil's statistics.
var peakTime = regexp.MustCompile(` at \w{3} [ \d]\d \d\d:\d\d:\d\d$`)

// environ is what master gives, changed as an invocation says.
func environ(inst *stock.Instance, changes []string) []string {
	env := []string{
		"MAIL_CONFIG=" + inst.Path("conf"), "LANG=C", "TZ=UTC", "GENERATION=1",
		"POSTLOG_SERVICE=" + inst.Path("queue/public/postlog"), "POSTLOG_HOSTNAME=" + stock.Hostname,
	}
	for _, change := range changes {
		name, _, set := strings.Cut(change, "=")
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if set {
			env = append(env, inst.Expand(change))
		}
	}
	return env
}

// start starts the program with the descriptors of the rig and closes those.
func (r *rig) start(path string, v invocation) (pid int) {
	r.t.Helper()
	args := v.args
	if args == nil {
		args = []string{"-l", "-t", "unix"}
	}
	argv := []string{filepath.Base(path)}
	for _, arg := range args {
		argv = append(argv, r.inst.Expand(arg))
	}
	attr := &syscall.ProcAttr{
		Dir: r.inst.Path("queue"), Env: environ(r.inst, v.env), Files: r.files(),
		// A group of its own, so that nothing else gets its signals.
		Sys: &syscall.SysProcAttr{Setpgid: true},
	}
	if v.uid != 0 {
		attr.Sys.Credential = &syscall.Credential{Uid: v.uid, Gid: postdropGroup(r.t)}
	}
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		r.t.Fatalf("cannot start %s: %v", path, err)
	}
	r.closeTheirs()
	return pid
}

// wait waits for the end of the program and says how it was.
func (r *rig) wait(pid int, c *client) string {
	ended := make(chan string, 1)
	// Ends with the process, which is killed at the latest when the limit is over.
	go func() { ended <- reap(pid) }()
	deadline := time.After(limit)
	// For what nothing tells about: a process that has no reason to end.
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for answered := c.answered; ; {
		select {
		case status := <-ended:
			r.closeListener()
			<-c.done
			return status
		case <-answered:
			answered = nil
			if !r.hangUp() {
				// Only this process: it has a group of its own.
				_ = unix.Kill(pid, unix.SIGTERM)
			}
			continue
		case <-look.C:
			if !r.stuck(pid) {
				continue
			}
		case <-deadline:
		}
		_ = unix.Kill(-pid, unix.SIGKILL)
		<-ended
		r.closeListener()
		<-c.done
		return waitsForEver
	}
}

// System calls in which a stock daemon waits.
const (
	sysPoll      = 7
	sysSendto    = 44
	sysEpollWait = 232
)

// stuck tells whether a stock process waits for what will never come: an event
// without a client who could make one, or room in a log socket that nobody
// reads. (A Go process has many threads, and the first of them is not in
// these calls.)
func (r *rig) stuck(pid int) bool {
	switch blockedIn(pid) {
	case sysEpollWait:
		return r.listener < 0
	case sysSendto:
		return r.deaf
	}
	return false
}

// blockedIn returns the number of the system call in which the first thread of a
// process is blocked, or -1.
func blockedIn(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
	var number int
	if err != nil {
		return -1
	}
	if _, err := fmt.Sscan(string(text), &number); err != nil {
		return -1 // "running"
	}
	return number
}

// reap waits for a process and says how it has ended.
func reap(pid int) string {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err.Error()
		case status.Signaled():
			return "signal: " + status.Signal().String()
		case status.Exited():
			return fmt.Sprintf("exit status %d", status.ExitStatus())
		}
	}
}
