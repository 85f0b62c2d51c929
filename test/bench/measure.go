package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// samples are the values of one figure, a value for each round.
type samples struct {
	stock, ours []float64
}

// results are all samples, by the names of the figures, and the scenarios that
// have failed.
type results struct {
	samples map[string]*samples
	failed  map[string]error // by the name of a scenario's first figure
}

// failure returns an error if anything has failed.
func (r results) failure() error {
	var errs []error
	for name, err := range r.failed {
		errs = append(errs, fmt.Errorf("cannot measure %s: %w", name, err))
	}
	return errors.Join(errs...)
}

// measure runs all rounds, or what of them fits in until ctx ends. A scenario
// that fails is not tried again.
func measure(ctx context.Context, opts options, chosen []scenario, p pair) results {
	res := results{samples: make(map[string]*samples), failed: make(map[string]error)}
	for _, s := range chosen {
		for _, f := range s.figures {
			res.samples[f.name] = new(samples)
		}
	}
	began := time.Now()
	for round := range opts.rounds {
		for _, s := range chosen {
			if ctx.Err() != nil {
				return res
			}
			if res.failed[s.figures[0].name] == nil {
				s.measure(p, &res)
			}
		}
		if !opts.quiet {
			fmt.Fprintf(os.Stderr, "round %d of %d, %v\n", round+1, opts.rounds, time.Since(began).Round(time.Second))
		}
	}
	return res
}

// measure runs a scenario once on each peer.
func (s *scenario) measure(p pair, res *results) {
	var before, after []float64
	var err error
	if !s.ours {
		before, err = s.run(p.stock)
		if err != nil {
			err = fmt.Errorf("stock: %w", err)
		}
	}
	if err == nil {
		after, err = s.run(p.ours)
		if err != nil {
			err = fmt.Errorf("ours: %w", err)
		}
	}
	if err != nil {
		res.failed[s.figures[0].name] = err
		return
	}
	for i, f := range s.figures {
		both := res.samples[f.name]
		if !s.ours {
			both.stock = append(both.stock, before[i])
		}
		both.ours = append(both.ours, after[i])
	}
}
