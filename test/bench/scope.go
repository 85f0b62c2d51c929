package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"ostler/test/stock"
)

// scope is what package stock takes for a test: instances that are made in it
// end with it, and its Fatalf ends the function that runs in it.
type scope struct {
	name     string
	cleanups []func()
	errs     []error
}

var _ stock.TB = (*scope)(nil)

// inScope calls f on a goroutine of its own and returns when it and all that it
// has left to clean up have ended, with the errors that were reported.
func inScope(name string, f func(*scope)) error {
	s := &scope{name: name}
	done := make(chan struct{})
	// Ends with f or by Fatalf; we wait here.
	go func() {
		defer close(done)
		defer s.end()
		f(s)
	}()
	<-done
	return errors.Join(s.errs...)
}

// end cleans up, the last thing first.
func (s *scope) end() {
	for len(s.cleanups) > 0 {
		last := len(s.cleanups) - 1
		f := s.cleanups[last]
		s.cleanups = s.cleanups[:last]
		f()
	}
}

func (s *scope) Helper()          {}
func (s *scope) Name() string     { return s.name }
func (s *scope) Failed() bool     { return len(s.errs) > 0 }
func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func (s *scope) Errorf(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf(format, args...))
}

// Fatalf must be called from the goroutine that inScope has started.
func (s *scope) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	runtime.Goexit()
}
