package attr

// Field is one wanted attribute of [Reader.Scan]: a name, a type, and where the
// value goes. The functions below make Fields; they do not allocate, and the
// variables that they point to stay on the caller's stack.
type Field struct {
	name string
	dst  any // pointer to the result; for kindStrEq the string wanted
	kind kind
}

// kind is the type of an attribute.
type kind uint8

const (
	kindInt   kind = iota // ATTR_TYPE_INT
	kindLong              // ATTR_TYPE_LONG
	kindStr               // ATTR_TYPE_STR, copied
	kindBytes             // ATTR_TYPE_STR, as a view
	kindData              // ATTR_TYPE_DATA
	kindBool              // ATTR_TYPE_BOOL
	kindStrEq             // ATTR_TYPE_STREQ
	kindHash              // ATTR_TYPE_HASH
)

// Int wants a number and stores it as a C program does in an int: the low 32
// bits, as a signed number. "4294967295" gives -1. Leading blanks and a sign are
// accepted, as by scanf("%u").
func Int(name string, p *int) Field { return Field{name: name, kind: kindInt, dst: p} }

// Long is Int for signed numbers of 64 bits.
func Long(name string, p *int64) Field { return Field{name: name, kind: kindLong, dst: p} }

// Str wants a string. It allocates, unless *p is equal already.
func Str(name string, p *string) Field { return Field{name: name, kind: kindStr, dst: p} }

// Bytes wants a string without copying it: *p becomes a view of the Reader's
// data, or of its scratch memory, and is valid until the data changes or
// [Reader.Reset] is called.
func Bytes(name string, p *[]byte) Field { return Field{name: name, kind: kindBytes, dst: p} }

// Data wants binary data. *p becomes a view of the Reader's scratch memory,
// valid until [Reader.Reset].
func Data(name string, p *[]byte) Field { return Field{name: name, kind: kindData, dst: p} }

// Bool wants a boolean: "true" or "false" in the plain encoding, 1 or 0 else.
func Bool(name string, p *bool) Field { return Field{name: name, kind: kindBool, dst: p} }

// StrEq demands a string that is equal to want; anything else is an error. It
// does not count as a conversion. Greetings are read with it:
//
//	ok := r.Scan(attr.Strict, attr.StrEq("protocol", "anvil_protocol")) == 0
func StrEq(name, want string) Field { return Field{name: name, kind: kindStrEq, dst: want} }

// Hash wants a table. Members are added to *p, which is made when it is nil and
// the table is not empty; each member counts as one conversion. Of members with
// the same name the first stays (flag [Extra]: the second ends the Scan). The
// table holds at most [MaxMembers] members, those included that it had before.
// A table without braces takes the rest of the list, and ends the Scan whatever
// else is wanted.
func Hash(p *map[string]string) Field { return Field{kind: kindHash, dst: p} }
