package faults_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"ostler/test/stock"
)

// TestStalledClient has one client stop in the middle of a request, in the same
// way for stock's anvil and ours: ours serves the next one at once, stock's only
// when the first has gone on.
func TestStalledClient(t *testing.T) {
	t.Parallel()
	for _, p := range stock.Forms(t, program) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			inst := stock.New(t, stock.Config{Main: p.Main(), Master: []string{"anvil unix - - n - 1 " + p.Command}})
			inst.Start()
			socket := inst.Socket("private/" + program)
			stalled, err := goodClient("unix", socket)
			if err != nil {
				t.Fatal(err)
			}
			defer stalled.Close()
			other, err := goodClient("unix", socket)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			half := len(lookup) / 2
			if _, err := io.WriteString(stalled, lookup[:half]); err != nil {
				t.Fatal(err)
			}
			if p.IsStock {
				// From now on it waits for that client.
				awaitBlocked(t, inst)
			}
			if _, err := io.WriteString(other, lookup); err != nil {
				t.Fatal(err)
			}
			if served := servedBeside(t, inst, other, p.IsStock); served == p.IsStock {
				t.Errorf("beside a client that stalls, served is %v", served)
			}
			if _, err := io.WriteString(stalled, lookup[half:]); err != nil {
				t.Fatal(err)
			}
			if err := expect(stalled, unknown); err != nil {
				t.Errorf("the client that had stalled: %v", err)
			}
			if p.IsStock {
				if err := expect(other, unknown); err != nil {
					t.Errorf("the other client: %v", err)
				}
			}
		})
	}
}

// awaitBlocked waits until stock's only process waits for one client alone.
func awaitBlocked(t *testing.T, inst *stock.Instance) {
	t.Helper()
	pids := inst.Children(program)
	if len(pids) != 1 {
		t.Fatalf("processes of %s: %v", program, pids)
	}
	if !poll(func() bool { return blockedIn(pids[0]) == sysPoll }) {
		t.Fatalf("%s does not wait for the client that stalls", program)
	}
}

// servedBeside tells whether the other client, which has sent its request, is
// served. Stock's process has but one thread: where it waits for one client
// while the request of another is there, it serves nobody.
func servedBeside(t *testing.T, inst *stock.Instance, other net.Conn, isStock bool) bool {
	t.Helper()
	if !isStock {
		if err := expect(other, unknown); err != nil {
			t.Errorf("beside a client that stalls: %v", err)
			return false
		}
		return true
	}
	awaitBlocked(t, inst)
	if err := other.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	_, err := other.Read(make([]byte, 1))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading a reply that cannot be there: %v", err)
	}
	if err := other.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	return err == nil
}
