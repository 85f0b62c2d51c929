package masterproto

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Availability is what a process says about itself in a Status message.
type Availability uint32

const (
	// Taken says that the process serves a client: master should listen for
	// further clients itself, or start another process.
	Taken Availability = 0 // MASTER_STAT_TAKEN

	// Avail says that the process takes new clients. The change from Taken to
	// Avail counts as one use of the process, and a process that has been used
	// is not throttled when it ends badly.
	Avail Availability = 1 // MASTER_STAT_AVAIL

	// Retiring says that the process finishes the clients that it has and is to
	// be counted out: it takes no new client and leaves by itself. To be sent
	// only where the master has set EnvRetiring.
	Retiring Availability = 2
)

// StatusSize is the length of a Status message in bytes.
const StatusSize = 12

// Status is one message on the status channel, in the order of the wire: three
// 32-bit numbers in the byte order of the host.
// postfix: src/master/master_proto.h MASTER_STATUS
type Status struct {
	PID          int32
	Generation   uint32
	Availability Availability
}

// ErrStatusSize is returned for a message that is not StatusSize bytes long.
var ErrStatusSize = errors.New("status message has the wrong length")

// Append appends the message to b and returns the result.
func (s Status) Append(b []byte) []byte {
	b = binary.NativeEndian.AppendUint32(b, uint32(s.PID))
	b = binary.NativeEndian.AppendUint32(b, s.Generation)
	return binary.NativeEndian.AppendUint32(b, uint32(s.Availability))
}

// ParseStatus reads one message. The availability is not checked: a master
// reports the unknown ones. Its only error is ErrStatusSize.
func ParseStatus(b []byte) (Status, error) {
	if len(b) != StatusSize {
		return Status{}, ErrStatusSize
	}
	return Status{
		PID:          int32(binary.NativeEndian.Uint32(b)),
		Generation:   binary.NativeEndian.Uint32(b[4:]),
		Availability: Availability(binary.NativeEndian.Uint32(b[8:])),
	}, nil
}

// ErrMasterGone is returned by SendStatus when nobody reads the status channel
// any more: the master has died, or was reloaded.
var ErrMasterGone = errors.New("master is gone")

// ErrStatusFull is returned by SendStatus when the channel takes no message
// just now, because master does not read it. The message was not sent; the
// caller tries again later.
var ErrStatusFull = errors.New("status channel is full")

// SendStatus sends one message on the status channel fd, in one piece and
// without waiting, whatever the flags of the shared open file are.
// Its errors are ErrMasterGone, ErrStatusFull and others from send(2).
// postfix: src/master/master_proto.c master_notify
func SendStatus(fd int, s Status) error {
	var space [StatusSize]byte
	msg := s.Append(space[:0])
	for {
		n, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&msg[0])),
			StatusSize, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		runtime.KeepAlive(msg)
		switch errno {
		case 0:
			if n != StatusSize {
				return ErrStatusSize
			}
			return nil
		case unix.EINTR:
		case unix.EPIPE, unix.ECONNRESET:
			return ErrMasterGone
		case unix.EAGAIN:
			return ErrStatusFull
		default:
			return fmt.Errorf("cannot send status: %w", errno)
		}
	}
}
