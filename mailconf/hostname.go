package mailconf

import (
	"fmt"
	"strings"
)

// defaultDomain is appended to a host name without a domain.
const defaultDomain = "localdomain"

// hostName is the default of myhostname: what the kernel calls this host, made
// a full name with mydomain or "localdomain". DNS is never asked.
//
// postfix: src/global/mail_params.c check_myhostname, src/util/get_hostname.c
func (c *Config) hostName(host Host) (string, error) {
	name, err := host.Hostname()
	if err != nil {
		return "", causef(err, "gethostname")
	}
	if !c.validHostname(name) {
		return "", fatalf("unable to use my own hostname")
	}
	if strings.Contains(name, ".") {
		return name, nil
	}
	domain, ok, err := c.Eval("mydomain")
	if err != nil {
		return "", err
	}
	if !ok {
		domain = defaultDomain
	}
	return name + "." + domain, nil
}

// domainOf is the default of mydomain.
func domainOf(host string) string {
	if _, domain, ok := strings.Cut(host, "."); ok {
		return domain
	}
	return defaultDomain
}

const (
	maxHostname = 255
	maxLabel    = 63
)

// validHostname checks a host name and warns about what is wrong with it.
//
// postfix: src/util/valid_hostname.c
func (c *Config) validHostname(name string) bool {
	problem := hostnameProblem(name)
	if problem != "" {
		c.warning("valid_hostname: " + problem)
	}
	return problem == ""
}

func hostnameProblem(name string) string {
	if name == "" {
		return "empty hostname"
	}
	shown := head(name, 100)
	label := 0 // characters of the present one so far
	numeric := true
	for i := 0; i < len(name); i++ {
		ch := name[i]
		last := i+1 == len(name)
		switch {
		case isAlnum(ch) || ch == '_':
			if label++; label > maxLabel {
				return "hostname label too long: " + shown
			}
			numeric = numeric && isDigit(ch)
		case ch == '.':
			if label == 0 || last {
				return "misplaced delimiter: " + shown
			}
			label = 0
		case ch == '-':
			numeric = false
			if label++; label == 1 || last || name[i+1] == '.' {
				return "misplaced hyphen: " + shown
			}
		default:
			return fmt.Sprintf("invalid character %d(decimal): %s", ch, shown)
		}
	}
	switch {
	case numeric:
		return "numeric hostname: " + shown
	case len(name) > maxHostname:
		return fmt.Sprintf("bad length %d for %s...", len(name), shown)
	}
	return ""
}
