package maillog

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"
)

// record is one log record, before it takes the form that its destination
// wants. ident and text are views into a batch, valid while it is delivered.
type record struct {
	when     time.Time
	severity Severity
	ident    []byte // tag/program[pid], or whatever LogAs was given
	text     []byte // printable, on one line
}

// A record in the queue: seconds (8 bytes), nanoseconds (4), severity (1),
// length of ident (2), length of text (4), ident, text.
const recordHeader = 8 + 4 + 1 + 2 + 4

// maxIdent keeps the length of an ident within its two bytes; maxStored bounds
// the text kept for standard error, which is not cut at maxText.
const (
	maxIdent  = 1024
	maxStored = 64 << 10
)

// size returns the number of bytes that r takes in the queue.
func (r *record) size() int { return recordHeader + len(r.ident) + len(r.text) }

// appendRecord appends the queue's form of r to b.
func appendRecord(b []byte, r *record) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(r.when.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(r.when.Nanosecond()))
	b = append(b, byte(r.severity))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(r.ident)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.text)))
	b = append(b, r.ident...)
	return append(b, r.text...)
}

// next takes the first record off batch, which appendRecord wrote, and returns
// the rest.
func (r *record) next(batch []byte) (rest []byte) {
	seconds := int64(binary.LittleEndian.Uint64(batch))
	r.when = time.Unix(seconds, int64(binary.LittleEndian.Uint32(batch[8:])))
	r.severity = Severity(batch[12])
	ident := int(binary.LittleEndian.Uint16(batch[13:]))
	text := int(binary.LittleEndian.Uint32(batch[15:]))
	batch = batch[recordHeader:]
	r.ident, r.text = batch[:ident], batch[ident:ident+text]
	return batch[ident+text:]
}

// program splits ident into what stands before "[pid]" and the pid, which is 0
// when there is none.
func (r *record) program() (name []byte, pid int) {
	open := bytes.LastIndexByte(r.ident, '[')
	if open < 0 || r.ident[len(r.ident)-1] != ']' {
		return r.ident, 0
	}
	pid, err := strconv.Atoi(string(r.ident[open+1 : len(r.ident)-1]))
	if err != nil {
		return r.ident, 0
	}
	return r.ident[:open], pid
}
