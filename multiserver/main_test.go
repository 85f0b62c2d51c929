package multiserver_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/multiserver"
	"ostler/multiserver/servertest"
)

// The tests run true processes, this binary again, under a fake master; see
// package servertest.

func TestMain(m *testing.M) {
	servertest.Serve(map[string]func() *multiserver.Server{
		"verbs":     newVerbs,
		"small":     newSmall,
		"hoard":     newHoard,
		"few":       newFew,
		"crowded":   newCrowded,
		"greeter":   newGreeter,
		"looper":    newLooper,
		"ticker":    newTicker,
		"shy":       newShy,
		"flow":      newFlow,
		"flowgreet": newFlowGreeter,
		"flowraw":   newFlowRaw,

		"fatalaccept": newFatalAccept,
		"drainaccept": newDrainAccept,

		"netstring": newNetstring,
		"swap":      newSwap,
		"rawgreet":  newRawGreeter,
		"http":      newHTTP,
		"lines":     newLineServer,
		"owner":     newOwner,
		"solitary":  newSolitary,
	})
	// Most tests wait for another process: more of them than there are cores may
	// do so at a time.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	before := openFiles()
	status := m.Run()
	if leaks := leaked(before); leaks != "" && status == 0 {
		fmt.Fprintln(os.Stderr, leaks)
		os.Exit(1)
	}
	os.Exit(status)
}

// openFiles lists what this process has open but for the runtime's own.
func openFiles() (files []string) {
	names, _ := filepath.Glob("/proc/self/fd/*")
	for _, name := range names {
		target, err := os.Readlink(name)
		if err == nil && !strings.HasPrefix(target, "anon_inode:") {
			files = append(files, filepath.Base(name)+" "+target)
		}
	}
	return files
}

// leaked says which descriptors and goroutines the tests have left behind.
func leaked(before []string) string {
	var files []string
	var stacks string
	for range 500 {
		files, stacks = nil, ""
		for _, f := range openFiles() {
			if !slices.Contains(before, f) {
				files = append(files, f)
			}
		}
		buf := make([]byte, 1<<20)
		buf = buf[:runtime.Stack(buf, true)]
		for i, g := range bytes.Split(buf, []byte("\n\n")) {
			text := string(g)
			if i > 0 && !strings.Contains(text, "testing.") && !strings.Contains(text, "os/signal") {
				stacks += text + "\n\n"
			}
		}
		if len(files) == 0 && stacks == "" {
			return ""
		}
		time.Sleep(10 * time.Millisecond) // some end a moment after the test
	}
	return fmt.Sprintf("left open: %q\nleft running:\n%s", files, stacks)
}

// engines runs a test with each form in which clients are served.
func engines(t *testing.T, test func(t *testing.T, env []string)) {
	t.Helper()
	t.Parallel()
	for _, form := range []string{"loops", "goroutines"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			test(t, []string{"OSTLER_ENGINE=" + form})
		})
	}
}

// client is a client of the line protocol.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, svc *servertest.Service) *client {
	t.Helper()
	return newClient(t, svc.Dial())
}

func newClient(t *testing.T, conn net.Conn) *client {
	return &client{t: t, Conn: conn, r: bufio.NewReader(conn)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.t.Fatalf("cannot send %.40q: %v", text, err)
	}
}

// line returns the next line of the reply without its newline.
func (c *client) line() string {
	c.t.Helper()
	line, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Fatalf("reply %.40q: %v", line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

// ask sends a line and returns the line that comes back.
func (c *client) ask(request string) string {
	c.t.Helper()
	c.send(request + "\n")
	return c.line()
}

func (c *client) expect(want string) {
	c.t.Helper()
	if got := c.line(); got != want {
		c.t.Fatalf("reply is %.80q, want %.80q", got, want)
	}
}

// ends expects end of file, and nothing before it.
func (c *client) ends() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	if err != nil || len(rest) > 0 {
		c.t.Fatalf("%.80q and %v, want end of file", rest, err)
	}
}

// broken expects that the service has cut the connection: end of file, or a
// reset when something unread was left.
func (c *client) broken() {
	c.t.Helper()
	_, err := io.Copy(io.Discard, c.r)
	if err != nil && !errors.Is(err, unix.ECONNRESET) {
		c.t.Fatalf("%v, want a closed connection", err)
	}
}

func (c *client) closeWrite() {
	c.t.Helper()
	if err := c.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

// until asks done again and again; the test ends when it never is.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(servertest.DefaultTimeout); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// logged counts the records with part in their text.
func logged(svc *servertest.Service, part string) (n int) {
	for _, r := range svc.Log() {
		if strings.Contains(r.Text, part) {
			n++
		}
	}
	return n
}

// freeze stops all processes of p, so that what happens meanwhile is there at
// once when they go on.
func freeze(t *testing.T, p *servertest.Process) (thaw func()) {
	t.Helper()
	pids := p.PIDs()
	signal := func(sig syscall.Signal) {
		for _, pid := range pids {
			if err := unix.Kill(pid, sig); err != nil {
				t.Errorf("cannot signal: %v", err)
			}
		}
	}
	signal(unix.SIGSTOP)
	for _, pid := range pids {
		until(t, "process stops", func() bool {
			stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			return bytes.Contains(stat, []byte(") T "))
		})
	}
	return func() { signal(unix.SIGCONT) }
}

// succeeded expects exit status 0.
func succeeded(t *testing.T, p *servertest.Process) {
	t.Helper()
	if state := p.Wait(); !state.Success() {
		t.Fatalf("process ended: %v", state)
	}
}
