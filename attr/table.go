package attr

import "strings"

// scanHash reads a table, with or without braces, into *table.
func (r *Reader) scanHash(flags Flags, table *map[string]string, count *int) outcome {
	wanted, grouped := wantAny, false
	for {
		if r.Verbose != nil {
			r.wanted(wanted)
		}
		tok, sep := r.readName()
		if sep == noByte {
			return failed
		}
		if len(tok) == 0 && sep == int(r.enc.terminator()) {
			if grouped && flags&Missing != 0 {
				r.missing(wanted)
			}
			return stopped
		}
		tok = cstring(tok)
		if sep == int(r.enc.terminator()) {
			if !grouped && string(tok) == tableOpen {
				wanted, grouped = wantAnyOrStop, true
				continue
			}
			if grouped && string(tok) == tableClose {
				return found
			}
		}
		name := string(tok)
		if sep != int(r.enc.separator()) {
			r.valueless("string", name)
			return failed
		}
		if how := r.scanMember(flags, table, name); how != found {
			return how
		}
		*count++
	}
}

// scanMember reads the value of one member and adds it to the table. found means
// that it counts, although the table may have had one of that name.
func (r *Reader) scanMember(flags Flags, table *map[string]string, name string) outcome {
	val, end := r.readValue()
	if end == noByte || !r.single(end, name) {
		return failed
	}
	val = cstring(val)
	if flags&Printable != 0 {
		name, val = string(r.printable([]byte(name))), r.printable(val)
	}
	if _, dup := (*table)[name]; dup {
		if flags&Extra != 0 {
			r.warn("duplicate attribute %s in input from %s", name, r.stream)
			return stopped
		}
		return found
	}
	if len(*table) >= MaxMembers {
		r.warn("attribute count exceeds limit %d in input from %s", MaxMembers, r.stream)
		return stopped
	}
	if *table == nil {
		*table = make(map[string]string)
	}
	(*table)[name] = string(val)
	return found
}

// typeName returns what stock calls a type when its value is missing. (It has no
// name of its own for a boolean in the plain encoding.)
func (r *Reader) typeName(k kind) string {
	switch k {
	case kindInt, kindLong:
		return "number"
	case kindBool:
		if r.enc == Plain {
			return "number"
		}
		return "boolean"
	case kindData:
		return "data"
	}
	return "string"
}

func (r *Reader) valueless(typeName, name string) {
	r.warn("missing value for %s attribute %s from %s", typeName, strings.Clone(name), r.stream)
}

func (r *Reader) multiple(name string) {
	r.warn("multiple values for attribute %s from %s", strings.Clone(name), r.stream)
}

func (r *Reader) mismatch(name string, got []byte, want string) {
	r.warn("unexpected %s %s from %s (expected: %s)",
		strings.Clone(name), string(got), r.stream, strings.Clone(want))
}
