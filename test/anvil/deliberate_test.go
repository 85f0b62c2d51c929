package anvil_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"ostler/test/dialogue"
	"ostler/test/stock"
)

// bufferSize is how much stock reads at a time.
const bufferSize = 4096

// The rows of COMPATIBILITY.md that anvil's dialogues touch.
const (
	rowReset     = "close with unread input"
	rowRest      = "rest of a list that was given up"
	rowPipelined = "pipelined requests"
)

// tolerated tells whether a difference is the only one that the dialogues in
// bulk may show, [rowReset]: stock closes while what it has not read is still queued, and
// the kernel resets the connection; ours reads first. It can only happen with more than
// stock reads at a time.
func tolerated(step dialogue.Step, theirs, ours dialogue.Outcome) bool {
	return len(step.Data) > bufferSize && theirs.Fate == dialogue.Reset && ours.Fate == dialogue.EOF &&
		bytes.Equal(theirs.Got, ours.Got)
}

// deliberate is the one list of what our anvil does otherwise than stock's, each
// as a dialogue in which it shows.
var deliberate = []struct {
	row   string // of COMPATIBILITY.md
	steps []dialogue.Step
	stock []dialogue.Outcome
	ours  []dialogue.Outcome
}{
	{
		row: rowReset,
		steps: []dialogue.Step{
			{Conn: 1, Op: dialogue.Open},
			{Conn: 1, Op: dialogue.End, Data: []byte("nonsense=" + strings.Repeat("x", 3*bufferSize))},
		},
		stock: []dialogue.Outcome{greeted, {Fate: dialogue.Reset}},
		ours:  []dialogue.Outcome{greeted, {Fate: dialogue.EOF}},
	},
	{
		row: rowRest,
		steps: []dialogue.Step{
			{Conn: 1, Op: dialogue.Open},
			{Conn: 1, Op: dialogue.End, Data: []byte(smuggled)},
		},
		stock: []dialogue.Outcome{greeted, {Got: []byte(unknownIdent + "status=0\nrate=0\n\n"), Fate: dialogue.EOF}},
		ours:  []dialogue.Outcome{greeted, {Got: []byte(unknownIdent), Fate: dialogue.EOF}},
	},
	{
		row: rowPipelined,
		steps: []dialogue.Step{
			{Conn: 1, Op: dialogue.Open},
			{Conn: 1, Op: dialogue.End, Data: []byte("request=lookup\nident=x\n\nrequest=newtls_status\nident=x\n\n")},
		},
		stock: []dialogue.Outcome{greeted, {Got: []byte(unknownIdent), Fate: dialogue.EOF}},
		ours:  []dialogue.Outcome{greeted, {Got: []byte(unknownIdent + "status=0\nrate=0\n\n"), Fate: dialogue.EOF}},
	},
}

// greeted is the outcome of a connect.
var greeted = dialogue.Outcome{Got: []byte("protocol=anvil_protocol\n\n")}

// unknownIdent is the reply to a lookup of an ident that anvil does not know.
const unknownIdent = "status=0\ncount=0\nrate=0\nmail=0\nrcpt=0\nnewtls=0\nauth=0\n\n"

// smuggled is one list, with attributes too many, of which a part that looks like
// a request begins where stock's first read ends.
var smuggled = func() string {
	head := "request=lookup\nident=x\nextra="
	return head + strings.Repeat("x", bufferSize-len(head)-1) + "\nrequest=newtls_status\nident=x\n\n"
}()

// TestDeliberateDifferences runs each case against both peers: a difference that
// is no longer one is a mistake too.
func TestDeliberateDifferences(t *testing.T) {
	for _, p := range stock.Forms(t, program) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			inst := newInstance(t, p)
			inst.Start()
			r := runner(inst)
			for _, test := range deliberate {
				want := test.stock
				if !p.IsStock {
					want = test.ours
				}
				d := dialogue.Dialogue{Name: test.row, Steps: test.steps}
				for i, got := range r.Run(d) {
					if !got.Equal(want[i]) {
						t.Errorf("%s, step %d: got %v, want %v", test.row, i, got, want[i])
					}
				}
			}
		})
	}
}

// TestDeliberateDifferencesAreDocumented looks for each row in COMPATIBILITY.md.
func TestDeliberateDifferencesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../COMPATIBILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range deliberate {
		if !strings.Contains(string(text), test.row) {
			t.Errorf("COMPATIBILITY.md has no row %q", test.row)
		}
	}
}
