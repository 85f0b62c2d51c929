package inline_test

import (
	"context"
	"fmt"

	"ostler/dict"
	"ostler/dict/inline"
)

func Example() {
	types := dict.NewTypes(dict.Options{UTF8: true}, inline.Driver())
	table, err := types.Open("inline:{ straße=x, {key = text with blanks} }", dict.FoldFixed|dict.UTF8Request)
	if err != nil {
		fmt.Println("fatal:", err)
		return
	}
	for _, key := range []string{"STRASSE", "Key", "none"} {
		value, found, err := table.Lookup(context.Background(), key)
		fmt.Printf("%q %v %v\n", value, found, err)
	}
	// Output:
	// "x" true <nil>
	// "text with blanks" true <nil>
	// "" false <nil>
}
