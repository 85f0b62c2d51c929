package multiserver_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ostler/multiserver/servertest"
)

// program is a service that was started without a master.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  bool
}

// byHand starts a server of TestMain as a person would: without main.cf, users,
// descriptors.
func byHand(t *testing.T, server string, args ...string) *program {
	t.Helper()
	cmd := servertest.New(t, servertest.Config{Server: server}).Command(args...)
	var env []string
	for _, v := range cmd.Env {
		if !strings.HasPrefix(v, "MAIL_") && !strings.HasPrefix(v, "POSTLOG_") {
			env = append(env, v)
		}
	}
	cmd.Env = env
	return launch(t, cmd)
}

func launch(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd}
	cmd.Stderr = &p.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.ended {
			cmd.Process.Kill()
			cmd.Wait()
		}
		if t.Failed() {
			t.Logf("standard error:\n%s", &p.stderr)
		}
	})
	return p
}

// wait returns the exit status and what was written to standard error.
func (p *program) wait() (status int, stderr string) {
	p.t.Helper()
	kill := time.AfterFunc(servertest.DefaultTimeout, func() { p.cmd.Process.Kill() })
	defer kill.Stop()
	p.cmd.Wait()
	p.ended = true
	return p.cmd.ProcessState.ExitCode(), p.stderr.String()
}

func (p *program) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if status, stderr := p.wait(); status != 0 {
		p.t.Errorf("exit status %d: %s", status, stderr)
	}
}

// dialUntil connects as soon as somebody listens.
func dialUntil(t *testing.T, network, addr string) *client {
	t.Helper()
	var conn net.Conn
	until(t, "somebody listens on "+addr, func() bool {
		var err error
		conn, err = net.Dial(network, addr)
		return err == nil
	})
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(servertest.DefaultTimeout))
	return newClient(t, conn)
}

// shortDir is a folder whose name is short enough for sockets.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hand")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// freePort is an address at which nobody listened a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestListen: by hand a service needs nothing but an address, or several, and
// takes its socket away when it ends.
func TestListen(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		path, port := filepath.Join(shortDir(t), "socket"), freePort(t)
		p := byHand(t, "verbs", "--listen", "unix:"+path, "--listen=inet:"+port, "word")
		c, d := dialUntil(t, "unix", path), dialUntil(t, "tcp", port)
		if got := c.ask("name"); got != "verbs [word]" {
			t.Errorf("%q", got)
		}
		if got := d.ask("hello"); got != "hello" {
			t.Errorf("%q", got)
		}
		c.Close()
		d.Close()
		p.stop()
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
}

// TestListenStale: a socket that a dead process has left behind is replaced, one
// that is in use is not, nor is what is no socket.
func TestListenStale(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	path := filepath.Join(dir, "socket")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	p := byHand(t, "verbs", "--listen", "unix:"+path)
	c := dialUntil(t, "unix", path)
	if got := c.ask("hello"); got != "hello" {
		t.Fatalf("%q", got)
	}
	status, stderr := byHand(t, "verbs", "--listen", "unix:"+path).wait()
	if want := "fatal: cannot listen on \"unix:" + path + "\": "; status != 1 || !strings.Contains(stderr, want) {
		t.Errorf("exit status %d: %s\nwant 1: %s", status, stderr, want)
	}
	if got := c.ask("still here"); got != "still here" {
		t.Errorf("%q", got)
	}
	p.stop()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, stderr = byHand(t, "verbs", "--listen", "unix:"+file).wait(); status != 1 {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if text, err := os.ReadFile(file); string(text) != "precious" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

// TestListenBad: what cannot be is said on standard error, in a line.
func TestListenBad(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for _, args := range [][]string{
		{"--listen"}, {"--listen", "here"}, {"--listen", "unix:"}, {"--listen", "fifo:/tmp/x"},
		{"--listen", "unix:/nowhere/at/all"}, {"--listen", "inet:" + taken.Addr().String()},
		{"--listen", "inet:127.0.0.1:0", "-o", "max_idle=soon"}, {"--listen", "inet:127.0.0.1:0", "-Q"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			status, stderr := byHand(t, "verbs", args...).wait()
			if status != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "verbs: fatal: ") {
				t.Errorf("exit status %d and %q, want 1 and a line", status, stderr)
			}
		})
	}
}

// TestByHandLimits: by hand there are no use and idle limits, but those asked
// for hold.
func TestByHandLimits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), "socket")
	p := byHand(t, "verbs", "--listen", "unix:"+path, "-m", "1")
	c := dialUntil(t, "unix", path)
	c.ask("hello")
	c.Close()
	if status, stderr := p.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}

// serviceManager is systemd as far as a service sees it: it has opened a socket
// and listens to notifications.
type serviceManager struct {
	t      *testing.T
	path   string // of the service's socket
	socket *os.File
	notify *net.UnixConn
}

func newServiceManager(t *testing.T) *serviceManager {
	t.Helper()
	dir := shortDir(t)
	m := &serviceManager{t: t, path: filepath.Join(dir, "socket")}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: m.path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if m.socket, err = l.File(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.socket.Close() })
	m.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.notify.Close() })
	m.notify.SetReadDeadline(time.Now().Add(servertest.DefaultTimeout))
	return m
}

// start starts cmd, which has no arguments, as systemd would.
func (m *serviceManager) start(cmd *exec.Cmd) *program {
	// LISTEN_PID is known only after the fork.
	cmd.Args = []string{"sh", "-c", "LISTEN_PID=$$ exec " + cmd.Path}
	cmd.Path = "/bin/sh"
	cmd.Env = append(cmd.Env, "LISTEN_FDS=1", "LISTEN_FDNAMES=mail", "WATCHDOG_USEC=200000", "NOTIFY_SOCKET="+m.notify.LocalAddr().String())
	cmd.ExtraFiles = []*os.File{m.socket}
	return launch(m.t, cmd)
}

// told waits for a notification.
func (m *serviceManager) told(want string) {
	m.t.Helper()
	for buf := make([]byte, 256); ; {
		n, err := m.notify.Read(buf)
		if err != nil {
			m.t.Fatalf("systemd was not told %s: %v", want, err)
		}
		if string(buf[:n]) == want {
			return
		}
	}
}

// TestSystemd: systemd opens the sockets and is told how the process is.
func TestSystemd(t *testing.T) {
	t.Parallel()
	m := newServiceManager(t)
	p := m.start(servertest.New(t, servertest.Config{Server: "verbs"}).Command())
	c := dialUntil(t, "unix", m.path)
	if got := c.ask("hello"); got != "hello" {
		t.Errorf("%q", got)
	}
	c.Close()
	m.told("READY=1")
	for range 3 { // as often as WATCHDOG_USEC wants it
		m.told("WATCHDOG=1")
	}
	p.stop()
	m.told("STOPPING=1")
	if _, err := os.Lstat(m.path); err != nil {
		t.Errorf("systemd's socket: %v", err)
	}
}

// TestListenLogFile: by hand maillog_file is written directly.
func TestListenLogFile(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	file, prefixes := dir+"/log", "maillog_file_prefixes="+dir
	p := byHand(t, "verbs", "--listen", "unix:"+dir+"/s", "-o", prefixes, "-o", "maillog_file="+file)
	dialUntil(t, "unix", dir+"/s").ask("hello")
	p.stop()
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "postfix/verbs[") {
		t.Errorf("log %q, %v", text, err)
	}
	p = byHand(t, "verbs", "--listen", "unix:"+dir+"/s", "-o", prefixes, "-o", "maillog_file=/elsewhere")
	if status, stderr := p.wait(); status != 1 || !strings.Contains(stderr, "fatal: maillog_file value '/elsewhere' does not match") {
		t.Errorf("exit status %d and %q", status, stderr)
	}
}

// TestOneShotPieces: -S does not wait for more than a request, and what comes
// behind it is nobody's.
func TestOneShotPieces(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := servertest.New(t, servertest.Config{Server: "verbs"}).Command("-S")
	cmd.Stdin = r
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := launch(t, cmd)
	io.WriteString(w, "hel")
	io.WriteString(w, "lo\nmore\n")
	if got, err := io.ReadAll(out); string(got) != "hello\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	w.Close()
	if status, stderr := p.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}
