// Command bench measures our services beside stock's and prints a table.
//
//	go run ./test/bench                    all figures, 9 rounds, some 4 minutes
//	go run ./test/bench -rounds 3 -run 'message'
//	go run ./test/bench -check             exit status 1 if a figure misses what is wanted
//
// Stock's anvil and ours each run under a stock master of their own, in private
// instances (package stock), with nothing else in them. In each round every
// figure is measured once on stock and then once on ours, so that whatever else
// the machine does meets both. What is printed is the median of the rounds, the
// smallest and the largest value, the ratio of the medians, and the median of
// the rounds' own ratios. What is wanted is compared with the medians: on a busy
// machine look at the second ratio too. Some figures are of ours only.
//
// # Figures
//
//	message/N/rate   requests a second, N clients in a closed loop, each with
//	                 "message" requests for an ident of its own, as smtpd sends
//	message/N/cpu    processor time a request, all processes of the instance,
//	                 master included, the load generator not
//	session/N/...    the same with what smtpd sends for one mail: connect,
//	                 message, recipient, disconnect
//	open/anvil/...   latency, 16 clients with 200 requests a second each, from the
//	                 time when a request was due
//	idle/N/rss       memory of all anvil processes with N idle clients: resident,
//	                 pages that processes share counted in each
//	idle/N/pss       the same, such pages counted once
//	sleep/N/rate     requests a second, N clients, of a handler that sleeps 5 ms
//	open/slow/...    latency as above, of requests that do nothing: alone, beside 4
//	                 clients whose requests sleep 50 ms, beside 4 whose requests
//	                 burn 50 ms; "more" is what the sleepers add, round by round
//
// The programs under test are build/anvil and build/slow, or those that OSTLER_ANVIL
// and OSTLER_SLOW name (see [stock.Ours]). It must be run by root, as master must.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"ostler/test/stock"
)

// options are the command line.
type options struct {
	rounds  int
	window  time.Duration // of one closed loop
	run     *regexp.Regexp
	clients int // idle ones
	check   bool
	quiet   bool
}

func main() {
	opts, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(2)
	}
	// The first signal ends the run after the measurement under way, so that no
	// instance is left behind.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	ok, err := bench(ctx, opts)
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
	if opts.check && !ok {
		os.Exit(1)
	}
}

func parse(args []string) (opts options, err error) {
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.IntVar(&opts.rounds, "rounds", 9, "measure everything this many `times`")
	seconds := set.Float64("seconds", 0.6, "measure a closed loop for so many `seconds`, an open one for three times as many")
	run := set.String("run", "", "only figures whose names match the regular `expression`")
	set.IntVar(&opts.clients, "idle", 10000, "the `number` of idle clients")
	set.BoolVar(&opts.check, "check", false, "exit with status 1 if a figure misses what is wanted")
	set.BoolVar(&opts.quiet, "quiet", false, "do not tell the progress on standard error")
	if err := set.Parse(args); err != nil {
		return opts, err
	}
	if set.NArg() > 0 {
		return opts, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if opts.rounds < 1 || *seconds < 0.01 || opts.clients < 1 {
		return opts, errors.New("-rounds and -idle must be at least 1, -seconds 0.01")
	}
	opts.window = time.Duration(*seconds * float64(time.Second))
	opts.run, err = regexp.Compile(*run)
	return opts, err
}

// bench measures and prints, and tells whether all is as wanted.
func bench(ctx context.Context, opts options) (ok bool, err error) {
	if err := stock.Check(); err != nil {
		return false, err
	}
	chosen := choose(scenarios(opts), opts.run)
	if len(chosen) == 0 {
		return false, fmt.Errorf("no figure matches %q", opts.run)
	}
	if err := raiseFileLimit(uint64(opts.clients) + 1000); err != nil {
		return false, err
	}
	printMachine(os.Stdout, opts)
	var res results
	var o others
	err = inScope("bench", func(t *scope) {
		res = measure(ctx, opts, chosen, newPair(t, &o))
	})
	if err != nil {
		return false, err
	}
	ok = printTable(os.Stdout, chosen, opts.run, res)
	o.print(os.Stdout)
	return ok, errors.Join(res.failure(), ctx.Err())
}

// choose returns the scenarios with a figure that is asked for.
func choose(all []scenario, run *regexp.Regexp) []scenario {
	var chosen []scenario
	for _, s := range all {
		for _, f := range s.figures {
			if run.MatchString(f.name) {
				chosen = append(chosen, s)
				break
			}
		}
	}
	return chosen
}
