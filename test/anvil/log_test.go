package anvil_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ostler/test/stock"
)

var (
	queuedAs = regexp.MustCompile(`queued as [0-9A-F]+`)
	queueID  = regexp.MustCompile(`\b[0-9A-F]{9,12}\b`)
	delay    = regexp.MustCompile(`delay=[0-9.]+, delays=[0-9./]+`)
	idTime   = regexp.MustCompile(`message-id=<\d{14}\.`)
	clientOf = regexp.MustCompile(`\[127\.0\.0\.1\]:\d+`)
)

// neutral takes out of a log line what differs between any two runs.
func neutral(inst *stock.Instance, text string) string {
	text = statisticsTime.ReplaceAllString(text, "$1 at TIME")
	text = delay.ReplaceAllString(text, "delay=0, delays=0/0/0/0")
	text = idTime.ReplaceAllString(text, "message-id=<TIME.")
	text = clientOf.ReplaceAllString(text, "[127.0.0.1]:PORT")
	return strings.NewReplacer(inst.Addr, "ADDR", inst.Dir, "DIR").Replace(text)
}

// compareProgramLogs compares what each program has logged: anvil's lines in
// their order, all others, which belong to processes that run side by side,
// sorted.
func compareProgramLogs(t *testing.T, theirs, ours *stock.Instance) {
	t.Helper()
	var logs [2][]string
	for i, inst := range []*stock.Instance{theirs, ours} {
		for _, r := range inst.Records() {
			if r.Program != program {
				line := r.Host + " " + r.Tag + "/" + r.Program + ": " + neutral(inst, r.Text)
				logs[i] = append(logs[i], queueID.ReplaceAllString(line, "QUEUEID"))
			}
		}
		slices.Sort(logs[i])
	}
	compareLogs(t, "all programs but anvil", logs[0], logs[1])
	want := programLog(theirs, program)
	compareLogs(t, "anvil", want, programLog(ours, program))
	// Each event has left its peak.
	for _, what := range []string{"connection rate", "connection count", "message rate", "recipient rate", "newtls rate", "auth rate", "cache size"} {
		if !slices.ContainsFunc(want, func(line string) bool { return strings.Contains(line, "statistics: max "+what+" ") }) {
			t.Errorf("stock has logged no statistics of the %s", what)
		}
	}
}

// compareReports compares what pflogsumm makes of both logs.
func compareReports(t *testing.T, theirs, ours *stock.Instance) {
	t.Helper()
	want, got := report(t, theirs), report(t, ours)
	compareLogs(t, "pflogsumm's report", want, got)
	for _, text := range []string{"Connection rate limit exceeded: 4 from unknown", "      4   received", "      6   delivered"} {
		if !slices.ContainsFunc(want, func(line string) bool { return strings.Contains(line, text) }) {
			t.Errorf("pflogsumm says nothing of %q:\n%s", text, strings.Join(want, "\n"))
		}
	}
}

// report runs pflogsumm over the log of an instance and returns its lines.
func report(t *testing.T, inst *stock.Instance) []string {
	t.Helper()
	path, err := exec.LookPath("pflogsumm")
	if err != nil {
		t.Fatalf("%v (install it with: make deps)", err)
	}
	var log strings.Builder
	for _, r := range inst.Records() {
		// One time for all, and the ids of queue files and processes as they are, for
		// they tie records together.
		log.WriteString(strings.Replace(neutral(inst, r.Line), r.Time, "Nov 23 18:04:20", 1) + "\n")
	}
	cmd := exec.Command(path, "--detail", "50")
	cmd.Env = []string{"PATH=/usr/bin:/bin", "TZ=UTC", "PERL_HASH_SEED=0"}
	cmd.Stdin = strings.NewReader(log.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("pflogsumm: %v: %s", err, out)
	}
	return strings.Split(string(out), "\n")
}
