package resolvelocal_test

import (
	"context"
	"fmt"
	"net/netip"

	"ostler/dict"
	"ostler/dict/inline"
	"ostler/resolvelocal"
)

func Example() {
	warn := func(text string) { fmt.Println("warning:", text) }
	local, err := resolvelocal.New(resolvelocal.Options{
		MyDestination: "mail.example.com, inline:{example.org=x}, ldap:/etc/postfix/domains.cf",
		Own:           []netip.Addr{netip.MustParseAddr("192.0.2.1")},
		Types:         dict.NewTypes(dict.Options{UTF8: true, Warn: warn}, inline.Driver()),
		Warn:          warn,
	})
	if err != nil {
		fmt.Println("fatal:", err)
		return
	}
	fmt.Println(local.Local(context.Background(), "Example.ORG."))
	_, err = local.Local(context.Background(), "example.net")
	fmt.Println(err)
	// Output:
	// true <nil>
	// warning: ldap:/etc/postfix/domains.cf is unavailable. unsupported dictionary type: ldap
	// warning: mydestination: ldap:/etc/postfix/domains.cf: table lookup problem
	// mydestination: ldap:/etc/postfix/domains.cf: table lookup problem
}
