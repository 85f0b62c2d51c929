package mailconf_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"ostler/mailconf"
)

// Whatever a main.cf holds, what is read of it can be written out and read
// again with the same result.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "a = 1\n b\n# c\n\n c\nd=2", " a\nb=1\na=2\na=3\n", "bad", "=x\n", "a=\x00b\n\x00", "a\r=\v1\f\n\t\n#\n x\n", " 1\n 2\nb=2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		warnings := 0
		conf, err := mailconf.Parse(text, func(string) { warnings++ })
		if err != nil && !strings.HasPrefix(err.Error(), "main.cf, line ") {
			t.Fatalf("error %v", err)
		}
		if lines := strings.Count(text, "\n") + 1; warnings > lines {
			t.Fatalf("%d warnings for %d lines", warnings, lines)
		}
		var again strings.Builder
		for name := range conf.Names {
			value, _ := conf.Lookup(name)
			if name == "" || strings.ContainsAny(name, "=\n\x00 ") || strings.TrimSpace(value) != strings.Trim(value, "\u0085\u00a0") && utf8.ValidString(value) && isASCII(value) {
				t.Fatalf("%q = %q", name, value)
			}
			again.WriteString(name + " = " + value + "\n")
		}
		// A name that looks like a comment cannot come up: such a line is one.
		second, err := mailconf.Parse(again.String(), nil)
		if err != nil {
			t.Fatalf("cannot read %q again: %v", again.String(), err)
		}
		for name := range conf.Names {
			value, _ := conf.Lookup(name)
			if got, ok := second.Lookup(name); got != value || !ok {
				t.Fatalf("%q = %q, then %q", name, value, got)
			}
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// An expansion ends, with a result of bounded size or stock's error after a
// bounded number of warnings.
func FuzzExpand(f *testing.F) {
	for _, expr := range []string{
		"$a$b", "${a?{x}:{y}}", "${{$a} == {$b} ? {x} : {y}}", "${{1} <level {3.6}}", "$(a:${b})", "$$", "${", "${a b}$a$", "$loop", "${{$a} =~ {x}}", "${a?{b}c}", "${ a ? {b} }", "${{99999999999999999999} < {1}}",
	} {
		f.Add(expr, "x$b", "${a?1}")
	}
	f.Fuzz(func(t *testing.T, expr, a, b string) {
		conf := mailconf.New()
		conf.Set("a", a)
		conf.Set("b", b)
		conf.Set("loop", "${a?$loop}${b:$loop}")
		warnings := 0
		conf.SetWarn(func(string) { warnings++ })
		result, err := conf.Expand(expr)
		switch {
		case err == nil && (len(result) > 17<<20 || warnings > 0):
			t.Fatalf("%d bytes, %d warnings", len(result), warnings)
		case err != nil && err.Error() != "dictionary mail_dict: macro processing error" && !strings.HasPrefix(err.Error(), "mac_exp_eval: bad conversion: "):
			t.Fatal(err)
		case warnings > 100 || err != nil && warnings == 0 && !strings.HasPrefix(err.Error(), "mac_exp_eval"):
			t.Fatalf("%v after %d warnings", err, warnings)
		}
		if !strings.Contains(expr, "$") && result != expr {
			t.Fatalf("%q became %q", expr, result)
		}
	})
}

// The conversions agree with strconv where that accepts the text, and keep
// their ranges.
func FuzzConvert(f *testing.F) {
	for _, text := range []string{"0", "-1", "+7", " 8", "9223372036854775808", "-9223372036854775808", "5sx", "3550w", "m", "1.2.3", "x"} {
		f.Add(text, byte('s'))
	}
	f.Fuzz(func(t *testing.T, text string, unit byte) {
		n, ok := mailconf.ParseLong(text)
		if want, err := strconv.ParseInt(text, 10, 64); err == nil && (!ok || n != want) {
			t.Fatalf("%q: %d, %v", text, n, ok)
		}
		if ok {
			if want, err := strconv.ParseInt(strings.TrimLeft(text, " \t\n\v\f\r"), 10, 64); err != nil || want != n {
				t.Fatalf("%q: %d, strconv %d, %v", text, n, want, err)
			}
		}
		_, rest, _ := mailconf.Strtol(text)
		if !strings.HasSuffix(text, rest) {
			t.Fatalf("%q: rest %q", text, rest)
		}
		if seconds, ok := mailconf.ParseTime(text, unit); ok && (seconds < 0 || seconds > math.MaxInt32) {
			t.Fatalf("%q: %d seconds", text, seconds)
		}
		level, err := mailconf.ParseLevel(text)
		if again, err2 := mailconf.ParseLevel(level.String()); err == nil && (err2 != nil || again > level || level < 0) {
			t.Fatalf("%q: level %d prints %s, %v", text, level, level, err2)
		}
	})
}
