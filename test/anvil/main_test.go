// Package anvil_test compares our anvil with stock's, both run by stock's
// master.
//
//	make build && go test ./test/anvil
//	OSTLER_ANVIL=/usr/lib/postfix/sbin/anvil go test ./test/anvil    (stock against itself: no test may fail)
//
// What the two may do differently is in one table, [deliberate]; everything else must be
// the same: replies, the fate of connections, log lines, what smtpd makes of it.
package anvil_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"ostler/test/dialogue"
	"ostler/test/stock"
)

func TestMain(m *testing.M) {
	if err := stock.Check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// limit is how long any one thing may take: no test waits for it when all is
// well.
const limit = 10 * time.Second

// program is the base name of the program under test, and of its master.cf
// service.
const program = "anvil"

// service is the master.cf line of a peer's anvil.
func service(p stock.Peer) string {
	return "anvil unix - - n - 1 " + p.Command
}

// newInstance makes an instance in which a peer serves private/anvil, with a
// long time unit, so that no counter starts anew in the middle of a test.
func newInstance(t *testing.T, p stock.Peer) *stock.Instance {
	t.Helper()
	main := p.Main()
	main["anvil_rate_time_unit"], main["anvil_status_update_time"] = "1h", "1h"
	return stock.New(t, stock.Config{Main: main, Master: []string{service(p)}})
}

// runner holds dialogues with the anvil of an instance.
func runner(inst *stock.Instance) dialogue.Runner {
	return dialogue.Runner{Dial: dialer(inst), Whole: dialogue.PlainList, Limit: limit}
}
