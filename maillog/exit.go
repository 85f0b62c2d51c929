package maillog

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lastWords is how long a process that ends in Fatalf or Panicf lives on: time
// for its records to go out, and a brake for a master that starts it again.
// postfix: src/util/msg.c sleep(1)
const lastWords = time.Second

// Fatalf logs a record that starts with "fatal: ", waits for at most a second
// until it is delivered, calls the function given to OnFatal, sleeps for the
// rest of that second and ends the process with status 1. A second call, from
// within OnFatal or by another goroutine, logs nothing and ends the process
// after a second. It returns only if Options.Exit does.
// postfix: src/util/msg.c msg_fatal
func (l *Logger) Fatalf(format string, args ...any) {
	l.FatalStatusf(1, format, args...)
}

// FatalStatusf is Fatalf with another exit status.
// postfix: src/util/msg.c msg_fatal_status
func (l *Logger) FatalStatusf(status int, format string, args ...any) {
	start := time.Now()
	if l.exiting.CompareAndSwap(false, true) {
		l.last(Fatal, format, args...)
		l.mu.Lock()
		hook := l.onFatal
		l.mu.Unlock()
		if hook != nil {
			hook()
		}
	}
	time.Sleep(time.Until(start.Add(lastWords)))
	l.o.Exit(status)
}

// Panicf logs a record that starts with "panic: ", for what can only be a
// mistake in the program, waits for a second as Fatalf does and ends the process
// by SIGABRT. No stack trace is printed and OnFatal's function is not called.
// It returns only if Options.Abort does. postfix: src/util/msg.c msg_panic
func (l *Logger) Panicf(format string, args ...any) {
	start := time.Now()
	if l.exiting.CompareAndSwap(false, true) {
		l.last(Panic, format, args...)
	}
	time.Sleep(time.Until(start.Add(lastWords)))
	l.o.Abort()
}

// OnFatal has f called by Fatalf before the process ends, in the goroutine that
// called Fatalf, and returns the function that f replaces. nil is no function.
// postfix: src/util/msg.c msg_cleanup
func (l *Logger) OnFatal(f func()) (previous func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	previous, l.onFatal = l.onFatal, f
	return previous
}

// last logs the last record of the process and, if it cannot be delivered in
// time, writes it to standard error: silence helps nobody.
func (l *Logger) last(severity Severity, format string, args ...any) {
	accepted := l.logf(severity, format, args...)
	delivered := l.Flush(lastWords)
	if accepted && delivered || l.stderr.Load() != nil || l.isStderr() {
		return
	}
	text := fmt.Appendf(nil, format, args...)
	printable(text, l.utf8.Load())
	r := record{when: l.o.Now(), severity: severity, ident: l.identBytes(), text: text}
	l.mu.Lock()
	s := l.stderrSink("")
	l.mu.Unlock()
	_ = s.send(&r)
}

// abort ends the process by SIGABRT. The runtime's own handler would print the
// stacks of all goroutines, so that the signal's default action is put back
// first. A process 1, which no such signal ends, exits.
func abort() {
	// The kernel's struct sigaction; all zero is SIG_DFL with no flags.
	var action [64]byte
	runtime.LockOSThread()
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGABRT),
		uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	_ = unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGABRT)
	unix.Exit(1)
}
