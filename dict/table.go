package dict

import (
	"context"
	"errors"
	"syscall"
)

// Table is an open lookup table. All methods are safe for concurrent use.
type Table interface {
	// Lookup returns the value for key. Found is false, with a nil error, only
	// if the table was asked and does not have the key; a value that is found
	// may be empty. Each error wraps ErrRetry or ErrConfig. Lookup may block,
	// until ctx ends at the latest; that is an ErrRetry that also wraps the
	// context's error.
	Lookup(ctx context.Context, key string) (value string, found bool, err error)

	// Info returns what the table is. It does not block.
	Info() Info

	// Close releases what the table holds. Lookups under way may fail with
	// ErrRetry; none may be made afterwards.
	Close() error
}

// Info describes an open table.
type Info struct {
	Type, Name string // of the specification type:name
	// Flags are those given to Open, with Fixed or Pattern set by the driver and
	// UTF8Active if keys and values are checked.
	Flags Flags
}

// String returns the table's specification.
func (i Info) String() string { return i.Type + ":" + i.Name }

// Flags say how a table is to be used, and what kind of table it is. The bits are
// stock's, because proxymap's protocol carries them; those that nothing here looks
// at have no name yet.
//
// postfix: src/util/dict.h
type Flags uint32

const (
	// Fixed is set by drivers whose keys are plain strings (DICT_FLAG_FIXED):
	// looking up the parent domains of a name makes sense.
	Fixed Flags = 1 << 4
	// Pattern is set by drivers whose keys are patterns (DICT_FLAG_PATTERN).
	Pattern Flags = 1 << 5
	// Lock asks for a lock around each access (DICT_FLAG_LOCK).
	Lock Flags = 1 << 6
	// FoldFixed folds the case of keys for Fixed tables (DICT_FLAG_FOLD_FIX).
	FoldFixed Flags = 1 << 14
	// FoldPattern folds the case of keys for Pattern tables (DICT_FLAG_FOLD_MUL).
	FoldPattern Flags = 1 << 15
	// UTF8Request asks for UTF-8 keys and values (DICT_FLAG_UTF8_REQUEST).
	UTF8Request Flags = 1 << 19
	// UTF8Active is set by Open if the request is granted (DICT_FLAG_UTF8_ACTIVE).
	UTF8Active Flags = 1 << 20
)

var (
	// ErrRetry is wrapped by the error of a lookup that failed for now
	// (DICT_ERR_RETRY).
	ErrRetry = errors.New("table lookup failed")
	// ErrConfig is wrapped by the error of a lookup that cannot succeed before
	// somebody has repaired the configuration or the table (DICT_ERR_CONFIG).
	ErrConfig = errors.New("table is misconfigured")
)

// Error is a failed lookup.
type Error struct {
	Class error  // ErrRetry or ErrConfig
	Text  string // for the log, as stock says it where stock says something
	Cause error  // or nil
}

// Error returns Text.
func (e *Error) Error() string { return e.Text }

// Unwrap returns Class and, if there is one, Cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Class}
	}
	return []error{e.Class, e.Cause}
}

// Classify returns err if it wraps ErrRetry or ErrConfig; any other error, one of
// a context or of a network connection for example, becomes an ErrRetry with the
// same text. Nil stays nil.
func Classify(err error) error {
	if err == nil || errors.Is(err, ErrRetry) || errors.Is(err, ErrConfig) {
		return err
	}
	return &Error{Class: ErrRetry, Text: err.Error(), Cause: err}
}

// SystemText is what C's strerror says of the system call error in err: Go has the
// same texts with the first letter in lower case. Drivers need it for stock's
// "cannot open TYPE:NAME: No such file or directory". Other errors keep their text.
func SystemText(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := []byte(errno.Error())
	if len(text) > 0 && 'a' <= text[0] && text[0] <= 'z' {
		text[0] -= 'a' - 'A'
	}
	return string(text)
}
