package casefold_test

import (
	"fmt"

	"ostler/dict/casefold"
)

func ExampleFold() {
	fmt.Println(casefold.Fold("Straße", true), casefold.Fold("STRASSE", true))
	fmt.Println(casefold.Fold("STRAßE", false))
	// Output:
	// strasse strasse
	// straße
}
