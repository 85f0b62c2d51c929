package anvil

import (
	"math"
	"sync"
	"time"
)

// A Kind is one of the things that anvil counts per unit of time for an ident.
type Kind uint8

// The kinds, in the order in which a lookup reports them.
const (
	Connections Kind = iota // connect: new connections
	Messages                // message: message delivery requests
	Recipients              // recipient: recipient addresses
	NewTLS                  // newtls: TLS sessions that were not cached
	Auths                   // auth: AUTH commands
	TLSTraces               // tlstr: TLS trace events (3.12 only)
	numKinds
)

// Counts is what a State knows of one ident.
type Counts struct {
	Count int           // connections that are open now
	Rates [numKinds]int // events since the window began, at most math.MaxInt32 each
}

// A Peer is what a State remembers of one of anvil's own clients (an smtpd
// process, say): the ident that it has registered last, which stock calls the
// local server's link to a remote client. Like stock, a State links at most one
// ident to a client. The zero value is ready. A Peer belongs to one State, must
// not be copied once used, and is left with Leave.
type Peer struct {
	linked *counter // Guarded by State.mu.
}

// A counter holds the numbers of one ident. count equals the number of Peers
// that are linked to it, always; a counter is in the expiry queue exactly when
// count is 0.
type counter struct {
	ident string
	start int64 // second in which the window began
	rates [numKinds]int32
	count int32

	// Owned by the expiry queue.
	expires    int64 // second from which on the ident is unknown
	prev, next *counter
}

// purgeShare is how many forgotten idents a request removes besides its own
// work. A request adds at most one, so that a flood drains even if nobody calls
// Expire, and none pays for all.
const purgeShare = 64

// A State is the whole memory of an anvil: for each ident the number of open
// connections and the events in the present window, and the peaks since the
// last report. It does no I/O, starts nothing, and takes its time from outside.
//
// The window is fixed, not sliding, and counted in whole seconds: when an event
// comes strictly later than the first second of the window plus the time unit,
// all rates of the ident start again from zero. An ident is forgotten one time
// unit after its last connection has gone. Forgotten idents are removed by
// requests, a few each, and by Expire; no ident has a timer.
//
// Memory is about 200 bytes an ident and its text; a flood of idents within one
// time unit is bounded only by what the clients of anvil let through, as with
// stock. It is given back when the idents have expired.
//
// All methods may be called concurrently and hold one mutex for well under a
// microsecond (Expire and Report excepted, which hold it a few times longer).
//
// postfix: src/anvil/anvil.c
type State struct {
	// Static after construction.
	unit int64 // seconds
	now  func() time.Time
	base time.Time

	mu sync.Mutex
	// Guarded by mu.
	last   int64 // the latest second seen
	idents index
	queue  queue
	peaks  peaks
}

// NewState returns an empty State with windows of unit (whole seconds, at least
// one; anvil_rate_time_unit). now tells the time, and must be safe for
// concurrent use; nil stands for time.Now.
//
// Windows and expiry follow the monotonic clock where now has one, so that they
// end in time even if the host's clock is set back; stock would keep a client
// that has reached its limit there until the clock has caught up. The time of a
// peak is the host's.
func NewState(unit time.Duration, now func() time.Time) *State {
	if now == nil {
		now = time.Now
	}
	return &State{
		unit:   max(1, int64(unit/time.Second)),
		now:    now,
		base:   now(),
		idents: newIndex(),
	}
}

// begin locks the State for a request, removes a few forgotten idents and
// returns the time: whole seconds that never go back, and the time of day.
func (s *State) begin() (sec int64, tod time.Time) {
	tod = s.now()
	sec = s.seconds(tod)
	s.mu.Lock()
	s.last = max(s.last, sec)
	s.purge(s.last, purgeShare)
	return s.last, tod
}

// seconds is the Unix time that the monotonic clock tells. It changes when the
// host's second does, as long as nobody sets the host's clock.
func (s *State) seconds(t time.Time) int64 {
	sub := int64(s.base.Nanosecond()) + int64(t.Sub(s.base))
	sec := sub / int64(time.Second)
	if sub < 0 && sub%int64(time.Second) != 0 {
		sec--
	}
	return s.base.Unix() + sec
}

// Connect registers a new connection of ident, and links ident to p; an ident
// that was linked to p before loses one connection. It returns the number of
// open connections and of connections in the window, both with this one.
func (s *State) Connect(p *Peer, ident []byte) (count, rate int) {
	now, tod := s.begin()
	defer s.mu.Unlock()
	c := s.find(ident, now)
	c = s.register(p, c, ident, now, tod)
	s.peaks.rate(Connections, c, tod)
	s.peaks.connections(c, tod)
	return int(c.count), int(c.rates[Connections])
}

// Add registers an event of kind k, which is not Connections, and returns how
// many there were in the window, with this one. An ident that is not known is
// registered first as Connect does it, but for the connection peaks: the
// clients of an anvil that was restarted go on in mid-session.
func (s *State) Add(p *Peer, k Kind, ident []byte) (rate int) {
	now, tod := s.begin()
	defer s.mu.Unlock()
	c := s.find(ident, now)
	if c == nil {
		c = s.register(p, nil, ident, now, tod)
	}
	s.increment(c, k, now)
	s.peaks.rate(k, c, tod)
	return int(c.rates[k])
}

// Disconnect takes back the connection of ident if ident is the one linked to
// p, and does nothing otherwise.
func (s *State) Disconnect(p *Peer, ident []byte) {
	now, _ := s.begin()
	defer s.mu.Unlock()
	if c := p.linked; c != nil && c.ident == string(ident) {
		p.linked = nil
		s.drop(c, now)
	}
}

// Leave takes back what is still linked to p, whose client has gone, and tells
// whether there was something.
func (s *State) Leave(p *Peer) bool {
	now, _ := s.begin()
	defer s.mu.Unlock()
	c := p.linked
	if c == nil {
		return false
	}
	p.linked = nil
	s.drop(c, now)
	return true
}

// Lookup returns the numbers of ident, without counting anything, and whether
// ident is known.
func (s *State) Lookup(ident []byte) (n Counts, known bool) {
	now, _ := s.begin()
	defer s.mu.Unlock()
	c := s.find(ident, now)
	if c == nil {
		return n, false
	}
	n.Count = int(c.count)
	if !s.stale(c, now) {
		for k, r := range c.rates {
			n.Rates[k] = int(r)
		}
	}
	return n, true
}

// Rate returns the events of kind k of ident in the present window, without
// counting anything; 0 for an ident that is not known.
func (s *State) Rate(k Kind, ident []byte) int {
	now, _ := s.begin()
	defer s.mu.Unlock()
	c := s.find(ident, now)
	if c == nil || s.stale(c, now) {
		return 0
	}
	return int(c.rates[k])
}

// Len returns the number of idents that are held.
func (s *State) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.idents.size
}

// find returns the counter of ident, or nil when ident is unknown or, though
// not yet removed, forgotten.
func (s *State) find(ident []byte, now int64) *counter {
	c := s.idents.get(ident)
	if c != nil && c.count == 0 && c.expires <= now {
		s.forget(c)
		return nil
	}
	return c
}

// register counts a connection for c, which is made if it is nil, and links it
// to p.
func (s *State) register(p *Peer, c *counter, ident []byte, now int64, tod time.Time) *counter {
	if c == nil {
		c = &counter{ident: string(ident), start: now}
		c.rates[Connections] = 1
		s.idents.put(c)
		s.peaks.cache(s.idents.size, tod)
	} else {
		s.increment(c, Connections, now)
		if c.count == 0 {
			s.queue.remove(c)
		}
	}
	c.count++
	if old := p.linked; old != nil {
		s.drop(old, now)
	}
	p.linked = c
	return c
}

// drop takes one connection from c.
func (s *State) drop(c *counter, now int64) {
	if c.count--; c.count == 0 {
		c.expires = now + s.unit
		s.queue.push(c)
	}
}

// increment counts an event, in a new window if the old one is over.
func (s *State) increment(c *counter, k Kind, now int64) {
	if s.stale(c, now) {
		c.rates = [numKinds]int32{}
		c.start = now
	}
	if c.rates[k] < math.MaxInt32 {
		c.rates[k]++
	}
}

// stale tells whether the window of c is over.
func (s *State) stale(c *counter, now int64) bool {
	return c.start+s.unit < now
}
