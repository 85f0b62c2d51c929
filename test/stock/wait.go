package stock

import (
	"time"
)

// Log returns the lines that the instance has logged so far.
func (inst *Instance) Log() []string {
	records := inst.Records()
	lines := make([]string, len(records))
	for i, r := range records {
		lines[i] = r.Line
	}
	return lines
}

// Records returns what the instance has logged so far. The slice must not be
// changed.
func (inst *Instance) Records() []Record {
	records, _ := inst.log.snapshot(0)
	return records
}

// Mark returns the number of records so far: a point from which the Wait
// methods can look on.
func (inst *Instance) Mark() int {
	return len(inst.Records())
}

// WaitRecord waits for a record that match selects, from the beginning of the
// log on, and returns it. That there is none within the time is fatal.
func (inst *Instance) WaitRecord(limit time.Duration, match func(Record) bool) Record {
	inst.t.Helper()
	return inst.WaitRecords(limit, 0, 1, match)[0]
}

// WaitRecords waits until match selects n records, from record number mark on
// (see [Instance.Mark]), and returns all that it selects by then.
func (inst *Instance) WaitRecords(limit time.Duration, mark, n int, match func(Record) bool) []Record {
	inst.t.Helper()
	found, ok := inst.awaitRecords(limit, mark, n, match, nil)
	if !ok {
		inst.t.Fatalf("instance %s: %d of %d awaited log records within %v; the last lines:\n%s",
			inst.Dir, len(found), n, limit, inst.tail(10))
	}
	return found
}

// awaitRecords is WaitRecords without an opinion; it also gives up when gone is
// closed.
func (inst *Instance) awaitRecords(limit time.Duration, mark, n int, match func(Record) bool, gone <-chan struct{}) ([]Record, bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var found []Record
	for {
		records, changed := inst.log.snapshot(mark)
		mark += len(records)
		for _, r := range records {
			if match(r) {
				found = append(found, r)
			}
		}
		if len(found) >= n {
			return found, true
		}
		select {
		case <-changed:
		case <-gone:
			return found, false
		case <-timer.C:
			return found, false
		}
	}
}

// tail returns the last n lines of the log as one text.
func (inst *Instance) tail(n int) string {
	lines := inst.Log()
	text := ""
	for _, line := range lines[max(0, len(lines)-n):] {
		text += "  " + line + "\n"
	}
	return text
}

// poll calls done every 2 ms until it returns true, or the time is over. It is
// for what the kernel does not tell about: processes that are not ours.
func poll(limit time.Duration, done func() bool) bool {
	deadline := time.Now().Add(limit)
	for {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(2 * time.Millisecond)
	}
}
