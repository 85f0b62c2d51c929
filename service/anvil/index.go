package anvil

import "hash/maphash"

// numDrawers divides an index so that making room smaller never moves more than
// a small part of it at once.
const numDrawers = 64

// index finds counters by ident. A Go map keeps the memory that it once needed;
// an index does not: a drawer that has become nearly empty is copied into a
// smaller map.
type index struct {
	seed    maphash.Seed
	size    int
	drawers [numDrawers]drawer
}

type drawer struct {
	counters map[string]*counter
	most     int // the most that the present map has held
}

// shrinkFrom is the size below which a drawer's map stays as it is.
const shrinkFrom = 64

func newIndex() index { return index{seed: maphash.MakeSeed()} }

// get returns the counter of ident or nil. It does not keep ident and does not
// allocate.
func (x *index) get(ident []byte) *counter {
	return x.drawers[maphash.Bytes(x.seed, ident)%numDrawers].counters[string(ident)]
}

// put adds a counter whose ident is not there yet.
func (x *index) put(c *counter) {
	d := &x.drawers[maphash.String(x.seed, c.ident)%numDrawers]
	if d.counters == nil {
		d.counters = make(map[string]*counter)
	}
	d.counters[c.ident] = c
	d.most = max(d.most, len(d.counters))
	x.size++
}

// remove takes a counter out that is there.
func (x *index) remove(c *counter) {
	d := &x.drawers[maphash.String(x.seed, c.ident)%numDrawers]
	delete(d.counters, c.ident)
	x.size--
	if d.most < shrinkFrom || len(d.counters) > d.most/16 {
		return
	}
	smaller := make(map[string]*counter, len(d.counters))
	for ident, c := range d.counters {
		smaller[ident] = c
	}
	d.counters, d.most = smaller, len(smaller)
}
