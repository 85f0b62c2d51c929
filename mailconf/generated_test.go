package mailconf_test

import (
	"flag"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	generated = flag.Int("generated", 100, "compare so many generated main.cf files with the Postfix that is installed")
	seed      = flag.Uint64("seed", 0, "seed for -generated; 0: from the clock")
)

// TestGenerated compares with stock what a vector cannot foresee. Half of the
// files lead to a fatal error, for which stock sleeps a second, so the number
// of files is a flag.
func TestGenerated(t *testing.T) {
	if *generated == 0 {
		t.Skip("needs -generated NUMBER and a Postfix")
	}
	if _, err := exec.LookPath("postmap"); err != nil {
		t.Skip("no postmap")
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", *seed)
	gen := generator{rand.New(rand.NewPCG(*seed, 0))}
	expand := readVectors(t, "expand.json")
	host := newFakeHost(readVectors(t, "values.json"))
	slots := make(chan bool, 24)
	var wg sync.WaitGroup
	for range *generated {
		text := expand.Preamble + gen.file()
		slots <- true
		wg.Add(1)
		// Ends by itself; waited for below.
		go func() {
			defer wg.Done()
			stock := stockLog(t, text)
			if d := difference(ourLog(t, text, host), stock); d != "" {
				t.Errorf("%s\nmain.cf: %q", d, text[len(expand.Preamble):])
			}
			<-slots
		}()
	}
	wg.Wait()
}

// generator makes main.cf files that are often wrong.
type generator struct{ *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.IntN(len(from))] }

// file is some odd lines, and one or two expressions.
func (g generator) file() string {
	var b strings.Builder
	for range max(0, g.IntN(12)-8) {
		b.WriteString(g.pick("", " ", "\t", "#", "x = 1\n ", "a = changed\n", "\n", " \n", "y =\n\n z\n", "x", "=") + g.pick("\n", "\n", "", " = 1\n", "=\n"))
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	for _, name := range []string{"multi_instance_group", "alias_database", "relayhost", "multi_instance_wrapper"} {
		b.WriteString(name + " = " + g.text(3) + "\n")
	}
	if g.IntN(4) == 0 {
		b.WriteString(g.pick("max_use", "in_flow_delay", "message_size_limit", "soft_bounce", "smtputf8_enable", "queue_directory") + " = " +
			g.pick("", "-", "+", " ", "0") + g.pick("1", "7", "12", "x", "yes", "NO", "$d", "99999999999", "9223372036854775808") + g.pick("", "", "s", "m", "h", " ", "x") + "\n")
	}
	return b.String()
}

// text is literals and references up to a depth.
func (g generator) text(depth int) string {
	var b strings.Builder
	for range g.IntN(4) {
		b.WriteString(g.pick("x", " ", "b", ":", "?", "$$", "=", "1", g.reference(depth), g.reference(depth), g.reference(depth)))
	}
	return b.String()
}

func (g generator) reference(depth int) string {
	name := g.pick("a", "b", "c", "d", "empty", "nope", "list", "q", "_x", "compatibility_level", "", " a", "a ", " d ", "a-b", "broken", "loop")
	if g.IntN(8) != 0 && (name == "broken" || name == "loop" || name == "a-b") {
		name = "d"
	}
	if depth == 0 {
		return "$" + name
	}
	open, closing := "{", "}"
	if g.IntN(5) == 0 {
		open, closing = "(", ")"
	}
	if g.IntN(20) == 0 {
		closing = g.pick("", "}", ")", "}}")
	}
	if g.IntN(2) == 0 {
		name = g.braced(depth) + g.pick("", " ", "  ") + g.pick("==", "!=", "<", "<=", ">=", ">", "==level", "<level", "=", "<>", "") + g.pick("", " ") + g.braced(depth)
	}
	rest := g.pick("", "?", ":", "?", ":")
	if rest != "" {
		rest += g.pick(g.text(depth-1), g.braced(depth), g.braced(depth))
		if rest[0] == '?' && g.IntN(2) == 0 {
			rest += ":" + g.pick(g.text(depth-1), g.braced(depth))
		}
	}
	return "$" + open + name + rest + closing
}

func (g generator) braced(depth int) string {
	return g.pick("", "", " ") + "{" + g.pick("", " ", "1", "2.3", "abc", g.text(depth-1), g.text(depth-1)) + "}" + g.pick("", "", " ")
}
