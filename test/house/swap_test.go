package house_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ostler/test/stock"
)

// installed is where the README puts our anvil.
const installed = "/usr/lib/ostler/anvil"

// TestSwap puts our anvil into a stock Postfix and takes it out again by what the
// README says, with another place for the program.
func TestSwap(t *testing.T) {
	t.Parallel()
	stock.Require(t)
	ours := install(t)
	theirs := filepath.Join(stock.DaemonDirectory, "anvil")
	line := masterLine(t, "anvil", ours)
	before := append(append([]string{}, line[:7]...), "anvil")
	inst := stock.New(t, stock.Config{Master: []string{strings.Join(before, " ")}, Postlogd: true}) // "postfix check" misses it otherwise
	inst.FillJail()                                                                                 // the line is Debian's, which has anvil in a jail
	inst.Start()
	for _, step := range []struct {
		line []string
		exe  string
	}{{before, theirs}, {line, ours}, {before, theirs}} {
		inst.SetService(strings.Join(step.line, " "))
		reload(t, inst)
		lookup(t, inst)
		checkAnvil(t, inst, step.exe)
		if step.exe != ours {
			continue
		}
		if said, err := inst.Check(); err != nil || said != "" {
			t.Errorf("postfix check: %q (%v)", said, err)
		}
	}
	for _, r := range inst.Records() {
		if strings.HasPrefix(r.Text, "warning: ") || strings.HasPrefix(r.Text, "fatal: ") {
			t.Errorf("logged: %s", r.Line)
		}
	}
}

// install runs the README's install command with a folder of the test in the
// place of ours and returns the program.
func install(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text := find(t, swapSection, "sh", "(?m)^install ").text
	at := strings.Index(text, "install ")
	command, _, _ := strings.Cut(text[at:], "\n")
	if !strings.Contains(command, " "+installed) {
		t.Fatalf("README.md: %q does not install %s", command, installed)
	}
	cmd := exec.Command("sh", "-eu", "-c", strings.ReplaceAll(command, filepath.Dir(installed), dir))
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return filepath.Join(dir, "anvil")
}

// reload is "postfix reload", as the README has it, and waits until the anvil of
// before has gone.
func reload(t *testing.T, inst *stock.Instance) {
	t.Helper()
	old := inst.MasterChildren("anvil")
	mark := inst.Mark()
	words := strings.Fields(find(t, swapSection, "sh", "^postfix ").text)
	if out, err := inst.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", words, err, out)
	}
	inst.WaitRecords(limit, mark, 1, stock.Matching("master", "^reload -- version"))
	for _, pid := range old {
		inst.WaitGone(limit, pid)
	}
}

// lookup is the README's question to whatever anvil runs.
func lookup(t *testing.T, inst *stock.Instance) {
	t.Helper()
	words := strings.Fields(find(t, swapSection, "sh", "^build/ostler ").text)
	cmd := exec.Command(program(t, "ostler"), words[1:]...)
	cmd.Env = append(os.Environ(), "MAIL_CONFIG="+inst.Path("conf"))
	out, err := cmd.CombinedOutput()
	if want := "status 0\ncount 0\nrate 0\nmail 0\nrcpt 0\nnewtls 0\nauth 0\n"; err != nil || string(out) != want {
		t.Errorf("%q: %q (%v), want %q", words, out, err, want)
	}
}

// checkAnvil looks which program serves.
func checkAnvil(t *testing.T, inst *stock.Instance, want string) {
	t.Helper()
	found := 0
	for _, p := range inst.Processes() {
		if p.Program != "anvil" {
			continue
		}
		found++
		if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.PID)); err != nil || exe != want {
			t.Errorf("%v is %s, want %s (%v)", p, exe, want, err)
		}
	}
	if found == 0 {
		t.Errorf("no anvil runs, want %s", want)
	}
}
