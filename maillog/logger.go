package maillog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Logger writes log records. New, ToStderr, ToWriter and ToFile make one.
type Logger struct {
	// Static after construction.
	o     Options // with defaults
	sys   *calls
	main  *queue
	fixed bool // Configure does not change the destination

	// Safe for concurrent use.
	ident   atomic.Pointer[[]byte] // tag/program[pid], not changed once stored
	jail    atomic.Pointer[string] // what EnterJail was given, or nil
	stderr  atomic.Pointer[queue]  // of copies for standard error, or nil
	utf8    atomic.Bool
	verbose atomic.Int64
	errors  atomic.Int64 // since ClearErrors
	limit   atomic.Int64 // number of errors that is too many
	exiting atomic.Bool  // a fatal or panic record was written
	buffers sync.Pool    // of *[]byte, to format in

	mu sync.Mutex

	// Guarded by mu.
	tag     string // what stands before "/program", or empty
	pid     int
	target  target // where main sends to
	sunk    bool   // SetSink has overridden target
	json    bool   // lines for people are JSON objects
	onFatal func()
}

// errorLimit is the number of the error record that ends a process.
// postfix: src/util/msg.c msg_error_bound
const errorLimit = 13

// New returns a logger for a program that has not read main.cf yet: the
// environment variables MAIL_LOGTAG, POSTLOG_SERVICE and POSTLOG_HOSTNAME, if
// they are set, give the tag, the postlog socket and the host; without them the
// tag is "postfix" and records go to syslog. Nothing is opened and no goroutine
// runs until the first record. New also loads the local time zone, which a
// process in a jail could not.
// postfix: src/global/maillog_client.c maillog_client_init
func New(o Options) *Logger {
	l := newLogger(o, systemCalls())
	tag := l.o.Getenv(envLogTag)
	if tag == "" {
		tag = "postfix"
	}
	l.setTag(tag)
	l.target = l.earlyTarget()
	l.main = newQueue(l.o.QueueLimit, l.o.Now, l.identBytes, l.newSink(l.target))
	return l
}

// ToStderr returns a logger for a program that is run by hand or in a container:
// lines on descriptor 2 in the form that o says, by default "program: warning:
// text". The tag has no syslog_name before the program until Configure sets one;
// Configure does not change the destination. If standard error is closed, or its
// reader gone, records are lost and nothing else happens.
func ToStderr(o Options) *Logger {
	l := newLogger(o, systemCalls())
	l.fix(newStderrSink(l.sys, l.lineLayout()))
	return l
}

// ToWriter is like ToStderr for any writer. Each record is one call of w.Write,
// from one goroutine; one that fails is repeated every second. w stays the
// caller's. os.Stderr is ToStderr.
func ToWriter(w io.Writer, o Options) *Logger {
	if w == os.Stderr {
		// Its Write would end the process when the reader is gone.
		return ToStderr(o)
	}
	l := newLogger(o, systemCalls())
	l.fix(&writerSink{w: w, layout: l.lineLayout()})
	return l
}

// ToFile is like ToWriter for a file that is opened for each record and created
// if need be, so that it may be renamed at any time. /dev/stdout is a file too.
func ToFile(path string, o Options) *Logger {
	l := newLogger(o, systemCalls())
	l.fix(newFileSink(l.sys, path, l.lineLayout()))
	return l
}

// newLogger returns a logger without a queue.
func newLogger(o Options, sys *calls) *Logger {
	l := &Logger{o: o.withDefaults(), sys: sys}
	l.pid = l.o.PID
	l.json = l.o.Format == JSON
	l.limit.Store(errorLimit)
	l.buffers.New = func() any { return new([]byte) }
	l.setTag("")
	// The first use of local time reads /etc/localtime.
	_ = l.o.Now().Local().Hour()
	return l
}

// fix makes s the destination for good.
func (l *Logger) fix(s sink) {
	l.fixed = true
	l.main = newQueue(l.o.QueueLimit, l.o.Now, l.identBytes, s)
}

// Infof logs a record without a severity. Format and args are those of package
// fmt. It does not block, and drops the record if the queue is full.
// postfix: src/util/msg.c msg_info
func (l *Logger) Infof(format string, args ...any) {
	l.logf(Info, format, args...)
}

// Warningf is like Infof for a record that starts with "warning: ".
// postfix: src/util/msg.c msg_warn
func (l *Logger) Warningf(format string, args ...any) {
	l.logf(Warning, format, args...)
}

// Errorf is like Infof for a record that starts with "error: ". The 13th one of
// a process ends it with the fatal record "too many errors - program
// terminated", as Fatalf does. postfix: src/util/msg.c msg_error
func (l *Logger) Errorf(format string, args ...any) {
	l.logf(Error, format, args...)
	if l.errors.Add(1) >= l.limit.Load() {
		l.Fatalf("too many errors - program terminated")
	}
}

// Debugf is Infof if Verbose is more than 0, and does nothing otherwise.
func (l *Logger) Debugf(format string, args ...any) {
	if l.verbose.Load() > 0 {
		l.logf(Info, format, args...)
	}
}

// LogAs logs text as somebody else: ident stands for tag, program and pid, and
// text may start with a severity already. postlogd uses it to pass records on
// after maillog_file was emptied; then the record's priority is that of Info,
// as in stock. It does not block.
// postfix: src/postlogd/postlogd.c postlogd_service
func (l *Logger) LogAs(ident string, text []byte) {
	l.put(Info, []byte(ident), bytes.Clone(clip(text, maxStored)))
}

// logf formats a record and puts it into the queues. It reports whether the
// first of them has taken it.
func (l *Logger) logf(severity Severity, format string, args ...any) bool {
	buffer := l.buffers.Get().(*[]byte)
	text := fmt.Appendf((*buffer)[:0], format, args...)
	ok := l.put(severity, l.identBytes(), clip(text, maxStored))
	if cap(text) <= keepBuffer {
		*buffer = text
		l.buffers.Put(buffer)
	}
	return ok
}

// put makes text printable, in place, and puts it into the queues.
func (l *Logger) put(severity Severity, ident, text []byte) bool {
	return l.putAt(l.o.Now(), severity, ident, text)
}

// putAt is put for a record of another time; the zero time is now.
func (l *Logger) putAt(when time.Time, severity Severity, ident, text []byte) bool {
	if when.IsZero() {
		when = l.o.Now()
	}
	printable(text, l.utf8.Load())
	r := record{when: when, severity: severity, ident: clip(ident, maxIdent), text: text}
	if copies := l.stderr.Load(); copies != nil {
		copies.put(&r)
	}
	if !l.fixed {
		r.text = clip(r.text, maxText)
	}
	return l.main.put(&r)
}

// Flush waits, for at most d, until all records logged so far have gone to their
// destination, and reports whether they have.
func (l *Logger) Flush(d time.Duration) bool {
	deadline := time.Now().Add(d)
	ok := l.main.flush(d)
	if copies := l.stderr.Load(); copies != nil {
		ok = copies.flush(time.Until(deadline)) && ok
	}
	return ok
}

// Close flushes for at most a second, stops the writer and closes the sockets.
// What is logged afterwards is lost. It returns an error if not all records went
// out. A program that is about to exit calls it, or Flush.
func (l *Logger) Close() error {
	ok := l.main.close(time.Second)
	if copies := l.stderr.Swap(nil); copies != nil {
		ok = copies.close(time.Second) && ok
	}
	if !ok {
		return errUnwritten
	}
	return nil
}

// errUnwritten is what Close returns.
var errUnwritten = errors.New("cannot write all log records within a second")

// Ident returns what stands before the colon of a record: tag, program and pid.
func (l *Logger) Ident() string { return string(l.identBytes()) }

func (l *Logger) identBytes() []byte { return *l.ident.Load() }

// Program returns the name of the program, without a path.
func (l *Logger) Program() string { return l.o.Program }

// Verbose returns how often -v was given. postfix: src/util/msg.c msg_verbose
func (l *Logger) Verbose() int { return int(l.verbose.Load()) }

// SetVerbose sets what Verbose returns.
func (l *Logger) SetVerbose(n int) { l.verbose.Store(int64(n)) }

// SetErrorLimit makes the n-th error record the last one and returns the limit
// that it replaces. postfix: src/util/msg.c msg_error_limit
func (l *Logger) SetErrorLimit(n int) int { return int(l.limit.Swap(int64(n))) }

// ClearErrors counts error records from zero again.
// postfix: src/util/msg.c msg_error_clear
func (l *Logger) ClearErrors() { l.errors.Store(0) }

// SetPID changes the number in the tag of the records to come.
func (l *Logger) SetPID(pid int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pid = pid
	l.updateIdent()
}

// setTag changes the tag of the records to come.
func (l *Logger) setTag(tag string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tag = tag
	l.updateIdent()
}

// updateIdent puts ident together again. The caller holds mu.
func (l *Logger) updateIdent() {
	ident := l.o.Program + "[" + strconv.Itoa(l.pid) + "]"
	if l.tag != "" {
		ident = l.tag + "/" + ident
	}
	b := []byte(ident)
	l.ident.Store(&b)
}
