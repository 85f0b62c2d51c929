package faults_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A service is a program of ours that runs by hand.
type service struct {
	// Static after construction.
	t       *testing.T
	cmd     *exec.Cmd
	network string
	address string
	done    chan struct{} // closed when it has ended, and all it has said was read
	err     error         // how it ended; valid once done is closed

	mu      sync.Mutex
	text    bytes.Buffer  // Guarded by mu: standard error.
	changed chan struct{} // Guarded by mu; closed and replaced when there is more.
}

// setup says how to start one.
type setup struct {
	path   string   // the program
	prefix []string // what executes it: {"prlimit", "--nofile=64:64"}
	engine string   // "goroutines" or "loops"
	inet   bool     // listen on an address of its own instead of a path
	args   []string
	uid    uint32
}

// serveByHand starts a service and returns when it says that it is ready. It is
// stopped when the test ends, which fails if it has ended before.
func serveByHand(t *testing.T, s setup) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "ostler-faults-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	notify, err := newReceiver(filepath.Join(dir, "notify"))
	if err != nil {
		t.Fatal(err)
	}
	v := &service{t: t, done: make(chan struct{}), changed: make(chan struct{}), network: "unix", address: filepath.Join(dir, "socket")}
	listen := "unix:" + v.address
	if s.inet {
		v.network, v.address = "tcp", net.JoinHostPort(randomAddr(), "2600")
		listen = "inet:" + v.address
	}
	argv := append(append([]string{}, s.prefix...), s.path, "--listen", listen)
	v.cmd = exec.Command(argv[0], append(argv[1:], s.args...)...)
	v.cmd.Env = []string{"PATH=/usr/bin:/bin", "OSTLER_ENGINE=" + s.engine, "NOTIFY_SOCKET=" + filepath.Join(dir, "notify")}
	if s.uid != 0 {
		v.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: s.uid, Gid: s.uid}}
	}
	stderr, err := v.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Ends with the process, which the cleanup ends.
	go v.follow(stderr)
	t.Cleanup(v.stop)
	v.awaitReady(notify)
	return v
}

// awaitReady waits for the word.
func (v *service) awaitReady(notify *receiver) {
	v.t.Helper()
	// Ends when notify is stopped.
	ready := make(chan struct{})
	go func() {
		buf := make([]byte, 256)
		n, err := notify.conn.Read(buf)
		if err == nil && strings.HasPrefix(string(buf[:n]), "READY=1") {
			close(ready)
		}
	}()
	defer notify.conn.Close()
	select {
	case <-ready:
	case <-v.done:
		v.t.Fatalf("%v has ended: %v: %s", v.cmd, v.err, v.said())
	case <-time.After(limit):
		v.t.Fatalf("%v is not ready after %v: %s", v.cmd, limit, v.said())
	}
}

func (v *service) follow(stderr io.Reader) {
	defer close(v.done)
	r := bufio.NewReader(stderr)
	for {
		line, err := r.ReadString('\n')
		v.mu.Lock()
		v.text.WriteString(line)
		close(v.changed)
		v.changed = make(chan struct{})
		v.mu.Unlock()
		if err != nil {
			break
		}
	}
	v.err = v.cmd.Wait()
}

// said is what it has written to standard error.
func (v *service) said() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.text.String()
}

// await waits until it has said something.
func (v *service) await(text string) {
	v.t.Helper()
	deadline := time.After(limit)
	for {
		v.mu.Lock()
		found, changed := strings.Contains(v.text.String(), text), v.changed
		v.mu.Unlock()
		if found {
			return
		}
		select {
		case <-changed:
		case <-v.done:
			v.t.Fatalf("%v has ended (%v) without saying %q: %s", v.cmd, v.err, text, v.said())
		case <-deadline:
			v.t.Fatalf("%v does not say %q: %s", v.cmd, text, v.said())
		}
	}
}

// stop ends it, by its id. That it has ended already, or does not end well, is an error.
func (v *service) stop() {
	select {
	case <-v.done:
		v.t.Errorf("%v has ended by itself: %v: %s", v.cmd, v.err, v.said())
		return
	default:
	}
	if err := v.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		v.t.Error(err)
	}
	select {
	case <-v.done:
	case <-time.After(limit):
		v.t.Errorf("%v does not end", v.cmd)
		_ = v.cmd.Process.Kill()
		<-v.done
	}
	if v.err != nil {
		v.t.Errorf("%v: %v: %s", v.cmd, v.err, v.said())
	}
	if strings.Contains(v.said(), "goroutine ") {
		v.t.Errorf("a stack trace: %s", v.said())
	}
}

// randomAddr draws an address that no other test is likely to have.
func randomAddr() string {
	return fmt.Sprintf("127.%d.%d.%d", 2+rand.IntN(250), rand.IntN(250), 2+rand.IntN(250))
}

// usage is memory of one or more processes, in bytes.
type usage struct{ resident, peak int }

func (u usage) String() string {
	return fmt.Sprintf("%.1f MiB resident, at most %.1f", float64(u.resident)/(1<<20), float64(u.peak)/(1<<20))
}

// usageOf adds up VmRSS and VmHWM.
func usageOf(pids ...int) (sum usage, err error) {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return sum, err
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(line, ":")
			if name != "VmRSS" && name != "VmHWM" {
				continue
			}
			kB, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				return sum, err
			}
			if name == "VmRSS" {
				sum.resident += kB << 10
			} else {
				sum.peak += kB << 10
			}
		}
	}
	return sum, nil
}
