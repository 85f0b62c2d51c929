// Command probe is a service that tells about itself, and does to itself what
// its clients ask for, for tests of the skeleton:
//
//	probe unix - - y - 1 ../../../../opt/ostler/build/probe -o probe_hooks=yes
//
// A request is some lines and an empty line. Each line is done in its turn and
// answered with one line; an empty line ends the reply:
//
//	pid           pid=123
//	service       service=name of the service
//	args          args=["words left over", "on the command line"]
//	env NAME      env NAME=value, or "env NAME unset"
//	param NAME    param NAME=value, for those that were read at the start
//	attrs         attrs={"name":"value"}: what came with a passed connection
//	echo=TEXT     echo=TEXT
//	log=TEXT      log=TEXT, and TEXT in the mail log
//	sleep=5ms     sleep=5ms, when that time has passed
//	drain         drain=ok, or what is wrong
//	retire        retire=ok, and the process leaves
//	bye           bye=ok, and the connection ends
//	panic         nothing: the handler panics
//	crash         nothing: another goroutine panics
//
// Anything else ends the connection, with a warning.
//
// # Parameters
//
//	probe_params      names of parameters that "param" is to know, besides a few
//	probe_hooks       whether each hook leaves a line in the log
//
// What must be known before main.cf is read can be given by -o only:
//
//	probe_form=raw                  serve in the raw form
//	probe_solitary=yes              the fields of Server of these names
//	probe_unlimited=yes
//	probe_privileged=yes
//	probe_in_flow_delay=yes
package main

import (
	"os"

	"ostler/mailconf"
	"ostler/multiserver"
)

func main() {
	p := &probe{}
	multiserver.Main(p.server(early(os.Args)))
}

// probe is the service.
type probe struct {
	// Static after PostInit.
	names  string            // probe_params
	hooks  bool              // probe_hooks
	params map[string]string // what "param" answers
}

// server returns the service with the options that early has found.
func (p *probe) server(options map[string]string) *multiserver.Server {
	s := &multiserver.Server{
		Tables: []mailconf.Table{{
			mailconf.Str("probe_params", "", 0, 0, &p.names),
			mailconf.Bool("probe_hooks", false, &p.hooks),
		}},
		PreInit:     p.preInit,
		PostInit:    p.postInit,
		PostAccept:  p.postAccept,
		Exit:        func(s *multiserver.Server) { p.hook(s, "exit") },
		Solitary:    options["probe_solitary"] == "yes",
		Unlimited:   options["probe_unlimited"] == "yes",
		Privileged:  options["probe_privileged"] == "yes",
		InFlowDelay: options["probe_in_flow_delay"] == "yes",
		MayDrain:    true,
	}
	s.PreAccept = func(s *multiserver.Server) { p.hook(s, "pre_accept") }
	s.PreDisconnect = func(c *multiserver.Conn) { p.hook(c.Server(), "pre_disconnect") }
	if options["probe_form"] == "raw" {
		s.Serve = p.serve
	} else {
		s.Frame, s.Handle = multiserver.BlankLine, p.handle
	}
	return s
}
