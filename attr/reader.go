package attr

import "strings"

// Names that stock prints for things that are wanted and have no name.
const (
	wantEnd       = "(list terminator)"
	wantAny       = "(any attribute name or list terminator)"
	wantAnyOrStop = "(any attribute name or '}')"
)

// Reader reads attribute lists that are held in memory. Get one from [NewReader]
// or with [Reader.Reset]. Set the exported fields before the first Scan.
//
// It does not allocate, but for: [Str] and [Hash]; one piece of scratch memory of
// at most the size of the data when there is something to decode from base64
// (kept for reuse by Reset); warnings and traces.
//
// postfix: src/util/attr_scan_plain.c, src/util/attr_scan0.c, src/util/attr_scan64.c
type Reader struct {
	// Static after construction.

	// Warn, if not nil, gets stock's warnings, without the "warning: " before them.
	Warn Trace
	// Verbose, if not nil, gets the lines that stock prints with -v.
	Verbose Trace
	// Timeout says that the data ended because a time limit passed, not because
	// the peer closed; it changes the text of the warning only.
	Timeout bool
	// UTF8 lets the flag Printable pass UTF-8 (smtputf8_enable = yes). As in stock
	// (3.7), what follows a lead byte is not looked at closely.
	UTF8 bool

	// Owned by the caller, not thread-safe.
	enc     Encoding
	data    []byte
	pos     int
	stream  string // as in stock's warnings, such as "anvil socket"
	scratch []byte // decoded values; views of it are out with the caller
}

// NewReader returns a Reader of data, which it does not change and which the
// caller must leave alone as long as it uses the Reader or views from it. The
// stream's name is for warnings: Postfix's servers call it "<service> socket",
// its clients "private/<service> socket".
func NewReader(enc Encoding, data []byte, stream string) Reader {
	return Reader{enc: enc, data: data, stream: stream}
}

// maxScratch is the size of the largest scratch memory that survives a Reset, so
// that one large request does not stay in memory for ever.
const maxScratch = 16 << 10

// Reset makes the Reader read data, with everything else as it was. All views
// that the Reader gave become invalid.
func (r *Reader) Reset(data []byte) {
	r.data, r.pos, r.scratch = data, 0, r.scratch[:0]
	if cap(r.scratch) > maxScratch {
		r.scratch = nil
	}
}

// Rest returns the data not yet read, a view.
func (r *Reader) Rest() []byte { return r.data[r.pos:] }

// More looks at the next byte: it returns 0 if the list ends there (and takes the
// terminator), -1 at the end of the data, 1 if there is another attribute (of
// which it takes nothing). (postfix: attr_scan_more0 and its brothers)
func (r *Reader) More() int {
	if r.pos >= len(r.data) {
		if r.Verbose != nil {
			r.Verbose("%s: EOF", r.stream)
		}
		return -1
	}
	if c := r.data[r.pos]; c != r.enc.terminator() {
		if r.Verbose != nil {
			// Stock's %c drops a NUL.
			r.Verbose("%s: non-terminator '%s' (lookahead)", r.stream, string(cstring([]byte{c})))
		}
		return 1
	}
	if r.Verbose != nil {
		r.Verbose("%s: terminator (consumed)", r.stream)
	}
	r.pos++
	return 0
}

// outcome says how the search for a wanted attribute, or its conversion, went.
type outcome uint8

const (
	found   outcome = iota // go on with the next
	stopped                // return the conversions so far
	failed                 // return -1
)

// Scan reads the wanted attributes in the order given, then the rest of the list
// up to its terminator, which it takes (flag [More]: not the rest). It returns
//
//   - the number of conversions; fewer than wanted if the list ended early or, with
//     the flag [Extra], if something else came first. The caller must compare: the
//     variables that were not reached are as they were;
//   - 0 if there is no data at all (not with the flag [Continued]). That is no error,
//     there is no warning; a list without attributes gives 0 too;
//   - -1 for an error: a value that is malformed or not what [StrEq] demands, or
//     data that ends before the list does.
//
// With the flag Extra an attribute after the last wanted one brings a warning,
// but the count is full; what follows it stays unread, see [Reader.Rest].
// Unknown flags are a panic.
func (r *Reader) Scan(flags Flags, fields ...Field) int {
	if flags&^allFlags != 0 {
		panic("attr: Scan with unknown flags")
	}
	if r.pos >= len(r.data) && flags&Continued == 0 {
		return 0
	}
	count := 0
	for i := range fields {
		f := &fields[i]
		var how outcome
		if f.kind == kindHash {
			how = r.scanHash(flags, f.dst.(*map[string]string), &count)
		} else {
			how = r.scanField(flags, f, &count)
		}
		switch how {
		case stopped:
			return count
		case failed:
			return -1
		}
	}
	if flags&More != 0 {
		return count
	}
	if how := r.scanEnd(flags); how == failed {
		return -1
	}
	return count
}

// scanField finds and converts one attribute other than a table.
func (r *Reader) scanField(flags Flags, f *Field, count *int) outcome {
	for {
		if r.Verbose != nil {
			r.wanted(f.name)
		}
		tok, sep := r.readName()
		if sep == noByte {
			return failed
		}
		if len(tok) == 0 && sep == int(r.enc.terminator()) {
			if flags&Missing != 0 {
				r.missing(f.name)
			}
			return stopped
		}
		if string(tok) == f.name || string(cstring(tok)) == f.name {
			if !r.convert(flags, f, sep) {
				return failed
			}
			if f.kind != kindStrEq {
				*count++
			}
			return found
		}
		if flags&Extra != 0 {
			r.unexpected(tok, f.name)
			return stopped
		}
		r.skipValue(sep)
	}
}

// scanEnd looks for the end of the list.
func (r *Reader) scanEnd(flags Flags) outcome {
	for {
		if r.Verbose != nil {
			r.wanted(wantEnd)
		}
		tok, sep := r.readName()
		if sep == noByte {
			return failed
		}
		if len(tok) == 0 && sep == int(r.enc.terminator()) {
			return found
		}
		if flags&Extra != 0 {
			r.unexpected(tok, wantEnd)
			return stopped
		}
		r.skipValue(sep)
	}
}

// wanted traces what is looked for. The clone keeps the caller's Field, and with
// it the variable that it points to, from escaping.
func (r *Reader) wanted(name string) {
	r.Verbose("%s: wanted attribute: %s", r.stream, strings.Clone(name))
}

func (r *Reader) missing(name string) {
	r.warn("missing attribute %s in input from %s", strings.Clone(name), r.stream)
}

func (r *Reader) unexpected(tok []byte, wanted string) {
	r.warn("unexpected attribute %s from %s (expecting: %s)",
		string(cstring(tok)), r.stream, strings.Clone(wanted))
}

func (r *Reader) warn(format string, args ...any) {
	if r.Warn != nil {
		r.Warn(format, args...)
	}
}
