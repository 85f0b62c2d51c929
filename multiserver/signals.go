package multiserver

import (
	"os/signal"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dieOf ends the process by a signal, so that master sees it, without a second
// core file. The Go runtime's handlers would make something else of many
// signals, so that the default action is put back first.
func dieOf(sig syscall.Signal) {
	unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	runtime.LockOSThread()
	defaultAction(sig)
	unix.Tgkill(unix.Getpid(), unix.Gettid(), sig)
	unix.Exit(1) // process 1 of a container is not ended by signals
}

// defaultAction undoes what the Go runtime has installed for a signal.
func defaultAction(sig syscall.Signal) {
	// The kernel's struct sigaction; all zero is SIG_DFL with no flags.
	var action [64]byte
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
}

// restoreSignals has the signals that end a C program end this one. The Go
// runtime passes over them.
func restoreSignals() {
	for _, sig := range []syscall.Signal{
		unix.SIGUSR1, unix.SIGUSR2, unix.SIGVTALRM, unix.SIGPROF, unix.SIGIO, unix.SIGPWR, unix.SIGXCPU,
	} {
		if !signal.Ignored(sig) {
			defaultAction(sig)
		}
	}
}
