package attr

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What [Writer.Err] wraps.
var (
	// ErrName tells of a name that the encoding cannot carry: an empty one, a
	// brace, one with a NUL, in the plain encoding one with '=' or a newline.
	ErrName = errors.New("name cannot be sent in this encoding")
	// ErrValue tells of a string that the encoding cannot carry: one with a NUL,
	// in the plain encoding one with a newline.
	ErrValue = errors.New("value cannot be sent in this encoding")
	// ErrMembers tells of a table with more than [MaxMembers] members.
	ErrMembers = errors.New("table has too many members")
)

// Writer appends attribute lists to a buffer. It allocates only to let the buffer
// grow, and for tables. Get one from [NewWriter]; the zero value writes Plain to
// a new buffer.
//
// The first attribute that cannot be sent as it is (see [Writer.Err]) takes its
// whole list with it; what is written from then on is ignored. So [Writer.Bytes]
// never holds anything that a reader could misunderstand.
//
// postfix: src/util/attr_print_plain.c, src/util/attr_print0.c, src/util/attr_print64.c
type Writer struct {
	// Trace, if not nil, gets a line for each attribute, as stock's -v prints it:
	// "send attr status = 0". Set it before the first attribute.
	Trace Trace

	// Owned by the caller, not thread-safe.
	buf  []byte
	list int // where in buf the present list begins
	err  error
	enc  Encoding
}

// NewWriter returns a Writer that appends to buf, which belongs to the Writer
// until [Writer.Bytes] gives it back.
func NewWriter(enc Encoding, buf []byte) Writer {
	return Writer{enc: enc, buf: buf, list: len(buf)}
}

// Reset forgets any error and makes the Writer append to buf. Encoding and Trace
// stay.
func (w *Writer) Reset(buf []byte) {
	w.buf, w.list, w.err = buf, len(buf), nil
}

// Int writes the low 32 bits of v as an unsigned number: -1 becomes 4294967295.
func (w *Writer) Int(name string, v int) {
	w.number(name, uint64(uint32(v)))
}

// Long writes v as an unsigned number of 64 bits.
func (w *Writer) Long(name string, v int64) {
	w.number(name, uint64(v))
}

// Str writes a string.
func (w *Writer) Str(name, v string) {
	if w.name(name) && putString(w, name, v) && w.Trace != nil {
		w.trace("send attr %s = %s", name, strings.Clone(v))
	}
}

// StrBytes is Str for a string held in a byte slice, which is copied.
func (w *Writer) StrBytes(name string, v []byte) {
	if w.name(name) && putString(w, name, v) && w.Trace != nil {
		w.trace("send attr %s = %s", name, string(v))
	}
}

// Data writes binary data, any bytes, as base64.
func (w *Writer) Data(name string, v []byte) {
	if !w.name(name) {
		return
	}
	w.buf = append(appendBase64(w.buf, v), w.enc.terminator())
	if w.Trace != nil {
		w.trace("send attr %s = [data %d bytes]", name, len(v))
	}
}

// Bool writes a boolean, known to Postfix 3.12 and later.
func (w *Writer) Bool(name string, v bool) {
	if w.enc != Plain {
		n := uint64(0)
		if v {
			n = 1
		}
		w.number(name, n)
		return
	}
	if !w.name(name) {
		return
	}
	text := "false"
	if v {
		text = "true"
	}
	w.buf = append(append(w.buf, text...), '\n')
	if w.Trace != nil {
		w.trace("send attr %s = %s", name, text)
	}
}

// Hash writes a table between braces, its members sorted by name.
func (w *Writer) Hash(m map[string]string) {
	if w.err != nil {
		return
	}
	if len(m) > MaxMembers {
		w.fail(fmt.Errorf("cannot write table of %d members: %w", len(m), ErrMembers))
		return
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	w.brace(tableOpen)
	for _, name := range names {
		if !w.name(name) || !putString(w, name, m[name]) {
			return
		}
		if w.Trace != nil {
			w.trace("send attr name %s value %s", name, m[name])
		}
	}
	w.brace(tableClose)
}

// End writes the terminator of the list. The next attribute begins another list.
func (w *Writer) End() {
	if w.err == nil {
		w.buf = append(w.buf, w.enc.terminator())
		w.list = len(w.buf)
	}
}

// Bytes returns the buffer: what it held at first, and what was written. After
// an error the list with the error in it is missing, and all that followed.
func (w *Writer) Bytes() []byte { return w.buf }

// Err returns the first error since NewWriter or Reset, or nil. It wraps
// [ErrName], [ErrValue] or [ErrMembers].
func (w *Writer) Err() error { return w.err }

// number writes a number and traces it.
func (w *Writer) number(name string, v uint64) {
	if !w.name(name) {
		return
	}
	if w.enc == Base64 {
		var digits [20]byte
		w.buf = appendBase64(w.buf, strconv.AppendUint(digits[:0], v, 10))
	} else {
		w.buf = strconv.AppendUint(w.buf, v, 10)
	}
	w.buf = append(w.buf, w.enc.terminator())
	if w.Trace != nil {
		w.trace("send attr %s = %d", name, v)
	}
}

// name writes a name and the separator, and reports whether that could be done.
func (w *Writer) name(name string) bool {
	if w.err != nil {
		return false
	}
	if !nameFits(w.enc, name) {
		w.fail(fmt.Errorf("cannot write attribute %q: %w", strings.Clone(name), ErrName))
		return false
	}
	if w.enc == Base64 {
		w.buf = appendBase64(w.buf, name)
	} else {
		w.buf = append(w.buf, name...)
	}
	w.buf = append(w.buf, w.enc.separator())
	return true
}

// nameFits reports whether a reader would take name for what it is. A brace
// would be taken for the bracket of a table.
func nameFits(enc Encoding, name string) bool {
	if name == "" || name == tableOpen || name == tableClose {
		return false
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; c == 0 || enc == Plain && (c == '=' || c == '\n') {
			return false
		}
	}
	return true
}

// putString writes the value of a string and its terminator, and reports whether
// that could be done.
func putString[T string | []byte](w *Writer, name string, v T) bool {
	start := len(w.buf)
	w.buf = append(w.buf, v...)
	raw := w.buf[start:]
	if bytes.IndexByte(raw, 0) >= 0 || w.enc == Plain && bytes.IndexByte(raw, '\n') >= 0 {
		w.fail(fmt.Errorf("cannot write value of attribute %q: %w", strings.Clone(name), ErrValue))
		return false
	}
	if w.enc == Base64 {
		w.buf = appendBase64(w.buf[:start], v)
	}
	w.buf = append(w.buf, w.enc.terminator())
	return true
}

// brace writes a bracket of a table. Stock's plain writer sends the C string with
// its NUL, so do we.
func (w *Writer) brace(b string) {
	switch w.enc {
	case Plain:
		w.buf = append(append(w.buf, b...), 0, '\n')
	case Null:
		w.buf = append(append(w.buf, b...), 0)
	case Base64:
		w.buf = append(appendBase64(w.buf, b), '\n')
	}
}

// fail keeps the first error and takes back the unfinished list.
func (w *Writer) fail(err error) {
	w.buf, w.err = w.buf[:w.list], err
}

// trace calls Trace with a copy of name, so that name does not escape from the
// callers of a Writer that does not trace.
func (w *Writer) trace(format, name string, value any) {
	w.Trace(format, strings.Clone(name), value)
}
