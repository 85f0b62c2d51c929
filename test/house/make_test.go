package house_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody is a user id without privileges, which needs no name.
const nobody = 65534

// copyTo copies a file of the checkout into a folder, under the same name, for
// everybody to read.
func copyTo(t *testing.T, dir, name string) {
	t.Helper()
	to := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, read(t, name), 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestMakeBuild builds a copy of the checkout.
func TestMakeBuild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"Makefile", "go.mod", "go.sum"} {
		copyTo(t, dir, name)
	}
	for _, u := range house(t).units {
		if !u.test {
			copyTo(t, dir, u.path)
		}
	}
	cmd := exec.Command("make", "build")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make build: %v\n%s", err, out)
	}
	for _, name := range []string{"anvil", "ostler"} {
		info, err := os.Stat(filepath.Join(dir, "build", name))
		if err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("make build leaves no program %s (%v)", name, err)
		}
	}
	if out, err := exec.Command(filepath.Join(dir, "build/ostler"), "version").CombinedOutput(); err != nil {
		t.Errorf("ostler version: %v\n%s", err, out)
	}
}

// TestMakeRun runs "make run" as an unprivileged user, in a copy that has been
// built, and ends it as Ctrl-C does; then once more, with what the first left.
func TestMakeRun(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Fatal("cannot change to an unprivileged user")
	}
	dir := shortDir(t)
	for _, name := range []string{"Makefile", "scripts/run.sh", "build/anvil", "build/ostler"} {
		copyTo(t, dir, name)
	}
	for _, d := range []string{dir, filepath.Join(dir, "build"), filepath.Join(dir, "scripts")} {
		if err := errors.Join(os.Chmod(d, 0o755), os.Chown(d, nobody, nobody)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		makeRun(t, dir)
	}
}

// makeRun is one "make run" until Ctrl-C.
func makeRun(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command("make", "-o", "build", "run") // -o: it is built
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	group := -cmd.Process.Pid
	// The group is that of our own child, which is not waited for before.
	emergency := time.AfterFunc(limit, func() { syscall.Kill(group, syscall.SIGKILL) })
	in := bufio.NewReader(r)
	shown := ""
	for !strings.Contains(shown, "Ctrl-C ends it.") {
		line, err := in.ReadString('\n')
		shown += line
		if err != nil {
			break
		}
	}
	if err := syscall.Kill(group, syscall.SIGINT); err != nil {
		t.Errorf("cannot type Ctrl-C: %v", err)
	}
	// The end of the output comes when the last process that had it is gone.
	rest, err := io.ReadAll(in)
	inTime := emergency.Stop()
	status := cmd.Wait()
	if err != nil || !inTime {
		t.Errorf("make run did not end in time (%v)", err)
	}
	if err := syscall.Kill(group, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("make run leaves processes behind (%v)", err)
	}
	checkEnd(t, status)
	if strings.Contains(string(rest), " Error ") {
		t.Errorf("Ctrl-C looks like a failure:\n%s", rest)
	}
	for _, want := range []string{"$ ./build/ostler anvil -s var/anvil.sock connect smtp:192.0.2.1\n  status 0\n  count 1\n  rate 1\n", "rate 2\n", "mail 2\n", "rcpt 1\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("make run does not show %q:\n%s%s", want, shown, rest)
		}
	}
}

// checkEnd: after Ctrl-C make ends with status 0, 130, or its own for a target
// that has failed, or by the signal.
func checkEnd(t *testing.T, status error) {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case status == nil:
	case !errors.As(status, &exit):
		t.Errorf("make run: %v", status)
	default:
		ws := exit.Sys().(syscall.WaitStatus)
		if !(ws.Signaled() && ws.Signal() == syscall.SIGINT) && ws.ExitStatus() != 130 {
			t.Errorf("make run: %v", status)
		}
	}
}
