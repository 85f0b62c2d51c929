package faults_test

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"ostler/test/stock"
)

func devNull(*rig) (int, error) { return unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0) }

// device opens a file that may be written to.
func device(path string) opener {
	return func(*rig) (int, error) { return unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0) }
}

// plainFile is a file with some text, opened for reading and writing.
func plainFile(text string) opener {
	return func(r *rig) (int, error) {
		f, err := os.CreateTemp(r.inst.Dir, "file")
		if err != nil {
			return -1, err
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			return -1, err
		}
		return unix.Open(f.Name(), unix.O_RDWR|unix.O_CLOEXEC, 0)
	}
}

// captured is a pipe whose contents become a part of the outcome.
func captured(number int) opener {
	return func(r *rig) (int, error) {
		p, err := pipe(0)
		if err != nil {
			return -1, err
		}
		r.outputs[number] = read(p[0])
		return p[1], nil
	}
}

// closedPipe is a pipe that nobody reads any more.
func closedPipe(*rig) (int, error) {
	p, err := pipe(0)
	if err != nil {
		return -1, err
	}
	unix.Close(p[0])
	return p[1], nil
}

func pipe(flags int) (p [2]int, err error) {
	err = unix.Pipe2(p[:], unix.O_CLOEXEC|flags)
	return p, err
}

// flowPipe is one end of a pipe of its own, which is enough where there is no
// flow control.
func flowPipe(end int) opener {
	return func(r *rig) (int, error) {
		p, err := pipe(unix.O_NONBLOCK)
		if err != nil {
			return -1, err
		}
		r.mine = append(r.mine, p[1-end])
		return p[end], nil
	}
}

// statusChannel is what master makes of it.
func statusChannel(r *rig) (int, error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	r.status = p[0]
	return p[1], nil
}

// connected is one half of a pair.
func connected(r *rig) (int, error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	r.mine = append(r.mine, p[0])
	return p[1], nil
}

// socket is a socket that is neither bound nor connected.
func socket(domain, kind int) opener {
	return func(*rig) (int, error) { return unix.Socket(domain, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0) }
}

// unixListener and inetListener are what master listens on; the test can
// connect to it.
func unixListener(r *rig) (int, error) {
	return r.listen(unix.AF_UNIX, &unix.SockaddrUnix{Name: r.inst.Socket("private/" + program)})
}

// otherListener is a listener that nobody connects to.
func otherListener(r *rig) (int, error) {
	fd, err := socket(unix.AF_UNIX, unix.SOCK_STREAM)(r)
	if err != nil {
		return -1, err
	}
	err = errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: r.inst.Socket("private/other")}), unix.Listen(fd, 100))
	return fd, err
}

func (r *rig) listen(domain int, to *unix.SockaddrUnix) (int, error) {
	fd, err := socket(domain, unix.SOCK_STREAM)(r)
	if err != nil {
		return -1, err
	}
	err = errors.Join(unix.Bind(fd, to), unix.Listen(fd, 4096))
	if err != nil {
		return -1, err
	}
	r.network, r.address = "unix", to.Name
	r.listener, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	return fd, err
}

// terminal is the far side of one that nobody looks at.
func terminal(r *rig) (int, error) {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return -1, err
	}
	r.mine = append(r.mine, master)
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return -1, err
	}
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return -1, err
	}
	return unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
}

// postdropGroup may pass through public/, where the log socket is.
func postdropGroup(t *testing.T) uint32 {
	t.Helper()
	g, err := user.LookupGroup(stock.SetgidGroup)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(g.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}
