package skeleton_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"ostler/test/stock"
)

const jailedProbe = "probe unix - y y - 1 @probe@"

// TestLogOfJail logs from inside a jail through stock's postlogd, while that
// one dies, and when all is reloaded.
func TestLogOfJail(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			inst := newInstance(t, engine, stock.Config{Master: []string{jailedProbe}, Postlogd: true})
			k := call(t, at(inst, "private/probe"))
			pid := k.pid()
			logged(t, inst, k, "first")
			daemon := inst.WaitChildren(limit, "postlogd", 1)[0]
			if err := syscall.Kill(daemon, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			inst.WaitGone(limit, daemon)
			logged(t, inst, k, "second")
			if again := inst.WaitChildren(limit, "postlogd", 1)[0]; again == daemon || k.pid() != pid {
				t.Errorf("postlogd %d, before %d; probe %d, before %d", again, daemon, k.pid(), pid)
			}
			old := append(inst.Children("postlogd"), inst.Children("probe")...)
			inst.Reload()
			awaitGone(inst, old)
			logged(t, inst, call(t, at(inst, "private/probe")), "third")
			checkMaillogFile(t, inst, 3)
		})
	}
}

// TestLogSocketReplaced has the log socket replaced by another one of the same
// name, as a restart of Postfix does, under a process in a jail that remains.
func TestLogSocketReplaced(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			inst := newInstance(t, engine, stock.Config{Master: []string{jailedProbe}})
			k := call(t, at(inst, "private/probe"))
			pid := k.pid()
			logged(t, inst, k, "first")
			for i := range 3 {
				inst.StopLog()
				if err := inst.StartLog(); err != nil {
					t.Fatal(err)
				}
				logged(t, inst, k, fmt.Sprintf("again %d", i))
			}
			// What is logged while there is no socket comes later.
			inst.StopLog()
			k.ask("log=meanwhile")
			if err := inst.StartLog(); err != nil {
				t.Fatal(err)
			}
			inst.WaitRecord(limit, stock.Matching("probe", "^meanwhile$"))
			if got := k.pid(); got != pid {
				t.Errorf("served by %d, before by %d", got, pid)
			}
			checkMaillogFile(t, inst, 5)
		})
	}
}

// logged has a service log a text, and waits for it.
func logged(t *testing.T, inst *stock.Instance, k *talk, text string) {
	t.Helper()
	k.ask("log=text " + text)
	r := inst.WaitRecord(limit, stock.Matching("probe", "^text "+text+"$"))
	if parent := parentOf(t, k.pid()); r.PID != parent || r.Tag != "postfix" {
		t.Errorf("record %q, want one of process %d, as master knows it", r.Line, parent)
	}
}

// checkMaillogFile wants n lines of the probe in the file itself.
func checkMaillogFile(t *testing.T, inst *stock.Instance, n int) {
	t.Helper()
	await(t, fmt.Sprintf("%d lines of the probe in maillog_file", n), func() bool {
		data, err := os.ReadFile(inst.Path("log/mail.log"))
		return err == nil && strings.Count(string(data), "/probe[") >= n
	})
	for _, line := range inst.Log() {
		if r := stock.ParseRecord(line); r.Program == "probe" && strings.Contains(r.Text, "warning:") {
			t.Errorf("record %q", line)
		}
	}
}
