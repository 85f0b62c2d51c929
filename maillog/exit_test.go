package maillog_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ostler/maillog"
)

// playChild is a program that logs and ends, in a process of its own.
func playChild(role string) (status int) {
	l := maillog.New(maillog.Options{Program: "anvil"})
	switch role {
	case "fatal":
		l.Fatalf("cannot go on")
	case "status":
		l.FatalStatusf(75, "cannot go on")
	case "panic":
		l.Panicf("cannot happen")
	case "errors":
		for i := range 20 {
			l.Errorf("number %d", i)
		}
	case "stderr":
		l = maillog.ToWriter(os.Stderr, maillog.Options{Program: "anvil"})
		l.SetStderr(true) // no second copy
		l.Warningf("%s", strings.Repeat("x", 70000))
		l.Fatalf("bye")
	case "jail":
		return playJail(l)
	}
	return 99
}

// run starts the test binary in a role and returns what it wrote to its
// standard error and how it ended.
func run(t *testing.T, role string, env ...string) (string, *os.ProcessState) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), append(env, child+"="+role)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	_ = cmd.Run() // the state tells
	if cmd.ProcessState == nil {
		t.Fatal("cannot start the test binary again")
	}
	return stderr.String(), cmd.ProcessState
}

func TestFatalProcess(t *testing.T) {
	tests := []struct {
		role, text string
		status     int
		signal     syscall.Signal
	}{
		{"fatal", "fatal: cannot go on", 1, 0},
		{"status", "fatal: cannot go on", 75, 0},
		{"panic", "panic: cannot happen", -1, syscall.SIGABRT},
		{"errors", "fatal: too many errors - program terminated", 1, 0},
	}
	for _, test := range tests {
		t.Run(test.role, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "postlog")
			conn := listen(t, path)
			records := make(chan []string)
			go func() { // ends after the record that ends the child
				var got []string
				for len(got) == 0 || !strings.Contains(got[len(got)-1], test.text) {
					got = append(got, receive(t, conn))
				}
				records <- got
			}()
			stderr, state := run(t, test.role, "POSTLOG_SERVICE="+path)
			got := <-records
			if want := fmt.Sprintf("postfix/anvil[%d]: %s", state.Pid(), test.text); !strings.HasSuffix(got[len(got)-1], want) {
				t.Errorf("last record is %q, want %q", got[len(got)-1], want)
			}
			if test.role == "errors" && len(got) != 14 {
				t.Errorf("%d records, want 13 errors and the last words", len(got))
			}
			status := state.Sys().(syscall.WaitStatus)
			if stderr != "" || status.ExitStatus() != test.status || test.signal != 0 && status.Signal() != test.signal {
				t.Errorf("stderr %q, %v", stderr, state)
			}
		})
	}
}

// Nobody takes the record: it must not vanish.
func TestFatalLastResort(t *testing.T) {
	t.Parallel()
	stderr, state := run(t, "fatal", "POSTLOG_SERVICE="+filepath.Join(t.TempDir(), "nobody"))
	if stderr != "postfix/anvil: fatal: cannot go on\n" || state.ExitCode() != 1 {
		t.Errorf("stderr %q, %v", stderr, state)
	}
}

// A standard error that is a pipe with a slow reader gets everything, once.
func TestToStderr(t *testing.T) {
	t.Parallel()
	stderr, state := run(t, "stderr")
	if want := "anvil: warning: " + strings.Repeat("x", 64<<10) + "\nanvil: fatal: bye\n"; stderr != want {
		t.Errorf("got %d bytes, want %d", len(stderr), len(want))
	}
	if state.ExitCode() != 1 {
		t.Errorf("%v", state)
	}
}

// Nor does a reader that has gone end the process before its time.
func TestToStderrGone(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"=stderr")
	cmd.Stderr = w
	_ = cmd.Run() // the state tells
	if got := cmd.ProcessState.ExitCode(); got != 1 {
		t.Errorf("%v", cmd.ProcessState)
	}
}

// exits collects what a logger in a test does at its end.
type exits struct{ events []string }

func (e *exits) options(start time.Time) maillog.Options {
	o := options(environment{})
	note := func(what string, n int) {
		e.events = append(e.events, fmt.Sprint(what, n, " after ", time.Since(start)))
	}
	o.Exit = func(status int) { note("exit ", status) }
	o.Abort = func() { note("abort ", 0) }
	return o
}

func TestFatalSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		var e exits
		l := maillog.ToWriter(&out, e.options(time.Now()))
		if previous := l.OnFatal(func() { time.Sleep(300 * time.Millisecond); l.Fatalf("recursion") }); previous != nil {
			t.Error("OnFatal was set before")
		}
		l.Fatalf("x%d", 1)
		l.Panicf("not logged")
		_ = l.Close()
		if got, want := out.String(), "anvil: fatal: x1\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		want := []string{"exit 1 after 1.3s", "exit 1 after 1.3s", "abort 0 after 2.3s"}
		if fmt.Sprint(e.events) != fmt.Sprint(want) {
			t.Errorf("got %q, want %q", e.events, want)
		}
	})
}

// stuck is a destination that takes nothing.
type stuck struct{ release chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.release
	return len(p), nil
}

// A destination that hangs costs a dying process one second, no more.
func TestFatalStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e exits
		var stderr strings.Builder
		w := stuck{make(chan struct{})}
		o := e.options(time.Now())
		o.Stderr = &stderr
		l := maillog.ToWriter(w, o)
		for range 1000 {
			l.Infof("nobody waits for this")
		}
		l.Fatalf("x")
		if want := "[exit 1 after 1s]"; fmt.Sprint(e.events) != want {
			t.Errorf("got %q, want %q", e.events, want)
		}
		if want := "anvil: fatal: x\n"; stderr.String() != want {
			t.Errorf("stderr has %q, want %q", stderr.String(), want)
		}
		if err := l.Close(); err == nil {
			t.Error("Close is content though nothing was written")
		}
		close(w.release)
	})
}

func TestErrorLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		var e exits
		l := maillog.ToWriter(&out, e.options(time.Now()))
		if old := l.SetErrorLimit(3); old != 13 {
			t.Errorf("the limit was %d", old)
		}
		l.Errorf("a")
		l.Errorf("b")
		l.ClearErrors()
		l.Errorf("c")
		l.Errorf("d")
		if len(e.events) != 0 {
			t.Fatal("ended early")
		}
		l.Errorf("e")
		_ = l.Close()
		if !strings.HasSuffix(out.String(), "error: e\nanvil: fatal: too many errors - program terminated\n") || len(e.events) != 1 {
			t.Errorf("got %q, %q", out.String(), e.events)
		}
	})
}
