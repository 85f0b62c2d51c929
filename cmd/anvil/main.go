// Command anvil is Postfix's anvil(8), to be run by master(8) or, with --listen,
// by hand. See package ostler/service/anvil.
package main

import (
	"ostler/multiserver"
	"ostler/service/anvil"
)

func main() { multiserver.Main(anvil.NewServer()) }
