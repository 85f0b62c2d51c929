package anvil

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ostler/attr"
)

// ErrRefused is what a Client returns when the server has answered that it will
// not: it does not know the request (TLSTrace of a server before 3.12).
var ErrRefused = errors.New("anvil refuses the request")

// ErrReply is what a Client returns when the server's reply is not one.
var ErrReply = errors.New("malformed reply from anvil")

var errHungUp = errors.New("server has closed the connection")

// How often and when a Client tries, as stock's attr_clnt does.
const (
	maxTries   = 2
	retryDelay = time.Second
)

// maxReply bounds a reply, in bytes. Those that exist have less than 200.
const maxReply = 64 << 10

// A Client speaks to a running anvil, stock's or ours, over one connection. The
// server links the ident of the last Connect to that connection: when the Client
// is closed, or loses its connection, the server takes that count back, and a
// second Connect takes the place of the first. Whoever must count several
// sessions at once needs as many Clients.
//
// A Client reconnects when it must, and repeats a request once, after a second:
// an event may then be counted twice, as from stock's client. It waits as long as
// the server takes unless the context ends earlier; a context that ends in the
// middle of a request costs the connection.
//
// Methods may be called concurrently; requests are made one at a time.
//
// postfix: src/global/anvil_clnt.c, src/util/attr_clnt.c
type Client struct {
	// Static after construction.
	path    string
	connect func(ctx context.Context) (net.Conn, error)
	turn    chan struct{} // holds one value while somebody uses what follows

	// Owned by the holder of turn, not thread-safe.
	conn   net.Conn // nil when not connected
	in     *bufio.Reader
	buf    []byte
	closed bool
}

// Dial connects to the anvil that listens at addr and reads its greeting. addr
// is the path of a unix-domain socket (private/anvil in the queue directory),
// unix:PATH or inet:HOST:PORT.
func Dial(ctx context.Context, addr string) (*Client, error) {
	c := NewClient(addr)
	if err := c.dial(ctx); err != nil {
		return nil, fmt.Errorf("cannot connect to anvil: %w", err)
	}
	return c, nil
}

// NewClient returns a Client that will connect at its first request. addr is
// as for Dial.
func NewClient(addr string) *Client {
	network, address := "unix", strings.TrimPrefix(addr, "unix:")
	if hostPort, ok := strings.CutPrefix(addr, "inet:"); ok {
		network, address = "tcp", hostPort
	}
	var d net.Dialer
	return &Client{
		path:    address,
		connect: func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, network, address) },
		turn:    make(chan struct{}, 1),
	}
}

// Close ends the connection, after a request that is under way; the server takes
// back the linked ident. Further requests fail with net.ErrClosed.
func (c *Client) Close() error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.closed = true
	return c.drop()
}

// Ident returns the text by which smtpd and postscreen call a client of theirs:
// service, a colon, address; with '?' for what cannot be printed.
func Ident(service, address string) string {
	ident := []byte(service + ":" + address)
	for i, b := range ident {
		if b < ' ' || b > '~' {
			ident[i] = '?'
		}
	}
	return string(ident)
}

// Connect registers a connection of ident. It returns the number of open
// connections and that of new ones in the present window, both with this one.
func (c *Client) Connect(ctx context.Context, ident string) (count, rate int, err error) {
	var m connectReply
	err = c.request(ctx, verbConnect, ident, &m.status, m.scan)
	return m.count, m.rate, err
}

// Disconnect takes back the connection of ident that this Client has registered
// last. It has no effect, and no error, if it was another ident.
func (c *Client) Disconnect(ctx context.Context, ident string) error {
	var m statusReply
	return c.request(ctx, verbDisconnect, ident, &m.status, m.scan)
}

// Message registers a message delivery request of ident, and returns how many
// there were in the present window, with this one.
func (c *Client) Message(ctx context.Context, ident string) (rate int, err error) {
	return c.rate(ctx, verbMessage, ident)
}

// Recipient registers a recipient address; like Message.
func (c *Client) Recipient(ctx context.Context, ident string) (rate int, err error) {
	return c.rate(ctx, verbRecipient, ident)
}

// NewTLS registers a TLS session that was not resumed; like Message.
func (c *Client) NewTLS(ctx context.Context, ident string) (rate int, err error) {
	return c.rate(ctx, verbNewTLS, ident)
}

// NewTLSStatus returns what NewTLS has counted in the present window, and counts
// nothing.
func (c *Client) NewTLSStatus(ctx context.Context, ident string) (rate int, err error) {
	return c.rate(ctx, verbNewTLSStatus, ident)
}

// Auth registers an AUTH command; like Message.
func (c *Client) Auth(ctx context.Context, ident string) (rate int, err error) {
	return c.rate(ctx, verbAuth, ident)
}

// TLSTrace registers a TLS trace event; like Message. Servers before 3.12 do not
// know it: ErrRefused.
func (c *Client) TLSTrace(ctx context.Context, ident string) (rate int, err error) {
	return c.rate(ctx, verbTLSTrace, ident)
}

// Lookup returns all numbers of ident and counts nothing; zeros for one that is
// not known. traces tells whether the server has said how many TLS trace events
// there were: one that speaks as 3.12 does, of an ident that it knows.
func (c *Client) Lookup(ctx context.Context, ident string) (n Counts, traces bool, err error) {
	var m lookupReply
	err = c.request(ctx, verbLookup, ident, &m.status, m.scan)
	n.Count = m.count
	n.Rates = [numKinds]int{m.rate, m.mail, m.rcpt, m.newTLS, m.auth, m.tlsTrace}
	return n, m.hasTLSTrace, err
}

func (c *Client) rate(ctx context.Context, verb, ident string) (int, error) {
	var m rateReply
	err := c.request(ctx, verb, ident, &m.status, m.scan)
	return m.rate, err
}

// request makes a request and reads the reply with scan, which sets status.
func (c *Client) request(ctx context.Context, verb, ident string, status *int, scan func(*attr.Reader) bool) error {
	w := attr.NewWriter(attr.Plain, nil)
	writeRequest(&w, verb, ident)
	if err := w.Err(); err != nil {
		return err
	}
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-c.turn }()
	list, err := c.exchange(ctx, w.Bytes())
	if err != nil {
		return fmt.Errorf("problem talking to anvil: %w", err)
	}
	r := attr.NewReader(attr.Plain, list, c.path)
	switch ok := scan(&r); {
	case *status != statusOK:
		return ErrRefused
	case !ok:
		return ErrReply
	}
	return nil
}

// exchange sends a request and returns the reply, valid until the next one.
func (c *Client) exchange(ctx context.Context, req []byte) (list []byte, err error) {
	for try := 1; ; try++ {
		list, err = c.attempt(ctx, req)
		if err == nil || ctx.Err() != nil || c.closed || try == maxTries {
			return list, err
		}
		wait := time.NewTimer(retryDelay)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

// attempt is one try, over the connection that there is or a new one. After an
// error there is none.
func (c *Client) attempt(ctx context.Context, req []byte) (list []byte, err error) {
	if c.closed {
		return nil, net.ErrClosed
	}
	if c.conn == nil {
		if err := c.dial(ctx); err != nil {
			return nil, err
		}
	}
	// The server never speaks first: what can be read now is the end.
	if readable(c.conn) {
		c.drop()
		return nil, errHungUp
	}
	err = c.within(ctx, func() error {
		if _, err := c.conn.Write(req); err != nil {
			return err
		}
		list, err = attr.ReadList(c.in, attr.Plain, c.buf, maxReply)
		return err
	})
	c.buf = list[:0]
	return list, err
}

// dial connects and reads the greeting.
func (c *Client) dial(ctx context.Context) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	c.conn, c.in = conn, bufio.NewReaderSize(conn, 512)
	return c.within(ctx, func() error {
		list, err := attr.ReadList(c.in, attr.Plain, c.buf, maxReply)
		if err != nil {
			return fmt.Errorf("cannot read greeting: %w", err)
		}
		r := attr.NewReader(attr.Plain, list, c.path)
		if r.Scan(attr.Strict, attr.StrEq(attrProtocol, protocolName)) != 0 || len(r.Rest()) > 0 {
			return fmt.Errorf("%s does not speak %s", c.path, protocolName)
		}
		return nil
	})
}

// within runs f, which uses the connection and has an error when ctx ends. The
// connection is lost then, as after any error: nobody could tell what comes next.
func (c *Client) within(ctx context.Context, f func() error) error {
	conn := c.conn
	// Ends at once; no need to wait for it, since the connection is given up.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	err := f()
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.drop()
	}
	return err
}

func (c *Client) drop() error {
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	c.conn, c.in = nil, nil
	return err
}

// readable tells whether there is something to read, the end included, without
// waiting for it.
func readable(conn net.Conn) bool {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return true
	}
	var peek error
	if err := raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, peek = unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	}); err != nil {
		return true
	}
	return peek != unix.EAGAIN && peek != unix.EINTR
}
