package servertest

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// A Record is one record that a process has logged.
type Record struct {
	Tag  string // syslog_name/program
	PID  int
	Text string // with the severity in front: "warning: ..."
}

// String is the record as it stands in a log file, without time and host.
func (r Record) String() string { return fmt.Sprintf("%s[%d]: %s", r.Tag, r.PID, r.Text) }

// parseRecord takes a record of the postlog protocol apart: time, host,
// tag[pid], text. What has another form becomes a Text.
func parseRecord(line string) Record {
	rest := line
	if len(rest) > len(time.Stamp) {
		_, rest, _ = strings.Cut(rest[len(time.Stamp)+1:], " ")
	}
	head, text, ok := strings.Cut(rest, ": ")
	tag, number, isPID := strings.Cut(strings.TrimSuffix(head, "]"), "[")
	pid, err := strconv.Atoi(number)
	if !ok || !isPID || err != nil {
		return Record{Text: line}
	}
	return Record{Tag: tag, PID: pid, Text: text}
}

// logReader collects records from the postlog socket.
type logReader struct {
	// Static after construction.
	path string
	conn *net.UnixConn
	done chan struct{} // closed when run has ended

	records board[Record]
}

func newLogReader(path string) (*logReader, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		conn.Close()
		return nil, err
	}
	l := &logReader{path: path, conn: conn, done: make(chan struct{})}
	// Ends when close closes the socket, which waits for it.
	go l.run()
	return l, nil
}

func (l *logReader) run() {
	defer close(l.done)
	for buf := make([]byte, 64<<10); ; {
		n, err := l.conn.Read(buf)
		if err != nil {
			return
		}
		l.records.add(parseRecord(string(buf[:n])))
	}
}

// syncTag marks records of our own.
const syncTag = "servertest sync"

// sync waits until everything has been read that was sent before.
func (l *logReader) sync(limit time.Duration) {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: l.path, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	mark := fmt.Sprintf("%s %d", syncTag, time.Now().UnixNano())
	conn.SetWriteDeadline(time.Now().Add(limit))
	if _, err := conn.Write([]byte(mark)); err == nil {
		l.records.find(0, func(r Record) bool { return r.Text == mark }, limit)
	}
}

// all returns the records of others.
func (l *logReader) all() (records []Record) {
	for _, r := range l.records.all() {
		if !strings.HasPrefix(r.Text, syncTag) {
			records = append(records, r)
		}
	}
	return records
}

func (l *logReader) close() {
	l.conn.Close()
	<-l.done
}

// Log returns what the processes of the service have logged so far, in the
// order in which it came. What a process has logged is complete when Wait has
// returned.
func (s *Service) Log() []Record { return s.log.all() }

// Logged waits until a record is logged whose text contains part, and returns
// the first such record. It ends the test if that takes longer than
// Config.Timeout.
func (s *Service) Logged(part string) Record {
	s.t.Helper()
	record, _, ok := s.log.records.find(0, func(r Record) bool { return strings.Contains(r.Text, part) }, s.conf.Timeout)
	if !ok {
		s.t.Fatalf("%q was not logged", part)
	}
	return record
}
