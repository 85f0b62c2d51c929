package anvil

import (
	"fmt"

	"ostler/attr"
)

// Protocol says whose replies anvil gives.
type Protocol string

// The protocols. A client of either version understands both.
const (
	Protocol37  Protocol = "3.7"  // Postfix 3.7, and up to 3.11 but for what they added elsewhere
	Protocol312 Protocol = "3.12" // knows tlstr, and tells its number in lookup
)

// paramProtocol is the parameter that chooses, which stock does not have.
const paramProtocol = "ostler_anvil_protocol"

// parseProtocol returns the Protocol of that name.
func parseProtocol(s string) (Protocol, error) {
	switch p := Protocol(s); p {
	case Protocol37, Protocol312:
		return p, nil
	}
	return "", fmt.Errorf("bad value for parameter %s: %q: specify %s or %s", paramProtocol, s, Protocol37, Protocol312)
}

// responder answers requests from a State. It knows nothing of connections and
// may be used for several clients at the same time.
type responder struct {
	// Static after construction.
	state    *State
	protocol Protocol
	stream   string     // how warnings call the client
	warn     attr.Trace // not nil
	verbose  attr.Trace // nil without -v
}

// respond answers one request of the client that p belongs to: it appends the
// reply to buf. When req is no request it returns false, and the connection must
// end after what was appended: a client with an ident still linked hears of the
// disconnect that this means, as it does from stock.
//
// postfix: src/anvil/anvil.c anvil_service
func (a *responder) respond(p *Peer, req, buf []byte) (reply []byte, ok bool) {
	r := attr.NewReader(attr.Plain, req, a.stream)
	r.Warn, r.Verbose = a.warn, a.verbose
	var q request
	if !q.scan(&r) {
		return a.goodbye(p, buf), false
	}
	w := attr.NewWriter(attr.Plain, buf)
	w.Trace = a.verbose
	a.serve(p, &q, &w)
	return w.Bytes(), true
}

// goodbye takes back what the client has left behind, and appends what it hears
// of it if it still listens.
func (a *responder) goodbye(p *Peer, buf []byte) []byte {
	if p == nil || !a.state.Leave(p) {
		return buf
	}
	w := attr.NewWriter(attr.Plain, buf)
	w.Trace = a.verbose
	statusReply{statusOK}.write(&w)
	return w.Bytes()
}

// serve does what the request asks for and writes the reply.
func (a *responder) serve(p *Peer, q *request, w *attr.Writer) {
	switch string(q.verb) {
	case verbConnect:
		count, rate := a.state.Connect(p, q.ident)
		connectReply{statusOK, count, rate}.write(w)
	case verbDisconnect:
		a.state.Disconnect(p, q.ident)
		statusReply{statusOK}.write(w)
	case verbMessage:
		a.add(p, Messages, q.ident, w)
	case verbRecipient:
		a.add(p, Recipients, q.ident, w)
	case verbNewTLS:
		a.add(p, NewTLS, q.ident, w)
	case verbAuth:
		a.add(p, Auths, q.ident, w)
	case verbNewTLSStatus:
		rateReply{statusOK, a.state.Rate(NewTLS, q.ident)}.write(w)
	case verbLookup:
		a.lookup(q.ident, w)
	default:
		if a.protocol == Protocol312 && string(q.verb) == verbTLSTrace {
			a.add(p, TLSTraces, q.ident, w)
			return
		}
		a.warn("unrecognized request: \"%s\", ignored", string(q.verb))
		statusReply{statusFail}.write(w)
	}
}

func (a *responder) add(p *Peer, k Kind, ident []byte, w *attr.Writer) {
	rateReply{statusOK, a.state.Add(p, k, ident)}.write(w)
}

func (a *responder) lookup(ident []byte, w *attr.Writer) {
	n, known := a.state.Lookup(ident)
	lookupReply{
		status:      statusOK,
		count:       n.Count,
		rate:        n.Rates[Connections],
		mail:        n.Rates[Messages],
		rcpt:        n.Rates[Recipients],
		newTLS:      n.Rates[NewTLS],
		auth:        n.Rates[Auths],
		tlsTrace:    n.Rates[TLSTraces],
		hasTLSTrace: known && a.protocol == Protocol312,
	}.write(w)
}
