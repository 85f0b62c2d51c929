package multiserver

// An engine gives connections their turns. There are two, with the same
// behaviour: loops (a few goroutines that wait for many clients each, for
// speed) and goroutines (one for each client: simple, the only one for the raw
// form, and a way out should the loops ever be at fault).
type engine interface {
	// adopt takes a new connection over. It does not block.
	adopt(c *Conn)

	// see makes a connection that was blind (connBlind) readable.
	see(c *Conn)

	// leave tells every connection to answer what has come and then to close. It
	// does not wait. No connection is adopted afterwards.
	leave()

	// wait blocks until all connections have gone.
	wait()

	// stuck names a part of the engine that makes no progress; empty if there is
	// none. It is asked from time to time by the watchdog.
	stuck() string
}
