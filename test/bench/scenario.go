package main

import "fmt"

// A scenario is measured as a whole and gives one or more figures.
type scenario struct {
	figures []figure
	ours    bool // not measured on stock
	// run returns the values of the figures, in their order.
	run func(p *peer) ([]float64, error)
}

// figure is a row of the table.
type figure struct {
	name   string
	unit   unit
	wanted wanted
}

// unit says how a value is printed. Values are in the base unit: requests a
// second, millis, bytes.
type unit struct {
	name   string
	scale  float64
	digits int
}

var (
	perSecond = unit{"k/s", 1e-3, 1}
	micros    = unit{"us", 1e6, 2}
	millis    = unit{"ms", 1e3, 2}
	megabytes = unit{"MB", 1.0 / (1 << 20), 1}
)

// wanted is what a figure should be. The zero value wants nothing.
type wanted struct {
	limit    float64
	most     bool // at most the limit, otherwise at least
	relative bool // the limit is of ours divided by stock's
	set      bool
}

func ratioAtLeast(x float64) wanted { return wanted{limit: x, relative: true, set: true} }
func ratioAtMost(x float64) wanted  { return wanted{limit: x, relative: true, most: true, set: true} }
func atLeast(x float64) wanted      { return wanted{limit: x, set: true} }
func atMost(x float64) wanted       { return wanted{limit: x, most: true, set: true} }

// met compares the medians of the peers with what is wanted.
func (w wanted) met(stock, ours float64) bool {
	value := ours
	if w.relative {
		value = ours / stock
	}
	if w.most {
		return value <= w.limit
	}
	return value >= w.limit
}

// scenarios returns all that can be measured, in the order of the table.
func scenarios(opts options) []scenario {
	return []scenario{
		closedLoop(opts, "message", message, 1, ratioAtLeast(0.95), wanted{}),
		closedLoop(opts, "message", message, 16, ratioAtLeast(3), ratioAtMost(0.3)),
		closedLoop(opts, "message", message, 128, ratioAtLeast(3), ratioAtMost(0.3)),
		closedLoop(opts, "session", session, 1, ratioAtLeast(0.95), wanted{}),
		closedLoop(opts, "session", session, 16, ratioAtLeast(3), ratioAtMost(0.3)),
		closedLoop(opts, "session", session, 128, ratioAtLeast(3), ratioAtMost(0.3)),
		openAnvil(opts),
		idle(opts),
		sleepers(opts),
		openSlow(opts),
	}
}

// idle measures memory, in an instance of its own, since that of a process that
// has done other things says little.
func idle(opts options) scenario {
	name := fmt.Sprintf("idle/%d", opts.clients)
	// What is wanted is said for 10,000.
	limit := atMost(15 << 20)
	if opts.clients != 10000 {
		limit = wanted{}
	}
	return scenario{
		figures: []figure{{name + "/rss", megabytes, limit}, {name + "/pss", megabytes, wanted{}}},
		run:     func(p *peer) ([]float64, error) { return p.idleMemory(opts.clients) },
	}
}

// closedLoop measures requests a second and what one costs.
func closedLoop(opts options, name string, script scriptFunc, clients int, rate, cost wanted) scenario {
	name = fmt.Sprintf("%s/%d", name, clients)
	return scenario{
		figures: []figure{{name + "/rate", perSecond, rate}, {name + "/cpu", micros, cost}},
		run: func(p *peer) ([]float64, error) {
			return p.closedLoop(anvilPlan(p, clients, script), opts.window)
		},
	}
}

// sleepers measures a handler that blocks.
func sleepers(opts options) scenario {
	return scenario{
		figures: []figure{{"sleep/128/rate", perSecond, atLeast(18000)}, {"sleep/128/cpu", micros, wanted{}}},
		ours:    true,
		run: func(p *peer) ([]float64, error) {
			return p.closedLoop(slowPlan(p, 128, "sleep=5ms\n\n"), opts.window)
		},
	}
}

// openAnvil measures latency on both peers.
func openAnvil(opts options) scenario {
	return scenario{
		figures: []figure{
			{"open/anvil/p50", millis, wanted{}},
			{"open/anvil/p99", millis, wanted{}},
			{"open/anvil/p99.9", millis, wanted{}},
		},
		run: func(p *peer) ([]float64, error) {
			l, err := open(anvilPlan(p, openClients, message), opts.window)
			if err != nil {
				return nil, err
			}
			return quantiles(l, 0.5, 0.99, 0.999), nil
		},
	}
}

// openSlow measures latency beside requests that take long.
func openSlow(opts options) scenario {
	return scenario{
		figures: []figure{
			{"open/slow/alone/p99", millis, wanted{}},
			{"open/slow/alone/p99.9", millis, wanted{}},
			{"open/slow/sleep/p99", millis, wanted{}},
			{"open/slow/sleep/p99.9", millis, wanted{}},
			{"open/slow/sleep/p99.9/more", millis, atMost(3e-3)},
			{"open/slow/burn/p50", millis, wanted{}},
			{"open/slow/burn/p99", millis, atMost(25e-3)},
			{"open/slow/burn/p99.9", millis, wanted{}},
		},
		ours: true,
		run:  func(p *peer) ([]float64, error) { return p.openSlow(opts.window) },
	}
}
