package maillog

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// The environment that tells a program how to log before it has read main.cf.
const (
	envLogTag          = "MAIL_LOGTAG"
	envPostlogService  = "POSTLOG_SERVICE"
	envPostlogHostname = "POSTLOG_HOSTNAME"
)

// Settings is what main.cf says about logging.
type Settings struct {
	SyslogName          string // syslog_name, the tag
	Facility            string // syslog_facility; empty: mail
	MaillogFile         string // maillog_file; empty: syslog
	MaillogFilePrefixes string // maillog_file_prefixes, separated by commas or spaces
	PostlogSocket       string // absolute path: $queue_directory/public/$postlog_service_name
	Hostname            string // myhostname; empty: POSTLOG_HOSTNAME, or "amnesiac"
	SMTPUTF8            bool   // smtputf8_enable: UTF-8 in a text is kept

	// FileFallback appends records to MaillogFile when PostlogSocket cannot be
	// connected: for master and the commands that a person runs.
	// postfix: MAILLOG_CLIENT_FLAG_LOGWRITER_FALLBACK
	FileFallback bool
	// JSON makes the lines on standard error, and those of a logger that
	// ToWriter or ToFile made, JSON objects. Daemons' records are not changed.
	JSON bool
}

// target is where records go, in a form that can be compared.
type target struct {
	postlog  bool   // postlogd's socket, else syslog's
	path     string // of the socket
	hostname string // for postlog
	facility int    // for syslog
	fallback string // the file to append to when the socket is not there
}

// Configure changes the logger to what main.cf says. It may be called again.
// The socket is opened now, so that it is there after a chroot; that there is no
// daemon behind it yet is not an error. Records that were not delivered yet go
// to the new destination. The environment is changed for the children:
// MAIL_LOGTAG is set to syslog_name; POSTLOG_SERVICE and POSTLOG_HOSTNAME are
// set if maillog_file is, and removed otherwise.
//
// An error is the text of a fatal record, stock's where stock has one, and means
// that the destination and the environment's POSTLOG variables are as before.
// postfix: src/global/maillog_client.c, src/global/mail_params.c
func (l *Logger) Configure(s Settings) error {
	l.utf8.Store(s.SMTPUTF8)
	to, err := l.lateTarget(s)
	if err != nil {
		return err
	}
	if s.SyslogName != l.o.Getenv(envLogTag) {
		if err := l.o.Setenv(envLogTag, s.SyslogName); err != nil {
			return fmt.Errorf("setenv %s %s: %w", envLogTag, s.SyslogName, err)
		}
	}
	if err := l.export(to); err != nil {
		return err
	}
	l.setTag(s.SyslogName)
	l.setJSON(s.JSON)
	if !l.fixed {
		l.redirect(to)
	}
	return nil
}

// earlyTarget is the destination that the environment asks for.
func (l *Logger) earlyTarget() target {
	path := l.o.Getenv(envPostlogService)
	if path == "" {
		return target{path: l.o.SyslogPath, facility: DefaultFacility}
	}
	return target{postlog: true, path: path, hostname: l.o.Getenv(envPostlogHostname)}
}

// lateTarget is the destination that main.cf asks for.
func (l *Logger) lateTarget(s Settings) (target, error) {
	facility, ok := DefaultFacility, true
	if s.Facility != "" {
		facility, ok = LookupFacility(s.Facility)
	}
	if !ok {
		return target{}, fmt.Errorf("parameter syslog_facility: unrecognized value: %s", s.Facility)
	}
	if s.MaillogFile == "" {
		return target{path: l.o.SyslogPath, facility: facility}, nil
	}
	if err := CheckFile(s.MaillogFile, s.MaillogFilePrefixes); err != nil {
		return target{}, err
	}
	if len(s.PostlogSocket) >= len(unix.RawSockaddrUnix{}.Path) {
		return target{}, errors.New("unix_dgram_connect: unix-domain name too long: " + s.PostlogSocket)
	}
	to := target{postlog: true, path: s.PostlogSocket, hostname: s.Hostname}
	if to.hostname == "" {
		to.hostname = l.o.Getenv(envPostlogHostname)
	}
	if to.hostname == "" {
		to.hostname = "amnesiac"
	}
	if s.FileFallback {
		to.fallback = s.MaillogFile
	}
	return to, nil
}

// CheckFile says whether file, the value of maillog_file, begins with one of
// prefixes, the value of maillog_file_prefixes. The error's text is stock's
// fatal one.
func CheckFile(file, prefixes string) error {
	if !hasPrefixOf(file, prefixes) {
		return fmt.Errorf("maillog_file value '%s' does not match any prefix in maillog_file_prefixes", file)
	}
	return nil
}

// hasPrefixOf reports whether path starts with one of the words of prefixes.
func hasPrefixOf(path, prefixes string) bool {
	separator := func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }
	for _, prefix := range strings.FieldsFunc(prefixes, separator) {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// export tells children about to, or that there is nothing to tell.
func (l *Logger) export(to target) error {
	variables := [...]struct{ name, value string }{
		{envPostlogService, to.path},
		{envPostlogHostname, to.hostname},
	}
	for _, v := range variables {
		now := l.o.Getenv(v.name)
		switch {
		case to.postlog && now != v.value:
			if err := l.o.Setenv(v.name, v.value); err != nil {
				return fmt.Errorf("setenv: %w", err)
			}
		case !to.postlog && now != "":
			if err := l.o.Unsetenv(v.name); err != nil {
				return fmt.Errorf("unsetenv: %w", err)
			}
		}
	}
	return nil
}

// redirect sends records to another place, unless they go there already.
func (l *Logger) redirect(to target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := to == l.target
	l.target = to
	if l.sunk {
		return
	}
	s := l.newSink(to)
	if err := s.connect(); err != nil && same {
		// The old connection may be one that was made before the jail closed.
		s.close()
		return
	}
	// If there is no daemon yet the writer connects, later.
	l.main.setSink(s)
}

// newSink returns the sink of a target. It is not connected yet.
func (l *Logger) newSink(to target) *socketSink {
	path := func() string { return l.inJail(to.path) }
	if !to.postlog {
		s := newSocketSink(l.sys, path, syslogLayout(to.facility))
		s.stream = true
		return s
	}
	s := newSocketSink(l.sys, path, postlogLayout(to.hostname))
	if to.fallback != "" {
		s.fallback = newFileSink(l.sys, to.fallback, s.layout)
	}
	return s
}

// SetSink sends records to take, in the form of maillog_file without a newline,
// instead of anywhere else; nil ends that. It is for the program that reads the
// postlog socket: it must not wait for a socket that it alone empties. take is
// called by one goroutine at a time, the bytes are valid until it returns, and
// an error makes it be called again with the same record after a second. It may
// block, and may log, but must not call Flush, Close, Fatalf or Panicf.
// postfix: src/util/msg_logger.c CA_MSG_LOGGER_CTL_FALLBACK_ONLY
func (l *Logger) SetSink(take func(record []byte) error) {
	if l.fixed {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sunk = take != nil
	if !l.sunk {
		l.main.setSink(l.newSink(l.target))
		return
	}
	l.main.setSink(&funcSink{take: take, layout: postlogLayout(l.target.hostname)})
}

// EnterJail tells the logger that the process has changed its root directory to
// root, the queue directory. Connections that are open go on to be used; when
// the log daemon is restarted they are made anew at the place where the jail has
// the socket: postlogd's by its path below root, syslog's at the same path.
func (l *Logger) EnterJail(root string) {
	root = strings.TrimRight(root, "/")
	l.jail.Store(&root)
}

// inJail returns path as the process sees it now.
func (l *Logger) inJail(path string) string {
	root := l.jail.Load()
	if root == nil {
		return path
	}
	if below, ok := strings.CutPrefix(path, *root); ok && strings.HasPrefix(below, "/") {
		return below
	}
	return path
}
