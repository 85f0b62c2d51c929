package multiserver

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// confinement is where a process goes and whom it becomes, for good.
type confinement struct {
	Root   string // chroot there; empty: stay
	User   string // for messages; empty: stay root
	UID    int
	GID    int
	Groups []int
}

// enter enters the jail and drops privileges, on all threads, and makes sure
// that they are gone. The order is stock's: groups while still root, then the jail, then the
// user. Its errors have stock's texts.
// postfix: src/util/chroot_uid.c
func (j *confinement) enter() error {
	// The jail has no /proc.
	tasks, err := unix.Open("/proc/self/task", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		defer unix.Close(tasks)
	}
	if j.User != "" {
		if err := syscall.Setgid(j.GID); err != nil {
			return fmt.Errorf("setgid(%d): %s", j.GID, errText(err))
		}
		if err := syscall.Setgroups(j.Groups); err != nil {
			return fmt.Errorf("initgroups: %s", errText(err))
		}
	}
	if j.Root != "" {
		if err := syscall.Chroot(j.Root); err != nil {
			return fmt.Errorf("chroot(%s): %s", j.Root, errText(err))
		}
		if err := syscall.Chdir("/"); err != nil {
			return fmt.Errorf("chdir(/): %s", errText(err))
		}
	}
	if j.User == "" {
		return nil
	}
	if err := syscall.Setuid(j.UID); err != nil {
		return fmt.Errorf("setuid(%d): %s", j.UID, errText(err))
	}
	return j.verify(tasks)
}

// verify looks at each thread. Where /proc cannot be had, it tries to become
// root again.
func (j *confinement) verify(tasks int) error {
	if j.UID != 0 && syscall.Setuid(0) == nil {
		return fmt.Errorf("privileges of %s were dropped, but root could be had again", j.User)
	}
	if tasks < 0 {
		return nil
	}
	dup, err := unix.FcntlInt(uintptr(tasks), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("cannot verify that privileges were dropped: %w", err)
	}
	dir := os.NewFile(uintptr(dup), "task")
	defer dir.Close()
	threads, err := dir.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("cannot verify that privileges were dropped: %w", err)
	}
	for _, tid := range threads {
		status, err := readAt(tasks, tid+"/status")
		if err == unix.ENOENT || err == unix.ESRCH {
			continue // the thread has ended
		}
		if err != nil {
			return fmt.Errorf("cannot verify that privileges were dropped: %w", err)
		}
		if wrong := j.wrongIn(status); wrong != "" {
			return fmt.Errorf("thread %s still has %s", tid, wrong)
		}
	}
	return nil
}

// wrongIn reads the status of a thread as proc(5) shows it.
func (j *confinement) wrongIn(status string) string {
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		switch key {
		case "Uid", "Gid":
			want := strconv.Itoa(j.UID)
			if key == "Gid" {
				want = strconv.Itoa(j.GID)
			}
			for _, id := range fields {
				if id != want {
					return strings.TrimSpace(line)
				}
			}
		case "Groups":
			if !sameGroups(fields, j.Groups) {
				return strings.TrimSpace(line)
			}
		case "CapPrm", "CapEff", "CapAmb":
			if j.UID != 0 && strings.Trim(strings.TrimSpace(value), "0") != "" {
				return strings.TrimSpace(line)
			}
		}
	}
	return ""
}

// sameGroups compares sets; the kernel sorts them.
func sameGroups(have []string, want []int) bool {
	missing := make(map[string]bool)
	for _, gid := range want {
		missing[strconv.Itoa(gid)] = true
	}
	for _, gid := range have {
		if _, wanted := missing[gid]; !wanted {
			return false
		}
		missing[gid] = false
	}
	for _, is := range missing {
		if is {
			return false
		}
	}
	return true
}

func readAt(dir int, name string) (string, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	buf := make([]byte, 8192)
	n, err := unix.Read(fd, buf)
	return string(buf[:max(n, 0)]), err
}
