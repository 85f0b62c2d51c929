package match_test

import (
	"context"
	"fmt"

	"ostler/match"
)

func ExampleNewDomains() {
	list, err := match.NewDomains(match.Options{Name: "relay_domains", Parent: true},
		"!secret.example.com, example.com, cdb:/etc/postfix/relays")
	if err != nil {
		fmt.Println("fatal:", err)
		return
	}
	ctx := context.Background()
	for _, name := range []string{"Mail.Example.COM", "secret.example.com", "example.net"} {
		yes, err := list.Match(ctx, name)
		fmt.Println(name, yes, err)
	}
	// Output:
	// Mail.Example.COM true <nil>
	// secret.example.com false <nil>
	// example.net false relay_domains: cdb:/etc/postfix/relays: table lookup problem
}

func ExampleNewAddrs() {
	list, err := match.NewAddrs(match.Options{Name: "mynetworks"}, "!10.1.0.0/16, 10.0.0.0/8, [2001:db8::]/32")
	if err != nil {
		fmt.Println("fatal:", err)
		return
	}
	for _, addr := range []string{"10.2.3.4", "10.1.2.3", "2001:db8::1"} {
		fmt.Println(list.Match(context.Background(), addr))
	}
	// Output:
	// true <nil>
	// false <nil>
	// true <nil>
}
