package mailconf

import (
	"errors"
	"fmt"
	"syscall"
)

// Error is a configuration error that ends a Postfix program. Its text is what
// stock logs after "fatal: ".
type Error struct {
	// Text is stock's text, without severity and newline.
	Text string
	// Cause is the error of the operating system behind it, or nil.
	Cause error
}

// Error returns stock's text.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the cause, so that errors.Is(err, fs.ErrNotExist) works.
func (e *Error) Unwrap() error { return e.Cause }

func fatalf(format string, args ...any) *Error {
	return &Error{Text: fmt.Sprintf(format, args...)}
}

// causef is fatalf with ": " and the system's text of err appended.
func causef(err error, format string, args ...any) *Error {
	return &Error{Text: fmt.Sprintf(format, args...) + ": " + systemText(err), Cause: err}
}

// systemText is strerror(3): Go's table of error texts is the C library's with
// the first letter in lower case. Errors without an errno keep their text.
func systemText(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := []byte(errno.Error())
	if len(text) > 1 && text[0] >= 'a' && text[0] <= 'z' {
		text[0] -= 'a' - 'A'
	}
	return string(text)
}
