package multiserver

import "sync/atomic"

// An ownerState says who owns a connection.
type ownerState uint32

const (
	// parked connections are their loop's: nothing is being handled. The initial
	// state. Goes to inline, detached or closed, by the loop.
	parked ownerState = iota

	// inline connections have a turn on the goroutine that runs the loop. Goes to
	// parked by that goroutine, or to detached by the monitor, which gives the loop
	// to another goroutine. Whoever makes the change first has made it.
	inline

	// detached connections have a turn on a goroutine that runs no loop. Goes to
	// returning, by that goroutine.
	detached

	// returning connections are on their way back to the loop. Goes to parked by
	// the loop.
	returning

	// closed is terminal.
	closed
)

func (s ownerState) String() string {
	return [...]string{"parked", "inline", "detached", "returning", "closed"}[s]
}

// moves is the table of changes that an ownership makes.
var moves = map[ownerState][]ownerState{
	parked:    {inline, detached, closed},
	inline:    {parked, detached},
	detached:  {returning},
	returning: {parked},
	closed:    {},
}

// ownership is who owns a connection: one atomic word that is changed by
// compare-and-swap only.
type ownership struct{ word atomic.Uint32 }

func (o *ownership) state() ownerState { return ownerState(o.word.Load()) }

// move changes the state, and says whether it was from before.
func (o *ownership) move(from, to ownerState) bool {
	return o.word.CompareAndSwap(uint32(from), uint32(to))
}

// must is move where only a broken invariant can make it fail.
func (o *ownership) must(from, to ownerState) {
	if !o.move(from, to) {
		panic("multiserver: connection is " + o.state().String() + " and not " + from.String())
	}
}
