package anvil_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stockAnvil is where Debian has Postfix's own.
const stockAnvil = "/usr/lib/postfix/sbin/anvil"

// requireStock skips a test where there is no stock anvil.
func requireStock(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(stockAnvil); err != nil {
		t.Skipf("no stock anvil: %v", err)
	}
	return stockAnvil
}

// ownDir is where ownAnvil has built it, for TestMain to remove.
var ownDir string

// ownAnvil builds ours, once.
var ownAnvil = sync.OnceValues(func() (path string, err error) {
	if ownDir, err = os.MkdirTemp("", "anvil"); err != nil {
		return "", err
	}
	path = filepath.Join(ownDir, "anvil")
	out, err := exec.Command("go", "build", "-o", path, "ostler/cmd/anvil").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go build: %v\n%s", err, out)
	}
	return path, err
})

// requireOwn skips a short test, and builds our anvil for a longer one.
func requireOwn(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	path, err := ownAnvil()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	status := m.Run()
	if ownDir != "" {
		os.RemoveAll(ownDir)
	}
	os.Exit(status)
}

// processPeer is a running anvil that takes the test for master(8).
type processPeer struct {
	t       *testing.T
	path    string // of the socket
	pid     int
	status  int // our end of the status channel
	start   time.Time
	timed   bool
	record  bool // wait for more than is expected
	clients map[string]*processClient
	lines   chan string   // what is logged; closed at the end
	quiet   chan struct{} // closed when nobody reads status any more
	exit    syscall.WaitStatus
}

type processClient struct {
	conn *net.UnixConn
	eof  bool
}

// startProcess runs program as master would run a service with a limit of one.
func startProcess(t *testing.T, program string, params map[string]string, args ...string) *processPeer {
	t.Helper()
	// Not t.TempDir: the path of a socket has at most 107 bytes.
	dir, err := os.MkdirTemp("", "anvil")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &processPeer{t: t, clients: map[string]*processClient{}, lines: make(chan string, 1<<16)}
	p.path = filepath.Join(dir, "queue/private/anvil")
	writeConfig(t, dir, params)
	p.spawn(dir, program, append([]string{"anvil", "-l", "-d", "-V", "-t", "unix"}, args...))
	t.Cleanup(func() { p.stop() })
	return p
}

func writeConfig(t *testing.T, dir string, params map[string]string) {
	t.Helper()
	for _, sub := range []string{"queue/private", "queue/public", "data"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	conf := "compatibility_level = 3.6\nmyhostname = host.example.com\nmydomain = example.com\n" +
		"inet_interfaces = loopback-only\nmaillog_file = /var/log/nobody-listens\n" +
		"queue_directory = " + dir + "/queue\ndata_directory = " + dir + "/data\n"
	for name, value := range params {
		if !strings.HasPrefix(name, "ostler_") {
			conf += name + " = " + value + "\n"
		}
	}
	file := filepath.Join(dir, "main.cf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	// A main.cf that was written just now holds up the start of a program.
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
}

// spawn starts the program with the descriptors that master hands down: flow
// pipe, status channel, listener.
func (p *processPeer) spawn(dir, program string, argv []string) {
	p.t.Helper()
	check := func(err error) {
		if err != nil {
			p.t.Helper()
			p.t.Fatal(err)
		}
	}
	listener, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	check(err)
	check(unix.Bind(listener, &unix.SockaddrUnix{Name: p.path}))
	check(unix.Listen(listener, 100))
	var flow [2]int
	check(unix.Pipe2(flow[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	status, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(err)
	log, stderr, err := os.Pipe()
	check(err)
	go p.follow(log) // ends when the process does; stop waits for it
	defer stderr.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	check(err)
	defer null.Close()
	p.start = time.Now()
	p.pid, err = syscall.ForkExec(program, argv, &syscall.ProcAttr{
		Dir: filepath.Join(dir, "queue"),
		Env: []string{"MAIL_CONFIG=" + dir, "GENERATION=1", "LANG=C", "TZ=" + os.Getenv("TZ"),
			"OSTLER_ENGINE=" + os.Getenv("OSTLER_ENGINE")},
		Files: []uintptr{null.Fd(), null.Fd(), stderr.Fd(),
			uintptr(flow[0]), uintptr(flow[1]), uintptr(status[1]), uintptr(listener)},
	})
	check(err)
	for _, fd := range []int{listener, flow[0], flow[1], status[1]} {
		unix.Close(fd)
	}
	p.status = status[0]
	p.quiet = make(chan struct{})
	go p.drain() // ends when the process does, or by stop, which waits
}

// drain reads status messages. Stock waits for that: it sends two a request.
func (p *processPeer) drain() {
	defer close(p.quiet)
	buf := make([]byte, 4096)
	for {
		if n, err := unix.Read(p.status, buf); n <= 0 && err != unix.EINTR {
			return
		}
	}
}

func (p *processPeer) at(second int) {
	p.timed = true
	if second == 0 { // begin early in a second
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1200 * time.Millisecond)))
		p.start = time.Now()
		return
	}
	time.Sleep(time.Until(p.start.Add(time.Duration(second) * time.Second)))
}

func (p *processPeer) connect(client string) {
	if old := p.clients[client]; old != nil {
		old.conn.Close()
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: p.path, Net: "unix"})
	if err != nil {
		p.t.Fatal(err)
	}
	p.clients[client] = &processClient{conn: conn}
}

// send ignores errors: an anvil that has closed the connection is no failure.
func (p *processPeer) send(client string, data []byte) { p.clients[client].conn.Write(data) }
func (p *processPeer) halfClose(client string)         { p.clients[client].conn.CloseWrite() }

func (p *processPeer) receive(client string, want step) (got []byte, eof bool) {
	c := p.clients[client]
	limit := 5 * time.Second
	if p.record {
		limit = 100 * time.Millisecond
	}
	c.conn.SetReadDeadline(time.Now().Add(limit))
	buf := make([]byte, 4096)
	for !c.eof && (p.record || len(got) < len(want.reply) || want.eof) {
		n, err := c.conn.Read(buf)
		got = append(got, buf[:n]...)
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return got, false
		case err == io.EOF:
			c.eof = true
		default:
			p.t.Fatalf("client %s: %v", client, err)
		}
	}
	return got, c.eof
}

// follow takes in what the process logs to standard error, without the tag.
func (p *processPeer) follow(log *os.File) {
	defer close(p.lines)
	defer log.Close()
	for text := bufio.NewScanner(log); text.Scan(); {
		_, line, _ := strings.Cut(text.Text(), ": ")
		p.lines <- line
	}
}

// logged waits until a line that begins with prefix is logged.
func (p *processPeer) logged(prefix string) (line string) {
	p.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case line, more := <-p.lines:
			if strings.HasPrefix(line, prefix) {
				return line
			}
			if !more {
				p.t.Fatalf("%q was not logged", prefix)
			}
		case <-limit:
			p.t.Fatalf("%q was not logged in time", prefix)
		}
	}
}

// stop ends the process as "postfix stop" does, by closing the status channel,
// and returns what it has logged that nobody has seen.
func (p *processPeer) stop() (log []string) {
	if p.pid == 0 {
		return nil
	}
	unix.Shutdown(p.status, unix.SHUT_RDWR)
	p.wait()
	if p.exit != 0 {
		p.t.Errorf("anvil ended with status %#x", p.exit)
	}
	for line := range p.lines {
		log = append(log, relative(line, p.start, p.timed))
	}
	return log
}

// wait waits until the process has ended, and kills it if it does not.
func (p *processPeer) wait() {
	pid := p.pid
	killer := time.AfterFunc(5*time.Second, func() { syscall.Kill(pid, syscall.SIGKILL) })
	defer killer.Stop()
	if _, err := syscall.Wait4(pid, &p.exit, 0, nil); err != nil {
		p.t.Errorf("wait: %v", err)
	}
	p.pid = 0
	<-p.quiet
	unix.Close(p.status)
	for _, c := range p.clients {
		c.conn.Close()
	}
}

// TestStockDialogues looks whether the recordings are still what stock does, or
// makes them anew.
func TestStockDialogues(t *testing.T) {
	program := requireStock(t)
	for _, d := range readDialogues(t) {
		t.Run(d.name, func(t *testing.T) {
			switch {
			case d.params["ostler_anvil_protocol"] != "":
				t.Skip("not what this stock speaks")
			case d.timed() && !*update && !*slow:
				t.Skip("takes its time; run with -slow")
			}
			t.Parallel()
			p := startProcess(t, program, d.params)
			p.record = *update
			got := d.play(p)
			if !*update {
				compare(t, d, got)
				return
			}
			if err := os.WriteFile("testdata/dialogues/"+d.name+".txt", []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestOwnDialogues plays the dialogues with the whole program, skeleton and all.
func TestOwnDialogues(t *testing.T) {
	program := requireOwn(t)
	for _, d := range readDialogues(t) {
		t.Run(d.name, func(t *testing.T) {
			if d.timed() && !*slow {
				t.Skip("takes its time, see TestDialoguesInMemory; run with -slow")
			}
			t.Parallel()
			var args []string
			for name, value := range d.params {
				args = append(args, "-o", fmt.Sprintf("%s=%s", name, value))
			}
			compare(t, d, d.play(startProcess(t, program, d.params, args...)))
		})
	}
}
