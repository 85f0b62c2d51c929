package multiserver_test

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	"ostler/multiserver/servertest"
)

// TestThreads: a process has at most 16 threads more than there are cores, with
// many clients, and with handlers that wait.
func TestThreads(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		svc := servertest.Start(t, servertest.Config{Server: "verbs", Env: env})
		var clients []*client
		for range 40 {
			clients = append(clients, dial(t, svc))
		}
		for range 40 {
			dial(t, svc).send("wait\n")
		}
		most := make(map[int]int)
		count := func() {
			for _, pid := range svc.Process().PIDs() {
				threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
				if err == nil {
					most[pid] = max(most[pid], len(threads))
				}
			}
		}
		for range 50 {
			var all sync.WaitGroup
			for _, c := range clients {
				all.Go(func() { c.ask("hello") })
			}
			count()
			all.Wait()
		}
		clients[0].ask("open")
		for pid, n := range most {
			if n > runtime.NumCPU()+16 {
				t.Errorf("process %d has had %d threads on %d cores", pid, n, runtime.NumCPU())
			}
		}
		if len(most) != 2 {
			t.Errorf("%d processes were seen, want two", len(most))
		}
	})
}
