package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPerform(t *testing.T) {
	tests := []struct {
		request, reply string
		block          time.Duration
		fails          bool
	}{
		{request: "\n", reply: "\n"},
		{request: "block=5ms\n\n", reply: "block=5ms\n\n", block: 5 * time.Millisecond},
		{request: "large=10\n\n", reply: strings.Repeat("x", 10) + "\n\n"},
		{request: "large=0\n\n", reply: "\n\n"},
		{request: "large=-1\n\n", fails: true},
		{request: "large=100000000\n\n", fails: true},
		{request: "block=-5ms\n\n", fails: true},
		{request: "block=5\n\n", fails: true},
		{request: "block\n\n", fails: true},
		{request: "block=5ms\nblock=5ms\n\n", fails: true},
		{request: "sleep=5ms\n\n", fails: true},
		{request: "block=5ms\n", fails: true},
		{request: "", fails: true},
	}
	for _, test := range tests {
		var blocked time.Duration
		reply, err := perform([]byte(test.request), func(d time.Duration) { blocked += d })
		if errors.Is(err, errRequest) != test.fails {
			t.Errorf("%q: error %v", test.request, err)
		}
		if string(reply) != test.reply || blocked != test.block {
			t.Errorf("%q: reply %q after blocking %v, want %q after %v", test.request, reply, blocked, test.reply, test.block)
		}
	}
}
