package attr

import "bytes"

// Frame tells where the first list in data ends, without reading it. n > 0 means
// that the first n bytes are one whole list, terminator included; n == 0 that
// more data is needed.
//
// state is 0 in the first call for a list, and later what the call before
// returned as next; data then must begin with what it was before, so that a list
// that comes in small pieces is looked through only once. next is a plain number:
// there is nothing to free, and it grows no larger than eight times the size of
// data. When n > 0 it is 0, as the next list wants it. err is always nil; it is
// there to fit functions that can tell a broken request from a short one.
//
// In the null encoding a brace in the place of a name begins or ends a table. A
// stock reader takes it so only where a table is wanted; for a service that wants
// none, [Encoding.FrameFlat] splits broken requests exactly as stock does.
func (e Encoding) Frame(data []byte, state int) (n, next int, err error) {
	if e == Null {
		n, next = frameNull(data, state, true)
	} else {
		n, next = frameLines(data, state)
	}
	return n, next, nil
}

// FrameFlat is Frame for services whose requests hold no tables: a brace is a
// name like any other.
func (e Encoding) FrameFlat(data []byte, state int) (n, next int, err error) {
	if e == Null {
		n, next = frameNull(data, state, false)
	} else {
		n, next = frameLines(data, state)
	}
	return n, next, nil
}

// The state of frameNull: these bits, and above them the position to go on from.
const (
	frameValue = 1 << iota // the string under way is a value
	frameTable             // in a table
	frameShift = iota
)

// frameNull looks for an empty string in the place of a name.
func frameNull(data []byte, state int, tables bool) (n, next int) {
	pos, bits := state>>frameShift, state&(1<<frameShift-1)
	for pos <= len(data) {
		i := bytes.IndexByte(data[pos:], 0)
		if i < 0 {
			return 0, len(data)<<frameShift | bits
		}
		end := pos + i
		pos = end + 1
		switch {
		case bits&frameValue != 0:
			bits &^= frameValue
		case end == 0 || data[end-1] == 0:
			return pos, 0
		case tables && bits&frameTable == 0 && isString(data[:end], '{'):
			bits |= frameTable
		case tables && bits&frameTable != 0 && isString(data[:end], '}'):
			bits &^= frameTable
		default:
			bits |= frameValue
		}
	}
	return 0, state // data has shrunk: not our list
}

// isString reports whether the last string in data, which ends where data does,
// is the single byte c.
func isString(data []byte, c byte) bool {
	n := len(data)
	return data[n-1] == c && (n == 1 || data[n-2] == 0)
}

// frameLines looks for an empty line. The state is the position to go on from.
func frameLines(data []byte, state int) (n, next int) {
	pos := state
	for pos <= len(data) {
		i := bytes.IndexByte(data[pos:], '\n')
		if i < 0 {
			return 0, len(data)
		}
		end := pos + i
		if end == 0 || data[end-1] == '\n' {
			return end + 1, 0
		}
		pos = end + 1
	}
	return 0, state
}
