package match_test

import (
	"context"
	"strings"
	"testing"

	"ostler/dict"
	"ostler/dict/inline"
	"ostler/match"
)

// FuzzMatch makes lists of any text: nothing panics, "!" in front of a pattern turns
// "yes" round, and an error is never "yes".
func FuzzMatch(f *testing.F) {
	f.Add("10.0.0.0/8 [2001:db8::]/32", "10.1.2.3")
	f.Add("!a, inline:{ {b = c} } d", "b")
	f.Add("{ a , .b", "x.b")
	f.Add("[::1/64]", "::1")
	types := dict.NewTypes(dict.Options{UTF8: true}, inline.Driver())
	f.Fuzz(func(t *testing.T, patterns, text string) {
		words := strings.FieldsFunc(patterns, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
		for _, word := range words {
			if strings.HasPrefix(strings.TrimLeft(word, "!"), "/") {
				return // a file or a device of this machine
			}
		}
		o := match.Options{Types: types}
		list, err := match.NewNameAddrs(o, patterns)
		if err != nil {
			return
		}
		yes, err := list.Match(context.Background(), text, text)
		if yes && err != nil {
			t.Fatalf("yes, and %v", err)
		}
		if len(words) != 1 || words[0] != patterns || patterns[0] == '#' {
			return
		}
		opposite, err2 := match.NewNameAddrs(o, "!"+patterns)
		if err2 != nil {
			t.Fatalf("with !: %v", err2)
		}
		no, err2 := opposite.Match(context.Background(), text, text)
		if yes && no || (err == nil) != (err2 == nil) {
			t.Fatalf("%v %v, with !: %v %v", yes, err, no, err2)
		}
	})
}
