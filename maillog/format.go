package maillog

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// Format is the form of a line that goes to a file, a terminal or a container's
// standard error.
type Format int

// The forms of a line; the package comment shows each.
const (
	Terminal Format = iota // program, severity and text, for a person
	Line                   // time, host, tag, severity and text, as in maillog_file
	JSON                   // one object a line
)

// layout appends the form of r that a destination wants to b. It is called by
// one goroutine at a time.
type layout func(b []byte, r *record) []byte

// postlogLayout returns the layout of postlogd's socket and of maillog_file for
// a host. postfix: src/util/msg_logger.c msg_logger_print
func postlogLayout(hostname string) layout {
	if hostname == "" {
		hostname = "amnesiac"
	}
	if dot := bytes.IndexByte([]byte(hostname), '.'); dot >= 0 {
		hostname = hostname[:dot]
	}
	return func(b []byte, r *record) []byte {
		b = appendTime(b, r.when, '0')
		b = append(b, hostname...)
		b = append(b, ' ')
		b = append(b, r.ident...)
		return appendText(b, r, maxText)
	}
}

// syslogLayout returns the layout of a local syslog socket.
// postfix: src/util/msg_syslog.c msg_syslog_print, and the C library's syslog
func syslogLayout(facility int) layout {
	return func(b []byte, r *record) []byte {
		b = append(b, '<')
		b = strconv.AppendInt(b, int64(facility|r.severity.priority()), 10)
		b = append(b, '>')
		b = appendTime(b, r.when, ' ')
		b = append(b, r.ident...)
		return appendText(b, r, maxText)
	}
}

// terminalLayout returns the layout of standard error. An empty name stands for
// that of the record, without its pid. Stock does not cut these lines.
// postfix: src/util/msg_vstream.c msg_vstream_print
func terminalLayout(name string) layout {
	return func(b []byte, r *record) []byte {
		if name != "" {
			b = append(b, name...)
		} else {
			program, _ := r.program()
			b = append(b, program...)
		}
		return appendText(b, r, maxStored)
	}
}

// jsonLayout is the layout of one JSON object, for containers.
func jsonLayout(b []byte, r *record) []byte {
	program, pid := r.program()
	slash := bytes.LastIndexByte(program, '/')
	b = append(b, `{"time":"`...)
	b = r.when.AppendFormat(b, "2006-01-02T15:04:05.000000Z07:00")
	b = append(b, '"')
	b = appendMember(b, "tag", program[:max(slash, 0)])
	b = appendMember(b, "program", program[slash+1:])
	b = append(b, `,"pid":`...)
	b = strconv.AppendInt(b, int64(pid), 10)
	b = appendMember(b, "severity", []byte(r.severity.String()))
	b = appendMember(b, "text", clip(r.text, maxText))
	return append(b, '}')
}

// lineLayout returns the layout of a line in format f.
func lineLayout(f Format, hostname string) layout {
	switch f {
	case Line:
		return postlogLayout(hostname)
	case JSON:
		return jsonLayout
	}
	return terminalLayout("")
}

// appendText appends ": ", the severity and the text.
func appendText(b []byte, r *record, limit int) []byte {
	b = append(b, ": "...)
	if r.severity != Info {
		b = append(b, r.severity.String()...)
		b = append(b, ": "...)
	}
	return append(b, clip(r.text, limit)...)
}

// appendTime appends "Mmm dd hh:mm:ss " in local time; pad fills up a day of
// one digit.
func appendTime(b []byte, when time.Time, pad byte) []byte {
	when = when.Local()
	_, month, day := when.Date()
	hour, minute, second := when.Clock()
	b = append(b, month.String()[:3]...)
	b = append(b, ' ')
	if day < 10 {
		b = append(b, pad)
	}
	b = strconv.AppendInt(b, int64(day), 10)
	b = appendTwo(b, ' ', hour)
	b = appendTwo(b, ':', minute)
	b = appendTwo(b, ':', second)
	return append(b, ' ')
}

func appendTwo(b []byte, before byte, n int) []byte {
	return append(b, before, byte('0'+n/10), byte('0'+n%10))
}

// appendMember appends a member of a JSON object, not the first one. What is
// not UTF-8, because the text was cut in a character, becomes U+FFFD.
func appendMember(b []byte, name string, value []byte) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':', '"')
	for len(value) > 0 {
		r, size := utf8.DecodeRune(value)
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			const hex = "0123456789abcdef"
			b = append(b, `\u00`...)
			b = append(b, hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
		value = value[size:]
	}
	return append(b, '"')
}
