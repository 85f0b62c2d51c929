package inline_test

import (
	"context"
	"testing"
	"unicode/utf8"

	"ostler/dict"
	"ostler/dict/inline"
)

// Any name is a table or an error, and what is found is UTF-8 where that is asked for.
func FuzzOpen(f *testing.F) {
	f.Add("{a=b}", "a")
	f.Add(`{ {"x\" y" = {z}}, ß= }`, "ss")
	types := dict.NewTypes(dict.Options{UTF8: true, Fatal: true}, inline.Driver())
	f.Fuzz(func(t *testing.T, name, key string) {
		table, err := types.Open("inline:"+name, dict.FoldFixed|dict.UTF8Request)
		if err != nil {
			return
		}
		value, found, err := table.Lookup(context.Background(), key)
		if err != nil || !found && value != "" || found && !utf8.ValidString(key+value) {
			t.Errorf("%q, %v, %v", value, found, err)
		}
	})
}
