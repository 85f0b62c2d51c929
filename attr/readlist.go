package attr

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrTooLarge is returned, wrapped, by [ReadList] for a list larger than its limit.
var ErrTooLarge = errors.New("attribute list is too large")

// DefaultLimit is the size in bytes that [ReadList] allows to a list if it is not
// told otherwise: 1 MiB.
const DefaultLimit = 1 << 20

// ReadList reads one whole list from r into buf[:0], which grows as data comes in,
// and returns it, terminator included. It is for clients and raw services; it
// blocks as r does, and r's deadlines end it.
//
// From a *bufio.Reader it takes what has been buffered; from any other reader it
// reads a byte at a time, and so never takes anything that comes after the list,
// such as a descriptor. (Stock reads the attributes of a pass service in that way.)
//
// limit is the largest size of a list in bytes, [DefaultLimit] if it is not
// positive; a larger list gives an error that wraps [ErrTooLarge]. io.EOF means
// that r ended before the first byte, io.ErrUnexpectedEOF that it ended later.
// Together with any error ReadList returns what it has read, so that a [Reader]
// can say what stock says about it.
func ReadList(r io.Reader, enc Encoding, buf []byte, limit int) ([]byte, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	if br, ok := r.(*bufio.Reader); ok {
		return readBuffered(br, enc, buf[:0], limit)
	}
	buf = buf[:0]
	state := 0
	for len(buf) < limit {
		buf = append(buf, 0)
		m, err := r.Read(buf[len(buf)-1:])
		if m == 0 {
			buf = buf[:len(buf)-1]
			if err != nil {
				return buf, readError(err, len(buf))
			}
			continue
		}
		// An error that came with the byte will come again.
		var n int
		if n, state, _ = enc.Frame(buf, state); n > 0 {
			return buf, nil
		}
	}
	return buf, tooLarge(limit)
}

// readBuffered is ReadList for a buffered reader.
func readBuffered(br *bufio.Reader, enc Encoding, buf []byte, limit int) ([]byte, error) {
	state := 0
	for len(buf) < limit {
		if _, err := br.Peek(1); err != nil {
			return buf, readError(err, len(buf))
		}
		chunk, err := br.Peek(min(br.Buffered(), limit-len(buf)))
		if err != nil {
			return buf, readError(err, len(buf))
		}
		had := len(buf)
		buf = append(buf, chunk...)
		var n int
		if n, state, _ = enc.Frame(buf, state); n > 0 {
			buf = buf[:n]
		}
		if _, err := br.Discard(len(buf) - had); err != nil {
			return buf, readError(err, len(buf))
		}
		if n > 0 {
			return buf, nil
		}
	}
	return buf, tooLarge(limit)
}

// readError tells an end of file inside a list from one before it.
func readError(err error, got int) error {
	if err == io.EOF {
		if got == 0 {
			return io.EOF
		}
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("cannot read attribute list: %w", err)
}

func tooLarge(limit int) error {
	return fmt.Errorf("cannot read attribute list of more than %d bytes: %w", limit, ErrTooLarge)
}
