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
	if threads := threadLimit(); threads < ownThreads+runtime.GOMAXPROCS(0)+s.maxHandlers {
		s.maxHandlers = max(1, (threads-ownThreads-runtime.GOMAXPROCS(0))/2)
		s.extraProcs = max(0, min(maxExtraProcs, s.maxHandlers/2))
		s.log.Warningf("only %d threads are allowed (RLIMIT_NPROC or pids.max): at most %d requests are handled at a time",
			threads, s.maxHandlers)
	}
	files := fileLimit()
	s.maxClients = max(1, files-min(reservedFiles, files/2))
	if srv.MaxClients > 0 && srv.MaxClients <= s.maxClients {
		s.maxClients = srv.MaxClients
	} else if srv.MaxClients > 0 || s.maxClients < 100 {
		s.log.Warningf("only %d open files are allowed (RLIMIT_NOFILE): at most %d clients are accepted at a time", files, s.maxClients)
	}
}

func orDefault(n, def int) int {
	if n > 0 {
		return n
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

// threadLimit is how many threads this process may have, as far as can be told.
// Root is not subject to RLIMIT_NPROC, but a process that drops privileges will
// be.
func threadLimit() int {
	limit := math.MaxInt32
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NPROC, &lim) == nil && lim.Cur < uint64(limit) {
		limit = int(lim.Cur)
	}
	if n, ok := pidsMax(); ok {
		limit = min(limit, n)
	}
	return limit
}

// pidsMax reads the limit of the control group of this process.
func pidsMax() (int, bool) {
	cgroups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0, false
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
		text, err := os.ReadFile(base + parts[2] + "/pids.max")
		if err != nil {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			return n, true
		}
	}
	return 0, false
}
