package dialogue

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// got is the word that starts an outcome in the text form.
const got = "got"

// Format writes a dialogue in the text form. With outcomes, one a step, each
// stands behind its step; nil leaves them out.
func Format(d Dialogue, outcomes []Outcome) []byte {
	var b bytes.Buffer
	for i, step := range d.Steps {
		fmt.Fprintf(&b, "%d %s", step.Conn, step.Op)
		if len(step.Data) > 0 {
			fmt.Fprintf(&b, " %q", step.Data)
		}
		b.WriteByte('\n')
		if outcomes == nil {
			continue
		}
		fmt.Fprintf(&b, "%d %s %q", step.Conn, got, outcomes[i].Got)
		if outcomes[i].Fate != Alive {
			fmt.Fprintf(&b, " %s", outcomes[i].Fate)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// Parse reads the text form. outcomes is nil if the text has none; a text in
// which only some steps have one is an error, as is all that Format does not
// write, except comments and blank lines.
func Parse(name string, text []byte) (d Dialogue, outcomes []Outcome, err error) {
	d.Name = name
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := parseLine(line, &d, &outcomes); err != nil {
			return Dialogue{}, nil, fmt.Errorf("cannot parse dialogue %s, line %d: %w", name, number, err)
		}
	}
	if outcomes != nil && len(outcomes) != len(d.Steps) {
		return Dialogue{}, nil, fmt.Errorf("cannot parse dialogue %s: %d steps, %d outcomes", name, len(d.Steps), len(outcomes))
	}
	return d, outcomes, nil
}

func parseLine(line string, d *Dialogue, outcomes *[]Outcome) error {
	first, rest, _ := strings.Cut(line, " ")
	conn, err := strconv.Atoi(first)
	if err != nil {
		return fmt.Errorf("bad connection number %q", first)
	}
	word, rest, _ := strings.Cut(rest, " ")
	var data []byte
	if rest != "" {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return fmt.Errorf("bad string: %s", rest)
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			return fmt.Errorf("bad string: %s", rest)
		}
		data, rest = []byte(text), strings.TrimSpace(rest[len(quoted):])
	}
	if word == got {
		if len(*outcomes) != len(d.Steps)-1 || d.Steps[len(d.Steps)-1].Conn != conn {
			return fmt.Errorf("this outcome belongs to no step")
		}
		*outcomes = append(*outcomes, Outcome{Got: data, Fate: Fate(rest)})
		return nil
	}
	switch Op(word) {
	case Open, Send, Last, End, Drop:
	default:
		return fmt.Errorf("unknown step %q", word)
	}
	if rest != "" {
		return fmt.Errorf("garbage behind a step: %s", rest)
	}
	d.Steps = append(d.Steps, Step{Conn: conn, Op: Op(word), Data: data})
	return nil
}
