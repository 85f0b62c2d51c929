package dialogue_test

import (
	"bufio"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ostler/test/dialogue"
)

// serve accepts connections until the listener is closed. It greets, answers
// "a" to each line that is not "bye", and closes at "bye" (without reading what is behind it) or at
// the end, where it says "end\n\n" first.
func serve(l *net.UnixListener) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return
		}
		// Ends with its connection, which the client closes; nobody waits.
		go func() {
			defer conn.Close()
			fmt.Fprint(conn, "hello\n\n")
			in := bufio.NewReaderSize(conn, 16)
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					fmt.Fprint(conn, "end\n\n")
					return
				}
				if line == "bye\n" {
					return
				}
				if line == "silence\n" {
					continue
				}
				fmt.Fprint(conn, "a\n\n")
			}
		}()
	}
}

// everyStep is a dialogue with serve in which every step and fate occurs.
const everyStep = `
# two connections
1 open
1 got "hello\n\n"
2 open
2 got "hello\n\n"
1 send "x\n"
1 got "a\n\n"
2 send "bye\n"
2 got "" eof
2 send "x\n"
2 got "" skipped
2 open
2 got "hello\n\n"
2 send "bye\n0123456789012345678901234567890123456789\n"
2 got "" reset
2 open
2 got "hello\n\n"
2 last "x\nbye\n"
2 got "a\n\n" eof
1 end "x\ny"
1 got "a\n\nend\n\n" eof
3 end
3 got "" skipped
3 open
3 got "hello\n\n"
3 drop "x\n"
3 got "" dropped
4 open
4 got "hello\n\n"
4 send "silence\n"
4 got "" timeout
`

func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	// Ended by the close of l, waited for at the end.
	go func() { defer close(done); serve(l) }()
	defer func() { l.Close(); <-done }()
	d, want, err := dialogue.Parse("two", []byte(everyStep))
	if err != nil {
		t.Fatal(err)
	}
	runner := dialogue.Runner{
		Dial: func() (*net.UnixConn, error) {
			return net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		},
		Whole: dialogue.PlainList,
		Limit: 200 * time.Millisecond,
	}
	got := runner.Run(d)
	for i := range want {
		if !got[i].Equal(want[i]) {
			t.Errorf("step %d: got %v, want %v", i, got[i], want[i])
		}
	}
	again, outcomes, err := dialogue.Parse("two", dialogue.Format(d, got))
	if err != nil || !slices.EqualFunc(outcomes, got, dialogue.Outcome.Equal) || len(again.Steps) != len(d.Steps) {
		t.Errorf("the text form does not come back: %v\n%s", err, dialogue.Format(again, outcomes))
	}
	l.Close()
	if o := runner.Run(dialogue.Dialogue{Steps: d.Steps[:1]}); o[0].Fate != dialogue.Refused {
		t.Errorf("without a server: %v", o[0])
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{
		"x open", "1 jump", "1 got \"\"", "1 open\n2 got \"\"", "1 send \"a", "1 send \"a\" b",
		"1 open\n1 got \"\"\n1 end", "1 send 'ab'",
	} {
		if d, _, err := dialogue.Parse("bad", []byte(text)); err == nil {
			t.Errorf("%q is taken for %v", text, d)
		}
	}
}
