package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ostler/test/stock"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7}, {[]float64{9, 1}, 5}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 9, 2}, 3},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("median of %v is %v, want %v", test.values, got, test.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

func TestTable(t *testing.T) {
	all := regexp.MustCompile("")
	sc := scenario{figures: []figure{
		{"a/rate", perSecond, ratioAtLeast(3)},
		{"b/cpu", micros, ratioAtMost(0.3)},
		{"c/p99", millis, atMost(25e-3)},
		{"d/rate", perSecond, atLeast(18000)},
		{"e/rss", megabytes, wanted{}},
		{"f/rate", perSecond, atLeast(1000)},
	}}
	res := results{samples: map[string]*samples{
		// The ratio of the medians is 3, the median of the ratios 2.
		"a/rate": {stock: []float64{10000, 20000, 5000}, ours: []float64{20000, 30000, 60000}},
		"b/cpu":  {stock: []float64{10e-6}, ours: []float64{3.1e-6}},
		"c/p99":  {ours: []float64{25e-3}},
		"d/rate": {ours: []float64{17999}},
		"e/rss":  {stock: []float64{52 << 20}, ours: []float64{13 << 20}},
		"f/rate": {},
	}}
	var out bytes.Buffer
	if printTable(&out, []scenario{sc}, all, res) {
		t.Error("a table with misses is all as wanted")
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"figure stock (min - max) ours (min - max) ratio of pairs wanted",
		"a/rate 10.0 k/s (5.0 - 20.0) 30.0 k/s (20.0 - 60.0) 3.00 2.00 >= 3 x PASS",
		"b/cpu 10.00 us (10.00 - 10.00) 3.10 us (3.10 - 3.10) 0.31 0.31 <= 0.3 x miss",
		"c/p99 - 25.00 ms (25.00 - 25.00) - - <= 25.00 ms PASS",
		"d/rate - 18.0 k/s (18.0 - 18.0) - - >= 18.0 k/s miss",
		"e/rss 52.0 MB (52.0 - 52.0) 13.0 MB (13.0 - 13.0) 0.25 0.25",
		"f/rate - - - - >= 1.0 k/s not measured",
		"",
		"2 of 5 figures are as wanted",
	}
	if !slices.Equal(got, want) {
		t.Errorf("table\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	out.Reset()
	if !printTable(&out, []scenario{sc}, regexp.MustCompile("^[ac]/"), res) {
		t.Errorf("a table without misses is not as wanted:\n%s", out.String())
	}
}

func TestParse(t *testing.T) {
	opts, err := parse([]string{"-rounds", "3", "-seconds", "0.5", "-run", "^idle"})
	if err != nil {
		t.Fatal(err)
	}
	if opts.rounds != 3 || opts.window != 500*time.Millisecond {
		t.Errorf("options are %+v", opts)
	}
	if chosen := choose(scenarios(opts), opts.run); len(chosen) != 1 || chosen[0].figures[0].name != "idle/10000/rss" {
		t.Errorf("-run ^idle chooses %+v", chosen)
	}
	for _, args := range [][]string{{"-rounds", "0"}, {"-seconds", "0"}, {"-run", "("}, {"x"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

func TestOthers(t *testing.T) {
	for _, test := range []struct {
		shares []float64
		want   string
	}{
		{nil, ""},
		{[]float64{0.01, 0.5, 0.02}, "other programs took 2 % of the machine meanwhile (at most 50 %)\n"},
		{[]float64{0.2}, "other programs took 20 % of the machine meanwhile (at most 20 %): do not trust these figures\n"},
	} {
		var out bytes.Buffer
		(&others{shares: test.shares}).print(&out)
		if out.String() != test.want {
			t.Errorf("%v prints %q, want %q", test.shares, out.String(), test.want)
		}
	}
}

func TestScope(t *testing.T) {
	var order []string
	err := inScope("x", func(s *scope) {
		s.Cleanup(func() { order = append(order, "first") })
		s.Cleanup(func() {
			if s.Failed() {
				order = append(order, "second, failed")
			}
		})
		s.Fatalf("no %s", "luck")
		order = append(order, "after Fatalf")
	})
	if err == nil || err.Error() != "no luck" {
		t.Errorf("error %v, want no luck", err)
	}
	if want := []string{"second, failed", "first"}; !slices.Equal(order, want) {
		t.Errorf("order %q, want %q", order, want)
	}
}

func TestUsage(t *testing.T) {
	pids := []int{os.Getpid()}
	before, err := cpu(pids)
	if err != nil {
		t.Fatal(err)
	}
	// Each reading uses some itself, so this ends.
	for {
		now, err := cpu(pids)
		if err != nil {
			t.Fatal(err)
		}
		if now.since(before) > 0 {
			break
		}
	}
	if got := (usage{1: 5, 2: 7}).since(usage{1: 3}); got != 9 {
		t.Errorf("5-3 and 7 are %d, want 9", got)
	}
	if _, err := cpu([]int{1 << 22}); err == nil {
		t.Error("a process that cannot exist has used processor time")
	}
	rss, pss, err := memory(pids)
	if err != nil {
		t.Fatal(err)
	}
	if rss < pss || pss < 1<<20 {
		t.Errorf("resident %v, proportional %v", rss, pss)
	}
}

// All that is measured can be measured: the values mean nothing here.
func TestAllScenarios(t *testing.T) {
	stock.Require(t)
	opts := options{rounds: 1, window: 20 * time.Millisecond, run: regexp.MustCompile(""), clients: 100, quiet: true}
	var res results
	var o others
	chosen := choose(scenarios(opts), opts.run)
	err := inScope(t.Name(), func(s *scope) {
		res = measure(context.Background(), opts, chosen, newPair(s, &o))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := res.failure(); err != nil {
		t.Error(err)
	}
	if got, want := len(o.shares), 6*2+1; got != want {
		t.Errorf("the machine was watched in %d closed loops, want %d", got, want)
	}
	for _, sc := range chosen {
		for _, f := range sc.figures {
			s := res.samples[f.name]
			if len(s.ours) != 1 || !sc.ours && len(s.stock) != 1 {
				t.Errorf("%s has values %v and %v, want one each", f.name, s.stock, s.ours)
			}
		}
	}
}
