package main

import (
	"errors"
	"testing"
	"time"
)

func TestPerform(t *testing.T) {
	tests := []struct {
		request     string
		sleep, burn time.Duration
		fails       bool
	}{
		{request: "\n"},
		{request: "sleep=5ms\n\n", sleep: 5 * time.Millisecond},
		{request: "burn=1.5s\n\n", burn: 1500 * time.Millisecond},
		{request: "sleep=0\n\n"},
		{request: "sleep=-5ms\n\n", fails: true},
		{request: "sleep=5\n\n", fails: true},
		{request: "sleep\n\n", fails: true},
		{request: "sleep=5ms\nburn=5ms\n\n", fails: true},
		{request: "snore=5ms\n\n", fails: true},
		{request: "sleep=5ms\n", fails: true},
		{request: "", fails: true},
	}
	for _, test := range tests {
		var slept, burnt time.Duration
		err := perform([]byte(test.request),
			func(d time.Duration) { slept += d }, func(d time.Duration) { burnt += d })
		if errors.Is(err, errRequest) != test.fails {
			t.Errorf("%q: error %v", test.request, err)
		}
		if slept != test.sleep || burnt != test.burn {
			t.Errorf("%q: slept %v and burnt %v, want %v and %v", test.request, slept, burnt, test.sleep, test.burn)
		}
	}
}

func TestBurn(t *testing.T) {
	b := calibrate()
	const d = 20 * time.Millisecond
	start := time.Now()
	b.spend(d)
	// Other programs make it longer, nothing makes it shorter, but for the
	// precision of what was measured.
	if took := time.Since(start); took < d/2 {
		t.Errorf("burning %v took %v", d, took)
	}
}
