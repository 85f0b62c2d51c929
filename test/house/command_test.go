package house_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"ostler/test/stock"
)

// asked is what "ostler anvil" is asked, what it prints and its exit status. In
// each conversation the numbers go up.
var asked = []struct {
	args   string
	stdout string
	status int
}{
	{"lookup smtp:192.0.2.1", "status 0\ncount 0\nrate 0\nmail 0\nrcpt 0\nnewtls 0\nauth 0\n", 0},
	{"connect smtp:192.0.2.1", "status 0\ncount 2\nrate 2\n", 0}, // beside the one that is held
	{"message smtp:192.0.2.1", "status 0\nrate 1\n", 0},
	{"message smtp:192.0.2.1", "status 0\nrate 2\n", 0},
	{"recipient smtp:192.0.2.1", "status 0\nrate 1\n", 0},
	{"newtls_status smtp:192.0.2.1", "status 0\nrate 0\n", 0},
	{"newtls smtp:192.0.2.1", "status 0\nrate 1\n", 0},
	{"newtls_status smtp:192.0.2.1", "status 0\nrate 1\n", 0},
	{"auth smtp:192.0.2.1", "status 0\nrate 1\n", 0},
	{"auth smtp:192.0.2.1", "status 0\nrate 2\n", 0},
	{"disconnect smtp:192.0.2.1", "status 0\n", 0},
	{"tlstr smtp:192.0.2.1", "status -1\n", 1},
	{"lookup smtp:192.0.2.2", "status 0\ncount 0\nrate 0\nmail 0\nrcpt 0\nnewtls 0\nauth 0\n", 0},
}

// held is what a lookup finds after these, while one connection is held.
const held = "status 0\ncount 1\nrate 2\nmail 2\nrcpt 1\nnewtls 1\nauth 2\n"

// TestAnvilCommand asks stock's anvil and ours, both under stock's master, from
// the command line.
func TestAnvilCommand(t *testing.T) {
	t.Parallel()
	stock.Require(t)
	for _, peer := range stock.Peers(t, "anvil") {
		t.Run(peer.Name, func(t *testing.T) {
			main := peer.Main()
			main["anvil_rate_time_unit"] = "1h"
			inst := stock.New(t, stock.Config{Main: main, Master: []string{"anvil unix - - n - 1 " + peer.Command}})
			inst.Start()
			var release func()
			for i, a := range asked {
				if stdout, status := ostlerAnvil(t, inst, a.args); stdout != a.stdout || status != a.status {
					t.Errorf("%s: %q, status %d, want %q, status %d", a.args, stdout, status, a.stdout, a.status)
				}
				if i == 0 {
					release = hold(t, inst)
				}
			}
			// Connections that have ended are noticed when anvil gets to it.
			await(t, inst, held)
			release()
			await(t, inst, strings.Replace(held, "count 1", "count 0", 1))
		})
	}
}

// command is "ostler anvil" for an instance.
func command(t *testing.T, ctx context.Context, inst *stock.Instance, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, program(t, "ostler"), append([]string{"anvil"}, args...)...)
	cmd.Env = append(os.Environ(), "MAIL_CONFIG="+inst.Path("conf"))
	return cmd
}

// ostlerAnvil runs "ostler anvil" to its end.
func ostlerAnvil(t *testing.T, inst *stock.Instance, args string) (stdout string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	out, err := command(t, ctx, inst, strings.Fields(args)...).Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return string(out), exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return string(out), 0
}

// hold registers a connection and returns what ends it, as Ctrl-C does.
func hold(t *testing.T, inst *stock.Instance) (release func()) {
	t.Helper()
	cmd := command(t, t.Context(), inst, "connect", "-hold", "1h", "smtp:192.0.2.1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, len("status 0\ncount 1\nrate 1\n"))
	if _, err := io.ReadFull(bufio.NewReader(out), text); err != nil || string(text) != "status 0\ncount 1\nrate 1\n" {
		t.Errorf("connect: %q (%v)", text, err)
	}
	return func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("connect, after Ctrl-C: %v", err)
		}
	}
}

// await looks the client up until the numbers are what they should be: anvil
// does not say when it has noticed that somebody has gone.
func await(t *testing.T, inst *stock.Instance, want string) {
	t.Helper()
	got := ""
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		if got, _ = ostlerAnvil(t, inst, "lookup smtp:192.0.2.1"); got == want {
			return
		}
	}
	t.Errorf("lookup: %q, want %q", got, want)
}
