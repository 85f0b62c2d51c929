package maillog_test

import (
	"fmt"
	"strings"
	"testing"

	"ostler/maillog"
)

func crashLines(t *testing.T, text string) []string {
	t.Helper()
	var out strings.Builder
	o := options(environment{})
	l := maillog.ToWriter(&out, o)
	l.LogCrash(77, []byte(text))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestLogCrash(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"panic", "panic: runtime error: index out of range [1]\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:5 +0x1d\n", []string{
			"anvil: panic: runtime error: index out of range [1]",
			"anvil: crash: goroutine 1 [running]: | main.main() | /x.go:5 +0x1d",
		}},
		{"fatal error", "runtime: out of memory\nfatal error: out of memory\n\ngoroutine 1:\n", []string{
			"anvil: panic: fatal error: out of memory",
			"anvil: crash: runtime: out of memory | goroutine 1:",
		}},
		{"signal", "SIGABRT: abort\nPC=0x1\n\ngoroutine 0 [idle]:\npanic: not this\n", []string{
			"anvil: panic: SIGABRT: abort",
			"anvil: crash: PC=0x1 | goroutine 0 [idle]: | panic: not this",
		}},
		{"nothing", "\n", []string{"anvil: panic: the process crashed without a word"}},
		{"control", "panic: a\tb\x1b", []string{"anvil: panic: a?b?"}},
	}
	for _, test := range tests {
		if got := crashLines(t, test.text); strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// Long stacks come in full lines, and come to an end.
func TestLogCrashLong(t *testing.T) {
	text := strings.Builder{}
	text.WriteString("panic: x\n")
	for i := range 100 {
		fmt.Fprintf(&text, "frame %d %s\n", i, strings.Repeat("y", 80))
	}
	got := crashLines(t, text.String())
	frames := 0
	for _, line := range got[1:] {
		line, ok := strings.CutPrefix(line, "anvil: crash: ")
		if !ok || len(line) > 2000-len("crash: ") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
		for frame := range strings.SplitSeq(line, " | ") {
			if !strings.HasPrefix(frame, fmt.Sprintf("frame %d y", frames)) {
				t.Errorf("got %q, want frame %d", frame, frames)
			}
			frames++
		}
	}
	if frames != 100 {
		t.Errorf("%d frames, want 100", frames)
	}
	endless := crashLines(t, "panic: "+strings.Repeat("z", 5000)+"\n"+strings.Repeat(strings.Repeat("y", 3000)+"\n", 200))
	if len(endless) != 65 || len(endless[0]) != len("anvil: panic: ")+2000 {
		t.Errorf("%d records, the first of %d bytes", len(endless), len(endless[0]))
	}
}
