package multiserver

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ostler/mailconf"
	"ostler/maillog"
)

// parentLink is the real process's side. A nil parentLink stands for none.
type parentLink struct {
	ctl     *os.File
	crash   *os.File
	pid     int
	silence time.Duration
	left    atomic.Bool // the parent has been told to go
}

// findParent takes the descriptors to the parent out of the environment.
func findParent(env environment) (*parentLink, error) {
	text := env.get(envParent)
	if text == "" {
		return nil, nil
	}
	env.unset(envParent)
	a, b, _ := strings.Cut(text, " ")
	ctl, err1 := strconv.Atoi(a)
	crash, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil || !isOpen(ctl) || !isOpen(crash) {
		return nil, fmt.Errorf("bad %s: %q", envParent, text)
	}
	unix.CloseOnExec(ctl)
	unix.CloseOnExec(crash)
	unix.SetNonblock(ctl, true)
	return &parentLink{
		ctl: os.NewFile(uintptr(ctl), "control"), crash: os.NewFile(uintptr(crash), "crash output"),
		pid: os.Getppid(),
	}, nil
}

// watch calls gone when the parent has died.
func (l *parentLink) watch(gone func()) {
	// Ends when the parent ends, or with the process.
	go func() {
		l.ctl.Read(make([]byte, 16)) // nothing more is ever sent
		if !l.left.Load() {
			gone()
		}
	}()
}

// confine has the parent do what this process has done.
func (l *parentLink) confine(j confinement, p *mailconf.Params, log maillog.Settings) error {
	if l == nil {
		return nil
	}
	l.silence = p.DaemonTimeout
	text, err := json.Marshal(parentConfig{Jail: j, Log: log, Watchdog: l.silence})
	if err == nil {
		_, err = l.ctl.Write(append([]byte{parentConfine}, text...))
	}
	if err == nil {
		err = l.confined()
	}
	if err != nil {
		return fmt.Errorf("cannot confine the parent of the service process: %w", err)
	}
	return nil
}

// confined waits until the parent has done so: nobody is served as long as any
// of this service is more privileged than it should be.
func (l *parentLink) confined() error {
	l.ctl.SetReadDeadline(time.Now().Add(10 * time.Second))
	defer l.ctl.SetReadDeadline(time.Time{})
	n, err := l.ctl.Read(make([]byte, 16))
	if err == nil && n == 0 {
		return io.EOF
	}
	return err
}

// beat says that this process is alive, and when to say so again.
func (l *parentLink) beat() {
	if l != nil && !l.left.Load() {
		l.ctl.SetWriteDeadline(time.Now().Add(time.Second))
		l.ctl.Write([]byte{parentBeat})
	}
}

// drained lets master start another process.
func (l *parentLink) drained() error {
	l.left.Store(true)
	l.ctl.SetWriteDeadline(time.Now().Add(time.Second))
	_, err := l.ctl.Write([]byte{parentDrained})
	return err
}
