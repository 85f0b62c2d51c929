// Command ostler is what an operator types: it looks at and talks to services.
//
//	ostler COMMAND [flags] [arguments]
//	ostler help [COMMAND]
//
// The exit status is 0 when all went well, 1 when what was asked for could not
// be done, 2 when the command line makes no sense.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// A command is one word that may follow ostler. run gets what follows that word
// and returns the exit status.
type command struct {
	name    string
	summary string // one line, for the list of commands
	run     func(args []string, stdout, stderr io.Writer) int
}

// commands lists the commands in the order in which help shows them. A new one
// is a line here and a file of its own.
func commands() []command {
	return []command{
		{"anvil", "count and look up connections and events at a running anvil", runAnvil},
		{"version", "show versions", runVersion},
		{"help", "explain a command", runHelp},
	}
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main without the process.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		listCommands(stderr)
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help":
		listCommands(stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "ostler: unknown command %q; try ostler help\n", args[0])
	return exitUsage
}

// runHelp lists the commands, or asks one of them for its help.
func runHelp(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		listCommands(stdout)
		return exitOK
	}
	if args[0] == "help" {
		fmt.Fprintln(stdout, "usage: ostler help [COMMAND]")
		return exitOK
	}
	return run([]string{args[0], "-h"}, stdout, stderr)
}

func listCommands(w io.Writer) {
	fmt.Fprint(w, "usage: ostler COMMAND [flags] [arguments]\n\ncommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nostler help COMMAND tells more.\n")
}

// newFlags returns the flags of a command whose usage begins with text. Parse
// them with parse.
func newFlags(name, text string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprint(fs.Output(), text)
		if hasFlags(fs) {
			fmt.Fprint(fs.Output(), "\nflags:\n")
			fs.PrintDefaults()
		}
	}
	return fs
}

// parse returns true, or false and the exit status of a command that need not
// go on: its help was asked for, or its flags are wrong.
func parse(fs *flag.FlagSet, args []string, stdout, stderr io.Writer) (ok bool, status int) {
	fs.SetOutput(stderr)
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "-h" || arg == "-help" || arg == "--help" {
			fs.SetOutput(stdout)
			fs.Usage()
			return false, exitOK
		}
	}
	if fs.Parse(args) != nil {
		return false, exitUsage
	}
	return true, exitOK
}

func hasFlags(fs *flag.FlagSet) (some bool) {
	fs.VisitAll(func(*flag.Flag) { some = true })
	return some
}
