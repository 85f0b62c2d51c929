package masterproto

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrNoToken is returned by GetToken when the pipe is empty: the producer is
// behind, and the caller should hold its client up for in_flow_delay.
var ErrNoToken = errors.New("no flow-control token")

// GetToken takes one token out of the pipe whose read end is fd. It does not
// wait: the pipe is non-blocking, and an empty one is ErrNoToken.
// postfix: src/master/mail_flow.c mail_flow_get
func GetToken(fd int) error {
	var token [1]byte
	for {
		n, err := unix.Read(fd, token[:])
		switch {
		case n == 1:
			return nil
		case err == unix.EINTR:
		case err == nil, err == unix.EAGAIN:
			return ErrNoToken
		default:
			return fmt.Errorf("cannot read flow pipe: %w", err)
		}
	}
}

// PutTokens puts up to n tokens into the pipe whose write end is fd and returns
// how many it took. It does not wait: a full pipe takes none, without an error.
// postfix: src/master/mail_flow.c mail_flow_put
func PutTokens(fd, n int) (int, error) {
	tokens := make([]byte, min(max(n, 0), 1024))
	put := 0
	for put < n {
		k, err := unix.Write(fd, tokens[:min(n-put, len(tokens))])
		switch {
		case err == nil:
			put += k
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return put, nil
		default:
			return put, fmt.Errorf("cannot write flow pipe: %w", err)
		}
	}
	return put, nil
}

// CountTokens returns how many tokens the pipe holds.
// postfix: src/master/mail_flow.c mail_flow_count
func CountTokens(fd int) (int, error) {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		return 0, fmt.Errorf("cannot count flow-control tokens: %w", err)
	}
	return n, nil
}
