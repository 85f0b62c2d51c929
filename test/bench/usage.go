package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is the processor time of processes, by id.
type usage map[int]time.Duration

// processes returns the ids of all processes of the peer's instance.
func (p *peer) processes() []int {
	var pids []int
	for _, process := range p.inst.Processes() {
		pids = append(pids, process.PID)
	}
	return pids
}

// cpu returns what the processes have used so far, user and system, all threads,
// those that have ended included.
func cpu(pids []int) (usage, error) {
	used := make(usage, len(pids))
	for _, pid := range pids {
		var t unix.Timespec
		// The clock of a process, as clock_getcpuclockid(3) computes it; its
		// precision is nanoseconds, that of /proc/PID/stat 10 ms.
		const cpuClock = 2
		clock := int32(^pid<<3 | cpuClock)
		if err := unix.ClockGettime(clock, &t); err != nil {
			return nil, fmt.Errorf("cannot read the processor time of process %d: %w", pid, err)
		}
		used[pid] = time.Duration(t.Nano())
	}
	return used, nil
}

// since returns what was used after before was taken. Processes that have
// started since then are in used only.
func (used usage) since(before usage) time.Duration {
	var sum time.Duration
	for pid, t := range used {
		sum += t - before[pid]
	}
	return sum
}

// memory returns the resident and the proportional set size of processes, in
// bytes, all together.
func memory(pids []int) (rss, pss float64, err error) {
	for _, pid := range pids {
		fields, err := readRollup(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, 0, err
		}
		rss += fields["Rss"]
		pss += fields["Pss"]
	}
	return rss, pss, nil
}

// readRollup reads a file of lines such as "Rss:   5160 kB" into bytes.
func readRollup(path string) (map[string]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read memory use: %w", err)
	}
	defer f.Close()
	fields := make(map[string]float64)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		number, isKB := strings.CutSuffix(strings.TrimSpace(value), " kB")
		if n, err := strconv.ParseFloat(number, 64); err == nil && isKB {
			fields[name] = n * 1024
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("cannot read memory use: %w", err)
	}
	if _, ok := fields["Rss"]; !ok {
		return nil, fmt.Errorf("cannot read memory use: no Rss in %s", path)
	}
	return fields, nil
}
