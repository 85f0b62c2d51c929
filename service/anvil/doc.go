// Package anvil is Postfix's anvil(8): it counts, for each remote client of a
// mail server, open connections and the events in a unit of time, so that smtpd,
// postscreen and others can refuse those who come too often. They only ask;
// what the limits are and what happens at them is theirs.
//
// A program that is an anvil:
//
//	func main() { multiserver.Main(anvil.NewServer()) }
//
// One that asks it (a policy service, for instance):
//
//	c, err := anvil.Dial(ctx, "/var/spool/postfix/private/anvil")
//	...
//	defer c.Close()
//	rate, err := c.Message(ctx, anvil.Ident("policy", "192.0.2.1"))
//
// # Requests
//
// An ident names a service and a client of it, and is opaque here. A request has
// the attributes request and ident, in this order and no others, in the plain
// encoding; the server announces itself with protocol=anvil_protocol before.
// The replies:
//
//	connect        status count rate    one connection more
//	disconnect     status               one less
//	message        status rate          a message delivery request
//	recipient      status rate          a recipient
//	newtls         status rate          a TLS session that was not resumed
//	auth           status rate          an AUTH command
//	tlstr          status rate          a TLS trace event (3.12)
//	newtls_status  status rate          how many newtls; counts nothing
//	lookup         status count rate mail rcpt newtls auth; counts nothing
//
// status is 0, or -1 (4294967295 on the wire) for a request that is not known.
// Whatever is no request ends the connection, with a warning. A client of anvil
// that goes away takes its last connected ident with it, as if it had sent
// disconnect; on a connection that it has closed on its side only, it reads
// "status=0" then.
//
// # Parameters
//
//	anvil_rate_time_unit (60s)        the window of all rates, and how long an
//	                                  ident without connections is remembered
//	anvil_status_update_time (600s)   how often the peaks are logged, besides at exit
//	ostler_anvil_protocol (3.7)       whose replies: 3.7, or 3.12, which knows tlstr
//	                                  and has one more number in lookup and in the log
//
// # Concurrency
//
// Clients are served at the same time. The numbers are in a [State], under one
// mutex, held for a tenth of a microsecond a request and never while anything is
// read, written or logged. The first connection of an ident allocates what is
// remembered of it; other requests allocate nothing.
//
// # Memory
//
// An ident takes some 200 bytes and its own text until one time unit after its
// last connection; then it is released. As with stock there is no limit to the
// number of idents. It is the clients of anvil that decide how many addresses
// they let in: a site under a flood should shorten the time unit. A request has
// at most [multiserver.DefaultMaxRequest] bytes.
//
// # Differences from stock
//
// A client that sends several requests at once has all of them answered (stock:
// the first). One that stalls in the middle of a request holds up nobody, and
// what is wrong with a request is found when the request has come whole, or its
// end of file. Setting the host's clock back does not prolong a window. An ident
// whose time is over is forgotten at the same second, but removed from memory a
// moment later. The names of functions and addresses of streams that stock
// prints with -v are not printed.
//
// postfix: src/anvil/anvil.c, src/global/anvil_clnt.c, man page anvil(8)
package anvil
