package anvil_test

import (
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"

	"ostler/test/dialogue"
	"ostler/test/stock"
)

func dialer(inst *stock.Instance) func() (*net.UnixConn, error) {
	return func() (*net.UnixConn, error) { return inst.Dial("private/anvil") }
}

// run is what came of a list of dialogues with one peer.
type run struct {
	peer     stock.Peer
	outcomes [][]dialogue.Outcome // of each dialogue
	log      []string             // the peer's lines in the order logged, normalised
}

// runAll holds the dialogues with stock and with ours in each form, each on a
// fresh instance, at the same time; stock is the first. The statistics that anvil logs when it ends
// are part of the log.
func runAll(t *testing.T, dialogues []dialogue.Dialogue) []run {
	t.Helper()
	peers := stock.Forms(t, program)
	runs := make([]run, len(peers))
	insts := make([]*stock.Instance, len(peers))
	for i, p := range peers {
		insts[i] = newInstance(t, p)
		insts[i].Start()
	}
	var wait sync.WaitGroup
	for i, p := range peers {
		// Ends with the last dialogue; waited for below.
		wait.Go(func() {
			runs[i].peer = p
			r := runner(insts[i])
			for _, d := range dialogues {
				runs[i].outcomes = append(runs[i].outcomes, r.Run(d))
			}
		})
	}
	wait.Wait()
	for i, inst := range insts {
		if n := len(inst.MasterChildren(program)); n != 1 {
			t.Errorf("%s: master has %d processes of anvil, want 1", peers[i].Name, n)
		}
		inst.Drain()
		runs[i].log = programLog(inst, program)
	}
	return runs
}

// compareRuns compares each run with the first, which is stock's.
func compareRuns(t *testing.T, dialogues []dialogue.Dialogue, runs []run) {
	t.Helper()
	for _, ours := range runs[1:] {
		t.Run(ours.peer.Name, func(t *testing.T) {
			compareOutcomes(t, dialogues, runs[0], ours)
			compareLogs(t, "anvil", runs[0].log, ours.log)
		})
	}
}

var statisticsTime = regexp.MustCompile(`(^statistics: .*) at \w{3} [ \d]\d \d\d:\d\d:\d\d$`)

// programLog returns what a program has logged, in its order, without what
// differs between any two runs: the time and the process id.
func programLog(inst *stock.Instance, program string) []string {
	var lines []string
	for _, r := range inst.Records() {
		if r.Program == program {
			text := statisticsTime.ReplaceAllString(r.Text, "$1 at TIME")
			lines = append(lines, r.Host+" "+r.Tag+"/"+r.Program+": "+strings.ReplaceAll(text, inst.Addr, "ADDR"))
		}
	}
	return lines
}

// compareOutcomes reports the first step of each dialogue in which the peers
// differ, for at most ten dialogues.
func compareOutcomes(t *testing.T, dialogues []dialogue.Dialogue, theirs, ours run) {
	t.Helper()
	failed := 0
	for i, d := range dialogues {
		for s := range d.Steps {
			want, got := theirs.outcomes[i][s], ours.outcomes[i][s]
			if want.Fate == dialogue.Timeout {
				t.Errorf("dialogue %s, step %d: stock has said nothing: the test asks for the impossible", d.Name, s)
			} else if want.Equal(got) || tolerated(d.Steps[s], want, got) {
				continue
			}
			t.Errorf("dialogue %s, step %d:\n  ours: %v\n stock: %v\n%s", d.Name, s, got, want, excerpt(d, theirs.outcomes[i], s))
			failed++
			break
		}
		if failed == 10 {
			t.Fatalf("and so on")
		}
	}
}

// excerpt is a dialogue up to a step, with what it brought, each line shortened.
func excerpt(d dialogue.Dialogue, outcomes []dialogue.Outcome, last int) string {
	d.Steps = d.Steps[:last+1]
	var b strings.Builder
	for line := range strings.Lines(string(dialogue.Format(d, outcomes))) {
		if line = strings.TrimSuffix(line, "\n"); len(line) > 200 {
			line = line[:200] + "..."
		}
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}

// compareLogs reports the first line in which two logs differ.
func compareLogs(t *testing.T, what string, theirs, ours []string) {
	t.Helper()
	for i := range max(len(theirs), len(ours)) {
		want, got := "(nothing)", "(nothing)"
		if i < len(theirs) {
			want = theirs[i]
		}
		if i < len(ours) {
			got = ours[i]
		}
		if want != got {
			t.Errorf("%s: line %d of the log (ours has %d, stock's %d):\n  ours: %q\n stock: %q", what, i+1, len(ours), len(theirs), got, want)
			return
		}
	}
}
