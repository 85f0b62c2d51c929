package servertest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
	"ostler/multiserver"
	"ostler/multiserver/servertest"
)

func TestMain(m *testing.M) {
	servertest.Main(m, map[string]func() *multiserver.Server{
		"upper": NewUpper,
		"show":  newShow,
	})
}

// newShow answers with what it finds around itself.
func newShow() *multiserver.Server {
	return &multiserver.Server{
		Frame: multiserver.Lines,
		Handle: func(c *multiserver.Conn, req []byte) error {
			switch arg := strings.TrimSpace(string(req)); arg {
			case "argv":
				fmt.Fprintln(c, strings.Join(os.Args, " "))
			case "uid":
				fmt.Fprintln(c, os.Getuid())
			case "log":
				c.Server().Log().Warningf("as asked for")
				fmt.Fprintln(c, "logged")
			case "crash":
				go func() { panic("as asked for") }()
				select {}
			default:
				fmt.Fprintln(c, os.Getenv(arg))
			}
			return nil
		},
		PostAccept: func(c *multiserver.Conn, attrs map[string]string) error {
			if attrs != nil {
				fmt.Fprintln(c, attrs)
			}
			return nil
		},
	}
}

// ask sends a line and returns the one that comes back.
func ask(t *testing.T, conn net.Conn, request string) string {
	t.Helper()
	if _, err := io.WriteString(conn, request+"\n"); err != nil {
		t.Fatal(err)
	}
	return readLine(t, conn)
}

func readLine(t *testing.T, conn net.Conn) string {
	t.Helper()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

// TestExample is what ExampleStart shows.
func TestExample(t *testing.T) {
	svc := servertest.Start(t, servertest.Config{Server: "upper", Args: []string{"-o", "ipc_timeout=5s"}})
	if got := ask(t, svc.Dial(), "hello"); got != "HELLO" {
		t.Errorf("%q", got)
	}
	pid := int32(svc.Process().PID())
	for _, want := range []masterproto.Availability{masterproto.Taken, masterproto.Avail} {
		if got := svc.Status(); got != (masterproto.Status{PID: pid, Generation: 1, Availability: want}) {
			t.Errorf("%+v, want availability %d", got, want)
		}
	}
	svc.Reload()
	if state := svc.Wait(); !state.Success() {
		t.Errorf("after a reload: %v", state)
	}
	if log := svc.Log(); len(log) > 0 {
		t.Errorf("in the log: %v", log)
	}
}

// TestArgv: the command line is master's.
func TestArgv(t *testing.T) {
	tests := []struct {
		conf servertest.Config
		want string
	}{
		{servertest.Config{}, "show -t unix"},
		{servertest.Config{ProcessLimit: 1, Name: "other"}, "show -l -n other -t unix"},
		{servertest.Config{ProcessLimit: -1, Transport: "inet"}, "show -z -t inet"},
		{servertest.Config{Sockets: 2, Args: []string{"-o", "max_use = 7", "x"}}, "show -t unix -s 2 -o max_use = 7 x"},
	}
	for _, test := range tests {
		test.conf.Server = "show"
		if got := ask(t, servertest.Start(t, test.conf).Dial(), "argv"); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// TestEnvironment: main.cf is found, the log goes to the kit, variables of the
// test arrive, those around it do not.
func TestEnvironment(t *testing.T) {
	t.Setenv("SHOW_OUTER", "outer")
	svc := servertest.Start(t, servertest.Config{
		Server: "show", Env: []string{"SHOW_INNER=inner"}, Params: map[string]string{"syslog_name": "elsewhere"},
	})
	conn := svc.Dial()
	for name, want := range map[string]string{
		"SHOW_INNER": "inner", "SHOW_OUTER": "", "GENERATION": "1", "MAIL_CONFIG": svc.Dir(), "MAIL_LOGTAG": "elsewhere",
	} {
		if got := ask(t, conn, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	ask(t, conn, "log")
	got := svc.Logged("as asked for")
	want := servertest.Record{Tag: "elsewhere/show", PID: svc.Process().PID(), Text: "warning: as asked for"}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestSpawn: a service has one process after the other, or several.
func TestSpawn(t *testing.T) {
	svc := servertest.New(t, servertest.Config{Server: "show"})
	early := svc.Dial()
	io.WriteString(early, "GENERATION\n")
	first := svc.Spawn()
	if got := readLine(t, early); got != "1" {
		t.Errorf("generation %s", got)
	}
	second := svc.Spawn()
	if first.PID() == second.PID() || svc.Process() != second {
		t.Errorf("processes %d and %d", first.PID(), second.PID())
	}
	svc.Reload()
	for _, p := range []*servertest.Process{first, second} {
		if !p.Wait().Success() {
			t.Errorf("%v", p.Wait())
		}
	}
	svc.Spawn()
	if got := ask(t, svc.Dial(), "GENERATION"); got != "3" {
		t.Errorf("generation %s", got)
	}
}

// TestKill: signals arrive, and the way in which a process ends is told.
func TestKill(t *testing.T) {
	svc := servertest.Start(t, servertest.Config{Server: "show"})
	ask(t, svc.Dial(), "uid")
	p := svc.Process()
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if ws := p.Wait().Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
		t.Errorf("%v", p.Wait())
	}
	p = svc.Spawn()
	p.Kill()
	if ws := p.Wait().Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGKILL {
		t.Errorf("%v", p.Wait())
	}
	if pids := p.PIDs(); len(pids) > 0 {
		t.Errorf("processes %v are left", pids)
	}
}

// TestKillMaster: without a master processes go, and nobody listens any more.
func TestKillMaster(t *testing.T) {
	svc := servertest.Start(t, servertest.Config{Server: "show"})
	ask(t, svc.Dial(), "uid")
	addr := svc.Addrs()[0]
	svc.KillMaster()
	if state := svc.Wait(); !state.Success() {
		t.Errorf("%v", state)
	}
	if _, err := net.Dial(addr.Network(), addr.String()); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("somebody listens: %v", err)
	}
}

// TestPass: descriptors of connections of any kind are handed over.
func TestPass(t *testing.T) {
	svc := servertest.Start(t, servertest.Config{Server: "show", Transport: "pass"})
	conn := svc.DialPass(map[string]string{"a": "b"})
	if got := readLine(t, conn); got != "map[a:b]" {
		t.Errorf("%q", got)
	}
	if got := ask(t, conn, "argv"); got != "show -t pass -o stress=" {
		t.Errorf("%q", got)
	}
}

// TestTokens: the pipe is there, and shared.
func TestTokens(t *testing.T) {
	svc := servertest.New(t, servertest.Config{Server: "show"})
	svc.PutTokens(3)
	if n := svc.Tokens(); n != 3 {
		t.Errorf("%d tokens, want 3", n)
	}
}

// TestUser: another account, where the test may do that.
func TestUser(t *testing.T) {
	nobody, err := user.Lookup("nobody")
	if err != nil || os.Getuid() != 0 {
		t.Skip("needs root and the user nobody")
	}
	svc := servertest.Start(t, servertest.Config{Server: "show", User: "nobody", Chroot: true})
	conn := svc.Dial()
	if got := ask(t, conn, "uid"); got != nobody.Uid {
		t.Errorf("uid %s, want %s", got, nobody.Uid)
	}
	ask(t, conn, "log")
	svc.Logged("as asked for")
}

// TestCommand: the same service by hand.
func TestCommand(t *testing.T) {
	svc := servertest.New(t, servertest.Config{Server: "upper"})
	cmd := svc.Command("-S")
	cmd.Stdin = strings.NewReader("hello\n")
	if out, err := cmd.Output(); string(out) != "HELLO\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

// TestStock: a program of Postfix's own runs too.
func TestStock(t *testing.T) {
	const anvil = "/usr/lib/postfix/sbin/anvil"
	if _, err := os.Stat(anvil); err != nil {
		t.Skipf("no stock anvil: %v", err)
	}
	svc := servertest.Start(t, servertest.Config{Program: anvil, ProcessLimit: 1})
	conn := svc.Dial()
	io.WriteString(conn, "request=lookup\nident=smtp:192.0.2.1\n\n")
	reply, err := bufio.NewReader(conn).ReadString('\n')
	if !strings.HasPrefix(reply, "protocol=") && !strings.HasPrefix(reply, "status=0") {
		t.Errorf("%q, %v", reply, err)
	}
	svc.Status()
}

// failures is a testing.TB that notes what would have failed.
type failures struct {
	testing.TB
	messages []string
	cleanups []func()
}

func (f *failures) Helper()             {}
func (f *failures) Cleanup(do func())   { f.cleanups = append(f.cleanups, do) }
func (f *failures) Failed() bool        { return len(f.messages) > 0 }
func (f *failures) Logf(string, ...any) {}
func (f *failures) Errorf(format string, args ...any) {
	f.messages = append(f.messages, fmt.Sprintf(format, args...))
}
func (f *failures) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	panic(f)
}
func (f *failures) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

// try runs a test that may fail, its end included.
func try(t *testing.T, test func(t testing.TB)) (messages []string) {
	f := &failures{TB: t}
	func() {
		defer func() {
			if v := recover(); v != nil && v != f {
				panic(v)
			}
		}()
		test(f)
	}()
	for _, do := range f.cleanups {
		do()
	}
	return f.messages
}

// TestFailures: what goes wrong in a service is a failure of the test.
func TestFailures(t *testing.T) {
	tests := []struct {
		name, want string
		test       func(t testing.TB)
	}{
		{"nothing", "", func(t testing.TB) { servertest.Start(t, servertest.Config{Server: "upper"}) }},
		{"no server", "exactly one of Server and Program", func(t testing.TB) { servertest.New(t, servertest.Config{}) }},
		{"unknown server", "has ended badly: exit status 1", func(t testing.TB) {
			servertest.Start(t, servertest.Config{Server: "nobody"}).Logged("fatal: servertest: Main has no server nobody")
		}},
		{"no program", "cannot start /nowhere", func(t testing.TB) { servertest.Start(t, servertest.Config{Program: "/nowhere"}) }},
		{"crash", "has ended badly", func(t testing.TB) {
			svc := servertest.Start(t, servertest.Config{Server: "show"})
			conn := svc.Dial()
			io.WriteString(conn, "crash\n")
			<-svc.Process().Done()
		}},
		{"silence", `"anything" was not logged`, func(t testing.TB) {
			servertest.Start(t, servertest.Config{Server: "upper", Timeout: 100 * time.Millisecond}).Logged("anything")
		}},
		{"no status", "no status message came", func(t testing.TB) {
			servertest.Start(t, servertest.Config{Server: "upper", Timeout: 100 * time.Millisecond}).Status()
		}},
		{"no end", "has not ended in time", func(t testing.TB) {
			servertest.Start(t, servertest.Config{Server: "upper", Timeout: 100 * time.Millisecond}).Wait()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			messages := strings.Join(try(t, test.test), "\n")
			if (test.want == "") != (messages == "") || !strings.Contains(messages, test.want) {
				t.Errorf("the test has failed with %q, want %q", messages, test.want)
			}
		})
	}
}

// TestCleanup: nothing stays.
func TestCleanup(t *testing.T) {
	var dir string
	messages := try(t, func(t testing.TB) {
		svc := servertest.Start(t, servertest.Config{Server: "upper"})
		svc.Dial()
		dir = svc.Dir()
		if _, err := os.Stat(filepath.Join(dir, "main.cf")); err != nil {
			t.Errorf("%v", err)
		}
	})
	if len(messages) > 0 {
		t.Errorf("%q", messages)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}
