package stock

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// receiver is the source that serves postlogd's socket itself. The socket stays
// there while it is stopped, as it does in master's hands when postlogd restarts: whoever
// logs then waits when the queue is full.
type receiver struct {
	// Static after construction.
	journal *journal
	socket  string // path
	file    string // a copy of all records, for people

	// Owned by the goroutine that runs the life cycle, not thread-safe.
	conn *net.UnixConn // nil before the first start
	out  *os.File
	done chan struct{} // closed when the reading goroutine has ended; nil while stopped

	synced chan struct{} // a token for each syncMark read
}

// syncMark is a datagram that no program sends.
const syncMark = "\x00sync"

func (r *receiver) start() error {
	if r.done != nil {
		return nil
	}
	if err := r.bind(); err != nil {
		return fmt.Errorf("cannot serve the log socket: %w", err)
	}
	if err := r.conn.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("cannot serve the log socket: %w", err)
	}
	r.done = make(chan struct{})
	// Stopped by a deadline in the past; stop waits.
	go func() {
		defer close(r.done)
		r.read()
	}()
	return nil
}

// bind makes the socket and the file if they are not there.
func (r *receiver) bind() error {
	if r.conn != nil {
		return nil
	}
	if err := os.Remove(r.socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: r.socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	out, err := os.OpenFile(r.file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		err = os.Chmod(r.socket, 0o666)
	}
	if err != nil {
		conn.Close()
		return err
	}
	r.conn, r.out = conn, out
	return nil
}

// read takes records from the socket until it is stopped.
func (r *receiver) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.conn.Read(buf)
		if err != nil {
			return
		}
		if string(buf[:n]) == syncMark {
			r.synced <- struct{}{}
			continue
		}
		r.journal.add(string(buf[:n]))
		_, _ = fmt.Fprintf(r.out, "%s\n", buf[:n])
	}
}

// sync sends a mark that comes out behind all that is queued.
func (r *receiver) sync() error {
	if r.done == nil {
		return nil
	}
	conn, err := net.Dial("unixgram", r.socket)
	if err != nil {
		return fmt.Errorf("cannot read the log to its end: %w", err)
	}
	defer conn.Close()
	if _, err = io.WriteString(conn, syncMark); err != nil {
		return fmt.Errorf("cannot read the log to its end: %w", err)
	}
	<-r.synced
	return nil
}

func (r *receiver) stop() {
	if r.done == nil {
		return
	}
	_ = r.conn.SetReadDeadline(time.Unix(1, 0))
	<-r.done
	r.done = nil
}

func (r *receiver) close() {
	r.stop()
	if r.conn != nil {
		r.conn.Close()
		r.out.Close()
		r.conn, r.out = nil, nil
	}
}
