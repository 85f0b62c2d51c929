package servertest

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// listener is a listening socket of the service. Its open file is shared by
// all processes, so it is a plain descriptor here: nothing of package net may
// change its flags.
type listener struct {
	fd   int
	addr net.Addr
}

// backlog is that of stock's master, unless somaxconn is smaller.
const backlog = 256

// listen makes the sockets.
func (s *Service) listen() error {
	for i := range s.conf.Sockets {
		var l listener
		var err error
		if s.conf.Transport == masterproto.TransportInet {
			l, err = listenInet()
		} else {
			name := s.conf.Name
			if i > 0 {
				name = fmt.Sprintf("%s.%d", name, i+1)
			}
			l, err = listenUnix(s.at.socket(name))
		}
		if err != nil {
			return err
		}
		s.listeners = append(s.listeners, l)
	}
	return nil
}

func listenUnix(path string) (listener, error) {
	l, err := listenOn(unix.AF_UNIX, &unix.SockaddrUnix{Name: path})
	if err != nil {
		return listener{}, fmt.Errorf("cannot listen on %s: %w", path, err)
	}
	l.addr = &net.UnixAddr{Name: path, Net: "unix"}
	return l, os.Chmod(path, 0o666)
}

func listenInet() (listener, error) {
	l, err := listenOn(unix.AF_INET, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if err != nil {
		return listener{}, fmt.Errorf("cannot listen on the loopback interface: %w", err)
	}
	sa, err := unix.Getsockname(l.fd)
	if err != nil {
		return listener{}, err
	}
	in := sa.(*unix.SockaddrInet4)
	l.addr = &net.TCPAddr{IP: net.IP(in.Addr[:]), Port: in.Port}
	return l, nil
}

func listenOn(domain int, sa unix.Sockaddr) (listener, error) {
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return listener{}, err
	}
	if err := unix.Bind(fd, sa); err != nil {
		unix.Close(fd)
		return listener{}, err
	}
	if err := unix.Listen(fd, backlog); err != nil {
		unix.Close(fd)
		return listener{}, err
	}
	return listener{fd: fd}, nil
}

// Addrs returns the addresses of the sockets.
func (s *Service) Addrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	var addrs []net.Addr
	for _, l := range s.listeners {
		addrs = append(addrs, l.addr)
	}
	return addrs
}

// Dial connects to the first socket. The connection is a *net.UnixConn or a
// *net.TCPConn, has a deadline of Config.Timeout from now, so that a service
// that does not answer makes the test fail, and is closed with the test. It ends
// the test if there is no connection.
func (s *Service) Dial() net.Conn {
	s.t.Helper()
	return s.DialSocket(0)
}

// DialSocket is Dial for the i'th socket.
func (s *Service) DialSocket(i int) net.Conn {
	s.t.Helper()
	addrs := s.Addrs()
	if i >= len(addrs) {
		s.t.Fatalf("servertest: there is no socket %d", i)
	}
	conn, err := net.DialTimeout(addrs[i].Network(), addrs[i].String(), s.conf.Timeout)
	if err != nil {
		s.t.Fatalf("cannot connect to service %s: %v", s.conf.Name, err)
	}
	return s.client(conn)
}

// client makes a connection one of the service's clients.
func (s *Service) client(conn net.Conn) net.Conn {
	conn.SetDeadline(time.Now().Add(s.conf.Timeout))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, conn)
	return conn
}

// Pass hands conn over to the service, which must have the transport pass, with
// attributes that say where it comes from, as postscreen(8) does. It returns
// when the service has closed the connection by which it was handed over: it has
// received it by then, or has refused it. conn stays open and the caller's. An
// error ends the test.
// postfix: src/postscreen/postscreen_send.c
func (s *Service) Pass(conn syscall.Conn, attrs map[string]string) {
	s.t.Helper()
	via := s.Dial().(*net.UnixConn)
	defer via.Close()
	file, err := via.File()
	if err != nil {
		s.t.Fatalf("cannot pass a connection: %v", err)
	}
	defer file.Close()
	raw, err := conn.SyscallConn()
	if err == nil {
		var sendErr error
		err = raw.Control(func(fd uintptr) { sendErr = masterproto.SendPass(file, int(fd), attrs) })
		if err == nil {
			err = sendErr
		}
	}
	if err != nil {
		s.t.Fatalf("cannot pass a connection: %v", err)
	}
	via.Read(make([]byte, 1)) // ends when the service closes
}

// DialPass is Dial by way of Pass: it passes one end of a socket pair and returns
// the other end.
func (s *Service) DialPass(attrs map[string]string) net.Conn {
	s.t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "client"), os.NewFile(uintptr(fds[1]), "server")
	defer ours.Close()
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Pass(theirs, attrs)
	return s.client(conn)
}
