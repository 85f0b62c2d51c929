package anvil

import (
	"context"
	"net"

	"ostler/attr"
)

// NumKinds is the number of kinds.
const NumKinds = numKinds

// SetRate puts the State of a known ident where a test cannot count to.
func (s *State) SetRate(ident string, k Kind, rate int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idents.get([]byte(ident)).rates[k] = rate
}

// Responder is a responder.
type Responder struct{ r responder }

// NewResponder returns a responder as postInit makes it.
func NewResponder(state *State, p Protocol, warn attr.Trace) *Responder {
	return &Responder{responder{state: state, protocol: p, stream: "anvil socket", warn: warn}}
}

// SetVerbose makes the responder trace.
func (r *Responder) SetVerbose(trace attr.Trace) { r.r.verbose = trace }

// Respond is respond.
func (r *Responder) Respond(p *Peer, req, buf []byte) ([]byte, bool) { return r.r.respond(p, req, buf) }

// Goodbye is goodbye.
func (r *Responder) Goodbye(p *Peer) []byte { return r.r.goodbye(p, nil) }

// NewTestClient returns a Client that connects with connect.
func NewTestClient(connect func(context.Context) (net.Conn, error)) *Client {
	c := NewClient("private/anvil")
	c.connect = connect
	return c
}

// Readable is readable.
var Readable = readable
