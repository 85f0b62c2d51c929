// Package attr reads and writes Postfix's attribute protocol, in which Postfix
// programs talk to each other over local sockets: lists of name and value,
// each list ended by a terminator, in one of three encodings.
//
// # Usage
//
// A server that holds a whole request in memory (see [Encoding.Frame]) reads it
// and writes its reply without allocating:
//
//	var request, ident []byte
//	r := attr.NewReader(attr.Plain, req, "anvil socket")
//	r.Warn = log.Warningf
//	if r.Scan(attr.Strict, attr.Bytes("request", &request),
//		attr.Bytes("ident", &ident)) != 2 {
//		// broken request; what it was is in the log
//	}
//	w := attr.NewWriter(attr.Plain, reply[:0])
//	w.Int("status", 0)
//	w.Int("count", 1)
//	w.End()
//	reply = w.Bytes()
//
// A client that has a stream gets one reply from it with [ReadList].
//
// # Wire format
//
//	            Plain                Null               Base64
//	number      name=123\n           name\0123\0        b64(name):b64(123)\n
//	string      name=value\n         name\0value\0      b64(name):b64(value)\n
//	data        name=b64(value)\n    name\0b64(value)\0 b64(name):b64(value)\n
//	bool        name=true\n          name\01\0          b64(name):b64(1)\n
//	table       {\0\n ... }\0\n      {\0 ... }\0        ew==\n ... fQ==\n
//	end of list \n                   \0                 \n
//
// Numbers travel as unsigned decimals of 32 (Int) or 64 (Long) bits: -1 is
// 4294967295. The NUL inside the braces of the plain encoding is an artefact of
// stock's writer; both readers do without. A table (hash) may also come without
// braces, and then takes all that is left of the list. Tables hold at most
// [MaxMembers] members. A list inside a list has no mark of its own: its
// attributes stand in line (flag [More]).
//
// Nothing is escaped. A string cannot hold a NUL, in the plain encoding no
// newline either; a [Writer] refuses such values. A [Reader] treats strings as C
// does: they end at the first NUL, if an encoding lets one through.
//
// # Reading
//
// [Reader.Scan] takes the wanted attributes in the order of its arguments, as
// attr_scan(3) does, returns the number of conversions, -1 for an error, 0 when
// there is no list at all, and says what is wrong in stock's words through the
// Warn hook. The order of the attributes matters; attributes not asked for are
// skipped or refused, attributes not sent are reported or not, as the [Flags] say.
//
// # Concurrency
//
// Readers and Writers belong to one goroutine at a time. Functions and Encoding
// methods may be used from any number of goroutines.
//
// # Differences from stock
//
// A Reader works on one list in memory instead of a stream, so that no
// half-sent list blocks its caller. A Writer refuses what it could not send
// faithfully (stock sends it, and the peer reads something else), and sends the
// members of a table in the order of their names (stock: in no order). Bool is
// Postfix 3.12's. A number that is malformed leaves its variable alone.
//
// postfix: src/util/attr.h, src/util/attr_print_plain.c, src/util/attr_scan_plain.c,
// src/util/attr_print0.c, src/util/attr_scan0.c, src/util/attr_print64.c,
// src/util/attr_scan64.c
package attr
