package maillog_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ostler/maillog"
)

// playJail is a daemon that goes into a jail and logs before, inside, and, when
// told to, after a restart of the log daemon.
func playJail(l *maillog.Logger) int {
	root := os.Getenv("JAIL")
	if err := l.Configure(maillog.Settings{
		SyslogName: "postfix", MaillogFile: "/var/log/x", MaillogFilePrefixes: "/var",
		PostlogSocket: root + "/public/postlog", Hostname: "mx",
	}); err != nil {
		return 2
	}
	if err := chroot(root); err != nil {
		return 3
	}
	l.EnterJail(root)
	l.Infof("inside")
	for { // the test makes this file when it has restarted the log daemon
		if _, err := os.Stat("/go"); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	l.Infof("restarted")
	if err := l.Close(); err != nil {
		return 4
	}
	return 0
}

func chroot(root string) error {
	if err := syscall.Chroot(root); err != nil {
		return err
	}
	return syscall.Chdir("/")
}

func TestJail(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("chroot needs root")
	}
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "public"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "public/postlog")
	conn := listen(t, path)
	status := make(chan int)
	go func() { // ends with the child
		_, state := run(t, "jail", "JAIL="+root)
		status <- state.ExitCode()
	}()
	if got := receive(t, conn); !strings.HasSuffix(got, ": inside") {
		t.Errorf("got %q", got)
	}
	conn.Close()
	conn = listen(t, path)
	if err := os.WriteFile(filepath.Join(root, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, conn); !strings.HasSuffix(got, ": restarted") {
		t.Errorf("got %q", got)
	}
	if got := <-status; got != 0 {
		t.Errorf("the child ended with status %d", got)
	}
}
