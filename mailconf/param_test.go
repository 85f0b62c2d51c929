package mailconf_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"ostler/mailconf"
)

// all has a variable of each class.
type all struct {
	i, ni  int
	l      int64
	s, r   string
	b, nb  bool
	d      time.Duration
	fn     string
	errors error
}

func (a *all) table() mailconf.Table {
	return mailconf.Table{
		mailconf.Int("i", 7, -3, 9, &a.i),
		mailconf.Long("l", math.MinInt64, 0, 0, &a.l),
		mailconf.Str("s", "$i and ${t}", 1, 20, &a.s),
		mailconf.Bool("b", true, &a.b),
		mailconf.Time("d", "${u:2}m", time.Second, 2*time.Hour, &a.d),
		mailconf.Raw("r", "$raw", 0, 6, &a.r),
		mailconf.NInt("ni", "${i}0", 0, 99, &a.ni),
		mailconf.NBool("nb", "${s?{no}:{yes}}", &a.nb),
		mailconf.StrFunc("fn", func() (string, error) { return "f$i", a.errors }, 0, 0, &a.fn),
	}
}

func TestLoadDefaults(t *testing.T) {
	conf := mailconf.New()
	conf.Set("t", "tee")
	var a all
	if err := conf.Load(a.table()); err != nil {
		t.Fatal(err)
	}
	want := all{i: 7, l: math.MinInt64, s: "7 and tee", b: true, d: 2 * time.Minute, r: "$raw", ni: 70, nb: false, fn: "f7"}
	if a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
	// What the dictionary holds now: the text of str is expanded, the others
	// keep their references.
	for name, want := range map[string]string{
		"i": "7", "l": "-9223372036854775808", "s": "7 and tee", "b": "yes", "d": "${u:2}m", "r": "$raw",
		"ni": "${i}0", "nb": "${s?{no}:{yes}}", "fn": "f7",
	} {
		if raw, ok := conf.Lookup(name); raw != want || !ok {
			t.Errorf("%s = %q %v, want %q", name, raw, ok, want)
		}
	}
}

func TestLoadValues(t *testing.T) {
	conf, err := mailconf.Parse("i = +3\nl=$i$i\ns=<$i>\nb = No\nd = 90\nr = x$i\nni = $i\nnb = YES\nfn = $s$s\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	var a all
	if err := conf.Load(a.table()); err == nil || err.Error() != "bad numerical configuration: l = +3+3" {
		t.Errorf("error %v", err)
	}
	conf.Set("l", "$i")
	if err := conf.Load(a.table()); err != nil {
		t.Fatal(err)
	}
	want := all{i: 3, l: 3, s: "<+3>", b: false, d: 90 * time.Minute, r: "x$i", ni: 3, nb: true, fn: "<+3><+3>"}
	if a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
}

// The forms of these texts are confirmed by testdata/values.json, except those
// of raw, which no generic parameter is.
func TestLoadErrors(t *testing.T) {
	for _, tt := range []struct{ set, want string }{
		{"i=-4", "invalid i parameter value -4 < -3"},
		{"i=10", "invalid i parameter value 10 > 9"},
		{"i=", "bad numerical configuration: i = "},
		{"s=", "bad string length 0 < 1: s = "},
		{"s=123456789012345678901", "bad string length 21 > 20: s = 123456789012345678901"},
		{"s=${", "dictionary mail_dict: macro processing error"},
		{"r=1234567", "bad string length (7 > 6): r = 1234567"},
		{"b=1", "bad boolean configuration: b = 1"},
		{"nb=1", "bad boolean configuration: nb = 1"},
		{"ni=100", "invalid ni parameter value 100 > 99"},
		{"d=0", "invalid d: 0 (min 1)"},
		{"d=3h", "invalid d: 10800 (max 7200)"},
		{"d=x", "parameter d: bad time value or unit: x"},
		{"d=${", "dictionary mail_dict: macro processing error"},
		{"u=y", "invalid d: 0 (min 1)"}, // the default is then "m"
	} {
		conf := mailconf.New()
		if err := conf.Override(tt.set); err != nil {
			t.Fatal(err)
		}
		var a all
		err := conf.Load(a.table())
		var fatal *mailconf.Error
		if !errors.As(err, &fatal) || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.set, err, tt.want)
		}
	}
	broken := errors.New("broken")
	a := all{errors: broken}
	if err := mailconf.New().Load(a.table()); !errors.Is(err, broken) {
		t.Errorf("error of a computed default: %v", err)
	}
}

// A range counts for defaults, too, and a unit is needed.
func TestLoadBadDefaults(t *testing.T) {
	var i int
	var r string
	var d time.Duration
	for _, tt := range []struct {
		row  mailconf.Param
		want string
	}{
		{mailconf.Int("i", 5, 6, 0, &i), "invalid i parameter value 5 < 6"},
		{mailconf.Raw("r", "", 1, 0, &r), "bad string length (0 < 1): r = "},
		{mailconf.Time("d", "5", 0, 0, &d), "parameter d: missing time unit in default value: 5"},
		{mailconf.NInt("n", "x", 0, 0, &i), "bad numerical configuration: n = x"},
	} {
		if err := mailconf.New().Load(mailconf.Table{tt.row}); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.row.Name(), err, tt.want)
		}
	}
}

func TestParamDescription(t *testing.T) {
	var a all
	var got []string
	for _, row := range a.table() {
		text, ok := row.Default()
		if !ok {
			text = "(computed)"
		}
		got = append(got, row.Name()+" "+row.Class().String()+" "+text)
	}
	want := "i int 7|l long -9223372036854775808|s str $i and ${t}|b bool yes|d time ${u:2}m|r raw $raw|ni nint ${i}0|nb nbool ${s?{no}:{yes}}|fn str (computed)"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}

func TestStrtol(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int64
		rest string
		ok   bool
	}{
		{"", 0, "", true}, {"x", 0, "x", true}, {"-", 0, "-", true}, {" +5 ", 5, " ", true}, {"-0", 0, "", true},
		{"9223372036854775807", math.MaxInt64, "", true}, {"9223372036854775808", math.MaxInt64, "", false},
		{"-9223372036854775808", math.MinInt64, "", true}, {"-9223372036854775809z", math.MinInt64, "z", false},
		{"\v\f12", 12, "", true}, {"+-1", 0, "+-1", true}, {"00000000000000000000000001", 1, "", true},
	} {
		n, rest, ok := mailconf.Strtol(tt.in)
		if n != tt.n || rest != tt.rest || ok != tt.ok {
			t.Errorf("strtol(%q) = %d, %q, %v; want %d, %q, %v", tt.in, n, rest, ok, tt.n, tt.rest, tt.ok)
		}
	}
}

func TestLevel(t *testing.T) {
	for in, want := range map[string]mailconf.Level{
		"0": mailconf.Level0, "1": mailconf.Level1, "2.0.0": mailconf.Level2, "3.6": mailconf.Level36, "3.6.1": mailconf.Level36 + 1,
	} {
		got, err := mailconf.ParseLevel(in)
		if err != nil || got != want {
			t.Errorf("ParseLevel(%s) = %d, %v; want %d", in, got, err, want)
		}
	}
	for in, want := range map[string]string{"0": "0", "2.5": "2", "3": "3.0", "3.6": "3.6", "3.6.0": "3.6", "10.11.12": "10.11.12"} {
		if level, err := mailconf.ParseLevel(in); err != nil || level.String() != want {
			t.Errorf("level %s prints %s, %v; want %s", in, level, err, want)
		}
	}
	if _, err := mailconf.ParseLevel("3.x"); err == nil || err.Error() != `malformed compatibility level syntax: "3.x"` {
		t.Errorf("error %v", err)
	}
}
