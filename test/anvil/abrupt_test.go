package anvil_test

import (
	"bytes"
	"testing"
	"time"

	"ostler/test/dialogue"
	"ostler/test/stock"
)

// TestAbruptClose has clients go without a word, with connections counted and
// with a reply unread: what they have counted is undone, and nothing else is.
func TestAbruptClose(t *testing.T) {
	for _, p := range stock.Forms(t, program) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			inst := newInstance(t, p)
			inst.Start()
			r := runner(inst)
			connect, message := list("request", "connect", "ident", "x"), list("request", "message", "ident", "x")
			// The end of this dialogue closes the connections that it leaves open, too: one
			// is held by another client.
			holder, err := inst.Dial("private/anvil")
			if err != nil {
				t.Fatal(err)
			}
			defer holder.Close()
			if _, err := holder.Write(connect); err != nil {
				t.Fatal(err)
			}
			outcomes := r.Run(dialogue.Dialogue{Steps: []dialogue.Step{
				{Conn: 1, Op: dialogue.Open},
				{Conn: 1, Op: dialogue.Send, Data: connect},
				{Conn: 2, Op: dialogue.Open},
				{Conn: 2, Op: dialogue.Send, Data: connect},
				{Conn: 3, Op: dialogue.Open},
				{Conn: 3, Op: dialogue.Send, Data: connect},
				{Conn: 2, Op: dialogue.Drop},
				{Conn: 3, Op: dialogue.Drop, Data: message},
			}})
			for i, o := range outcomes[:6] {
				if o.Fate != dialogue.Alive {
					t.Errorf("step %d: %v", i, o)
				}
			}
			want := "status=0\ncount=1\nrate=4\nmail=1\nrcpt=0\nnewtls=0\nauth=0\n\n"
			if got := awaitLookup(r, "x", want); got != want {
				t.Errorf("after the clients have gone: %q, want %q", got, want)
			}
		})
	}
}

// awaitLookup looks an ident up until the reply is the wanted one, and returns
// the last reply. A server hears of the end of a client when it comes to it.
func awaitLookup(r dialogue.Runner, ident, want string) string {
	d := dialogue.Dialogue{Steps: []dialogue.Step{
		{Conn: 1, Op: dialogue.Open},
		{Conn: 1, Op: dialogue.Send, Data: list("request", "lookup", "ident", ident)},
		{Conn: 1, Op: dialogue.End},
	}}
	deadline := time.Now().Add(r.Limit)
	for {
		got := r.Run(d)[1].Got
		if bytes.Equal(got, []byte(want)) || time.Now().After(deadline) {
			return string(got)
		}
	}
}
