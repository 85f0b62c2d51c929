package multiserver_test

import (
	"strings"
	"testing"

	"ostler/multiserver/servertest"
)

// TestOneShot: -S serves one request from standard input.
func TestOneShot(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, server, in, out, log string
		status                     int
	}{
		{"framed", "verbs", "hello\n", "hello\n", "exit hook", 0},
		{"one of two", "verbs", "one\ntwo\n", "one\n", "", 0},
		{"unfinished", "verbs", "hel", "unfinished hel\n", "", 0},
		{"nothing", "verbs", "", "", "", 0},
		{"no greeting", "greeter", "hello\n", "hello\n", "", 0},
		{"error", "verbs", "error\n", "", "warning: no such thing", 0},
		{"panic", "verbs", "panic\n", "", "panic while serving a client", 0},
		{"too large", "small", strings.Repeat("x", 2000), "", "request is larger than 1000 bytes", 0},
		{"raw", "swap", "Eabcd", "abcd", "", 0},
		{"listener", "http", "", "", "service http has no one-shot mode", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			svc := servertest.New(t, servertest.Config{Server: test.server})
			cmd := svc.Command("-S")
			cmd.Stdin = strings.NewReader(test.in)
			out, err := cmd.Output()
			if err != nil || string(out) != test.out {
				t.Errorf("%q and %v, want %q", out, err, test.out)
			}
			if test.log != "" {
				svc.Logged(test.log)
			}
		})
	}
}
