package getopt_test

import (
	"strings"
	"testing"

	"ostler/internal/getopt"
)

func TestParser(t *testing.T) {
	tests := []struct{ args, want, rest string }{
		{"-n anvil -t unix -u -l", "n=anvil t=unix u l", ""},
		{"-vv -onam=val -o x=y", "v v o=nam=val o=x=y", ""},
		{"-vuc word -l", "v u c", "word -l"},
		{"-v -- -l", "v", "-l"},
		{"-x -v", "?x v", ""},
		{"-n", "?n", ""},
		{"-: -v", "?: v", ""},
		{"- -v", "", "- -v"},
		{"", "", ""},
	}
	for _, test := range tests {
		p := getopt.New("cln:o:t:uv", strings.Fields(test.args))
		var got []string
		for p.Next() {
			switch {
			case p.Option == '?':
				got = append(got, "?"+string(p.Bad))
			case p.Arg != "":
				got = append(got, string(p.Option)+"="+p.Arg)
			default:
				got = append(got, string(p.Option))
			}
		}
		if g := strings.Join(got, " "); g != test.want {
			t.Errorf("%q: options %q, want %q", test.args, g, test.want)
		}
		if rest := strings.Join(p.Rest(), " "); rest != test.rest {
			t.Errorf("%q: rest %q, want %q", test.args, rest, test.rest)
		}
	}
}
