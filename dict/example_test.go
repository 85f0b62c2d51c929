package dict_test

import (
	"context"
	"errors"
	"fmt"

	"ostler/dict"
	"ostler/dict/inline"
	"ostler/dict/static"
)

func Example() {
	types := dict.NewTypes(dict.Options{
		UTF8:  true,
		Warn:  func(text string) { fmt.Println("warning:", text) },
		Error: func(text string) { fmt.Println("error:", text) },
	}, static.Driver(), inline.Driver())
	for _, spec := range []string{"static:{a b}", "inline:{ {key = v w}, other=x }", "ldap:/etc/users.cf"} {
		table, err := types.Open(spec, dict.FoldFixed|dict.UTF8Request)
		if err != nil {
			fmt.Println("fatal:", err)
			return
		}
		value, found, err := table.Lookup(context.Background(), "KEY")
		fmt.Printf("%q %v %v\n", value, found, errors.Is(err, dict.ErrRetry))
		table.Close()
	}
	// Output:
	// "a b" true false
	// "v w" true false
	// error: unsupported dictionary type: ldap
	// warning: ldap:/etc/users.cf is unavailable. unsupported dictionary type: ldap
	// "" false true
}
