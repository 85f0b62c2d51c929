package static_test

import (
	"context"
	"fmt"

	"ostler/dict"
	"ostler/dict/static"
)

func Example() {
	types := dict.NewTypes(dict.Options{}, static.Driver())
	table, err := types.Open("static:{ text with blanks }", 0)
	if err != nil {
		fmt.Println("fatal:", err)
		return
	}
	fmt.Println(table.Lookup(context.Background(), "anything"))
	// Output: text with blanks true <nil>
}
