package main

import (
	"fmt"
	"io"
	"runtime"

	"ostler/mailconf"
)

// version is Ostler's own.
const version = "0.1.0"

// oldestPeers is the first Postfix whose services announce their protocol.
// (The one that is emulated is mailconf.DefaultMailVersion.)
const oldestPeers = "3.6"

const versionHelp = `usage: ostler version

Shows Ostler's version, and which versions of Postfix it goes with.
`

func runVersion(args []string, stdout, stderr io.Writer) int {
	fs := newFlags("version", versionHelp)
	if ok, status := parse(fs, args, stdout, stderr); !ok {
		return status
	}
	if fs.NArg() > 0 {
		fmt.Fprint(stderr, versionHelp)
		return exitUsage
	}
	fmt.Fprintf(stdout, "ostler %s (%s)\n", version, runtime.Version())
	fmt.Fprintf(stdout, "mail_version %s\n", mailconf.DefaultMailVersion)
	fmt.Fprintf(stdout, "protocols of Postfix %s and later; older ones are refused\n", oldestPeers)
	return exitOK
}
