package anvil

import (
	"time"

	"ostler/attr"
	"ostler/mailconf"
	"ostler/multiserver"
)

// Stock's parameters.
const (
	paramTimeUnit   = "anvil_rate_time_unit"
	paramStatusTime = "anvil_status_update_time"
)

// service is an anvil within a multiserver.Server.
type service struct {
	// Static after PostInit.
	timeUnit   time.Duration
	statusTime time.Duration
	protocol   string
	responder  responder

	// Owned by Loop, not thread-safe.
	reportAt time.Time
}

// NewServer returns an anvil for multiserver.Main. Each has a State of its own,
// which begins empty when the process starts.
//
// postfix: src/anvil/anvil.c main
func NewServer() *multiserver.Server {
	a := &service{}
	return &multiserver.Server{
		Frame:         attr.Plain.Frame,
		Handle:        a.handle,
		Tables:        []mailconf.Table{a.table()},
		PostInit:      a.postInit,
		PostAccept:    a.postAccept,
		PreDisconnect: a.preDisconnect,
		Loop:          a.loop,
		Exit:          a.report,
		Solitary:      true,
	}
}

func (a *service) table() mailconf.Table {
	return mailconf.Table{
		mailconf.Time(paramTimeUnit, "60s", time.Second, 0, &a.timeUnit),
		mailconf.Time(paramStatusTime, "600s", time.Second, 0, &a.statusTime),
		mailconf.Str(paramProtocol, string(Protocol37), 1, 0, &a.protocol),
	}
}

// postInit makes the State. A process must not leave before its windows are
// over, and how many clients it has had does not matter.
func (a *service) postInit(s *multiserver.Server) error {
	protocol, err := parseProtocol(a.protocol)
	if err != nil {
		return err
	}
	a.responder = responder{
		state:    NewState(a.timeUnit, nil),
		protocol: protocol,
		stream:   s.ServiceName() + " socket",
		warn:     s.Log().Warningf,
	}
	if s.Log().Verbose() > 0 {
		a.responder.verbose = s.Log().Debugf
	}
	a.reportAt = time.Now().Add(a.statusTime)
	s.SetMaxUse(0)
	if s.MaxIdle() < a.timeUnit {
		s.SetMaxIdle(a.timeUnit)
	}
	return nil
}

// postAccept announces the protocol.
func (a *service) postAccept(c *multiserver.Conn, _ map[string]string) error {
	if a.responder.verbose != nil {
		a.responder.verbose("send attr %s = %s", attrProtocol, protocolName)
	}
	_, err := c.WriteString(Greeting)
	return err
}

// handle serves one request. An anvil that was given arguments dies at the
// first one, as stock does.
func (a *service) handle(c *multiserver.Conn, req []byte) error {
	if args := c.Server().Args(); len(args) > 0 {
		c.Server().Log().Fatalf("unexpected command-line argument: %s", args[0])
	}
	p, _ := c.Data.(*Peer)
	if p == nil {
		p = new(Peer)
		c.Data = p
	}
	if a.responder.verbose != nil {
		a.responder.verbose("--- start request ---")
		defer a.responder.verbose("--- end request ---")
	}
	reply, ok := a.responder.respond(p, req, c.ReplyBuffer())
	if _, err := c.Write(reply); err != nil {
		return err
	}
	if !ok {
		return multiserver.ErrDisconnect
	}
	return nil
}

// preDisconnect takes back what the client has not. A client that has only
// half-closed reads a last reply then, as it does from stock; whether it does
// is not ours to know, so that errors do not matter.
func (a *service) preDisconnect(c *multiserver.Conn) {
	p, _ := c.Data.(*Peer)
	if reply := a.responder.goodbye(p, nil); len(reply) > 0 && c.EOF() {
		c.Write(reply)
		c.Flush()
	}
}

// loop logs the statistics when it is time, and forgets idents.
func (a *service) loop(s *multiserver.Server) time.Duration {
	now := time.Now()
	if !now.Before(a.reportAt) {
		a.report(s)
		a.reportAt = now.Add(a.statusTime)
	}
	return min(a.responder.state.Expire(), a.reportAt.Sub(now))
}

// report logs the peaks and forgets them.
func (a *service) report(s *multiserver.Server) {
	for _, line := range a.responder.state.Report() {
		s.Log().Infof("%s", line)
	}
}
