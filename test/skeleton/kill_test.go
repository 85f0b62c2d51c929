package skeleton_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ostler/test/stock"
)

// whose names a process of the service.
type whose string

const (
	parent whose = "parent" // master's own child
	worker whose = "worker" // the process that serves
)

// TestKill ends either process of a service by either signal. What master says
// is what it says of stock's anvil, the service comes back at once, and nothing
// remains of the old one.
func TestKill(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		want := killed(t, "stock", worker, sig)
		for _, engine := range engines {
			for _, w := range []whose{parent, worker} {
				t.Run(fmt.Sprintf("%s/%s/%v", engine, w, sig), func(t *testing.T) {
					t.Parallel()
					if got := killed(t, engine, w, sig); !slices.Equal(got, want) {
						t.Errorf("log\n%s\nof stock's\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
				})
			}
		}
	}
}

// killed kills an anvil that was used, and returns what master logs until the
// service is back. (An orphan of ours logs its statistics before it leaves, too.)
func killed(t *testing.T, engine string, w whose, sig syscall.Signal) []string {
	t.Helper()
	inst := newInstance(t, engine, stock.Config{Master: []string{"anvil unix - - n - 1 @anvil@"}})
	tl := &tally{}
	// Twice: stock's tells master that it was used after it has answered, but
	// before it reads on.
	ask := func() {
		t.Helper()
		c := &client{at: at(inst, "private/anvil"), greeting: anvilDialect.greeting, tally: tl}
		t.Cleanup(c.hangUp)
		req, check := anvilDialect.request(c, 1, 1)
		for range 2 {
			reply, err := c.request(req)
			if err == nil {
				err = check(reply)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	ask()
	mine := inst.MasterChildren("anvil")
	all := inst.Children("anvil")
	if len(mine) != 1 {
		t.Fatalf("master has started %v", mine)
	}
	if w == worker && engine != "stock" {
		mine = slices.DeleteFunc(slices.Clone(all), func(pid int) bool { return pid == mine[0] })
	}
	if len(mine) != 1 {
		t.Fatalf("processes %v", all)
	}
	awaitConfined(t, all)
	mark := inst.Mark()
	if err := syscall.Kill(mine[0], sig); err != nil {
		t.Fatal(err)
	}
	awaitGone(inst, all)
	ask()
	for _, pid := range inst.Children("anvil") {
		if slices.Contains(all, pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
	inst.WaitRecords(limit, mark, 1, stock.Matching("master", "^warning: process .* pid"))
	return masterLines(inst.Records()[mark:])
}

// masterLines returns what master has logged, without what differs between runs
// of one program: process ids and the path of the program.
func masterLines(records []stock.Record) []string {
	var lines []string
	for _, r := range records {
		if r.Program == "master" {
			text := numbers.ReplaceAllString(r.Text, "pid N")
			lines = append(lines, paths.ReplaceAllStringFunc(text, filepath.Base))
		}
	}
	return lines
}

var (
	numbers = regexp.MustCompile(`pid \d+`)
	paths   = regexp.MustCompile(`/[^ :]+`)
)

// TestKillBeforeUse kills a process that has served nobody: master throttles the
// service, ours as stock's.
func TestKillBeforeUse(t *testing.T) {
	t.Parallel()
	var want []string
	for _, engine := range append([]string{"stock"}, engines...) {
		inst := newInstance(t, engine, stock.Config{Master: []string{"anvil unix - - n - 1 @anvil@"}})
		k := call(t, at(inst, "private/anvil"))
		if _, err := readList(k.in); err != nil {
			t.Fatal(err)
		}
		mark := inst.Mark()
		if err := syscall.Kill(inst.MasterChildren("anvil")[0], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		inst.WaitRecords(limit, mark, 1, stock.Matching("master", "throttling$"))
		got := masterLines(inst.Records()[mark:])
		if want == nil {
			want = got
		} else if !slices.Equal(got, want) {
			t.Errorf("%s: log\n%s\nof stock's\n%s", engine, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestCrash has the runtime crash. What it says is one record and the stack, in
// lines that no log cuts; the service is back.
func TestCrash(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			inst := newInstance(t, engine, stock.Config{Master: []string{"probe unix - - y - 1 @probe@"}})
			k := call(t, at(inst, "private/probe"))
			pid := k.pid()
			all := inst.Children("probe")
			if reply, err := k.try("crash"); err == nil {
				t.Errorf("reply %q", reply)
			}
			awaitGone(inst, all)
			if again := call(t, at(inst, "private/probe")).pid(); again == pid {
				t.Errorf("process %d serves again", pid)
			}
			inst.WaitRecord(limit, stock.Matching("master", fmt.Sprintf("^warning: process .* pid %d exit status 2$", parentIn(all, pid))))
			inst.WaitRecord(limit, stock.Matching("probe", `^panic: .*crash as asked for`))
			inst.WaitRecord(limit, stock.Matching("probe", `goroutine \d+`))
			for _, r := range inst.Records() {
				if len(r.Text) > 2000 || strings.Contains(r.Text, "throttling") {
					t.Errorf("record %q", r.Line)
				}
			}
		})
	}
}

// parentIn returns the one of two processes that is not pid.
func parentIn(all []int, pid int) int {
	for _, other := range all {
		if other != pid {
			return other
		}
	}
	return 0
}

// TestPanicCostsOneClient has a handler panic: its client is gone, another one
// is served on by the same process.
func TestPanicCostsOneClient(t *testing.T) {
	t.Parallel()
	inst := newInstance(t, "loops", stock.Config{Master: []string{
		"probe unix - - n - 1 @probe@",
		"raw unix - - n - 1 @probe@ -o probe_form=raw",
	}})
	for _, name := range []string{"private/probe", "private/raw"} {
		k, other := call(t, at(inst, name)), call(t, at(inst, name))
		pid := other.pid()
		if reply, err := k.try("panic"); err == nil {
			t.Errorf("%s: reply %q", name, reply)
		}
		if got := other.pid(); got != pid {
			t.Errorf("%s: served by %d, before by %d", name, got, pid)
		}
	}
	inst.WaitRecords(limit, 0, 2, stock.Matching("probe", "^warning: service .*: panic while serving a client: as asked for"))
}

// awaitConfined waits until the processes of a service are as they are to be:
// the small parent follows the other one.
func awaitConfined(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		await(t, fmt.Sprintf("process %d drops root", pid), func() bool {
			data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			return err != nil || !strings.Contains(string(data), "\nUid:\t0\t")
		})
	}
}
