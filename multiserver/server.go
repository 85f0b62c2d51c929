package multiserver

import (
	"net"
	"time"

	"ostler/dict"
	"ostler/mailconf"
	"ostler/maillog"
)

// The bounds of a Server that does not say otherwise.
const (
	DefaultMaxRequest  = 1 << 20  // bytes of one request
	DefaultMaxReply    = 16 << 20 // bytes of one reply that the client has not taken
	DefaultMaxMemory   = 32 << 20 // bytes of unfinished requests and untaken replies, all clients together
	DefaultMaxHandlers = 256      // requests that are being handled for longer than a moment
)

// FrameFunc tells where a request ends. data is what has come from the client
// so far; state is 0 at the first call for a request and afterwards what the
// last call returned as next, so that a request that comes in small pieces need
// not be looked through again and again (a FrameFunc may ignore state and
// return 0). Within one request data only grows.
//
// n > 0 says that the first n bytes of data are one whole request; n == 0 that
// more is needed. An error ends the connection. A FrameFunc is called for
// several clients at the same time and keeps nothing itself.
type FrameFunc func(data []byte, state int) (n, next int, err error)

// A Server is a service: what to do with a client's request, what it needs, and
// which bounds it wants. Fill it in and give it to Main, and do not change it
// afterwards. The zero value of each field is a useful default; exactly one of
// Handle, Serve and ServeListener must be set.
//
// Hooks have the names that multi_server(3) gives them. All may be nil. The
// service's name and the arguments that were left over on the command line are
// at hand in each of them: ServiceName and Args of the Server.
//
// postfix: src/master/multi_server.c, src/master/mail_server.h
type Server struct {
	// Frame tells where a request ends. It belongs to Handle.
	// See Lines, BlankLine, Netstrings and the Frame methods of package attr.
	Frame FrameFunc

	// Handle serves one request, whole as Frame has found it. The reply, written
	// with c.Write, is sent when Handle returns, or by c.Flush. An error ends the
	// connection after the reply; it is logged as a warning unless it is
	// ErrDisconnect.
	//
	// req is valid until Handle returns. Requests of one client are handled one
	// after the other, those of different clients at the same time. Handle may
	// block and may compute for long: other clients are served meanwhile. It may
	// panic: that costs this client only.
	//
	// A client that half-closes its connection in the middle of a request has
	// Handle called a last time, with the rest and with c.EOF() true.
	Handle func(c *Conn, req []byte) error

	// Serve is the raw form: it is called when the client has sent something,
	// and reads, writes and passes descriptors itself. The skeleton reads
	// nothing ahead. It is called again when the client sends again; an error
	// ends the connection, as with Handle. Every client has a goroutine.
	Serve func(c *Conn) error

	// ServeListener runs a program that already knows what to do with a
	// net.Listener, such as an SMTP or milter library. It is called once, after
	// PostInit, on a goroutine of its own. Accept of the listener returns clients
	// after PostAccept; it returns net.ErrClosed when the process takes no more
	// clients. A connection is the library's until it closes it.
	ServeListener func(net.Listener) error

	// MaxRequest bounds one request in bytes (default DefaultMaxRequest). A
	// client that sends more loses its connection, with a warning.
	MaxRequest int

	// MaxReply bounds what a client may leave unread of one reply, in bytes
	// (default DefaultMaxReply).
	MaxReply int

	// MaxMemory bounds unfinished requests and unread replies of all clients
	// together, in bytes (default DefaultMaxMemory). Beyond it the client that
	// holds most is cut, with a warning.
	MaxMemory int

	// MaxClients bounds the clients that are connected at the same time. The
	// default is what the limit on open files allows. At the limit the process
	// stops accepting and tells master that it is busy.
	MaxClients int

	// MaxHandlers bounds the requests that are being handled for longer than a
	// moment, each of which may hold a thread (default DefaultMaxHandlers, less
	// where RLIMIT_NPROC or pids.max say so). Further requests wait unread.
	MaxHandlers int

	// Goroutines serves every client on a goroutine of its own instead of on a
	// few event loops. The behaviour is the same, the speed is not. The
	// environment variable OSTLER_ENGINE ("goroutines" or "loops") goes before it.
	Goroutines bool

	// Tables are the parameters that the service reads from main.cf, in this
	// order, before privileges are dropped.
	Tables []mailconf.Table

	// TableTypes are the types of lookup tables that parameters may name, by
	// default static and inline. Another one is unavailable: it is a temporary
	// error, with a warning, whenever it is asked.
	TableTypes []dict.Driver

	// PreInit runs before the process enters the jail and drops privileges, in
	// the queue directory. An error is fatal.
	PreInit func(*Server) error

	// PostInit runs when privileges have been dropped. An error is fatal.
	PostInit func(*Server) error

	// Loop runs before each wait of the process's owner goroutine, after every
	// event there (a client has come or gone, a timer, Wake), never beside itself
	// but beside handlers. It returns how long to wait at the most until it is
	// called again; a negative value means until the next event. Requests are not
	// events of that goroutine, as they are in stock: a handler that wants Loop to
	// run calls Wake.
	Loop func(*Server) time.Duration

	// Exit runs once before the process ends in the normal way: idle, used up,
	// drained, left by master; by hand and under systemd also by a signal. It does
	// not run after a fatal error, or a signal under master. A handler that has
	// not ended within 4 seconds may still run beside it.
	Exit func(*Server)

	// PreAccept runs before a client is accepted, never beside itself. It may call
	// Retire to let another process have the client.
	PreAccept func(*Server)

	// PostAccept runs when a client has been accepted, before anything is read
	// from it. What it writes is sent at once. attrs are the attributes of a
	// connection that another service has passed on, otherwise nil. An error
	// ends the connection.
	PostAccept func(c *Conn, attrs map[string]string) error

	// PreDisconnect runs before a connection is closed, whoever closes it. What
	// it writes and flushes still reaches a client that has only half-closed; more
	// than its socket takes at once is lost.
	PreDisconnect func(c *Conn)

	// InFlowDelay holds a new client up by in_flow_delay when there is no
	// flow-control token for it.
	InFlowDelay bool

	// Solitary, Unlimited and Privileged make the process refuse to start unless
	// master.cf gives it a process limit of 1, of 0, or root's privileges.
	Solitary, Unlimited, Privileged bool

	// MayDrain says that the service calls Drain. Under a master that cannot count
	// a process out, the process then serves its last clients unknown to it.
	MayDrain bool

	// BounceTitle and BounceMaps set up the delivery status filter of services that
	// send bounces, as BOUNCE_INIT does: what to call it in messages, and the
	// value of the parameter with its maps, which one of Tables has set. A map of a
	// type that TableTypes lacks is a fatal error. See FilterStatus.
	BounceTitle string
	BounceMaps  *string

	p *process
}

// Log returns where the service logs. This method and those below may be called
// from PreInit on.
func (s *Server) Log() *maillog.Logger { return s.p.log }

// ServiceName returns the name of the service as master.cf has it.
func (s *Server) ServiceName() string { return s.p.opts.name }

// Args returns the words that were left over on the command line. The slice is
// the Server's.
func (s *Server) Args() []string { return s.p.opts.args }

// Config returns the configuration. It may be used until PostInit returns.
func (s *Server) Config() *mailconf.Config { return s.p.conf }

// Params returns the generic parameters. They must not be changed.
func (s *Server) Params() *mailconf.Params { return s.p.params }

// SetMaxUse changes after how many closed connections the process ends, 0 for
// never. It is meant for PostInit, but may be called at any time.
func (s *Server) SetMaxUse(n int) {
	s.p.life.setMaxUse(n)
	s.p.wake()
}

// SetMaxIdle changes how long the process stays without a client, 0 for ever.
// It is meant for PostInit; later it takes effect at the next disconnect.
func (s *Server) SetMaxIdle(d time.Duration) { s.p.life.setMaxIdle(d) }

// MaxIdle returns how long the process stays without a client.
func (s *Server) MaxIdle() time.Duration { return s.p.life.getMaxIdle() }

// Wake makes Loop run soon. It does not block and may be called from anywhere.
func (s *Server) Wake() { s.p.wake() }

// Retire ends the process as soon as it has answered what its clients have
// already sent; Exit runs. It does not block and may be called from anywhere.
func (s *Server) Retire() { s.p.retire("retired") }

// Drain lets master start a new process, while this one accepts nobody else and
// ends when the last of its clients has gone. A second Drain does nothing. An
// error means: nothing has changed, go on, try again later. The reasons are
// ErrCannotDrain and what the operating system says.
//
// It may be called from anywhere and does not wait for the clients.
// postfix: src/master/multi_server.c multi_server_drain
func (s *Server) Drain() error { return s.p.drain() }
