package main

import (
	"fmt"
	"io"
	"runtime"
)

// version is Ostler's own.
const version = "0.1.0"

// What of Postfix is emulated and understood.
const (
	emulates    = "3.7.11" // behaviour, log texts and default of mail_version
	oldestPeers = "3.6"    // the first whose services announce their protocol
)

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
	fmt.Fprintf(stdout, "mail_version %s\n", emulates)
	fmt.Fprintf(stdout, "protocols of Postfix %s and later; older ones are refused\n", oldestPeers)
	return exitOK
}
