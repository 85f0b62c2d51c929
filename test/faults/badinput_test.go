package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ostler/test/stock"
)

// A badInput is something that is not as it should be.
type badInput struct {
	name string
	invocation
}

// TestBadInput starts stock's program and ours in each of the ways: what becomes
// of them must be the same, or stand in ownWays.
func TestBadInput(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, set := range [][]badInput{commandLines, configurations, environments, descriptors, terminals, oneShots, logs} {
		for _, c := range set {
			if seen[c.name] {
				t.Fatalf("two cases %q", c.name)
			}
			seen[c.name] = true
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				stocks, ours := both(t, c.invocation)
				judge(t, c.name, stocks, ours)
			})
		}
	}
	for name := range ownWays {
		if !seen[name] {
			t.Errorf("there is no case %q", name)
		}
	}
}

// both runs the two programs at the same time.
func both(t *testing.T, v invocation) (stocks, ours outcome) {
	t.Run("peers", func(t *testing.T) {
		t.Run("stock", func(t *testing.T) {
			t.Parallel()
			stocks = invoke(t, filepath.Join(stock.DaemonDirectory, program), v)
		})
		t.Run("ours", func(t *testing.T) {
			t.Parallel()
			ours = invoke(t, ourAnvil(), v)
		})
	})
	return stocks, ours
}

// judge compares the outcomes, with each other or with our own way.
func judge(t *testing.T, name string, stocks, ours outcome) {
	t.Helper()
	for _, text := range append([]string{ours.Stderr, ours.Stdout}, ours.Log...) {
		if strings.Contains(text, "goroutine ") || strings.Contains(text, "runtime error") {
			t.Errorf("a stack trace: %q", text)
		}
	}
	own, differs := ownWays[name]
	switch {
	case !differs && !ours.equal(stocks):
		t.Errorf("outcomes differ:\nstock: %v\nours: %v", stocks, ours)
	case differs && !ours.equal(own.outcome):
		t.Errorf("row %q:\nours: %v\nwant: %v", own.row, ours, own.outcome)
	case differs && ours.equal(stocks):
		t.Errorf("row %q: no difference any more: %v", own.row, ours)
	}
	if silent(ours) && !silent(stocks) {
		t.Errorf("stock says why, and ours does not: %v", stocks)
	}
}

// silent tells that a program has failed and has told nobody why.
func silent(o outcome) bool {
	return o.Status != "exit status 0" && !o.Served && len(o.Log) == 0 && o.Stderr == "" && o.Stdout == ""
}

// TestOwnWaysAreDocumented looks for each row in COMPATIBILITY.md.
func TestOwnWaysAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../COMPATIBILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, own := range ownWays {
		if !strings.Contains(string(text), own.row) {
			t.Errorf("COMPATIBILITY.md has no row %q, for the case %q", own.row, name)
		}
	}
}
