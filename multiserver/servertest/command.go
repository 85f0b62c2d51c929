package servertest

import "os/exec"

// Command returns the service's program as somebody would start it by hand, by
// -S or under systemd: with the service's main.cf, environment and log, with
// args alone on the command line, and with none of master's descriptors. The
// caller sets standard input and output and starts it. Make the service by New
// if there is to be no process under master.
func (s *Service) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.conf.Program, args...)
	cmd.Args[0] = s.conf.command()
	cmd.Dir = s.at.queue()
	cmd.Env = s.environment()
	return cmd
}
