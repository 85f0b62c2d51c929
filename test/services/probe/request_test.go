package main

import (
	"bytes"
	"errors"
	"maps"
	"testing"
)

func TestSet(t *testing.T) {
	p := &probe{}
	tests := []struct {
		verb, value string
		fails       bool
	}{
		{"echo", "", false},
		{"echo", "a=b", false},
		{"sleep", "1us", false},
		{"sleep", "5", true},
		{"snore", "5ms", true},
		{"", "", true},
	}
	for _, test := range tests {
		err := p.set(nil, test.verb, test.value)
		if errors.Is(err, errRequest) != test.fails || err != nil != test.fails {
			t.Errorf("%s=%s: error %v", test.verb, test.value, err)
		}
	}
}

func TestEarly(t *testing.T) {
	tests := []struct {
		argv []string
		want map[string]string
	}{
		{[]string{"probe"}, map[string]string{}},
		{[]string{"probe", "-o"}, map[string]string{}},
		{[]string{"probe", "-l", "-o", "probe_form=raw", "-o", " probe_solitary = yes ", "-o", "a=b", "probe_x=y"},
			map[string]string{"probe_form": "raw", "probe_solitary": "yes"}},
	}
	for _, test := range tests {
		if got := early(test.argv); !maps.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.argv, got, test.want)
		}
	}
}

func TestListedAndNamed(t *testing.T) {
	if got, err := listed("args", []string{"a b", "c"}); got != `args=["a b","c"]` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if got := named("env A", "b", true); got != "env A=b" {
		t.Error(got)
	}
	if got := named("env A", "", false); got != "env A unset" {
		t.Error(got)
	}
}

func TestServerHasTheFormAskedFor(t *testing.T) {
	p := &probe{}
	s := p.server(map[string]string{"probe_form": "raw", "probe_solitary": "yes"})
	if s.Serve == nil || s.Handle != nil || !s.Solitary || s.Unlimited || s.Privileged {
		t.Errorf("server %+v", s)
	}
	if s = p.server(nil); s.Serve != nil || s.Handle == nil || s.Frame == nil || s.Solitary {
		t.Errorf("server %+v", s)
	}
}

func TestHandleRefusesNonsense(t *testing.T) {
	var reply bytes.Buffer
	err := (&probe{}).perform(nil, "echo=1\nsleep=never\n\n", &reply)
	if got := reply.String(); !errors.Is(err, errRequest) || got != "echo=1\n" {
		t.Errorf("reply %q, error %v", got, err)
	}
}
