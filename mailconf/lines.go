package mailconf

import (
	"strconv"
	"strings"
)

// logicalLines takes the text of a main.cf apart. It is not safe for
// concurrent use.
//
// postfix: src/util/readlline.c
type logicalLines struct {
	path string // for warnings
	rest string
	line int // physical lines taken so far
	warn func(string)
}

// next returns the next logical line without its newlines, and the number of
// its first physical line. A logical line that starts with white space, which
// only the first one can, is warned about and skipped. ok is false at the end.
func (l *logicalLines) next() (text string, first int, ok bool) {
	for {
		text, first = l.collect()
		switch {
		case text == "":
			return "", 0, false
		case !isSpace(text[0]):
			return text, first, true
		}
		l.warnLeadingSpace(text)
	}
}

// collect joins physical lines up to the start of the next logical line. The
// parts are joined by hand only if there are several.
func (l *logicalLines) collect() (text string, first int) {
	var joined []byte
	for l.rest != "" {
		part := l.physical()
		switch {
		case isIgnored(part):
		case text == "":
			text, first = part, l.line
		default:
			if joined == nil {
				joined = append(joined, text...)
			}
			joined = append(joined, part...)
		}
		if text != "" && !l.continues() {
			break
		}
	}
	if joined != nil {
		text = string(joined)
	}
	return text, first
}

// physical takes one physical line, which may lack its newline at the end of
// the file.
func (l *logicalLines) physical() string {
	l.line++
	line, rest, _ := strings.Cut(l.rest, "\n")
	l.rest = rest
	return line
}

// continues tells if what follows belongs to the line before it: white space,
// which includes an empty line, or a comment.
func (l *logicalLines) continues() bool {
	return l.rest != "" && (l.rest[0] == '#' || isSpace(l.rest[0]))
}

// isIgnored tells if a physical line is empty, blank or a comment.
func isIgnored(line string) bool {
	n := span(line, space)
	return n == len(line) || line[n] == '#'
}

func (l *logicalLines) warnLeadingSpace(text string) {
	more := ""
	if len(text) > 30 {
		more = "..."
	}
	l.warn(l.path + `: logical line must not start with whitespace: "` + head(beforeNUL(text), 30) + more + `"`)
}

// beforeNUL cuts s at its first null byte: stock handles a logical line as a C
// string, and 3.7 drops the rest of it without a word.
func beforeNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// splitSetting splits "name = value". problem is "" or stock's name for what
// is wrong.
//
// postfix: src/util/split_nameval.c
func splitSetting(text string) (name, value, problem string) {
	text = text[span(text, space):]
	end := strings.IndexAny(text, "="+space)
	if text == "" || end == 0 {
		return "", "", "missing attribute name"
	}
	if end < 0 {
		return "", "", "missing '=' after attribute name"
	}
	name = text[:end]
	value = text[end:]
	value = value[span(value, space):]
	if value == "" || value[0] != '=' {
		return "", "", "missing '=' after attribute name"
	}
	return name, strings.Trim(value[1:], space), ""
}

// parse fills the dictionary from the text of main.cf. Warnings are given to
// warn in the order of the lines, up to the error if there is one.
//
// postfix: src/util/dict.c dict_load_fp
func (c *Config) parse(text string, warn func(string)) error {
	lines := logicalLines{path: c.path, rest: text, warn: warn}
	for {
		line, first, ok := lines.next()
		if !ok {
			return nil
		}
		line = beforeNUL(line)
		name, value, problem := splitSetting(line)
		if problem != "" {
			return fatalf("%s, line %d: %s: \"%s\"", c.path, first, problem, line)
		}
		if c.trace != nil {
			c.trace(2, "dict_load_fp: "+name+" = "+value)
		}
		if old, set := c.entries[name]; set && old.value != value {
			warn(c.path + ", line " + strconv.Itoa(first) + ": overriding earlier entry: " + name + "=" + old.value)
		}
		c.entries[name] = entry{value: value, origin: FromFile, line: first}
	}
}
