package maillog

import (
	"bytes"
	"strconv"
)

// crashLines bounds the number of records that LogCrash writes for a stack: a
// crash with all goroutines can be many megabytes.
const crashLines = 64

// LogCrash logs what the Go runtime wrote when process pid crashed: one record
// that starts with "panic: " and says why, then the rest of text, its lines
// joined by " | ", in records of at most 2,000 bytes of text, 64 of them at
// most. The records carry this logger's tag and the pid of the crashed process.
// It does not block, and keeps nothing of text.
func (l *Logger) LogCrash(pid int, text []byte) {
	ident := l.identOf(pid)
	reason, stack := crashReason(text)
	l.put(Panic, ident, bytes.Clone(clip(reason, maxText)))
	line := make([]byte, 0, maxText)
	records := 0
	flush := func() {
		if len(line) > 0 && records < crashLines {
			l.put(Info, ident, line)
			records++
		}
		line = line[:0]
	}
	const prefix, separator = "crash: ", " | "
	for _, part := range stack {
		part = clip(part, maxText-len(prefix))
		if len(line) > 0 && len(line)+len(separator)+len(part) > maxText {
			flush()
		}
		if len(line) == 0 {
			line = append(line, prefix...)
		} else {
			line = append(line, separator...)
		}
		line = append(line, part...)
	}
	flush()
}

// crashReason finds the line that says why the runtime gave up, and returns it
// without its "panic: " and all other lines that are not empty.
func crashReason(text []byte) (reason []byte, rest [][]byte) {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			rest = append(rest, line)
		}
	}
	if len(rest) == 0 {
		return []byte("the process crashed without a word"), nil
	}
	at := 0
	for i, line := range rest {
		if bytes.HasPrefix(line, []byte("panic: ")) || bytes.HasPrefix(line, []byte("fatal error: ")) {
			at = i
			break
		}
		if bytes.HasPrefix(line, []byte("goroutine ")) {
			break
		}
	}
	reason = bytes.TrimPrefix(rest[at], []byte("panic: "))
	return reason, append(rest[:at:at], rest[at+1:]...)
}

// identOf returns the tag with the pid of another process of this program.
func (l *Logger) identOf(pid int) []byte {
	own := record{ident: l.identBytes()}
	name, _ := own.program()
	ident := append(bytes.Clone(name), '[')
	return append(strconv.AppendInt(ident, int64(pid), 10), ']')
}
