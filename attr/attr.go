package attr

// Encoding is one of the three wire formats of the attribute protocol.
type Encoding uint8

const (
	// Plain is "name=value\n"; anvil and policy services speak it.
	// (postfix: src/util/attr_scan_plain.c)
	Plain Encoding = iota
	// Null is "name\0value\0", what nearly all Postfix services speak.
	// (postfix: src/util/attr_scan0.c)
	Null
	// Base64 is "b64(name):b64(value)\n". (postfix: src/util/attr_scan64.c)
	Base64
)

// String returns "plain", "null" or "base64", and "unknown" for anything else.
func (e Encoding) String() string {
	switch e {
	case Plain:
		return "plain"
	case Null:
		return "null"
	case Base64:
		return "base64"
	}
	return "unknown"
}

// terminator returns the byte that ends a line (Plain, Base64) or string (Null),
// and, in the place of a name, the list.
func (e Encoding) terminator() byte {
	if e == Null {
		return 0
	}
	return '\n'
}

// separator returns the byte between name and value.
func (e Encoding) separator() byte {
	switch e {
	case Plain:
		return '='
	case Base64:
		return ':'
	}
	return 0
}

// Flags say how strictly [Reader.Scan] reads. Zero is the lenient way: attributes
// that were not asked for are skipped, a list that ends early is no news.
type Flags uint8

const (
	// Missing warns when the list ends before all wanted attributes were seen.
	// The count that Scan returns is short with or without it. (ATTR_FLAG_MISSING)
	Missing Flags = 1 << iota
	// Extra refuses attributes that were not asked for, and members of a table
	// that come twice: a warning, and the count so far is returned, with the rest
	// of the list unread. (ATTR_FLAG_EXTRA)
	Extra
	// More stops after the last wanted attribute, without looking for the end of
	// the list: another Scan goes on from there. (ATTR_FLAG_MORE)
	More
	// Printable replaces bytes that are not printable by '?' in strings and in
	// names and values of tables; see [Reader.UTF8]. (ATTR_FLAG_PRINTABLE)
	Printable
	// Continued marks a Scan in the middle of a list that an earlier Scan with
	// More has begun, where the end of the data is an error ("premature
	// end-of-input") instead of "no list". Stock reads the arguments after an
	// ATTR_TYPE_FUNC so; it has no flag for it.
	Continued

	// Strict is what most of Postfix asks for. (ATTR_FLAG_STRICT)
	Strict = Missing | Extra

	allFlags = Missing | Extra | More | Printable | Continued
)

// MaxMembers is the largest number of members of one table (ATTR_HASH_LIMIT).
const MaxMembers = 1024

// Trace takes a warning or a line of protocol trace: a format and arguments as
// for fmt.Printf, without a newline. The arguments are copies; what a Trace does
// with them, and which goroutines may call it, is its owner's business.
type Trace func(format string, args ...any)

// Brackets of a table that the sender groups (ATTR_NAME_OPEN, ATTR_NAME_CLOSE).
const (
	tableOpen  = "{"
	tableClose = "}"
)
