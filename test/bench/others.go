package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// others collects how much of the machine went to programs that have nothing to
// do with a measurement while it lasted: whether the figures can be trusted.
type others struct {
	shares []float64 // from 0 to 1, one for each closed loop
}

// watch returns a function that is to be called at the end of a measurement with
// what the peer used in it. What cannot be read is left out.
func (o *others) watch() (end func(peer time.Duration)) {
	start := time.Now()
	self := []int{os.Getpid()}
	used, err := cpu(self)
	busy, ok := machineTime()
	return func(peer time.Duration) {
		busyNow, okNow := machineTime()
		usedNow, errNow := cpu(self)
		if !ok || !okNow || err != nil || errNow != nil {
			return
		}
		rest := busyNow - busy - usedNow.since(used) - peer
		total := time.Since(start) * time.Duration(runtime.NumCPU())
		// Below zero by the precision of /proc/stat.
		o.shares = append(o.shares, max(0, float64(rest)/float64(total)))
	}
}

// machineTime returns the time that all processors have spent on anything,
// other guests of the host included.
func machineTime() (time.Duration, bool) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	var user, nice, system, idle, wait, irq, softirq, steal int64
	line, _, _ := strings.Cut(string(data), "\n")
	if _, err := fmt.Sscanf(line, "cpu %d %d %d %d %d %d %d %d",
		&user, &nice, &system, &idle, &wait, &irq, &softirq, &steal); err != nil {
		return 0, false
	}
	// USER_HZ is 100 on every Linux that Go runs on.
	return time.Duration(user+nice+system+irq+softirq+steal) * 10 * time.Millisecond, true
}

// doubtful is the share from which on the figures say more about others.
const doubtful = 0.1

func (o *others) print(out io.Writer) {
	if len(o.shares) == 0 {
		return
	}
	share := median(o.shares)
	remark := ""
	if share > doubtful {
		remark = ": do not trust these figures"
	}
	fmt.Fprintf(out, "other programs took %.0f %% of the machine meanwhile (at most %.0f %%)%s\n",
		100*share, 100*slices.Max(o.shares), remark)
}
