package skeleton_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// handOver passes a connection to the service of type pass that listens at path,
// as postscreen does, and waits until the receiver has it. The connection stays
// open here.
func handOver(path string, conn interface{ File() (*os.File, error) }, attrs map[string]string) error {
	file, err := conn.File()
	if err != nil {
		return err
	}
	defer file.Close()
	to, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return err
	}
	defer to.Close()
	out, err := to.File()
	if err != nil {
		return err
	}
	defer out.Close()
	if err := masterproto.SendPass(out, int(file.Fd()), attrs); err != nil {
		return err
	}
	if err := to.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	// The receiver closes its end when it has the connection, and not before.
	if n, err := to.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return fmt.Errorf("the receiver of a connection has sent %d bytes, or not closed its end: %w", n, err)
	}
	return nil
}

// passPair passes one end of a pair of sockets to the service at path, and
// returns the other.
func passPair(path string) (net.Conn, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		file := os.NewFile(uintptr(fd), "pair")
		ends[i], err = net.FileConn(file)
		file.Close()
		if err != nil {
			return nil, err
		}
	}
	defer ends[1].Close()
	if err := handOver(path, ends[1].(*net.UnixConn), passAttributes); err != nil {
		ends[0].Close()
		return nil, err
	}
	return ends[0], nil
}
