package maillog

import (
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Options tell New about the process. The zero value of each field is a default
// that suits a daemon.
type Options struct {
	// Program is the name in the tag. A path is cut down to its last element.
	// Default: os.Args[0].
	Program string
	// PID is the number in the tag. Default: os.Getpid().
	PID int
	// Getenv, Setenv and Unsetenv read and change the environment that children
	// inherit. Defaults: those of package os, except that Getenv finds nothing
	// in a process that runs with set-uid or set-gid permissions.
	Getenv   func(name string) string
	Setenv   func(name, value string) error
	Unsetenv func(name string) error
	// Stderr is where SetStderr sends copies, and where a fatal record goes that
	// could not be delivered. Writing to it may block. Default: descriptor 2.
	Stderr io.Writer
	// Now tells the time of a record. Default: time.Now.
	Now func() time.Time
	// SyslogPath is the socket of the syslog daemon. Default: /dev/log.
	SyslogPath string
	// QueueLimit is the size of the queue in bytes. Default: 1 MB.
	QueueLimit int
	// Format is the form of lines that ToWriter and ToFile write.
	// Default: Terminal.
	Format Format
	// Exit and Abort end the process, after Fatalf and Panicf. If one returns,
	// as in a test, so does the method that called it. Defaults: os.Exit and a
	// SIGABRT without a stack trace.
	Exit  func(status int)
	Abort func()
}

// withDefaults returns o with every field set.
func (o Options) withDefaults() Options {
	if o.Program == "" && len(os.Args) > 0 {
		o.Program = os.Args[0]
	}
	o.Program = basename(o.Program)
	if o.PID == 0 {
		o.PID = os.Getpid()
	}
	if o.Getenv == nil {
		o.Getenv = safeGetenv
	}
	if o.Setenv == nil {
		o.Setenv = os.Setenv
	}
	if o.Unsetenv == nil {
		o.Unsetenv = os.Unsetenv
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SyslogPath == "" {
		o.SyslogPath = "/dev/log"
	}
	if o.QueueLimit == 0 {
		o.QueueLimit = queueLimit
	}
	if o.Exit == nil {
		o.Exit = os.Exit
	}
	if o.Abort == nil {
		o.Abort = abort
	}
	return o
}

// basename returns what follows the last slash of path, unless nothing does.
// postfix: src/global/mail_task.c mail_task
func basename(path string) string {
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 || slash == len(path)-1 {
		return path
	}
	return path[slash+1:]
}

// safeGetenv is os.Getenv, but finds nothing when the environment comes from
// somebody with fewer rights. postfix: src/util/safe_getenv.c, src/util/unsafe.c
func safeGetenv(name string) string {
	uid, euid := unix.Getuid(), unix.Geteuid()
	if uid == 0 && euid == 0 {
		return os.Getenv(name)
	}
	if uid != euid || unix.Getgid() != unix.Getegid() {
		return ""
	}
	return os.Getenv(name)
}
