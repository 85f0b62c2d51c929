package load

import (
	"math"
	"slices"
	"time"
)

// Latencies are the measured times of an open loop, in rising order.
type Latencies []time.Duration

// newLatencies sorts what it is given, in its place.
func newLatencies(times []time.Duration) Latencies {
	slices.Sort(times)
	return times
}

// Quantile returns the time that the share q of all requests, from 0 to 1, did
// not exceed: Quantile(0.999) is p99.9. It is 0 if there are no requests.
func (l Latencies) Quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(len(l))))
	return l[min(max(rank, 1), len(l))-1]
}
