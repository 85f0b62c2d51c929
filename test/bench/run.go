package main

import (
	"errors"
	"fmt"
	"time"

	"ostler/test/load"
)

// scriptFunc makes the script of one client.
type scriptFunc func(client int) load.Script

// request is one of anvil's, and how the reply to it begins.
func request(verb string, client int) load.Exchange {
	text := fmt.Sprintf("request=%s\nident=smtp:192.0.%d.%d\n\n", verb, client/256, client%256)
	return load.Exchange{Request: []byte(text), Reply: []byte("status=0\n")}
}

// message is a client whose ident anvil knows.
func message(client int) load.Script {
	return load.Script{
		Once:  []load.Exchange{request("connect", client)},
		Cycle: []load.Exchange{request("message", client)},
	}
}

// session is what an smtpd says that is given one mail after the other.
func session(client int) load.Script {
	var cycle []load.Exchange
	for _, verb := range []string{"connect", "message", "recipient", "disconnect"} {
		cycle = append(cycle, request(verb, client))
	}
	return load.Script{Cycle: cycle}
}

const (
	anvilSocket   = "private/anvil"
	anvilGreeting = "protocol=anvil_protocol\n\n"
	patience      = 20 * time.Second // no reply for so long ends the run
)

func anvilPlan(p *peer, clients int, script scriptFunc) load.Plan {
	return load.Plan{
		Network: "unix", Address: p.inst.Socket(anvilSocket), Greeting: []byte(anvilGreeting),
		Clients: clients, Script: script, Timeout: patience,
	}
}

// slowPlan has all clients send the same request to the service slow.
func slowPlan(p *peer, clients int, request string) load.Plan {
	echo := load.Exchange{Request: []byte(request), Reply: []byte(request)}
	return load.Plan{
		Network: "unix", Address: p.inst.Socket("private/slow"), Clients: clients, Timeout: patience,
		Script: func(int) load.Script { return load.Script{Cycle: []load.Exchange{echo}} },
	}
}

// closedLoop returns requests a second, and the seconds of processor time that
// one takes.
func (p *peer) closedLoop(plan load.Plan, window time.Duration) (values []float64, err error) {
	g, err := load.Start(plan)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	time.Sleep(window / 5)
	used, err := cpu(p.processes())
	if err != nil {
		return nil, err
	}
	watched := p.others.watch()
	start, before := time.Now(), g.Count()
	time.Sleep(window)
	took, replies := time.Since(start), float64(g.Count()-before)
	usedNow, err := cpu(p.processes())
	if err != nil {
		return nil, err
	}
	watched(usedNow.since(used))
	if replies == 0 {
		return nil, errors.New("no replies")
	}
	// The processes are counted a moment later than the replies.
	total := float64(g.Count() - before)
	return []float64{replies / took.Seconds(), usedNow.since(used).Seconds() / total}, nil
}

const (
	openClients = 16
	openPeriod  = 5 * time.Millisecond // of one client: 200 requests a second
)

func open(plan load.Plan, window time.Duration) (load.Latencies, error) {
	return load.Open(plan, load.Schedule{Period: openPeriod, Warm: window / 2, Duration: 3 * window})
}

// openBeside is open while other clients send requests of another kind.
func openBeside(plan, others load.Plan, window time.Duration) (l load.Latencies, err error) {
	g, err := load.Start(others)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.Stop()) }()
	return open(plan, window)
}

func quantiles(l load.Latencies, qs ...float64) []float64 {
	var values []float64
	for _, q := range qs {
		values = append(values, l.Quantile(q).Seconds())
	}
	return values
}

// openSlow returns the figures of the scenario of that name.
func (p *peer) openSlow(window time.Duration) ([]float64, error) {
	quick := slowPlan(p, openClients, "\n")
	alone, err := open(quick, window)
	if err != nil {
		return nil, err
	}
	values := quantiles(alone, 0.99, 0.999)
	slept, err := openBeside(quick, slowPlan(p, 4, "sleep=50ms\n\n"), window)
	if err != nil {
		return nil, err
	}
	values = append(values, quantiles(slept, 0.99, 0.999)...)
	values = append(values, (slept.Quantile(0.999) - alone.Quantile(0.999)).Seconds())
	burnt, err := openBeside(quick, slowPlan(p, 4, "burn=50ms\n\n"), window)
	if err != nil {
		return nil, err
	}
	return append(values, quantiles(burnt, 0.5, 0.99, 0.999)...), nil
}

// settle is how long idle clients have been idle when memory is read.
const settle = 500 * time.Millisecond

// idleMemory returns the bytes that all anvil processes take with n idle clients.
func (p *peer) idleMemory(n int) (values []float64, err error) {
	scoped := inScope(p.Name, func(t *scope) {
		inst := p.start(t)
		clients, e := load.Connect("unix", inst.Socket(anvilSocket), n, []byte(anvilGreeting), patience)
		if e != nil {
			err = e
			return
		}
		defer clients.Close()
		time.Sleep(settle)
		rss, pss, e := memory(inst.Children("anvil"))
		switch lost := clients.Lost(); {
		case e != nil:
			err = e
		case lost > 0:
			err = fmt.Errorf("%d of %d idle clients were disconnected", lost, n)
		}
		values = []float64{rss, pss}
	})
	return values, errors.Join(err, scoped)
}
