package multiserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// Descriptors come from a master, from systemd or from the command line. Those
// of a master are looked at before they are used: started by hand, the numbers
// may be closed, or be the Go runtime's own.

// inherited checks the descriptors of a master, makes all close-on-exec and
// returns its listeners. Its errors have the texts of stock where stock has one.
// postfix: src/master/multi_server.c multi_server_main
func (s *process) inherited() ([]*os.File, error) {
	var files []*os.File
	for fd := masterproto.ListenFD; fd < masterproto.ListenFD+s.opts.sockets; fd++ {
		if !isOpen(fd) {
			return nil, fmt.Errorf("event_enable_read: epoll_ctl EPOLL_CTL_ADD: %s", errText(unix.EBADF))
		}
		if err := checkListener(fd); err != nil {
			return nil, err
		}
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			return nil, fmt.Errorf("cannot use listening socket %d: %w", fd, err)
		}
		files = append(files, os.NewFile(uintptr(fd), "listener"))
	}
	if !isOpen(masterproto.StatusFD) {
		return nil, fmt.Errorf("event_enable_read: epoll_ctl EPOLL_CTL_ADD: %s", errText(unix.EBADF))
	}
	if err := checkStatusChannel(); err != nil {
		return nil, err
	}
	if err := s.checkFlowPipe(); err != nil {
		return nil, err
	}
	return files, nil
}

func isOpen(fd int) bool {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil
}

func checkListener(fd int) error {
	listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil || listens == 0 {
		return fmt.Errorf("descriptor %d is not a listening socket: this program is to be started by master(8), or with --listen", fd)
	}
	return nil
}

// checkStatusChannel wants a stream socket that does not listen and has a peer
// of its own family.
func checkStatusChannel() error {
	fd := masterproto.StatusFD
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	listens, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	domain, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil || kind != unix.SOCK_STREAM || listens != 0 || domain != unix.AF_UNIX {
		return fmt.Errorf("descriptor %d is not a status channel: this program is to be started by master(8), or with --listen", fd)
	}
	unix.CloseOnExec(fd)
	return nil
}

// checkFlowPipe looks at the flow-control pipe where it is needed, and closes it
// where it is not. Descriptors that are not a pipe are not master's, and are left
// alone.
func (s *process) checkFlowPipe() error {
	for _, fd := range []int{masterproto.FlowReadFD, masterproto.FlowWriteFD} {
		var st unix.Stat_t
		err := unix.Fstat(fd, &st)
		if err == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO {
			unix.CloseOnExec(fd)
			if !s.srv.InFlowDelay {
				unix.Close(fd)
			}
			continue
		}
		if !s.srv.InFlowDelay {
			continue
		}
		if err == nil {
			err = unix.EINVAL
		}
		name := "read"
		if fd == masterproto.FlowWriteFD {
			name = "write"
		}
		return fmt.Errorf("fstat flow pipe %s descriptor: %s", name, errText(err))
	}
	return nil
}

// fromSystemd returns the listeners that systemd has opened, none if it has
// not. postfix knows nothing of it; sd_listen_fds(3) has the rules.
func (s *process) fromSystemd() ([]*os.File, error) {
	if pid, err := strconv.Atoi(s.env.get("LISTEN_PID")); err != nil || pid != s.env.pid {
		return nil, nil
	}
	n, err := strconv.Atoi(s.env.get("LISTEN_FDS"))
	if err != nil || n <= 0 || n > 1000 {
		return nil, fmt.Errorf("bad LISTEN_FDS: %q", s.env.get("LISTEN_FDS"))
	}
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		s.env.unset(name)
	}
	var files []*os.File
	for fd := 3; fd < 3+n; fd++ {
		if err := checkListener(fd); err != nil {
			return nil, err
		}
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			return nil, fmt.Errorf("cannot use listening socket %d: %w", fd, err)
		}
		files = append(files, os.NewFile(uintptr(fd), "listener"))
	}
	return files, nil
}

// listenByHand opens what --listen asks for.
func (s *process) listenByHand() ([]*os.File, error) {
	var files []*os.File
	for _, spec := range s.opts.listen {
		kind, addr, ok := strings.Cut(spec, ":")
		var file *os.File
		err := fmt.Errorf("want unix:PATH or inet:HOST:PORT")
		switch {
		case ok && kind == masterproto.TransportUnix && addr != "":
			file, err = s.listenUnix(addr)
		case ok && kind == masterproto.TransportInet && addr != "":
			file, err = listenInet(addr)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot listen on %q: %w", spec, err)
		}
		files = append(files, file)
	}
	return files, nil
}

// listenUnix binds a path. A socket that nobody listens on is left over from a
// process that has died, and is replaced; anything else at the path is not ours.
func (s *process) listenUnix(path string) (*os.File, error) {
	if fi, err := os.Lstat(path); err == nil && fi.Mode()&os.ModeSocket != 0 {
		conn, err := net.Dial("unix", path)
		if err == nil {
			conn.Close()
			return nil, unix.EADDRINUSE
		}
		if !errors.Is(err, unix.ECONNREFUSED) {
			return nil, err // somebody may well listen
		}
		os.Remove(path)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	s.unlink = append(s.unlink, path)
	return listenerFile(l)
}

func listenInet(addr string) (*os.File, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return listenerFile(l.(*net.TCPListener))
}

// listenerFile takes the descriptor out of a listener of package net.
func listenerFile(l interface {
	File() (*os.File, error)
	Close() error
}) (*os.File, error) {
	defer l.Close()
	file, err := l.File()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "listener"), nil
}

// watchStatus calls gone when master has closed its end of the status channel.
// The channel's open file is shared with siblings, so that it must not be made
// non-blocking for the runtime's poller: an epoll set of our own, with the
// channel in it, goes there instead.
func watchStatus(fd int, gone func()) error {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("epoll_create: %s", errText(err))
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(fd)}
	if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		unix.Close(epfd)
		return fmt.Errorf("event_enable_read: epoll_ctl EPOLL_CTL_ADD: %s", errText(err))
	}
	if err := unix.SetNonblock(epfd, true); err != nil {
		return err
	}
	file := os.NewFile(uintptr(epfd), "status channel")
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	// Ends with the process, or when master goes.
	go func() {
		err := raw.Read(func(epfd uintptr) bool {
			var events [1]unix.EpollEvent
			n, err := unix.EpollWait(int(epfd), events[:], 0)
			return n > 0 || err != nil && err != unix.EINTR
		})
		file.Close()
		if err == nil || !errors.Is(err, os.ErrClosed) {
			gone() // or it cannot be watched for, which must not go unnoticed
		}
	}()
	return nil
}
