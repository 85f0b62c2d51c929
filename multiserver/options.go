package multiserver

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"ostler/internal/getopt"
	"ostler/mailconf"
	"ostler/masterproto"
)

// options is the command line.
type options struct {
	program     string // basename of argv[0]
	name        string // of the service
	transport   string
	noTransport bool // -t was not given
	sockets     int
	args        []string // left over

	chroot     bool // -c
	foreground bool // -d
	debug      bool // -D
	alone      bool // -l
	unlimited  bool // -z
	oneShot    bool // -S
	unpriv     bool // -u
	stderr     bool // -V
	verbose    int  // -v

	settings []setting // -o, -i and -m, in their order

	listen []string // --listen, by hand
	json   bool     // --json, by hand
}

// A setting is a parameter on the command line: name=value as -o has it, or a
// value for a parameter that has an option of its own.
type setting struct{ name, arg string }

// getoptSpec is stock's list of options.
// postfix: src/master/multi_server.c multi_server_main
const getoptSpec = "cdDi:lm:n:o:s:St:uvVz"

// parseOptions reads the command line. Its errors have stock's texts; the
// options that stood before the one in error are filled in.
func parseOptions(argv []string) (options, error) {
	o := options{sockets: 1, noTransport: true}
	if len(argv) > 0 {
		o.program = filepath.Base(argv[0])
		argv = argv[1:]
	}
	o.name = o.program
	argv, err := o.takeLong(argv)
	if err != nil {
		return o, err
	}
	p := getopt.New(getoptSpec, argv)
	for p.Next() {
		if err := o.apply(p); err != nil {
			return o, err
		}
	}
	o.args = p.Rest()
	return o, nil
}

func (o *options) apply(p *getopt.Parser) error {
	switch p.Option {
	case 'c':
		o.chroot = true
	case 'd':
		o.foreground = true
	case 'D':
		o.debug = true
	case 'i':
		o.settings = append(o.settings, setting{"max_idle", p.Arg})
	case 'l':
		o.alone = true
	case 'm':
		o.settings = append(o.settings, setting{"max_use", p.Arg})
	case 'n':
		o.name = p.Arg
	case 'o':
		o.settings = append(o.settings, setting{"", p.Arg})
	case 's':
		o.sockets = atoi(p.Arg)
		if o.sockets <= 0 {
			return fmt.Errorf("invalid socket_count: %s", p.Arg)
		}
	case 'S':
		o.oneShot = true
	case 't':
		o.transport, o.noTransport = p.Arg, false
	case 'u':
		o.unpriv = true
	case 'v':
		o.verbose++
	case 'V':
		o.stderr = true
	case 'z':
		o.unlimited = true
	default:
		return fmt.Errorf("invalid option: %s", []byte{p.Bad})
	}
	return nil
}

// takeLong takes our own options out: those by which a service is run by
// hand. Stock has no long options, and master never gives any. They must stand
// before the first word that is no option.
func (o *options) takeLong(argv []string) (rest []string, err error) {
	for i := 0; i < len(argv); i++ {
		word := argv[i]
		name, value, hasValue := strings.Cut(word, "=")
		switch {
		case name == "--json" && !hasValue:
			o.json = true
		case name == "--listen":
			if !hasValue {
				if i++; i == len(argv) {
					o.listen = append(o.listen, "") // by hand it is: tell the terminal
					return nil, fmt.Errorf("option --listen needs an address: unix:PATH or inet:HOST:PORT")
				}
				value = argv[i]
			}
			o.listen = append(o.listen, value)
		case word == "--" || !strings.HasPrefix(word, "-"):
			return append(rest, argv[i:]...), nil
		case takesNext(word) && i+1 < len(argv):
			rest = append(rest, word, argv[i+1])
			i++
		default:
			rest = append(rest, word)
		}
	}
	return rest, nil
}

// takesNext says whether an option word takes the following word with it.
func takesNext(word string) bool {
	for i := 1; i < len(word); i++ {
		at := strings.IndexByte(getoptSpec, word[i])
		if at >= 0 && strings.HasPrefix(getoptSpec[at+1:], ":") {
			return i == len(word)-1
		}
	}
	return false
}

// override writes the parameters of the command line over those of main.cf.
func (o *options) override(conf *mailconf.Config) error {
	for _, s := range o.settings {
		if s.name != "" {
			conf.Set(s.name, s.arg)
		} else if err := conf.Override(s.arg); err != nil {
			return err
		}
	}
	return nil
}

// checkTransport says whether the service can be had in the way asked for.
func (o *options) checkTransport() error {
	if o.noTransport {
		return fmt.Errorf("no transport type specified")
	}
	switch strings.ToLower(o.transport) {
	case masterproto.TransportInet, masterproto.TransportUnix, masterproto.TransportPass:
		return nil
	}
	return fmt.Errorf("unsupported transport type: %s", o.transport)
}

// byHand says that nobody but a person or systemd started this process.
func (o *options) byHand() bool { return len(o.listen) > 0 }

// atoi is atoi(3): what follows the digits does not matter, and what is no
// number is 0.
func atoi(s string) int {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	if err != nil || n > 1<<20 {
		return 0
	}
	return n
}
