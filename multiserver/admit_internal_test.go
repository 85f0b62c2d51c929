package multiserver

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/mailconf"
	"ostler/maillog"
)

// lines is a log that tests read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// bare is a process that has read its configuration and done nothing else.
func bare(t *testing.T, srv *Server, env map[string]string) (*process, *lines) {
	out := &lines{}
	s := newProcess(srv, environment{
		get:    func(name string) string { return env[name] },
		lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	s.log = maillog.ToWriter(out, maillog.Options{Program: "test"})
	t.Cleanup(func() { s.log.Close() })
	s.conf = mailconf.New()
	s.opts = options{name: "svc", program: "svc", foreground: true, transport: "unix"}
	return s, out
}

func TestAdmit(t *testing.T) {
	full, empty, known := "static:x, pcre:/etc/postfix/filter", " ", "inline:{ {4.1.1 = 5.1.1 gone} }, static:{a b}"
	for _, test := range []struct {
		srv    Server
		change func(o *options)
		want   string
	}{
		{Server{}, nil, ""},
		{Server{Solitary: true}, nil, "service svc requires a process limit of 1"},
		{Server{Solitary: true}, func(o *options) { o.alone = true }, ""},
		{Server{Solitary: true}, func(o *options) { o.oneShot = true }, ""},
		{Server{Unlimited: true}, nil, "service svc requires a process limit of 0"},
		{Server{Unlimited: true}, func(o *options) { o.unlimited = true }, ""},
		{Server{Privileged: true}, func(o *options) { o.unpriv = true }, "service svc requires privileged operation"},
		{Server{}, func(o *options) { o.noTransport = true }, "no transport type specified"},
		{Server{}, func(o *options) { o.transport = "" }, "unsupported transport type: "},
		{Server{}, func(o *options) { o.transport = "fifo" }, "unsupported transport type: fifo"},
		{Server{}, func(o *options) { o.transport = "INET" }, ""},
		{Server{BounceTitle: "agent", BounceMaps: &empty}, nil, ""},
		{Server{BounceTitle: "agent", BounceMaps: &full}, nil,
			"agent: unsupported dictionary type: pcre"},
		{Server{BounceTitle: "agent", BounceMaps: &known}, nil, ""},
	} {
		s, _ := bare(t, &test.srv, nil)
		if test.change != nil {
			test.change(&s.opts)
		}
		if got := fmt.Sprint(s.admit()); got != test.want && (test.want != "" || got != "<nil>") {
			t.Errorf("%+v: %s, want %q", test.srv, got, test.want)
		}
	}
}

func TestFilterStatus(t *testing.T) {
	maps := "inline:{ {4.1.1 = 5.1.1 gone}, {4.1.2 = 4.1.3 y} }, inline:{ {4.1.2 = no}, {4.1.4 = 4.1.5 z} }"
	srv := &Server{BounceMaps: &maps}
	s, _ := bare(t, srv, nil)
	if err := s.openFilter(); err != nil {
		t.Fatal(err)
	}
	for status, want := range map[string]string{"4.1.1": "5.1.1 gone", "4.1.2": "4.1.3 y", "4.1.4": "4.1.5 z", "2.0.0": ""} {
		got, found, err := srv.FilterStatus(t.Context(), status)
		if got != want || found != (want != "") || err != nil {
			t.Errorf("%s becomes %q, %v, %v", status, got, found, err)
		}
	}
}

func TestMapNames(t *testing.T) {
	for list, want := range map[string]string{
		"": "", " , ": "", "a:b": "a:b", "a:b, c:d\te:f": "a:b|c:d|e:f", "inline:{ {a = b} }, x:y": "inline:{ {a = b} }|x:y", "inline:{ a": "inline:{ a",
	} {
		if got := strings.Join(mapNames(list), "|"); got != want {
			t.Errorf("%q is %q, want %q", list, got, want)
		}
	}
}

func TestMailVersion(t *testing.T) {
	for version, ok := range map[string]bool{
		"3.7.11": true, "3.6": true, "3.12-20260821": true, "4.0": true, "3.5.25": false, "2.11.0": false, "": false, "x": false,
	} {
		if err := checkVersion(version); (err == nil) != ok {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestDebuggerCommand(t *testing.T) {
	marker := t.TempDir() + "/ran"
	s, out := bare(t, &Server{}, map[string]string{"MAIL_DEBUG": "1"})
	if err := s.debug(); fmt.Sprint(err) != "no debugger_command variable set up" {
		t.Errorf("without a command: %v", err)
	}
	s.conf.Set("process_id", "77")
	s.conf.Set("debugger_command", "echo $process_id >"+marker)
	if err := s.debug(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(marker); string(text) != "77\n" {
		t.Errorf("the command has written %q", text)
	}
	s.log.Flush(time.Second)
	if want := "running: echo 77 >" + marker; !strings.Contains(out.String(), want) {
		t.Errorf("log %q lacks %q", out, want)
	}
	quiet, _ := bare(t, &Server{}, nil)
	if err := quiet.debug(); err != nil {
		t.Errorf("nobody asked: %v", err)
	}
}

func TestAcceptErrors(t *testing.T) {
	s, out := bare(t, &Server{}, nil)
	s.room = newRoom(10, func(bool) {})
	a := &acceptor{s: s}
	for _, err := range []syscall.Errno{unix.EAGAIN, unix.ECONNABORTED, unix.EPROTO, unix.ENOBUFS, unix.EINTR} {
		a.failed(err)
	}
	s.log.Flush(time.Second)
	if out.String() != "" || s.room.full() {
		t.Errorf("harmless errors are told: %q", out)
	}
	for range 20 { // more than a process survives of the others
		a.failed(unix.EMFILE)
		a.failed(unix.ENFILE)
	}
	if !s.room.full() {
		t.Error("accepts on without a pause")
	}
	a.failed(unix.EINVAL)
	s.log.Flush(time.Second)
	a.failed(unix.EMFILE) // told already
	want := "test: warning: accept connection: Too many open files\ntest: error: accept connection: Invalid argument\n"
	if out.String() != want {
		t.Errorf("log %q, want %q", out, want)
	}
}

// TestKeepalive: clients over the network get keepalives, as from stock.
func TestKeepalive(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
		c := &Conn{fd: int32(fd)}
		c.inspect()
		on, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE)
		if on != 1 || err != nil || c.is(connUnix) {
			t.Errorf("keepalive %d, %v", on, err)
		}
	})
}
