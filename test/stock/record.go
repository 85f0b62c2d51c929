package stock

import (
	"regexp"
	"strconv"
)

// Record is one line of the mail log, taken apart.
type Record struct {
	Line    string // as it was logged
	Time    string // "Nov 23 18:04:20"
	Host    string
	Tag     string // syslog_name, "postfix"
	Program string // "smtpd"
	PID     int
	Text    string // the message, with its severity: "warning: ..."
}

var recordForm = regexp.MustCompile(`^(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) (\S+)/([^/\[\]]+)\[(\d+)\]: (.*)$`)

// ParseRecord takes a line of the mail log apart. A line in another form is all
// Text.
func ParseRecord(line string) Record {
	m := recordForm.FindStringSubmatch(line)
	if m == nil {
		return Record{Line: line, Text: line}
	}
	// The form admits digits only; a number too large stays 0, as no process has it.
	pid, _ := strconv.Atoi(m[5])
	return Record{Line: line, Time: m[1], Host: m[2], Tag: m[3], Program: m[4], PID: pid, Text: m[6]}
}

// Matching selects the records of a program ("" for all) whose text matches the
// regular expression.
func Matching(program, pattern string) func(Record) bool {
	re := regexp.MustCompile(pattern)
	return func(r Record) bool {
		return (program == "" || r.Program == program) && re.MatchString(r.Text)
	}
}
