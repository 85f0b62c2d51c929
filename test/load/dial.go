package load

import (
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// dial returns a connected socket. It is a blocking one, with timeouts; where it
// must not block MSG_DONTWAIT is used. (A unix-domain socket that does not block
// fails to connect when the server's queue is full, instead of waiting.)
func dial(network, address string, timeout time.Duration) (fd int, err error) {
	domain, to, err := resolve(network, address)
	if err != nil {
		return -1, fmt.Errorf("cannot connect to %s: %w", address, err)
	}
	fd, err = unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("cannot connect to %s: %w", address, err)
	}
	if err := connect(fd, domain, to, timeout); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("cannot connect to %s: %w", address, err)
	}
	return fd, nil
}

func resolve(network, address string) (domain int, to unix.Sockaddr, err error) {
	switch network {
	case "unix":
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: address}, nil
	case "tcp":
		at, err := net.ResolveTCPAddr("tcp4", address)
		if err != nil {
			return 0, nil, err
		}
		return unix.AF_INET, &unix.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())}, nil
	}
	return 0, nil, fmt.Errorf("network %q is neither unix nor tcp", network)
}

func connect(fd, domain int, to unix.Sockaddr, timeout time.Duration) error {
	limit := unix.NsecToTimeval(int64(timeout))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit); err != nil {
		return err
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return err
	}
	if domain == unix.AF_INET {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return err
		}
	}
	err := unix.Connect(fd, to)
	// The Go runtime interrupts its threads. Another connect waits for what the
	// first has begun; it may find that done.
	for errors.Is(err, unix.EINTR) || errors.Is(err, unix.EALREADY) {
		err = unix.Connect(fd, to)
	}
	if errors.Is(err, unix.EISCONN) {
		return nil
	}
	return err
}

// receive waits for data, as long as connect has set. Its errors are errTimeout,
// errClosed, and what the operating system says.
func receive(fd int, buf []byte) (int, error) {
	for {
		n, err := unix.Read(fd, buf)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return 0, errTimeout
		case err != nil:
			return 0, err
		case n == 0:
			return 0, errClosed
		default:
			return n, nil
		}
	}
}

var (
	errTimeout = errors.New("no reply in time")
	errClosed  = errors.New("server has closed the connection")
	errShort   = errors.New("request does not fit into the socket's buffer")
	errLong    = errors.New("reply is too long")
)
