package anvil

import (
	"bytes"

	"ostler/attr"
)

// The protocol, in the order in which it is spoken. Everything is in the plain
// encoding of package attr.
//
//	server  protocol=anvil_protocol         once, when the client has connected
//	client  request=<verb> ident=<text>     Request
//	server  status=0 ...                    the reply that belongs to the verb
//
// postfix: src/global/anvil_clnt.h

// Service and Class say where the service is: the socket private/anvil in the
// queue directory.
const (
	Service = "anvil"   // ANVIL_SERVICE
	Class   = "private" // ANVIL_CLASS
)

// Greeting is what the server sends on each new connection.
const Greeting = attrProtocol + "=" + protocolName + "\n\n"

const (
	attrProtocol = "protocol"       // MAIL_ATTR_PROTO
	protocolName = "anvil_protocol" // MAIL_ATTR_PROTO_ANVIL
)

// The names of the attributes.
const (
	attrRequest = "request" // ANVIL_ATTR_REQ
	attrIdent   = "ident"   // ANVIL_ATTR_IDENT
	attrStatus  = "status"  // ANVIL_ATTR_STATUS
	attrCount   = "count"   // ANVIL_ATTR_COUNT
	attrRate    = "rate"    // ANVIL_ATTR_RATE
	attrMail    = "mail"    // ANVIL_ATTR_MAIL
	attrRcpt    = "rcpt"    // ANVIL_ATTR_RCPT
	attrNewTLS  = "newtls"  // ANVIL_ATTR_NTLS
	attrAuth    = "auth"    // ANVIL_ATTR_AUTH
)

// The verbs.
const (
	verbConnect      = "connect"       // ANVIL_REQ_CONN
	verbDisconnect   = "disconnect"    // ANVIL_REQ_DISC
	verbMessage      = "message"       // ANVIL_REQ_MAIL
	verbRecipient    = "recipient"     // ANVIL_REQ_RCPT
	verbNewTLS       = "newtls"        // ANVIL_REQ_NTLS
	verbNewTLSStatus = "newtls_status" // ANVIL_REQ_NTLS_STAT; the manual page has newtls_report
	verbAuth         = "auth"          // ANVIL_REQ_AUTH
	verbTLSTrace     = "tlstr"         // ANVIL_REQ_TLSTR, 3.12
	verbLookup       = "lookup"        // ANVIL_REQ_LOOKUP
)

// The values of the status attribute.
const (
	statusOK   = 0  // ANVIL_STAT_OK
	statusFail = -1 // ANVIL_STAT_FAIL: the verb is unknown; 4294967295 on the wire
)

// request is what a client sends. The slices are views into what was read.
type request struct {
	verb  []byte
	ident []byte
}

// scan reads a request as strictly as stock does and tells whether it is one.
// As in C, text ends at a NUL.
func (q *request) scan(r *attr.Reader) bool {
	if r.Scan(attr.Strict, attr.Bytes(attrRequest, &q.verb), attr.Bytes(attrIdent, &q.ident)) != 2 {
		return false
	}
	q.verb, q.ident = cString(q.verb), cString(q.ident)
	return true
}

// writeRequest appends a request.
func writeRequest(w *attr.Writer, verb, ident string) {
	w.Str(attrRequest, verb)
	w.Str(attrIdent, ident)
	w.End()
}

func cString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// statusReply answers disconnect and unknown verbs.
type statusReply struct {
	status int
}

func (m statusReply) write(w *attr.Writer) {
	w.Int(attrStatus, m.status)
	w.End()
}

func (m *statusReply) scan(r *attr.Reader) bool {
	return r.Scan(attr.Missing, attr.Int(attrStatus, &m.status)) == 1
}

// connectReply answers connect.
type connectReply struct {
	status int
	count  int
	rate   int
}

func (m connectReply) write(w *attr.Writer) {
	w.Int(attrStatus, m.status)
	w.Int(attrCount, m.count)
	w.Int(attrRate, m.rate)
	w.End()
}

func (m *connectReply) scan(r *attr.Reader) bool {
	return r.Scan(attr.Missing,
		attr.Int(attrStatus, &m.status),
		attr.Int(attrCount, &m.count),
		attr.Int(attrRate, &m.rate)) == 3
}

// rateReply answers message, recipient, newtls, newtls_status, auth and tlstr.
type rateReply struct {
	status int
	rate   int
}

func (m rateReply) write(w *attr.Writer) {
	w.Int(attrStatus, m.status)
	w.Int(attrRate, m.rate)
	w.End()
}

func (m *rateReply) scan(r *attr.Reader) bool {
	return r.Scan(attr.Missing,
		attr.Int(attrStatus, &m.status),
		attr.Int(attrRate, &m.rate)) == 2
}

// lookupReply answers lookup.
type lookupReply struct {
	status int
	count  int
	rate   int
	mail   int
	rcpt   int
	newTLS int
	auth   int

	// 3.12 adds the TLS trace rate for an ident that it knows, as a second
	// attribute with the name auth.
	tlsTrace    int
	hasTLSTrace bool
}

func (m lookupReply) write(w *attr.Writer) {
	w.Int(attrStatus, m.status)
	w.Int(attrCount, m.count)
	w.Int(attrRate, m.rate)
	w.Int(attrMail, m.mail)
	w.Int(attrRcpt, m.rcpt)
	w.Int(attrNewTLS, m.newTLS)
	w.Int(attrAuth, m.auth)
	if m.hasTLSTrace {
		w.Int(attrAuth, m.tlsTrace)
	}
	w.End()
}

func (m *lookupReply) scan(r *attr.Reader) bool {
	ok := r.Scan(attr.Missing|attr.More,
		attr.Int(attrStatus, &m.status),
		attr.Int(attrCount, &m.count),
		attr.Int(attrRate, &m.rate),
		attr.Int(attrMail, &m.mail),
		attr.Int(attrRcpt, &m.rcpt),
		attr.Int(attrNewTLS, &m.newTLS),
		attr.Int(attrAuth, &m.auth)) == 7
	if ok {
		m.hasTLSTrace = r.Scan(0, attr.Int(attrAuth, &m.tlsTrace)) == 1
	}
	return ok
}
