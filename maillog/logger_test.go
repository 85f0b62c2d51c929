package maillog_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ostler/maillog"
)

func TestEarlyPostlog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postlog")
	conn := listen(t, path)
	l := newLogger(t, options(environment{
		"POSTLOG_SERVICE": path, "POSTLOG_HOSTNAME": "mx.example.com", "MAIL_LOGTAG": "out",
	}))
	l.Infof("hello %d", 1)
	l.Warningf("a\nb")
	for _, want := range []string{
		"Nov 03 08:04:20 mx out/anvil[123]: hello 1",
		"Nov 03 08:04:20 mx out/anvil[123]: warning: a?b",
	} {
		if got := receive(t, conn); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEarlySyslog(t *testing.T) {
	o := options(environment{})
	o.SyslogPath = filepath.Join(t.TempDir(), "log")
	conn := listen(t, o.SyslogPath)
	l := newLogger(t, o)
	l.Errorf("bad")
	if got, want := receive(t, conn), "<19>Nov  3 08:04:20 postfix/anvil[123]: error: bad"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStreamSyslog(t *testing.T) {
	o := options(environment{})
	o.SyslogPath = filepath.Join(t.TempDir(), "log")
	listener, err := net.Listen("unix", o.SyslogPath)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	l := newLogger(t, o)
	const lines = 3000 // more than the socket's buffer holds
	for i := range lines {
		l.Infof("line %d %s", i, strings.Repeat("x", 200))
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for i := range lines {
		got, err := in.ReadString(0)
		want := fmt.Sprintf("<22>Nov  3 08:04:20 postfix/anvil[123]: line %d %s\x00", i, strings.Repeat("x", 200))
		if err != nil || got != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	}
}

// The kernel holds ten datagrams; a burst must wait in our queue for the rest.
func TestBurst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postlog")
	conn := listen(t, path)
	l := newLogger(t, options(environment{"POSTLOG_SERVICE": path}))
	const lines = 1000
	for i := range lines {
		l.Infof("line %d", i)
	}
	for i := range lines {
		got, want := receive(t, conn), fmt.Sprintf("Nov 03 08:04:20 amnesiac postfix/anvil[123]: line %d", i)
		if got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// A restarted daemon has a new socket at the same path. Nothing that was logged
// while there was none is lost.
func TestDaemonRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postlog")
	conn := listen(t, path)
	l := newLogger(t, options(environment{"POSTLOG_SERVICE": path}))
	l.Infof("before")
	receive(t, conn)
	conn.Close()
	l.Infof("meanwhile")
	conn = listen(t, path)
	l.Infof("after")
	for _, want := range []string{"meanwhile", "after"} {
		if got := receive(t, conn); !strings.HasSuffix(got, ": "+want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What the program that reads the socket logs while the socket is full must not
// make it wait.
func TestSetSink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postlog")
	conn := listen(t, path)
	l := newLogger(t, options(environment{"POSTLOG_SERVICE": path, "POSTLOG_HOSTNAME": "mx"}))
	for i := range 100 {
		l.Infof("line %d", i)
	}
	if got := receive(t, conn); !strings.HasSuffix(got, "line 0") {
		t.Errorf("the socket got %q first", got)
	}
	got := make(chan string, 1000)
	l.SetSink(func(record []byte) error {
		got <- string(record)
		return nil
	})
	l.Warningf("own")
	if !l.Flush(patience) {
		t.Fatal("records are stuck behind the socket that nobody reads")
	}
	close(got)
	var last string
	for last = range got {
	}
	if want := "Nov 03 08:04:20 mx postfix/anvil[123]: warning: own"; last != want {
		t.Errorf("got %q, want %q", last, want)
	}
}

func TestSetSinkEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postlog")
	conn := listen(t, path)
	l := newLogger(t, options(environment{"POSTLOG_SERVICE": path}))
	l.SetSink(func([]byte) error { return nil })
	l.Infof("to the sink")
	if !l.Flush(patience) {
		t.Fatal("not flushed")
	}
	l.SetSink(nil)
	l.Infof("to the socket")
	if got := receive(t, conn); !strings.HasSuffix(got, ": to the socket") {
		t.Errorf("got %q", got)
	}
}

func TestLogAs(t *testing.T) {
	o := options(environment{})
	o.SyslogPath = filepath.Join(t.TempDir(), "log")
	conn := listen(t, o.SyslogPath)
	l := newLogger(t, o)
	l.LogAs("postfix/smtpd[77]", []byte("warning: x"))
	if got, want := receive(t, conn), "<22>Nov  3 08:04:20 postfix/smtpd[77]: warning: x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSetPIDAndVerbose(t *testing.T) {
	var out strings.Builder
	o := options(environment{})
	o.Format = maillog.Line
	l := maillog.ToWriter(&out, o)
	l.Debugf("not yet")
	l.SetVerbose(1)
	l.SetPID(9)
	l.Debugf("verbose")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "Nov 03 08:04:20 amnesiac anvil[9]: verbose\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.Infof("after Close") // lost, and harmless
}

// Everything at the same time, for the race detector; no record is lost.
func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	env := environment{}
	o := options(env)
	o.Getenv = func(name string) string { mu.Lock(); defer mu.Unlock(); return env[name] }
	o.Setenv = func(name, value string) error { mu.Lock(); defer mu.Unlock(); env[name] = value; return nil }
	o.Unsetenv = func(name string) error { mu.Lock(); defer mu.Unlock(); delete(env, name); return nil }
	o.Stderr = io.Discard
	o.SyslogPath = filepath.Join(dir, "log")
	syslog, postlog := listen(t, o.SyslogPath), listen(t, filepath.Join(dir, "postlog"))
	var records atomic.Int64
	for _, conn := range []*net.UnixConn{syslog, postlog} {
		go func() { // ends when the test closes conn
			buffer := make([]byte, 4096)
			for {
				if _, err := conn.Read(buffer); err != nil {
					return
				}
				records.Add(1)
			}
		}()
	}
	l := newLogger(t, o)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 200 {
				l.Infof("line %d", i)
			}
		})
	}
	group.Go(func() {
		for i := range 20 {
			s := maillog.Settings{SyslogName: "out", SMTPUTF8: i%2 == 0}
			if i%2 == 0 {
				s.MaillogFile, s.MaillogFilePrefixes, s.PostlogSocket = dir+"/x", dir, dir+"/postlog"
			}
			if err := l.Configure(s); err != nil {
				t.Error(err)
			}
			l.SetStderr(i%3 == 0)
			l.SetPID(i)
			l.SetVerbose(i)
			l.EnterJail("/nowhere")
			l.SetSink(func([]byte) error { records.Add(1); return nil })
			l.SetSink(nil)
		}
	})
	group.Wait()
	l.SetStderr(false)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for start := time.Now(); records.Load() < 800 && time.Since(start) < patience; {
		runtime.Gosched() // the daemons read what is in their sockets
	}
	if got := records.Load(); got != 800 {
		t.Errorf("%d records, want 800", got)
	}
}

func TestStderrCopy(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	path := filepath.Join(t.TempDir(), "postlog") // nobody listens
	o := options(environment{"POSTLOG_SERVICE": path})
	o.Stderr = &out
	l := maillog.New(o)
	l.SetStderr(true)
	l.Infof("one")
	l.Warningf("%s", strings.Repeat("x", 3000))
	l.SetStderr(false)
	l.Infof("not copied")
	l.SetStderrName("anvil")
	l.Infof("two")
	if err := l.Close(); err == nil {
		t.Error("Close is content though nobody listens")
	}
	want := "postfix/anvil: one\npostfix/anvil: warning: " + strings.Repeat("x", 3000) + "\nanvil: two\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestToFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	o := options(environment{"POSTLOG_HOSTNAME": "mx"})
	o.Format = maillog.Line
	l := maillog.ToFile(path, o)
	l.Infof("one")
	if !l.Flush(patience) {
		t.Fatal("not flushed")
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	l.Infof("two")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{path + ".1": "one", path: "two"} {
		got, err := os.ReadFile(name)
		if want = "Nov 03 08:04:20 mx anvil[123]: " + want + "\n"; err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
		}
	}
}

// A log file must not be somebody else's.
func TestToFileRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Link(victim, link); err != nil {
		t.Fatal(err)
	}
	l := maillog.ToFile(link, options(environment{}))
	l.Infof("x")
	if err := l.Close(); err == nil {
		t.Error("wrote to a file with two names")
	}
	if got, err := os.ReadFile(victim); err != nil || len(got) > 0 {
		t.Errorf("victim holds %q, %v", got, err)
	}
}
