package multiserver_test

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ostler/multiserver/servertest"
)

// TestRefuses: what keeps a process from starting is one fatal record with
// stock's text and exit status 1.
func TestRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		conf servertest.Config
		want string
	}{
		{"option", servertest.Config{Args: []string{"-Q"}}, "fatal: invalid option: Q"},
		{"no value", servertest.Config{Args: []string{"-o"}}, "fatal: invalid option: o"},
		{"override", servertest.Config{Args: []string{"-o", "nonsense"}}, `fatal: invalid "-o nonsense" option value: missing '=' after attribute name`},
		{"sockets", servertest.Config{Args: []string{"-s", "x"}}, "fatal: invalid socket_count: x"},
		{"transport", servertest.Config{Args: []string{"-t", "fifo"}}, "fatal: unsupported transport type: fifo"},
		{"limit", servertest.Config{Server: "solitary"}, "fatal: service solitary requires a process limit of 1"},
		{"time", servertest.Config{Args: []string{"-o", "max_idle=soon"}}, "max_idle"},
		{"integer", servertest.Config{Params: map[string]string{"max_use": "many"}}, "max_use"},
		{"generation", servertest.Config{Env: []string{"GENERATION=x"}}, "fatal: bad generation: x"},
		{"version", servertest.Config{Params: map[string]string{"mail_version": "3.5.1"}}, "mail_version is 3.5.1"},
		{"more sockets", servertest.Config{Args: []string{"-s", "2"}}, "fatal: descriptor 7 is not a listening socket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.conf.Server == "" {
				test.conf.Server = "verbs"
			}
			svc := servertest.Start(t, test.conf)
			if code := svc.Wait().ExitCode(); code != 1 {
				t.Errorf("process ended: %v, want exit status 1", svc.Wait())
			}
			svc.Logged(test.want)
			if n := logged(svc, "fatal: "); n != 1 {
				t.Errorf("%d fatal records, want 1", n)
			}
		})
	}
}

// TestSolitary: with the right limit it starts.
func TestSolitary(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "solitary", ProcessLimit: 1})
	if got := dial(t, svc).ask("hello"); got != "hello" {
		t.Errorf("%q", got)
	}
}

// TestNoMainCF: a missing main.cf.
func TestNoMainCF(t *testing.T) {
	t.Parallel()
	svc := servertest.New(t, servertest.Config{Server: "verbs"})
	if err := os.Remove(filepath.Join(svc.Dir(), "main.cf")); err != nil {
		t.Fatal(err)
	}
	svc.Spawn()
	if code := svc.Wait().ExitCode(); code != 1 {
		t.Errorf("process ended: %v, want exit status 1", svc.Wait())
	}
	svc.Logged("fatal: open " + svc.Dir() + "/main.cf: No such file or directory")
}

// TestUnprivileged: with -u and -c all threads of all processes are the mail
// owner's, in the queue directory, and the service works there.
func TestUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "owner", User: "nobody", Chroot: true, Env: env})
		c := dial(t, svc)
		if want, got := nobody.Uid+" "+nobody.Gid+" / <nil>", c.ask("who"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		for _, pid := range svc.Process().PIDs() {
			threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task/*/status"))
			if err != nil || len(threads) == 0 {
				t.Fatalf("no threads: %v", err)
			}
			for _, thread := range threads {
				checkThread(t, thread, nobody)
			}
			root, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "root"))
			if want := svc.Dir() + "/queue"; root != want {
				t.Errorf("the root of process %d is %s, want %s (%v)", pid, root, want, err)
			}
		}
		svc.Reload()
		succeeded(t, svc.Process())
	})
}

func checkThread(t *testing.T, status string, owner *user.User) {
	t.Helper()
	text, err := os.ReadFile(status)
	if err != nil {
		return // it has ended
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		want := map[string]string{
			"Uid": owner.Uid, "Gid": owner.Gid, "CapEff": "0000000000000000", "CapPrm": "0000000000000000",
		}[name]
		for _, field := range strings.Fields(value) {
			if want != "" && field != want {
				t.Errorf("%s: %s is %s, want %s", status, name, value, want)
				break
			}
		}
	}
}

// TestUnprivilegedLog: the log works from within the jail.
func TestUnprivilegedLog(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	svc := servertest.Start(t, servertest.Config{Server: "verbs", User: "nobody", Chroot: true})
	c := dial(t, svc)
	c.send("error\n")
	c.broken()
	svc.Logged("warning: service verbs: closing connection: no such thing")
}
