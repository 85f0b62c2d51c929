package anvil_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ostler/test/dialogue"
	"ostler/test/stock"
)

var update = flag.Bool("update", false, "record testdata/recorded anew, with stock's anvil")

// recordings is where dialogues are kept in the text form, with the outcomes
// that stock's anvil has given. The files limit-*.txt are what stock's smtpd says when
// its limits are met; the others were written by hand.
const recordings = "testdata/recorded"

// TestRecordedDialogues holds the recorded dialogues with both peers and
// compares with the record.
func TestRecordedDialogues(t *testing.T) {
	if *update {
		recordLimits(t)
		recordByHand(t)
	}
	dialogues, outcomes := loadRecorded(t)
	runs := runAll(t, dialogues)
	compareRuns(t, dialogues, runs)
	for i, d := range dialogues {
		for s, want := range outcomes[i] {
			if got := runs[0].outcomes[i][s]; !want.Equal(got) {
				t.Errorf("%s, step %d: stock's anvil of this host says %v, recorded is %v", d.Name, s, got, want)
			}
		}
	}
}

// loadRecorded reads all recordings.
func loadRecorded(t *testing.T) (dialogues []dialogue.Dialogue, outcomes [][]dialogue.Outcome) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, "*.txt"))
	if err != nil || len(files) < len(limits) {
		t.Fatalf("there are %d recordings in %s: %v", len(files), recordings, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, o, err := dialogue.Parse(filepath.Base(file), text)
		if err != nil {
			t.Fatal(err)
		}
		if o == nil {
			t.Fatalf("%s has no outcomes: run this test with -update", file)
		}
		dialogues, outcomes = append(dialogues, d), append(outcomes, o)
	}
	return dialogues, outcomes
}

// recordLimits plays the limits with a recorder before stock's anvil.
func recordLimits(t *testing.T) {
	t.Helper()
	for i, l := range limits {
		s := limitsInstance(t, stock.Peer{Name: "stock", Command: program})
		s.inst.RemoveService(program, "unix")
		s.inst.SetService(behind + " unix - - n - 1 " + program)
		r, stop := record(t, s.inst)
		s.inst.Start()
		l.play(&client{site: s, port: port(i)})
		stop()
		if len(r.d.Steps) == 0 {
			t.Fatalf("smtpd has said nothing to the recorder")
		}
		header := fmt.Sprintf("# What stock's smtpd says to anvil when smtpd_client_%s=%d is met.\n", l.name, l.value)
		saveRecorded(t, "limit-"+l.name+".txt", header, r.d, r.outcomes)
		s.inst.Stop()
	}
}

// recordByHand gives the dialogues that were written by hand their outcomes;
// comments at their top remain.
func recordByHand(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, "hand-*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := dialogue.Parse(file, text)
		if err != nil {
			t.Fatal(err)
		}
		var header strings.Builder
		for line := range bytes.Lines(text) {
			if line[0] != '#' {
				break
			}
			header.Write(line)
		}
		inst := newInstance(t, stock.Peer{Name: "stock", Command: program})
		inst.Start()
		saveRecorded(t, filepath.Base(file), header.String(), d, runner(inst).Run(d))
		inst.Stop()
	}
}

func saveRecorded(t *testing.T, name, header string, d dialogue.Dialogue, outcomes []dialogue.Outcome) {
	t.Helper()
	text := append([]byte(header), dialogue.Format(d, outcomes)...)
	if err := os.WriteFile(filepath.Join(recordings, name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}
