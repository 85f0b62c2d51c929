package anvil

import (
	"fmt"
	"time"
)

// A peak is the highest value since the last report, whose it was and when.
type peak struct {
	value int32
	ident string
	when  time.Time
}

// raise keeps value if it is higher than the one before: of equal ones the
// first is reported.
func (p *peak) raise(value int32, ident string, when time.Time) {
	if value > p.value {
		*p = peak{value, ident, when}
	}
}

// peaks are the statistics that are logged and reset from time to time.
type peaks struct {
	rates     [numKinds]peak
	count     peak
	cacheSize int
	cacheWhen time.Time
}

func (p *peaks) rate(k Kind, c *counter, when time.Time) {
	p.rates[k].raise(c.rates[k], c.ident, when)
}

func (p *peaks) connections(c *counter, when time.Time) {
	p.count.raise(c.count, c.ident, when)
}

// cache looks at the number of idents, which may only just have grown. Idents
// whose time is over but that wait to be removed count here: there are some
// only for a moment, after a flood.
func (p *peaks) cache(size int, when time.Time) {
	if size > p.cacheSize {
		p.cacheSize, p.cacheWhen = size, when
	}
}

// rateNames are the names of the kinds in the statistics.
var rateNames = [numKinds]string{"connection", "message", "recipient", "newtls", "auth", "tlstrace"}

// timeStamp is how ctime(3) writes the time, without the day of the week and
// the year: the day of the month is padded with a blank.
const timeStamp = time.Stamp

// Report returns the lines that stock logs about the peaks since the last
// Report, in stock's order and without the peaks that were not reached, and
// starts again. The times are local ones.
//
// postfix: src/anvil/anvil.c anvil_status_dump
func (s *State) Report() (lines []string) {
	s.mu.Lock()
	p := s.peaks
	s.peaks = peaks{}
	s.mu.Unlock()
	for k, r := range p.rates {
		if r.value > 0 {
			lines = append(lines, fmt.Sprintf("statistics: max %s rate %d/%ds for (%s) at %s",
				rateNames[k], r.value, s.unit, r.ident, r.when.Local().Format(timeStamp)))
		}
		if Kind(k) == Connections && p.count.value > 0 {
			lines = append(lines, fmt.Sprintf("statistics: max connection count %d for (%s) at %s",
				p.count.value, p.count.ident, p.count.when.Local().Format(timeStamp)))
		}
	}
	if p.cacheSize > 0 {
		lines = append(lines, fmt.Sprintf("statistics: max cache size %d at %s",
			p.cacheSize, p.cacheWhen.Local().Format(timeStamp)))
	}
	return lines
}
