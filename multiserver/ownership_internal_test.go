package multiserver

import (
	"fmt"
	"testing"
)

// The model of who may own a connection: a loop that is run by one of two
// goroutines, a third that serves a dispatched turn, and the monitor. Every
// step is one change of the ownership, or a step that needs to own the
// connection; all orders of steps are tried.
type ownerModel struct {
	word    ownerState
	runner  [2]int // what each goroutine is about to do, see the steps
	hasLoop int    // which of them runs the loop; -1: on its way
	notes   int    // connection is in the loop's notes
	turns   int    // how many turns are left to begin
	workers int    // 0 none, 1 in a turn, 2 giving back
}

const (
	atLoop   = iota // runs the loop, or is idle if it does not have it
	inTurn          // in an inline turn
	deposing        // the turn has ended, ownership not yet given up
	giving          // has lost the loop, gives the connection back
	resting         // idle
)

// next lists the states that may follow, and checks that no two goroutines
// own the connection.
func (m ownerModel) next(t *testing.T, used map[string]bool) []ownerModel {
	var all []ownerModel
	step := func(n ownerModel, from, to ownerState) {
		allowed := false
		for _, s := range moves[from] {
			allowed = allowed || s == to
		}
		if !allowed {
			t.Fatalf("%v to %v is not in the table", from, to)
		}
		used[fmt.Sprint(from, to)] = true
		n.word = to
		all = append(all, n)
	}
	for i := range m.runner {
		n := m
		switch m.runner[i] {
		case atLoop:
			if m.hasLoop != i {
				continue
			}
			if m.word == parked && m.turns > 0 {
				n.turns--
				n.runner[i] = inTurn
				step(n, parked, inline)
				n = m
				n.turns--
				n.workers = 1
				step(n, parked, detached)
			}
			if m.word == parked && m.turns == 0 {
				step(m, parked, closed)
			}
			if n = m; m.notes > 0 {
				if m.word != returning {
					t.Fatalf("note for a connection that is %v", m.word)
				}
				n.notes--
				step(n, returning, parked)
			}
		case inTurn:
			n.runner[i] = deposing
			all = append(all, n)
		case deposing:
			if m.word == inline && m.hasLoop == i {
				n.runner[i] = atLoop
				step(n, inline, parked)
			} else {
				n.runner[i] = giving
				all = append(all, n)
			}
		case giving:
			n.runner[i], n.notes = resting, m.notes+1
			step(n, detached, returning)
		}
	}
	if m.workers == 1 {
		n := m
		n.workers, n.notes = 0, m.notes+1
		step(n, detached, returning)
	}
	// The monitor may look at any time, and gives the loop to the other one.
	if m.word == inline {
		other := 1 - m.hasLoop
		if m.runner[other] == resting || m.runner[other] == atLoop {
			n := m
			n.hasLoop = other
			n.runner[other] = atLoop
			step(n, inline, detached)
		}
	}
	return all
}

func (m ownerModel) owners() int {
	n := m.workers
	for i, at := range m.runner {
		if at == inTurn || at == deposing || at == giving {
			n++
		} else if m.hasLoop == i && m.word == parked {
			n++
		}
	}
	return n
}

func TestOwnershipModel(t *testing.T) {
	start := ownerModel{word: parked, runner: [2]int{atLoop, resting}, turns: 4}
	seen := map[ownerModel]bool{start: true}
	used := map[string]bool{}
	ended := false
	for todo := []ownerModel{start}; len(todo) > 0; {
		m := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n := m.owners(); n > 1 {
			t.Fatalf("%d owners in %+v", n, m)
		}
		next := m.next(t, used)
		if len(next) == 0 && m.word != closed {
			t.Fatalf("nothing can follow %+v", m)
		}
		ended = ended || m.word == closed
		for _, n := range next {
			if !seen[n] {
				seen[n] = true
				todo = append(todo, n)
			}
		}
	}
	if !ended {
		t.Error("no order of steps closes the connection")
	}
	for from, tos := range moves {
		for _, to := range tos {
			if !used[fmt.Sprint(from, to)] {
				t.Errorf("%v to %v is in the table but never made", from, to)
			}
		}
	}
}

func TestOwnershipMove(t *testing.T) {
	var o ownership
	if o.state() != parked || o.move(inline, parked) || !o.move(parked, inline) || o.state() != inline {
		t.Errorf("state is %v", o.state())
	}
	defer func() {
		if recover() == nil {
			t.Error("a broken invariant went unnoticed")
		}
	}()
	o.must(parked, inline)
}
