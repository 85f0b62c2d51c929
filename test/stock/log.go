package stock

import (
	"sync"
)

// journal holds what an instance has logged.
type journal struct {
	mu      sync.Mutex
	records []Record      // Guarded by mu; only ever appended to.
	changed chan struct{} // Guarded by mu; closed and replaced with each record.
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.records = append(j.records, ParseRecord(line))
	close(j.changed)
	j.changed = make(chan struct{})
}

// snapshot returns the records from number first on and a channel that is
// closed when there are more.
func (j *journal) snapshot(first int) ([]Record, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := len(j.records)
	return j.records[min(first, n):n:n], j.changed
}

// source is where records come from.
type source interface {
	// start begins to read, or goes on; it does nothing if it is at it.
	start() error
	// sync returns when what has been logged before the call is in the journal. It does
	// nothing while stopped.
	sync() error
	// stop stops reading and loses nothing.
	stop()
	// close stops for good; a second call does nothing.
	close()
}
