package maillog

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLayouts(t *testing.T) {
	third := time.Date(2026, 11, 3, 8, 4, 20, 5000, time.Local)
	last := time.Date(2027, 1, 31, 23, 59, 59, 999999999, time.Local)
	ident, long := "postfix/anvil[12]", strings.Repeat("x", maxText+1)
	tests := []struct {
		name   string
		layout layout
		r      record
		want   string
	}{
		{"postlog", postlogLayout("mx.example.com"), record{third, Info, []byte(ident), []byte("hello")},
			"Nov 03 08:04:20 mx postfix/anvil[12]: hello"},
		{"postlog, no host", postlogLayout(""), record{last, Panic, []byte(ident), []byte("oops")},
			"Jan 31 23:59:59 amnesiac postfix/anvil[12]: panic: oops"},
		{"postlog, cut", postlogLayout("mx"), record{last, Error, []byte(ident), []byte(long)},
			"Jan 31 23:59:59 mx postfix/anvil[12]: error: " + long[1:]},
		{"syslog", syslogLayout(DefaultFacility), record{third, Fatal, []byte(ident), []byte("bye")},
			"<18>Nov  3 08:04:20 postfix/anvil[12]: fatal: bye"},
		{"syslog, facility", syslogLayout(23 << 3), record{last, Warning, []byte(ident), []byte("")},
			"<188>Jan 31 23:59:59 postfix/anvil[12]: warning: "},
		{"terminal", terminalLayout(""), record{third, Warning, []byte(ident), []byte(long)},
			"postfix/anvil: warning: " + long},
		{"terminal, no pid", terminalLayout(""), record{third, Info, []byte("a[b]"), []byte("x")}, "a[b]: x"},
		{"terminal, name", terminalLayout("anvil"), record{third, Info, []byte(ident), []byte("x")}, "anvil: x"},
		{"JSON", jsonLayout, record{third.UTC(), Info, []byte("a/b/c[7]"), []byte("q\"\\\x01é\xc3")},
			`{"time":"` + third.UTC().Format("2006-01-02T15:04:05.000000Z07:00") +
				`","tag":"a/b","program":"c","pid":7,"severity":"info","text":"q\"\\\u0001é` + "\ufffd" + `"}`},
		{"JSON, no tag", jsonLayout, record{third.UTC(), Warning, []byte("c"), nil},
			`{"time":"` + third.UTC().Format("2006-01-02T15:04:05.000000Z07:00") +
				`","tag":"","program":"c","pid":0,"severity":"warning","text":""}`},
	}
	for _, test := range tests {
		if got := string(test.layout(nil, &test.r)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	tests := []struct{ in, ascii, utf string }{
		{"plain ~text", "plain ~text", "plain ~text"},
		{"a\tb\nc\x00d\x7f\x1b[1m", "a?b?c?d??[1m", "a?b?c?d??[1m"},
		{"naïve", "na??ve", "naïve"},
		{"na\xc3ve", "na?ve", "na?ve"},
		{"na\xc3", "na?", "na?"},
		{"\xaf\xaf", "??", "??"},
		{"\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80", "?????????", "??\xed\xa0\x80\xf5\x80\x80\x80"},
		{"中文😀", "??????????", "中文😀"},
		{"中\xe4\xb8文", "????????", "中\xe4\xb8文"},
	}
	for _, test := range tests {
		for _, keep := range []bool{false, true} {
			want := test.ascii
			if keep {
				want = test.utf
			}
			got := []byte(test.in)
			printable(got, keep)
			if string(got) != want {
				t.Errorf("printable(%q, %v) is %q, want %q", test.in, keep, got, want)
			}
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add([]byte("a\tb\xc3\xaf\xc3"), true)
	f.Add([]byte("\xff\x00~"), false)
	f.Fuzz(func(t *testing.T, in []byte, keep bool) {
		out := append([]byte(nil), in...)
		printable(out, keep)
		if len(out) != len(in) || !keep && !utf8.Valid(out) {
			t.Fatalf("%q became %q", in, out)
		}
		for i, c := range out {
			if c < ' ' || c == 0x7f || !keep && c > '~' {
				t.Fatalf("%q became %q, byte %d is not printable", in, out, i)
			}
			if c != in[i] && c != '?' {
				t.Fatalf("%q became %q, byte %d is new", in, out, i)
			}
		}
		if keep && utf8.Valid(in) && len(in) > 0 && strings.Map(visible, string(in)) != string(out) {
			t.Fatalf("%q became %q", in, out)
		}
	})
}

// visible is what printable does to a character of a well-formed text.
func visible(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '?'
	}
	return r
}

func FuzzJSON(f *testing.F) {
	f.Add("postfix/anvil[1]", "a\"b\\c\x00é\xff")
	f.Fuzz(func(t *testing.T, ident, text string) {
		r := record{when: time.Unix(0, 0), ident: []byte(ident), text: []byte(text)}
		var got struct{ Tag, Program, Severity, Text string }
		line := jsonLayout(nil, &r)
		if err := json.Unmarshal(line, &got); err != nil || strings.ContainsRune(string(line), '\n') {
			t.Fatalf("%q: %v", line, err)
		}
		if want := strings.ToValidUTF8(text, "\ufffd"); len(text) <= maxText && utf8.ValidString(text) && got.Text != want {
			t.Fatalf("text is %q, want %q", got.Text, want)
		}
	})
}

func TestLookupFacility(t *testing.T) {
	for name, want := range map[string]int{"mail": 16, "kern": 0, "authpriv": 80, "local7": 184} {
		if got, ok := LookupFacility(name); !ok || got != want {
			t.Errorf("%s: got %d, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "MAIL", "local8", "security"} {
		if got, ok := LookupFacility(name); ok {
			t.Errorf("%q: got %d", name, got)
		}
	}
}

func TestSeverityLevels(t *testing.T) {
	for s := Info; s <= Panic; s++ {
		if got := SeverityOf(s.Level()); got != s {
			t.Errorf("%v becomes %v", s, got)
		}
		if got := SeverityOf(s.Level() + 3); got != s {
			t.Errorf("%v and a bit becomes %v", s, got)
		}
	}
	if got := SeverityOf(-4); got != Info {
		t.Errorf("debug becomes %v", got)
	}
	if got := Severity(9).String(); got != "unknown" {
		t.Errorf("9 is %q", got)
	}
}
