package stock

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"
)

// follower is the source that reads mail.log as stock's postlogd writes it.
type follower struct {
	// Static after construction.
	journal *journal
	file    string

	// Owned by the goroutine that runs the life cycle, not thread-safe.
	in   *os.File // nil before the first start
	quit chan struct{}
	done chan struct{}      // closed when the reading goroutine has ended; nil while stopped
	ask  chan chan struct{} // sync's requests, each closed when fulfilled

	rest []byte // Owned by the reading goroutine while there is one: an unfinished line.
}

func (f *follower) start() error {
	if f.done != nil {
		return nil
	}
	if f.in == nil {
		in, err := os.OpenFile(f.file, os.O_RDONLY|os.O_CREATE, 0o644)
		if err != nil {
			return fmt.Errorf("cannot follow the log: %w", err)
		}
		f.in = in
	}
	f.quit, f.done, f.ask = make(chan struct{}), make(chan struct{}), make(chan chan struct{})
	// Stopped by the close of quit; stop waits.
	go f.follow(f.quit, f.done)
	return nil
}

func (f *follower) follow(quit, done chan struct{}) {
	defer close(done)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-quit:
			return
		case fulfilled := <-f.ask:
			f.read()
			close(fulfilled)
		case <-ticker.C:
			f.read()
		}
	}
}

// read adds the lines that are new.
func (f *follower) read() {
	more, err := io.ReadAll(f.in)
	if err != nil {
		return
	}
	f.rest = append(f.rest, more...)
	for {
		line, after, ok := bytes.Cut(f.rest, []byte("\n"))
		if !ok {
			return
		}
		f.journal.add(string(line))
		f.rest = after
	}
}

func (f *follower) sync() error {
	if f.done == nil {
		return nil
	}
	fulfilled := make(chan struct{})
	f.ask <- fulfilled
	<-fulfilled
	return nil
}

func (f *follower) stop() {
	if f.done == nil {
		return
	}
	close(f.quit)
	<-f.done
	f.done = nil
}

func (f *follower) close() {
	f.stop()
	if f.in != nil {
		f.in.Close()
		f.in = nil
	}
}
