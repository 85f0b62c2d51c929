package maillog

import "log/slog"

// Severity says how bad a record is. Its zero value is Info.
type Severity int

// The severities, from harmless to a broken invariant.
const (
	Info    Severity = iota // MSG_INFO: no prefix
	Warning                 // MSG_WARN: "warning: "
	Error                   // MSG_ERROR: "error: ", counted
	Fatal                   // MSG_FATAL: "fatal: ", the process ends
	Panic                   // MSG_PANIC: "panic: ", the process aborts
)

// The same severities as levels of log/slog. Info, Warning and Error are
// slog's own levels.
const (
	LevelInfo    = slog.LevelInfo
	LevelWarning = slog.LevelWarn
	LevelError   = slog.LevelError
	LevelFatal   = slog.Level(12)
	LevelPanic   = slog.Level(16)
)

// String returns the name that stands before the text of a record, "info" for
// Info, which puts nothing there, and "unknown" for what is no severity.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	case Fatal:
		return "fatal"
	case Panic:
		return "panic"
	}
	return "unknown"
}

// Level returns the slog level of s.
func (s Severity) Level() slog.Level {
	return slog.Level(4 * int(s))
}

// SeverityOf returns the severity of a slog level: the highest one that is not
// above it. Levels below LevelWarning, debug included, are Info.
func SeverityOf(level slog.Level) Severity {
	switch {
	case level < LevelWarning:
		return Info
	case level < LevelError:
		return Warning
	case level < LevelFatal:
		return Error
	case level < LevelPanic:
		return Fatal
	}
	return Panic
}

// priority returns the severity number of syslog: fatal and panic share
// LOG_CRIT. postfix: src/util/msg_syslog.c msg_syslog_print
func (s Severity) priority() int {
	switch s {
	case Info:
		return 6
	case Warning:
		return 4
	case Error:
		return 3
	}
	return 2
}

// DefaultFacility is LOG_MAIL, which holds until main.cf is read.
const DefaultFacility = 2 << 3

// LookupFacility returns the number of a syslog facility, already shifted as
// LOG_MAIL is, and whether main.cf may name it. Names are lower case.
// postfix: src/util/msg_syslog.c msg_syslog_set_facility
func LookupFacility(name string) (code int, ok bool) {
	names := [...]string{
		0: "kern", 1: "user", 2: "mail", 3: "daemon", 4: "auth", 5: "syslog",
		6: "lpr", 7: "news", 8: "uucp", 9: "cron", 10: "authpriv", 11: "ftp",
		16: "local0", 17: "local1", 18: "local2", 19: "local3",
		20: "local4", 21: "local5", 22: "local6", 23: "local7",
	}
	for n, known := range names {
		if known != "" && known == name {
			return n << 3, true
		}
	}
	return 0, false
}
