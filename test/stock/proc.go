package stock

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Process is a process of an instance. Its methods read /proc; they return an
// error when the process is gone.
type Process struct {
	PID     int
	Program string // base name of argv[0]: "anvil"
}

// String names the process as the log does.
func (p Process) String() string { return fmt.Sprintf("%s[%d]", p.Program, p.PID) }

// Processes returns the processes of the instance, master included, in the
// order of their ids. Dead ones that nobody has waited for yet do not count.
func (inst *Instance) Processes() []Process {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []Process
	for _, dir := range dirs {
		pid, err := strconv.Atoi(dir.Name())
		if err != nil || !inst.owns(pid) {
			continue
		}
		p := Process{PID: pid}
		argv, err := p.Args()
		if err != nil || len(argv) == 0 {
			continue
		}
		p.Program = filepath.Base(argv[0])
		found = append(found, p)
	}
	slices.SortFunc(found, func(a, b Process) int { return a.PID - b.PID })
	return found
}

// owns tells whether a process belongs to the instance. Those that have made
// themselves a session (verify) are known by the environment they were started
// with, and one that is being executed, whose environment is empty for a moment, by master's
// process group.
func (inst *Instance) owns(pid int) bool {
	stat, ok := readStat(pid)
	if !ok {
		return false
	}
	if group := inst.group.Load(); group != 0 && stat.group == int(group) {
		return true
	}
	env, err := Process{PID: pid}.Env()
	return err == nil && slices.Contains(env, "MAIL_CONFIG="+inst.Path("conf"))
}

// Children returns the ids of the processes of the instance that run a program,
// by the base name of argv[0].
func (inst *Instance) Children(program string) []int {
	var pids []int
	for _, p := range inst.Processes() {
		if p.Program == program {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// MasterChildren returns the ids of those of [Instance.Children] that master
// itself has started: a service of ours may consist of more than one process.
func (inst *Instance) MasterChildren(program string) []int {
	inst.t.Helper()
	master := inst.MasterPID()
	return slices.DeleteFunc(inst.Children(program), func(pid int) bool {
		stat, ok := readStat(pid)
		return !ok || stat.parent != master
	})
}

// WaitChildren waits until there are exactly n processes of a program, and
// returns their ids.
func (inst *Instance) WaitChildren(limit time.Duration, program string, n int) []int {
	inst.t.Helper()
	var pids []int
	if !poll(limit, func() bool { pids = inst.Children(program); return len(pids) == n }) {
		inst.t.Fatalf("instance %s: %d processes of %s after %v, want %d", inst.Dir, len(pids), program, limit, n)
	}
	return pids
}

// WaitGone waits until a process has ended.
func (inst *Instance) WaitGone(limit time.Duration, pid int) {
	inst.t.Helper()
	if !poll(limit, func() bool { return !alive(pid) }) {
		inst.t.Fatalf("instance %s: process %d is there after %v", inst.Dir, pid, limit)
	}
}

// processStat is what this package reads in /proc/PID/stat.
type processStat struct {
	parent int
	group  int
	asleep bool
	ticks  int64 // user and system time, all threads
}

// readStat returns false for a process that is gone, or a zombie.
func readStat(pid int) (stat processStat, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat, false
	}
	// "pid (name) state ppid pgrp ...": the name may contain anything.
	var (
		state       string
		skip        [8]string
		utime, time int64
	)
	_, err = fmt.Sscan(string(data[bytes.LastIndexByte(data, ')')+1:]), &state, &stat.parent, &stat.group,
		&skip[0], &skip[1], &skip[2], &skip[3], &skip[4], &skip[5], &skip[6], &skip[7], &utime, &time)
	if err != nil || state == "Z" || state == "X" {
		return stat, false
	}
	stat.ticks, stat.asleep = utime+time, state == "S"
	return stat, true
}

// alive tells whether there is a process that is not a zombie.
func alive(pid int) bool {
	_, ok := readStat(pid)
	return ok
}

func (p Process) path(name string) string {
	return filepath.Join("/proc", strconv.Itoa(p.PID), name)
}

// list reads a file of strings that each end in NUL.
func (p Process) list(name string) ([]string, error) {
	data, err := os.ReadFile(p.path(name))
	if err != nil {
		return nil, err
	}
	text := strings.TrimSuffix(string(data), "\x00")
	if text == "" {
		return nil, nil
	}
	return strings.Split(text, "\x00"), nil
}

// Args returns argv.
func (p Process) Args() ([]string, error) { return p.list("cmdline") }

// Env returns the environment that the process was started with, as it was
// passed to it.
func (p Process) Env() ([]string, error) { return p.list("environ") }

// Files returns the open descriptors and what they are, as /proc names it:
// "socket:[123]", "/dev/null".
func (p Process) Files() (map[int]string, error) {
	entries, err := os.ReadDir(p.path("fd"))
	if err != nil {
		return nil, err
	}
	files := make(map[int]string, len(entries))
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// A descriptor may be closed between the two calls.
		if to, err := os.Readlink(p.path("fd/" + e.Name())); err == nil {
			files[fd] = to
		}
	}
	return files, nil
}

// Root returns the root directory of the process: the queue directory when it
// is chrooted.
func (p Process) Root() (string, error) { return os.Readlink(p.path("root")) }

// Threads returns the ids of the threads.
func (p Process) Threads() ([]int, error) {
	entries, err := os.ReadDir(p.path("task"))
	if err != nil {
		return nil, err
	}
	var tids []int
	for _, e := range entries {
		if tid, err := strconv.Atoi(e.Name()); err == nil {
			tids = append(tids, tid)
		}
	}
	return tids, nil
}

// Status returns the fields of /proc/PID/task/TID/status, values trimmed: "Uid",
// "Gid", "Groups", "CapEff", "VmRSS", "SigIgn".
func (p Process) Status(tid int) (map[string]string, error) {
	data, err := os.ReadFile(p.path(fmt.Sprintf("task/%d/status", tid)))
	if err != nil {
		return nil, err
	}
	fields := make(map[string]string)
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return fields, nil
}

// CPU returns the processor time that the process has used, user and system,
// of all its threads.
func (p Process) CPU() (time.Duration, error) {
	stat, ok := readStat(p.PID)
	if !ok {
		return 0, fmt.Errorf("cannot read the processor time of process %d: it is gone", p.PID)
	}
	// USER_HZ is 100 on every Linux that Go runs on.
	return time.Duration(stat.ticks) * 10 * time.Millisecond, nil
}

// System calls in which a stock daemon waits for something to do: for events,
// and, with siblings, for its turn to do so. Waiting for a reply of another daemon is poll.
const (
	sysFlock      = 73
	sysEpollWait  = 232
	sysEpollPwait = 281
)

// idle tells whether a stock daemon has nothing to do. It is blocked in a system
// call, and which one tells why.
func (p Process) idle() bool {
	data, err := os.ReadFile(p.path("syscall"))
	if errors.Is(err, os.ErrPermission) {
		// A container without CAP_SYS_PTRACE: asleep is the best that can be known.
		stat, ok := readStat(p.PID)
		return ok && stat.asleep
	}
	if err != nil {
		return false
	}
	var number int
	if _, err := fmt.Sscan(string(data), &number); err != nil {
		return false // "running"
	}
	return number == sysEpollWait || number == sysEpollPwait || number == sysFlock
}

// WaitIdle waits until all processes of a stock program have nothing to do: no
// one that master has started in advance is still starting up. A stop before that would show in the
// log in one run and not in the next.
func (inst *Instance) WaitIdle(limit time.Duration, program string) {
	inst.t.Helper()
	ok := poll(limit, func() bool {
		for _, pid := range inst.Children(program) {
			if !(Process{PID: pid}).idle() {
				return false
			}
		}
		return true
	})
	if !ok {
		inst.t.Fatalf("instance %s: %s is still busy after %v", inst.Dir, program, limit)
	}
}
