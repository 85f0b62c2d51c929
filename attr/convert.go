package attr

import "math"

// convert reads the value of an attribute whose name was found and stores it. sep
// is the byte after the name.
func (r *Reader) convert(flags Flags, f *Field, sep int) bool {
	if sep != int(r.enc.separator()) {
		r.valueless(r.typeName(f.kind), f.name)
		return false
	}
	val, end := r.readValue()
	if end == noByte {
		return false
	}
	switch f.kind {
	case kindInt:
		n, ok := r.number(val)
		if !ok || !r.single(end, f.name) {
			return false
		}
		*f.dst.(*int) = int(int32(uint32(n)))
		return true
	case kindLong:
		n, ok := r.number(val)
		if !ok || !r.single(end, f.name) {
			return false
		}
		*f.dst.(*int64) = int64(n)
		return true
	case kindBool:
		b, ok := r.boolean(val)
		if !ok || !r.single(end, f.name) {
			return false
		}
		*f.dst.(*bool) = b
		return true
	}
	return r.convertText(flags, f, val, end)
}

// convertText is convert for strings and data.
func (r *Reader) convertText(flags Flags, f *Field, val []byte, end int) bool {
	if f.kind == kindData {
		return r.convertData(f, val, end)
	}
	if !r.single(end, f.name) {
		return false
	}
	if r.enc != Null {
		val = cstring(val)
	}
	if f.kind == kindStrEq {
		if want := f.dst.(string); string(val) != want {
			r.mismatch(f.name, val, want)
			return false
		}
		return true
	}
	if flags&Printable != 0 {
		val = r.printable(val)
	}
	if f.kind == kindBytes {
		*f.dst.(*[]byte) = val[:len(val):len(val)]
	} else if p := f.dst.(*string); *p != string(val) {
		*p = string(val)
	}
	return true
}

// convertData decodes binary data, which the base64 encoding has done already.
func (r *Reader) convertData(f *Field, val []byte, end int) bool {
	if r.enc != Base64 {
		out, ok := r.decode(val)
		if !ok {
			r.warn("malformed base64 data from %s while reading %s: %s",
				r.stream, valueToken, clipped(val))
			return false
		}
		val = out
	}
	if !r.single(end, f.name) {
		return false
	}
	*f.dst.(*[]byte) = val
	return true
}

// number converts a number or warns.
func (r *Reader) number(val []byte) (uint64, bool) {
	n, ok := parseNumber(val)
	if !ok {
		r.warn("malformed numerical data from %s while reading %s: %s",
			r.stream, valueToken, clipped(val))
	}
	return n, ok
}

// boolean converts a boolean or warns.
func (r *Reader) boolean(val []byte) (b, ok bool) {
	if r.enc == Plain {
		switch string(cstring(val)) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	} else {
		n, ok := r.number(val)
		if !ok {
			return false, false
		}
		if n := uint32(n); n <= 1 {
			return n == 1, true
		}
	}
	r.warn("malformed boolean value from %s while reading %s: %s",
		r.stream, valueToken, clipped(val))
	return false, false
}

// single warns if a value ended in ':', which announces another one and is
// possible in the base64 encoding only.
func (r *Reader) single(end int, name string) bool {
	if end != ':' {
		return true
	}
	r.multiple(name)
	return false
}

// parseNumber reads a number as scanf("%lu") does: white space, a sign and
// decimal digits, to the end of the C string. What does not fit becomes the
// largest number, and a minus sign negates what does. scanf("%u") gives the low
// 32 bits of that.
func parseNumber(s []byte) (uint64, bool) {
	i := 0
	for i < len(s) && (s[i] == ' ' || '\t' <= s[i] && s[i] <= '\r') {
		i++
	}
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	first, v, overflow := i, uint64(0), false
	for ; i < len(s); i++ {
		d := uint64(s[i] - '0')
		if d > 9 {
			break
		}
		if v > (math.MaxUint64-d)/10 {
			overflow = true
		}
		v = v*10 + d
	}
	if i == first || i < len(s) && s[i] != 0 {
		return 0, false
	}
	if overflow {
		return math.MaxUint64, true
	}
	if negative {
		v = -v
	}
	return v, true
}

// printable returns s with '?' for what is not printable, in scratch memory if
// there is anything to replace.
//
// postfix: src/util/printable.c
func (r *Reader) printable(s []byte) []byte {
	i := r.unprintable(s, 0)
	if i == len(s) {
		return s
	}
	start := len(r.scratch)
	r.scratch = append(r.scratch, s...)
	out := r.scratch[start:len(r.scratch):len(r.scratch)]
	for ; i < len(out); i = r.unprintable(out, i+1) {
		out[i] = '?'
	}
	return out
}

// unprintable returns the index of the first byte at or after i that has to be
// replaced, or the length of s.
func (r *Reader) unprintable(s []byte, i int) int {
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case ' ' <= c && c <= '~':
		case r.UTF8 && 194 <= c && c <= 254 && i+1 < len(s) && s[i+1]&0xc0 == 0x80:
			for i+1 < len(s) && s[i+1]&0xc0 == 0x80 {
				i++
			}
		default:
			return i
		}
	}
	return i
}
