package main

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// printTable prints the figures that are asked for, and tells whether all that
// is wanted was measured and is met.
func printTable(out io.Writer, chosen []scenario, run *regexp.Regexp, res results) (ok bool) {
	wanted, passed := 0, 0
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tstock\t(min - max)\tours\t(min - max)\tratio\tof pairs\twanted\t")
	for _, s := range chosen {
		for _, f := range s.figures {
			if !run.MatchString(f.name) {
				continue
			}
			cells, met := f.row(res.samples[f.name])
			if f.wanted.set {
				wanted++
			}
			if met {
				passed++
			}
			fmt.Fprintln(w, strings.Join(cells, "\t"))
		}
	}
	// A failed write to standard output has nowhere to be told.
	_ = w.Flush()
	if wanted > 0 {
		fmt.Fprintf(out, "\n%d of %d figures are as wanted\n", passed, wanted)
	}
	return passed == wanted
}

// row returns the cells of a figure's row, and whether it is as wanted; one that
// nothing is wanted of is not.
func (f figure) row(s *samples) (cells []string, met bool) {
	stock, ours := median(s.stock), median(s.ours)
	cells = []string{f.name, f.unit.format(stock), f.unit.span(s.stock), f.unit.format(ours), f.unit.span(s.ours)}
	cells = append(cells, ratio(ours/stock), ratio(median(ratios(s))), f.wanted.format(f.unit))
	verdict := ""
	switch {
	case !f.wanted.set:
	case len(s.ours) == 0:
		verdict = "not measured"
	case f.wanted.met(stock, ours):
		met, verdict = true, "PASS"
	default:
		verdict = "miss"
	}
	return append(cells, verdict), met
}

// ratios returns ours divided by stock's, round by round.
func ratios(s *samples) []float64 {
	r := make([]float64, min(len(s.stock), len(s.ours)))
	for i := range r {
		r[i] = s.ours[i] / s.stock[i]
	}
	return r
}

// median returns NaN if there are no values.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func ratio(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.2f", x)
}

// span formats the smallest and the largest value, without the unit.
func (u unit) span(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	return fmt.Sprintf("(%.*f - %.*f)", u.digits, slices.Min(values)*u.scale, u.digits, slices.Max(values)*u.scale)
}

// format returns a value with its unit, or "-" for NaN.
func (u unit) format(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.*f %s", u.digits, x*u.scale, u.name)
}

// format returns ">= 3 x" or "<= 15.0 MB", or nothing.
func (w wanted) format(u unit) string {
	if !w.set {
		return ""
	}
	sign := ">= "
	if w.most {
		sign = "<= "
	}
	if w.relative {
		return fmt.Sprintf("%s%g x", sign, w.limit)
	}
	return sign + u.format(w.limit)
}
