package maillog

import (
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// pipeBuf is PIPE_BUF of Linux: a pipe that poll finds writable takes as much.
const pipeBuf = 4096

// fileSink appends lines to a descriptor that stays open, standard error, or
// to a file that is opened for each record, so that it may be renamed at any
// time. postfix: src/util/logwriter.c logwriter_one_shot
type fileSink struct {
	// Static after construction.
	sys    *calls
	path   string // empty: fd is somebody else's and stays open
	layout layout

	// Owned by the writer once it has adopted the sink, not thread-safe.
	fd     int // -1: not open
	buffer []byte
	unsent []byte // the part of buffer that is still to go, or empty
}

func newFileSink(sys *calls, path string, l layout) *fileSink {
	return &fileSink{sys: sys, path: path, layout: l, fd: -1}
}

func newStderrSink(sys *calls, l layout) *fileSink {
	return &fileSink{sys: sys, layout: l, fd: 2}
}

// send implements sink. On a full disk the rest of a line is written when there
// is space again. A standard error that was closed takes nothing ever.
func (s *fileSink) send(r *record) error {
	if len(s.unsent) == 0 {
		s.buffer = append(s.layout(s.buffer[:0], r), '\n')
		s.unsent = s.buffer
	}
	if s.fd < 0 {
		fd, err := s.sys.open(s.path)
		if err != nil {
			return err
		}
		s.fd = fd
	}
	err := s.flush()
	if s.path == "" && (err == unix.EBADF || err == unix.EPIPE || err == unix.EIO) {
		s.unsent = nil
		return errLost
	}
	if err != errFull {
		s.release()
	}
	return err
}

// flush writes what is left of a line. A standard error that is a pipe may
// block: it is written to only when there is space, and no more than a pipe
// with space takes at once.
func (s *fileSink) flush() error {
	for len(s.unsent) > 0 {
		part := s.unsent
		if s.path == "" {
			if !s.sys.poll(s.fd, 0) {
				return errFull
			}
			part = clip(part, pipeBuf)
		}
		n, err := s.sys.write(s.fd, part)
		switch err {
		case nil:
			s.unsent = s.unsent[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			return errFull
		default:
			return err
		}
	}
	return nil
}

// wait implements sink.
func (s *fileSink) wait(d time.Duration) {
	if s.fd >= 0 {
		s.sys.poll(s.fd, d)
	}
}

// release closes the file, if it is ours.
func (s *fileSink) release() {
	if s.path != "" && s.fd >= 0 {
		s.sys.close(s.fd)
		s.fd = -1
	}
}

// close implements sink.
func (s *fileSink) close() {
	s.release()
	s.unsent = nil
}

// writerSink writes lines to an io.Writer, one Write a line.
type writerSink struct {
	// Static after construction.
	w      io.Writer
	layout layout

	// Owned by the writer once it has adopted the sink, not thread-safe.
	buffer []byte
}

// send implements sink. What a failed Write has taken of a line is written
// again with the line.
func (s *writerSink) send(r *record) error {
	s.buffer = append(s.layout(s.buffer[:0], r), '\n')
	_, err := s.w.Write(s.buffer)
	return err
}

// wait implements sink. There is nothing to wait for: send never says errFull.
func (s *writerSink) wait(time.Duration) {}

// close implements sink. The writer belongs to the caller.
func (s *writerSink) close() {}

// funcSink gives records, in postlog's form, to a function.
type funcSink struct {
	// Static after construction.
	take   func(record []byte) error
	layout layout

	// Owned by the writer once it has adopted the sink, not thread-safe.
	buffer []byte
}

// send implements sink.
func (s *funcSink) send(r *record) error {
	s.buffer = s.layout(s.buffer[:0], r)
	return s.take(s.buffer)
}

// wait implements sink.
func (s *funcSink) wait(time.Duration) {}

// close implements sink.
func (s *funcSink) close() {}
