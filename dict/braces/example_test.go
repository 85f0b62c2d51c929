package braces_test

import (
	"fmt"

	"ostler/dict/braces"
)

func Example() {
	text := "a = b,{c = d e}"
	for {
		token, rest, ok := braces.Next(text, ",")
		if !ok {
			break
		}
		text = rest
		if inner, err := braces.Strip(token); err == nil {
			token = inner
		}
		key, value, err := braces.Pair(token)
		fmt.Printf("%q %q %v\n", key, value, err)
	}
	// Output:
	// "a" "b" <nil>
	// "c" "d e" <nil>
}
