package main

import (
	"fmt"
	"os"
	"strings"

	"ostler/multiserver"
)

// early reads the probe_ parameters among the -o words of a command line. The
// skeleton reads them too, later than some are needed here.
func early(argv []string) map[string]string {
	options := make(map[string]string)
	for i := 1; i+1 < len(argv); i++ {
		if argv[i] != "-o" {
			continue
		}
		i++
		name, value, _ := strings.Cut(argv[i], "=")
		if name = strings.TrimSpace(name); strings.HasPrefix(name, "probe_") {
			options[name] = strings.TrimSpace(value)
		}
	}
	return options
}

// known are the parameters that "param" always knows.
const known = "config_directory queue_directory mail_owner max_idle max_use ipc_timeout service_name process_name " +
	"syslog_name mail_version stress probe_params probe_hooks"

// preInit runs as root, outside the jail, in the queue directory.
func (p *probe) preInit(s *multiserver.Server) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	p.hook(s, fmt.Sprintf("pre_init uid=%d dir=%s", os.Getuid(), dir))
	return nil
}

// postInit runs confined, and is the last that may ask the configuration.
func (p *probe) postInit(s *multiserver.Server) error {
	p.params = make(map[string]string)
	for _, name := range strings.Fields(known + " " + strings.ReplaceAll(p.names, ",", " ")) {
		value, ok, err := s.Config().Eval(name)
		if err != nil {
			return err
		}
		if ok {
			p.params[name] = value
		}
	}
	p.hook(s, fmt.Sprintf("post_init uid=%d", os.Getuid()))
	return nil
}

func (p *probe) postAccept(c *multiserver.Conn, attrs map[string]string) error {
	c.Data = attrs
	p.hook(c.Server(), "post_accept")
	return nil
}

// hook logs that a hook runs.
func (p *probe) hook(s *multiserver.Server, what string) {
	if p.hooks {
		s.Log().Infof("hook %s service=%s args=%q", what, s.ServiceName(), s.Args())
	}
}
