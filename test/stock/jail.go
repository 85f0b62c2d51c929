package stock

import (
	"fmt"
	"os"
	"os/exec"
)

// FillJail fills the queue directory as Debian does before it starts Postfix,
// by the very script: etc/, lib/, dev/random, dev/urandom. Chrooted services find
// there what the C library opens late. It needs a chrooted service in master.cf,
// since without one the script does nothing, and that is an error here.
func (inst *Instance) FillJail() {
	inst.t.Helper()
	cmd := exec.Command(jailScript, "-")
	cmd.Env = inst.environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		inst.t.Fatalf("cannot fill the jail: %v: %s", err, out)
	}
	if _, err := os.Stat(inst.Path("queue/etc/hosts")); err != nil {
		inst.t.Fatalf("cannot fill the jail: %s did nothing; is there a chrooted service in master.cf? (%v)", jailScript, err)
	}
}

// Check runs `postfix check` on the instance and returns what it has said, to
// its standard streams and to the log.
func (inst *Instance) Check() (string, error) {
	inst.t.Helper()
	mark := inst.Mark()
	out, err := inst.Command("postfix", "check").CombinedOutput()
	text := string(out)
	records, _ := inst.log.snapshot(mark)
	for _, r := range records {
		text += r.Line + "\n"
	}
	if err != nil {
		return text, fmt.Errorf("postfix check: %w", err)
	}
	return text, nil
}
