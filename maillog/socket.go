package maillog

import (
	"time"

	"golang.org/x/sys/unix"
)

// socketSink sends records to the unix-domain socket of a log daemon. It never
// blocks but in wait.
type socketSink struct {
	// Static after construction.
	sys      *calls
	path     func() string // where the socket is now: a jail changes it
	layout   layout
	stream   bool      // a stream socket will do when it is no datagram socket
	fallback *fileSink // takes what the socket does not, or nil

	// Owned by the writer once it has adopted the sink, not thread-safe.
	fd        int    // -1: not connected
	connected int    // kind of fd: SOCK_DGRAM or SOCK_STREAM
	buffer    []byte // the record being sent
	unsent    []byte // the part of buffer that is still to go, or empty
}

func newSocketSink(sys *calls, path func() string, l layout) *socketSink {
	return &socketSink{sys: sys, path: path, layout: l, fd: -1}
}

// connect connects the socket if it is not. It does not block: a local
// connection is made or refused at once.
func (s *socketSink) connect() error {
	if s.fd >= 0 {
		return nil
	}
	err := s.connectAs(unix.SOCK_DGRAM)
	if err == unix.EPROTOTYPE && s.stream {
		err = s.connectAs(unix.SOCK_STREAM)
	}
	return err
}

func (s *socketSink) connectAs(kind int) error {
	fd, err := s.sys.socket(kind)
	if err != nil {
		return err
	}
	for {
		err = s.sys.dial(fd, s.path())
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		s.sys.close(fd)
		return err
	}
	s.fd, s.connected = fd, kind
	return nil
}

// send implements sink. A daemon that was restarted has left a dead connection
// behind: then it connects again, once, and the caller comes back later if
// that does not help.
func (s *socketSink) send(r *record) error {
	fresh := s.fd < 0
	for {
		if err := s.connect(); err != nil {
			if s.fallback != nil {
				return s.fallback.send(r)
			}
			return err
		}
		if s.fallback != nil {
			s.fallback.close()
		}
		err := s.transmit(r)
		switch err {
		case nil, errFull, errLost:
			return err
		}
		s.close()
		if fresh {
			return err
		}
		fresh = true
	}
}

// transmit sends r, or what is left of it, over the connected socket.
func (s *socketSink) transmit(r *record) error {
	if len(s.unsent) == 0 {
		s.buffer = s.layout(s.buffer[:0], r)
		if s.connected == unix.SOCK_STREAM {
			s.buffer = append(s.buffer, 0)
		}
		s.unsent = s.buffer
	}
	for len(s.unsent) > 0 {
		n, err := s.sys.send(s.fd, s.unsent)
		switch err {
		case nil:
			s.unsent = s.unsent[n:]
			if s.connected == unix.SOCK_DGRAM {
				s.unsent = nil
			}
		case unix.EINTR:
		case unix.EAGAIN:
			return errFull
		case unix.EMSGSIZE:
			s.unsent = nil
			return errLost
		default:
			return err
		}
	}
	return nil
}

// wait implements sink.
func (s *socketSink) wait(d time.Duration) {
	switch {
	case s.fd >= 0:
		s.sys.poll(s.fd, d)
	case s.fallback != nil:
		s.fallback.wait(d)
	}
}

// close implements sink. A record that was sent in part is sent as a whole over
// the next connection.
func (s *socketSink) close() {
	if s.fd >= 0 {
		s.sys.close(s.fd)
		s.fd = -1
	}
	s.unsent = nil
	if s.fallback != nil {
		s.fallback.close()
	}
}
