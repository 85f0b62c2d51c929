package mailconf

import "strings"

// parsePorts takes known_tcp_ports apart: "name = name = port, ...". What is
// wrong with an association is warned about; its good names count.
//
// postfix: src/global/config_known_tcp_ports.c, src/util/known_tcp_ports.c
func (c *Config) parsePorts(source, settings string) map[string]string {
	ports := make(map[string]string, 8)
	for _, item := range strings.FieldsFunc(settings, func(r rune) bool { return r == ',' }) {
		parts := strings.Split(item, "=")
		if len(parts) == 1 {
			c.warning(source + ": in \"" + item + "\" is not in \"name = value\" form")
			continue
		}
		if problem := addPorts(ports, parts[:len(parts)-1], parts[len(parts)-1]); problem != "" {
			c.warning(source + ": in \"" + item + "\": " + problem)
		}
	}
	return ports
}

// addPorts adds one association and returns the first problem with it, or "".
func addPorts(ports map[string]string, names []string, value string) string {
	port := words(value, wordSpace)
	switch {
	case len(port) == 0:
		return "missing port value after \"=\""
	case len(port) > 1:
		return "whitespace in port number"
	}
	first := ""
	for _, text := range names {
		if problem := addPort(ports, words(text, wordSpace), port[0]); first == "" {
			first = problem
		}
	}
	return first
}

func addPort(ports map[string]string, name []string, port string) string {
	switch {
	case len(name) == 0:
		return "missing service name before \"=\""
	case len(name) > 1:
		return "whitespace in service name"
	case allDigits(name[0]):
		return "numerical service name"
	case !allDigits(port):
		return "non-numerical service port"
	}
	if _, known := ports[name[0]]; known {
		return "duplicate service name"
	}
	ports[name[0]] = port
	return ""
}

// Port returns the number that known_tcp_ports has for a service name, or what
// it was given.
//
// postfix: src/util/known_tcp_ports.c filter_known_tcp_port
func (p *Params) Port(nameOrNumber string) string {
	if port, ok := p.TCPPorts[nameOrNumber]; ok {
		return port
	}
	return nameOrNumber
}
