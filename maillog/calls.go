package maillog

import (
	"time"

	"golang.org/x/sys/unix"
)

// calls are the calls into the operating system that sinks make, as fields, so
// that a test can have any of them fail.
type calls struct {
	socket func(kind int) (fd int, err error)      // of the unix domain, non-blocking
	dial   func(fd int, path string) error         // connect
	send   func(fd int, b []byte) (n int, _ error) // a whole datagram, or a part of a stream
	open   func(path string) (fd int, err error)   // for appending
	write  func(fd int, b []byte) (n int, _ error)
	poll   func(fd int, d time.Duration) (ready bool) // whether fd can be written, within d
	close  func(fd int)
}

func systemCalls() *calls {
	return &calls{
		socket: func(kind int) (int, error) {
			return unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		},
		dial: func(fd int, path string) error {
			return unix.Connect(fd, &unix.SockaddrUnix{Name: path})
		},
		send: func(fd int, b []byte) (int, error) {
			return unix.SendmsgN(fd, b, nil, nil, unix.MSG_NOSIGNAL)
		},
		open:  openLog,
		write: unix.Write,
		poll: func(fd int, d time.Duration) bool {
			// An error of fd is an event too: the next call on fd tells it.
			fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
			n, err := unix.Poll(fds, int(d.Milliseconds()))
			return n > 0 && err == nil
		},
		close: func(fd int) { _ = unix.Close(fd) },
	}
}

// openLog opens a log file for appending and creates it with mode 0644, less
// the umask. A special file such as /dev/stdout will do, a directory or a file
// with several names will not: a link that somebody else made could send the
// log anywhere. postfix: src/util/logwriter.c, src/util/safe_open.c
func openLog(path string) (int, error) {
	const flags = unix.O_WRONLY | unix.O_APPEND | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY
	fd, err := unix.Open(path, flags, 0)
	if err == unix.ENOENT {
		fd, err = unix.Open(path, flags|unix.O_CREAT|unix.O_EXCL, 0o644)
	}
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFREG && (st.Nlink != 1 || !ownPath(path)) {
		_ = unix.Close(fd)
		return -1, unix.EPERM
	}
	return fd, nil
}

// ownPath reports whether path is no symbolic link, or one of root's.
func ownPath(path string) bool {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return false
	}
	return st.Mode&unix.S_IFMT != unix.S_IFLNK || st.Uid == 0
}
