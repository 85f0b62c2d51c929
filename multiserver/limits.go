package multiserver

import (
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// reservedFiles are descriptors that are not clients'.
	reservedFiles = 24

	// ownThreads is what the process needs beside handlers: the runtime's own
	// threads, the loops, and one for each core.
	ownThreads = 12

	// parentThreads is what the small parent needs.
	parentThreads = 8
)

// bounds turns what the service wants and what the operating system allows into
// the limits of this process, and tells where the latter is less than usual.
func (s *process) bounds() {
	srv := s.srv
	s.maxRequest = orDefault(srv.MaxRequest, DefaultMaxRequest)
	s.maxReply = orDefault(srv.MaxReply, DefaultMaxReply)
	s.maxMemory = orDefault(srv.MaxMemory, DefaultMaxMemory)
	s.maxHandlers = orDefault(srv.MaxHandlers, DefaultMaxHandlers)
	s.extraProcs = maxExtraProcs
	own := ownThreads + runtime.GOMAXPROCS(0)
	if s.parent != nil {
		own += parentThreads // of the same user, in the same control group
	}
	if threads, taken := s.threadLimit(); threads-taken < own+s.maxHandlers {
		s.maxHandlers = max(1, (threads-taken-own)/2)
		s.extraProcs = max(0, min(maxExtraProcs, s.maxHandlers/2))
		s.log.Warningf("only %d threads are allowed (RLIMIT_NPROC or pids.max), %d are taken: at most %d requests are handled at a time",
			threads, taken, s.maxHandlers)
	}
	files := fileLimit()
	s.maxClients = max(1, files-min(reservedFiles, files/2))
	if srv.MaxClients > 0 && srv.MaxClients <= s.maxClients {
		s.maxClients = srv.MaxClients
	} else if srv.MaxClients > 0 || s.maxClients < 100 {
		s.log.Warningf("only %d open files are allowed (RLIMIT_NOFILE): at most %d clients are accepted at a time", files, s.maxClients)
	}
}

// maxBound keeps sums and multiples of bounds from overflowing.
const maxBound = math.MaxInt / 4

func orDefault(n, def int) int {
	if n > 0 {
		return min(n, maxBound)
	}
	return def
}

func fileLimit() int {
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) != nil || lim.Cur > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(lim.Cur)
}

// threadLimit is how many threads this process, its parent and others may have
// together, as far as can be told, and how many others have.
func (s *process) threadLimit() (limit, taken int) {
	limit = math.MaxInt32
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NPROC, &lim) == nil && lim.Cur < crowded {
		limit, taken = int(lim.Cur), s.threadsOfUser()
	}
	if most, now, ok := pidsMax(); ok && most < crowded && most-now < limit-taken {
		limit, taken = most, now
	}
	return limit, taken
}

// crowded is a limit on threads below which it is worth counting them.
const crowded = 4096

// threadsOfUser counts the threads of others with the user id that this process
// will have. Root is not subject to RLIMIT_NPROC, but a process that drops
// privileges will be.
func (s *process) threadsOfUser() int {
	uid := os.Getuid()
	if s.opts.unpriv {
		uid = s.params.OwnerUID
	}
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	n := 0
	for _, p := range procs {
		pid, err := strconv.Atoi(p.Name())
		if err != nil || pid == s.env.pid || s.parent != nil && pid == s.parent.pid {
			continue
		}
		var st unix.Stat_t
		if unix.Stat("/proc/"+p.Name(), &st) == nil && int(st.Uid) == uid {
			threads, _ := os.ReadDir("/proc/" + p.Name() + "/task")
			n += len(threads)
		}
	}
	return n
}

// pidsMax reads the limit of the control group of this process, and how much of
// it is used.
func pidsMax() (most, now int, ok bool) {
	cgroups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0, 0, false
	}
	for line := range strings.Lines(string(cgroups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		base := ""
		switch parts[1] {
		case "":
			base = "/sys/fs/cgroup"
		case "pids":
			base = "/sys/fs/cgroup/pids"
		default:
			continue
		}
		if most, ok = readNumber(base + parts[2] + "/pids.max"); ok {
			now, _ = readNumber(base + parts[2] + "/pids.current")
			return most, now, true
		}
	}
	return 0, 0, false
}

// readNumber reads a file that holds a number; "max" is none.
func readNumber(path string) (int, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return n, err == nil
}
