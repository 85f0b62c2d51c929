package mailconf_test

import (
	"fmt"
	"strings"
	"testing"

	"ostler/mailconf"
)

// What the syntax means is in testdata/expand.json. Here: what stock does not
// bound.

func TestExpandBounds(t *testing.T) {
	const processing = "dictionary mail_dict: macro processing error"
	double := func(levels int, last string) string {
		var b strings.Builder
		for i := range levels {
			fmt.Fprintf(&b, "x%d = $x%d$x%d\n", i, i+1, i+1)
		}
		fmt.Fprintf(&b, "x%d = %s\n", levels, last)
		return b.String()
	}
	for _, tt := range []struct{ name, conf, warning string }{
		{"much work for nothing", double(60, ""), "unreasonable macro expansion size: "},
		{"much text", double(40, strings.Repeat("y", 1000)), "unreasonable macro expansion size: "},
		{"much text in an operand", double(40, "yyyyyyyyyy") + "a = $x0\nx0 = ${{$x1} == {$x1}}\n", "unreasonable macro expansion size: "},
		{"loop through operands", "x0 = ${{$x0} == {y}}\n", `unreasonable macro call nesting: "`},
		{"wide loop through operands", "x0 = ${{$x0$x0} == {$x0$x0} ? $x0$x0}\n", `unreasonable macro call nesting: "`},
		{"long text again and again", "x0 = ${{$x1} == {$x1}}\nx1 = " + strings.Repeat("$x2", 1000) + "\nx2 = " + strings.Repeat("z", 100000) + "\n", "unreasonable macro expansion size: "},
	} {
		var warnings []string
		conf, _ := mailconf.Parse(tt.conf, func(text string) {
			if !strings.Contains(text, "overriding") {
				warnings = append(warnings, text)
			}
		})
		_, _, err := conf.Eval("x0")
		if err == nil || err.Error() != processing {
			t.Errorf("%s: error %v", tt.name, err)
		}
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], tt.warning) || len(warnings[0]) > 200 {
			t.Errorf("%s: %d warnings, %.200q", tt.name, len(warnings), warnings)
		}
	}
}

// 16 MiB of result are allowed, in one expansion after another.
func TestExpandLargeResult(t *testing.T) {
	conf := mailconf.New()
	conf.Set("a", strings.Repeat("x", 1<<20))
	for range 3 {
		got, err := conf.Expand(strings.Repeat("$a", 15))
		if err != nil || len(got) != 15<<20 {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
}

// A text with thousands of errors does not flood the log.
func TestExpandWarningsBounded(t *testing.T) {
	warnings := 0
	conf := mailconf.New()
	conf.SetWarn(func(string) { warnings++ })
	if _, err := conf.Expand("${x y}" + strings.Repeat("$a", 10000)); err == nil {
		t.Error("no error")
	}
	if warnings != 100 {
		t.Errorf("%d warnings", warnings)
	}
}

func TestEval(t *testing.T) {
	conf, err := mailconf.Parse("a = <$b>\nb = 1\nbad = $\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, value string
		ok, fails   bool
	}{
		{"a", "<1>", true, false}, {"b", "1", true, false}, {"nope", "", false, false}, {"bad", "", false, true},
	} {
		value, ok, err := conf.Eval(tt.name)
		if value != tt.value || ok != tt.ok || (err != nil) != tt.fails {
			t.Errorf("Eval(%s) = %q, %v, %v", tt.name, value, ok, err)
		}
	}
}

// Text without references costs nothing.
func TestExpandAllocs(t *testing.T) {
	conf := mailconf.New()
	if n := testing.AllocsPerRun(100, func() { _, _ = conf.Expand("no reference") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
