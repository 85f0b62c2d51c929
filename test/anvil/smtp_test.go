package anvil_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"ostler/test/stock"
)

// site is an instance whose smtpd is talked to.
type site struct {
	t      *testing.T
	inst   *stock.Instance
	tls    *tls.Config
	closed int // sessions that have ended
}

// client is one side of SMTP sessions with one smtpd service of a site, and
// writes down what is said.
type client struct {
	*site
	port       int
	sessions   int      // opened so far
	transcript []string // "2 C: QUIT", "2 S: 221 2.0.0 Bye"
}

// session is one SMTP session.
type session struct {
	*client
	number int
	conn   net.Conn
	in     *bufio.Reader
}

func (c *client) say(number int, text string) {
	c.transcript = append(c.transcript, fmt.Sprintf("%d %s", number, strings.ReplaceAll(text, c.inst.Addr, "ADDR")))
}

// open starts a session and reads the banner.
func (c *client) open() *session {
	c.t.Helper()
	conn, err := net.DialTimeout("tcp", c.inst.ListenAddr(c.port), limit)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sessions++
	s := &session{client: c, number: c.sessions}
	s.use(conn)
	s.reply()
	return s
}

func (s *session) use(conn net.Conn) {
	s.conn, s.in = conn, bufio.NewReader(conn)
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		s.t.Fatal(err)
	}
}

// reply reads a reply of any number of lines, or the end of the session.
func (s *session) reply() {
	s.t.Helper()
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			s.say(s.number, "S: closes ("+line+")")
			return
		}
		s.say(s.number, "S: "+queuedAs.ReplaceAllString(strings.TrimRight(line, "\r\n"), "queued as QUEUEID"))
		if len(line) < 4 || line[3] != '-' {
			return
		}
	}
}

// do sends command lines, each after the reply to the one before.
func (s *session) do(lines ...string) {
	s.t.Helper()
	for _, line := range lines {
		s.say(s.number, "C: "+line)
		if _, err := fmt.Fprintf(s.conn, "%s\r\n", line); err != nil {
			s.say(s.number, "cannot write")
		}
		s.reply()
	}
}

// startTLS asks for encryption and goes on with it if it is granted.
func (s *session) startTLS() {
	s.t.Helper()
	s.do("STARTTLS")
	if last := s.transcript[len(s.transcript)-1]; !strings.Contains(last, "S: 220 ") {
		return
	}
	conn := tls.Client(s.conn, s.tls)
	err := conn.Handshake()
	s.say(s.number, fmt.Sprintf("handshake: %v", err))
	s.use(conn)
}

// quit ends the session and waits until smtpd has told anvil, which it does
// before it logs.
func (s *session) quit() {
	s.t.Helper()
	s.do("QUIT")
	s.close()
}

// close ends a session from the client's side; the server may have ended it
// before.
func (s *session) close() {
	s.t.Helper()
	s.conn.Close()
	s.closed++
	s.inst.WaitRecords(limit, 0, s.closed, stock.Matching("smtpd", "^disconnect from"))
}
