package anvil_test

import (
	"os"
	"strings"
	"testing"
)

// An anvil reports its peaks while it runs, not only at its end.
func TestStatisticsWhileRunning(t *testing.T) {
	p := startProcess(t, requireOwn(t), map[string]string{"anvil_status_update_time": "1s"})
	p.connect("a")
	p.send("a", []byte("request=connect\nident=x\n\n"))
	got := p.logged("statistics: max connection rate ")
	if !strings.HasPrefix(got, "statistics: max connection rate 1/60s for (x) at ") {
		t.Errorf("logged %q", got)
	}
	p.logged("statistics: max cache size 1 at ")
	if log := p.stop(); len(log) != 0 {
		t.Errorf("logged once more: %q", log)
	}
}

// The first request finds out that there are arguments, as with stock.
func TestArgumentsAreRefused(t *testing.T) {
	programs := map[string]string{"own": requireOwn(t)}
	if _, err := os.Stat(stockAnvil); err == nil {
		programs["stock"] = stockAnvil
	}
	for name, program := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, program, nil, "one", "two")
			p.connect("a")
			p.receive("a", step{reply: []byte(greeting)})
			p.send("a", []byte("request=connect\nident=x\n\n"))
			p.logged("fatal: unexpected command-line argument: one")
			p.wait()
			if p.exit.ExitStatus() != 1 {
				t.Errorf("status %#x", p.exit)
			}
		})
	}
}

func TestBadProtocolIsFatal(t *testing.T) {
	p := startProcess(t, requireOwn(t), nil, "-o", "ostler_anvil_protocol=3.8")
	p.logged(`fatal: bad value for parameter ostler_anvil_protocol: "3.8": specify 3.7 or 3.12`)
	p.wait()
	if p.exit.ExitStatus() != 1 {
		t.Errorf("status %#x", p.exit)
	}
}
