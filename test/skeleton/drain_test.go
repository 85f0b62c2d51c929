package skeleton_test

import (
	"fmt"
	"testing"

	"ostler/test/stock"
)

// TestFourDrains drains four processes in a row. Each goes on to serve the
// client that it has, and is gone when that is gone.
func TestFourDrains(t *testing.T) {
	for _, engine := range engines {
		for _, name := range []string{"private/probe", "2601"} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				t.Parallel()
				inst := newInstance(t, engine, stock.Config{Master: []string{
					"probe unix - - n - 1 @probe@",
					"@addr@:2601 inet n - n - 1 @probe@",
				}})
				fourDrains(t, inst, at(inst, name))
			})
		}
	}
}

func fourDrains(t *testing.T, inst *stock.Instance, e endpoint) {
	t.Helper()
	var old []*talk
	var pids, parents []int
	for i := range 4 {
		k := call(t, e)
		pid := k.pid()
		old, pids = append(old, k), append(pids, pid)
		parents = append(parents, parentOf(t, pid))
		if got := k.value("drain"); got != "ok" {
			t.Fatalf("drain number %d: %s", i+1, got)
		}
		// A second drain of a process has no effect.
		if got := k.value("drain"); got != "ok" {
			t.Errorf("drain number %d, again: %s", i+1, got)
		}
		inst.WaitGone(limit, parents[i])
	}
	last := call(t, e).pid()
	for i, k := range old {
		if pid := k.pid(); pid != pids[i] || pid == last {
			t.Errorf("client %d, of process %d, is served by %d; new ones by %d", i, pids[i], pid, last)
		}
		k.ask(fmt.Sprintf("echo=%d", i), "sleep=1ms")
	}
	for i, k := range old {
		k.conn.Close()
		inst.WaitGone(limit, pids[i])
	}
	if call(t, e).pid() != last {
		t.Error("the process that was not drained is gone")
	}
}

// TestDrainUnderLoad drains whatever process there is, again and again.
func TestDrainUnderLoad(t *testing.T) {
	for _, engine := range engines {
		for _, name := range []string{"private/probe", "2601"} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				t.Parallel()
				inst := newInstance(t, engine, stock.Config{Master: []string{
					"probe unix - - n - 1 @probe@",
					"@addr@:2601 inet n - n - 1 @probe@",
				}})
				l := (&load{at: at(inst, name), dialect: probeDialect, perConn: 20}).start(t)
				for range 8 {
					l.progress(t, 3*crowd)
					if l.failed() {
						break
					}
					k := call(t, l.at)
					parent := parentOf(t, k.pid())
					if got := k.value("drain"); got != "ok" {
						t.Errorf("drain: %s", got)
					}
					k.conn.Close()
					inst.WaitGone(limit, parent)
				}
				l.progress(t, crowd)
				l.stop()
			})
		}
	}
}
