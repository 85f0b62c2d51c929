package multiserver

import (
	"bytes"
	"errors"
)

// Lines is a FrameFunc: a request is one line, and ends with a newline.
func Lines(data []byte, state int) (n, next int, err error) {
	if i := bytes.IndexByte(data[state:], '\n'); i >= 0 {
		return state + i + 1, 0, nil
	}
	return 0, len(data), nil
}

// BlankLine is a FrameFunc: a request is some lines, and ends with an empty
// line, as the policy delegation protocol has it.
func BlankLine(data []byte, state int) (n, next int, err error) {
	if len(data) > 0 && data[0] == '\n' {
		return 1, 0, nil
	}
	if i := bytes.Index(data[state:], []byte("\n\n")); i >= 0 {
		return state + i + 2, 0, nil
	}
	return 0, max(0, len(data)-1), nil
}

// ErrNetstring is what Netstrings returns for data that is no netstring.
var ErrNetstring = errors.New("malformed netstring")

// Netstrings is a FrameFunc: a request is a netstring (a length in decimal, a
// colon, the bytes, a comma), as socketmap clients send it.
func Netstrings(data []byte, _ int) (n, next int, err error) {
	length := 0
	for i, c := range data {
		switch {
		case c >= '0' && c <= '9' && i < 9 && !(i > 0 && data[0] == '0'):
			length = length*10 + int(c-'0')
		case c == ':' && i > 0:
			end := i + 1 + length
			switch {
			case len(data) <= end:
				return 0, 0, nil
			case data[end] != ',':
				return 0, 0, ErrNetstring
			}
			return end + 1, 0, nil
		default:
			return 0, 0, ErrNetstring
		}
	}
	return 0, 0, nil
}
