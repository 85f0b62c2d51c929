package faults_test

import (
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ostler/test/stock"
)

// receiver is the log daemon of one process: unlike the one of an instance it
// may be deaf, or dead.
type receiver struct {
	// Static after construction.
	conn *net.UnixConn
	done chan struct{} // closed when nobody reads any more

	start, end sync.Once

	// Owned by the reader until done is closed.
	lines []string
}

// newReceiver binds the socket, and reads nothing yet.
func newReceiver(path string) (*receiver, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		conn.Close()
		return nil, err
	}
	return &receiver{conn: conn, done: make(chan struct{})}, nil
}

// listen begins to read.
func (l *receiver) listen() {
	l.start.Do(func() {
		// Stopped by stop, which waits for it.
		go l.read()
	})
}

func (l *receiver) read() {
	defer close(l.done)
	buf := make([]byte, 64<<10)
	for {
		n, err := l.conn.Read(buf)
		if err != nil {
			break
		}
		l.lines = append(l.lines, string(buf[:n]))
	}
	// stop has been called: what is queued now is all that there will be.
	raw, err := l.conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		for {
			n, _, err := unix.Recvfrom(int(fd), buf, unix.MSG_DONTWAIT)
			if err == unix.EINTR {
				continue
			}
			if err != nil {
				return
			}
			l.lines = append(l.lines, string(buf[:n]))
		}
	})
}

// stop reads what has come, even if nobody has read so far, and ends.
func (l *receiver) stop() {
	l.end.Do(func() {
		l.conn.SetReadDeadline(time.Unix(1, 0))
		l.listen()
		<-l.done
		l.conn.Close()
	})
}

// records are what has come by stop, as "tag/program: text".
func (l *receiver) records() []string {
	var texts []string
	for _, line := range l.lines {
		r := stock.ParseRecord(line)
		texts = append(texts, r.Tag+"/"+r.Program+": "+r.Text)
	}
	return texts
}
