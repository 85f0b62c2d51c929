package anvil_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	update = flag.Bool("update", false, "record testdata/dialogues anew from stock anvil")
	slow   = flag.Bool("slow", true, "play dialogues that take seconds with real processes")
)

// A dialogue is a file in testdata/dialogues: what clients of one anvil do, and
// what stock answers and logs. Its lines:
//
//	# text                    a comment
//	set NAME VALUE            a parameter
//	at N                      the next steps come N seconds after the beginning
//	X connect                 client X connects
//	X> "bytes"                it sends, all in one write
//	X half-close              it sends end of file
//	X>| "bytes"               it sends, and then end of file
//	X< "bytes"                what it then reads (recorded)
//	X< EOF                    the end, after that (recorded)
//	log text                  what is logged (recorded); @N for a time of day
type dialogue struct {
	name   string
	params map[string]string
	steps  []step
	log    []string
}

// A step is what one client does, with what it is to read afterwards.
type step struct {
	client string // "" for a comment or a step in time
	what   string // "connect", "half-close", "send", "send-all", "at", "#"
	text   string // what is sent; the comment
	at     int

	reply []byte
	eof   bool
}

// A peer is an anvil to talk to: stock's, ours, or ours without a process.
type peer interface {
	at(second int)
	connect(client string)
	send(client string, data []byte)
	halfClose(client string)
	// receive returns what the client reads, and whether it was the end. A peer
	// that cannot tell when all has come uses want to know.
	receive(client string, want step) ([]byte, bool)
	// stop ends the anvil and returns its log.
	stop() []string
}

// timed tells whether the dialogue depends on the time.
func (d *dialogue) timed() bool {
	return slices.ContainsFunc(d.steps, func(s step) bool { return s.what == "at" })
}

// play goes through the dialogue with p and returns it as it went.
func (d *dialogue) play(p peer) *dialogue {
	got := &dialogue{name: d.name, params: d.params}
	for _, s := range d.steps {
		switch s.what {
		case "at":
			p.at(s.at)
		case "connect":
			p.connect(s.client)
		case "half-close":
			p.halfClose(s.client)
		case "send":
			p.send(s.client, []byte(s.text))
		case "send-all":
			p.send(s.client, []byte(s.text))
			p.halfClose(s.client)
		}
		if s.client != "" {
			s.reply, s.eof = p.receive(s.client, s)
		}
		got.steps = append(got.steps, s)
	}
	got.log = p.stop()
	return got
}

// readDialogues reads all files.
func readDialogues(t *testing.T) (all []*dialogue) {
	t.Helper()
	files, err := filepath.Glob("testdata/dialogues/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := parseDialogue(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		d.name = strings.TrimSuffix(filepath.Base(file), ".txt")
		all = append(all, d)
	}
	return all
}

func parseDialogue(text []byte) (*dialogue, error) {
	d := &dialogue{params: map[string]string{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if err := d.parseLine(lines.Text()); err != nil {
			return nil, fmt.Errorf("%q: %v", lines.Text(), err)
		}
	}
	return d, lines.Err()
}

func (d *dialogue) parseLine(line string) error {
	first, rest, _ := strings.Cut(line, " ")
	add := func(s step) { d.steps = append(d.steps, s) }
	switch {
	case line == "" || first == "#":
		add(step{what: "#", text: line})
	case first == "set":
		name, value, _ := strings.Cut(rest, " ")
		d.params[name] = value
	case first == "at":
		n, err := strconv.Atoi(rest)
		add(step{what: "at", at: n})
		return err
	case first == "log":
		d.log = append(d.log, rest)
	case strings.HasSuffix(first, ">"):
		text, err := strconv.Unquote(rest)
		add(step{client: strings.TrimSuffix(first, ">"), what: "send", text: text})
		return err
	case strings.HasSuffix(first, ">|"):
		text, err := strconv.Unquote(rest)
		add(step{client: strings.TrimSuffix(first, ">|"), what: "send-all", text: text})
		return err
	case strings.HasSuffix(first, "<") && len(d.steps) > 0:
		s := &d.steps[len(d.steps)-1]
		if rest == "EOF" {
			s.eof = true
			return nil
		}
		text, err := strconv.Unquote(rest)
		s.reply = []byte(text)
		return err
	case rest == "connect" || rest == "half-close":
		add(step{client: first, what: rest})
	default:
		return fmt.Errorf("not understood")
	}
	return nil
}

// String is the file's text.
func (d *dialogue) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps(d.params)) {
		fmt.Fprintf(&b, "set %s %s\n", name, d.params[name])
	}
	for _, s := range d.steps {
		switch s.what {
		case "#":
			fmt.Fprintln(&b, s.text)
		case "at":
			fmt.Fprintf(&b, "at %d\n", s.at)
		case "send":
			fmt.Fprintf(&b, "%s> %q\n", s.client, s.text)
		case "send-all":
			fmt.Fprintf(&b, "%s>| %q\n", s.client, s.text)
		default:
			fmt.Fprintf(&b, "%s %s\n", s.client, s.what)
		}
		if len(s.reply) > 0 {
			fmt.Fprintf(&b, "%s< %q\n", s.client, s.reply)
		}
		if s.eof {
			fmt.Fprintf(&b, "%s< EOF\n", s.client)
		}
	}
	for _, line := range d.log {
		fmt.Fprintln(&b, strings.TrimRight("log "+line, " "))
	}
	return b.String()
}

func maps(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

var timeOfDay = regexp.MustCompile(` at ([A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d)$`)

// relative replaces the time in a line by the seconds since start; in a dialogue
// that is not timed, by @0.
func relative(line string, start time.Time, timed bool) string {
	m := timeOfDay.FindStringSubmatchIndex(line)
	if m == nil {
		return line
	}
	when, err := time.ParseInLocation("2006 "+time.Stamp, strconv.Itoa(start.Year())+" "+line[m[2]:m[3]], time.Local)
	if err != nil {
		return line
	}
	n := 0
	if timed {
		n = int(when.Sub(start.Truncate(time.Second)) / time.Second)
	}
	return fmt.Sprintf("%s at @%d", line[:m[0]], n)
}
