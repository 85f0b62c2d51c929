package servertest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// channel is the status channel of a service: master's end, and the end that
// all processes share and that master keeps for the next.
type channel struct {
	// Static after construction.
	conn  net.Conn // master's end
	child int      // the processes' end

	messages *board[masterproto.Status]
	reading  sync.WaitGroup
}

func newChannel(messages *board[masterproto.Status]) (*channel, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fds[0]), "status channel")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		unix.Close(fds[1])
		return nil, err
	}
	c := &channel{conn: conn, child: fds[1], messages: messages}
	c.read()
	return c, nil
}

// read takes messages in until the connection is closed or pause is called,
// both of which wait for it.
func (c *channel) read() {
	c.reading.Add(1)
	go func() {
		defer c.reading.Done()
		var msg [masterproto.StatusSize]byte
		for {
			if _, err := io.ReadFull(c.conn, msg[:]); err != nil {
				return
			}
			if status, err := masterproto.ParseStatus(msg[:]); err == nil && status.PID != fillerPID {
				c.messages.add(status)
			}
		}
	}()
}

// fillerPID marks messages of our own; no process has this id.
const fillerPID = 0

// fill stops reading and stuffs the channel.
func (c *channel) fill() {
	c.conn.SetReadDeadline(time.Unix(1, 0))
	c.reading.Wait()
	for masterproto.SendStatus(c.child, masterproto.Status{PID: fillerPID}) == nil {
	}
}

// drain reads again.
func (c *channel) drain() {
	c.conn.SetReadDeadline(time.Time{})
	c.read()
}

func (c *channel) close() {
	c.conn.Close()
	unix.Close(c.child)
	c.reading.Wait()
}

// Status waits for the next status message of any process of the service and
// returns it. It ends the test if that takes longer than Config.Timeout.
func (s *Service) Status() masterproto.Status {
	s.t.Helper()
	s.mu.Lock()
	from := s.statusRead
	s.mu.Unlock()
	status, at, ok := s.statuses.find(from, func(masterproto.Status) bool { return true }, s.conf.Timeout)
	if !ok {
		s.t.Fatal("no status message came")
	}
	s.mu.Lock()
	s.statusRead = at + 1
	s.mu.Unlock()
	return status
}

// Statuses returns all status messages that have come so far, those that Status
// has returned too.
func (s *Service) Statuses() []masterproto.Status { return s.statuses.all() }

// FillStatus makes the status channel take no further message, as if master were
// stuck, until the function is called that it returns.
func (s *Service) FillStatus() (drain func()) {
	s.mu.Lock()
	c := s.status
	s.mu.Unlock()
	c.fill()
	return c.drain
}
