package main

import (
	"fmt"

	"golang.org/x/sys/unix"

	"ostler/test/stock"
)

// peer is one of the two sides: an instance with its anvil.
type peer struct {
	stock.Peer
	inst   *stock.Instance
	lines  []string // of master.cf
	others *others
}

// pair are the two sides. Each is measured while the other is idle.
type pair struct {
	stock, ours *peer
}

// newPair starts both instances.
func newPair(t *scope, o *others) pair {
	peers := stock.Peers(t, "anvil")
	slow := stock.Ours(t, "slow")
	p := pair{
		stock: &peer{Peer: peers[0], others: o, lines: []string{service("anvil", peers[0])}},
		ours:  &peer{Peer: peers[1], others: o, lines: []string{service("anvil", peers[1]), service("slow", slow)}},
	}
	for _, peer := range []*peer{p.stock, p.ours} {
		peer.inst = peer.start(t)
	}
	return p
}

// service is a master.cf line: unprivileged, not in a jail, one process.
func service(name string, p stock.Peer) string {
	return name + " unix - - n - 1 " + p.Command
}

// start starts a fresh instance of the same kind. Nothing expires in it and
// nothing is ever idle or used up.
func (p *peer) start(t *scope) *stock.Instance {
	inst := stock.New(t, stock.Config{
		Bare: true,
		Main: map[string]string{
			"anvil_rate_time_unit":     "1h",
			"anvil_status_update_time": "1h",
			"max_idle":                 "1h",
			"max_use":                  "1000000000",
		},
		Master: p.lines,
	})
	inst.Start()
	return inst
}

// raiseFileLimit sets the limit on open files of this process and of all that it
// starts; master raises the soft limit of its own.
func raiseFileLimit(n uint64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot read the limit on open files: %w", err)
	}
	if limit.Cur >= n {
		return nil
	}
	limit.Cur, limit.Max = n, max(limit.Max, n)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot raise the limit on open files to %d: %w", n, err)
	}
	return nil
}
