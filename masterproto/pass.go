package masterproto

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ostler/attr"
)

// PassTimeout is how long the receiver of a connection waits for the
// descriptor, and then for the whole attribute list.
// postfix: src/util/pass_accept.c
const PassTimeout = 100 * time.Second

// maxPassAttributes bounds the attribute list of a connection, in bytes. Stock
// sends four short attributes and reads without a bound.
const maxPassAttributes = 64 << 10

// The steps of ReceivePass that may fail. Their texts are stock's.
var (
	ErrPassTimeout    = errors.New("timeout receiving file descriptor")
	ErrPassDescriptor = errors.New("cannot receive file descriptor")
	ErrPassAttributes = errors.New("cannot receive connection attributes")
)

// ReceivePass receives a connection that another service hands over, on the
// accepted connection conn of a service of type pass: one byte with the
// descriptor, then an attribute list (null-terminated encoding) that says where
// the connection comes from. An empty list gives a nil map.
//
// The descriptor is close-on-exec and belongs to the caller; on an error it has
// been closed. The flags of its open file are as the sender has them. conn must
// be one for the runtime's poller (non-blocking); it stays open, and its
// closing tells the sender that the connection has arrived.
//
// ReceivePass blocks for at most PassTimeout twice. Its errors wrap
// ErrPassTimeout, ErrPassDescriptor or ErrPassAttributes.
// postfix: src/util/pass_accept.c pass_accept_attr
func ReceivePass(conn *os.File) (fd int, attrs map[string]string, err error) {
	if err := conn.SetReadDeadline(time.Now().Add(PassTimeout)); err != nil {
		return -1, nil, fmt.Errorf("%w: %w", ErrPassDescriptor, err)
	}
	fd, err = ReceiveFD(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return -1, nil, fmt.Errorf("%w: %w", ErrPassTimeout, unix.ETIMEDOUT)
	}
	if err != nil {
		return -1, nil, fmt.Errorf("%w: %w", ErrPassDescriptor, err)
	}
	if attrs, err = receiveAttributes(conn); err != nil {
		unix.Close(fd)
		return -1, nil, fmt.Errorf("%w: %w", ErrPassAttributes, err)
	}
	return fd, attrs, nil
}

func receiveAttributes(conn *os.File) (map[string]string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(PassTimeout)); err != nil {
		return nil, err
	}
	list, err := attr.ReadList(oneByte{conn}, attr.Null, nil, maxPassAttributes)
	if err != nil {
		return nil, err
	}
	var attrs map[string]string
	r := attr.NewReader(attr.Null, list, "pass socket")
	if r.Scan(0, attr.Hash(&attrs)) < 0 {
		return nil, unix.EBADMSG
	}
	if len(attrs) == 0 {
		return nil, nil
	}
	return attrs, nil
}

// oneByte reads a byte at a time, so that nothing behind the list is consumed.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }

// SendPass hands the connection fd and its attributes over on conn, a
// connection to a service of type pass. fd stays open and the caller's. It
// blocks while the receiver does not read, until conn's write deadline. The
// caller keeps conn open until the receiver has closed its end.
// postfix: src/postscreen/postscreen_send.c
func SendPass(conn *os.File, fd int, attrs map[string]string) error {
	if err := SendFD(conn, fd); err != nil {
		return err
	}
	w := attr.NewWriter(attr.Null, nil)
	for name, value := range attrs {
		w.Str(name, value)
	}
	w.End()
	if err := w.Err(); err != nil {
		return fmt.Errorf("cannot send connection attributes: %w", err)
	}
	if _, err := conn.Write(w.Bytes()); err != nil {
		return fmt.Errorf("cannot send connection attributes: %w", err)
	}
	return nil
}

// SendFD sends the descriptor fd with one null byte on the unix-domain stream
// connection conn, as all of Postfix does. It blocks until conn's write
// deadline while the socket takes nothing. fd stays open and the caller's.
// postfix: src/util/unix_send_fd.c
func SendFD(conn *os.File, fd int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("cannot send descriptor: %w", err)
	}
	rights := unix.UnixRights(fd)
	var sendErr error
	err = raw.Write(func(s uintptr) bool {
		sendErr = unix.Sendmsg(int(s), []byte{0}, rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		return sendErr != unix.EAGAIN && sendErr != unix.EINTR
	})
	if err == nil {
		err = sendErr
	}
	if err != nil {
		return fmt.Errorf("cannot send descriptor: %w", err)
	}
	return nil
}

// ReceiveFD receives one descriptor, which comes with exactly one byte of data.
// It blocks until conn's read deadline. The descriptor is close-on-exec and the
// caller's. Whatever comes in another form (no descriptor, more than one) is an
// error, and nothing stays open; io.EOF means that the peer has closed.
// postfix: src/util/unix_recv_fd.c
func ReceiveFD(conn *os.File) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	var recvErr error
	err = raw.Read(func(s uintptr) bool {
		fd, recvErr = ReceiveFDNow(int(s))
		return recvErr != unix.EAGAIN && recvErr != unix.EINTR
	})
	if err != nil {
		return -1, err
	}
	return fd, recvErr
}

// ReceiveFDNow is ReceiveFD on a plain descriptor and without waiting: where
// nothing has come yet, it returns unix.EAGAIN.
func ReceiveFDNow(s int) (int, error) {
	var data [1]byte
	oob := make([]byte, unix.CmsgSpace(4*4)) // room for strangers' descriptors, so that they can be closed
	n, oobn, flags, _, err := unix.Recvmsg(s, data[:], oob, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1, err
	}
	fds := descriptors(oob[:oobn])
	if len(fds) == 1 && flags&unix.MSG_CTRUNC == 0 {
		return fds[0], nil
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	if n == 0 && len(fds) == 0 {
		return -1, io.EOF
	}
	return -1, fmt.Errorf("%d descriptors came where one was expected: %w", len(fds), unix.EBADMSG)
}

// descriptors lists what came in the control messages of one recvmsg(2).
func descriptors(oob []byte) []int {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	var fds []int
	for _, m := range msgs {
		rights, err := unix.ParseUnixRights(&m)
		if err == nil {
			fds = append(fds, rights...)
		}
	}
	return fds
}
