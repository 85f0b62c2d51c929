package mailconf

import (
	"errors"
	"strconv"
	"strings"
)

// InitParams evaluates the generic parameters and derives from the host what
// depends on it. The order of evaluation and of the checks is stock's. host is
// asked only for what the configuration needs; SystemHost is the real one, and
// may block for up to 10 seconds for each user, group or host name that the
// local files do not have.
//
// The error is stock's fatal one; the Params returned with it then hold what
// was evaluated before, for the logging of that error. For a Config from New,
// Postfix's users need not exist and the lack of network interfaces is no
// error: the ids are then -1.
//
// It sets process_id in the dictionary. It leaves to the caller what concerns
// the process: the log facility and the environment (MAIL_LOGTAG).
//
// postfix: src/global/mail_params.c mail_params_init
func (c *Config) InitParams(host Host) (*Params, error) {
	p := &Params{
		OwnerUID: -1, OwnerGID: -1, SetgidGID: -1, DefaultUID: -1, DefaultGID: -1,
		configFile: c.path, standalone: c.path == "",
	}
	steps := [...]func(*Params, Host) error{
		c.initLevel, c.initFirst, c.initNames, c.initOthers, c.initAccounts, c.initNetworks, c.finalChecks,
	}
	for _, step := range steps {
		if err := step(p, host); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (c *Config) initLevel(p *Params, _ Host) error {
	if err := c.Load(p.compatTable()); err != nil {
		return err
	}
	var err error
	if p.Level, err = ParseLevel(p.CompatibilityLevel); err != nil {
		return err
	}
	p.Legacy = c.legacyDefaults(p.Level)
	return nil
}

func (c *Config) initFirst(p *Params, host Host) error {
	if err := c.Load(p.firstTables()...); err != nil {
		return err
	}
	if !isFacility(p.SyslogFacility) {
		return p.badParam("syslog_facility", "unrecognized value: %s", p.SyslogFacility)
	}
	if err := c.Load(p.firstBoolTables()...); err != nil {
		return err
	}
	p.TCPPorts = c.parsePorts("known_tcp_ports", p.KnownTCPPorts)
	return c.initProtocols(p, host)
}

// isFacility knows the names of syslog(3)'s facilities, in lower case as stock
// wants them.
//
// postfix: src/util/msg_syslog.c
func isFacility(name string) bool {
	switch name {
	case "auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7":
		return true
	}
	return false
}

func (c *Config) initNames(p *Params, host Host) error {
	err := c.Load(Table{
		StrFunc("myhostname", func() (string, error) { return c.hostName(host) }, 1, 0, &p.MyHostname),
		StrFunc("mydomain", func() (string, error) { return domainOf(p.MyHostname), nil }, 1, 0, &p.MyDomain),
	})
	if err != nil {
		return err
	}
	if !c.validHostname(p.MyHostname) {
		return p.badParam("myhostname", "bad parameter value: %s", p.MyHostname)
	}
	if !c.validHostname(p.MyDomain) {
		return p.badParam("mydomain", "bad parameter value: %s", p.MyDomain)
	}
	return nil
}

func (c *Config) initOthers(p *Params, host Host) error {
	if err := c.Load(p.strTable(), p.serviceTable()); err != nil {
		return err
	}
	if strings.HasPrefix(p.MyOrigin, "/") {
		if err := p.originFromFile(host); err != nil {
			return err
		}
	}
	return c.Load(p.numberTable(), p.boolTable(), p.timeTable())
}

// originFromFile is the extension of Debian's build: myorigin may name a file.
// The dictionary keeps the name.
func (p *Params) originFromFile(host Host) error {
	path := p.MyOrigin
	line, err := host.FirstLine(path)
	if err != nil {
		return &Error{Text: path + ": " + err.Error(), Cause: errors.Unwrap(err)}
	}
	p.MyOrigin = strings.Trim(beforeNUL(line), space)
	if p.MyOrigin == "" {
		return fatalf("myorigin file %s is empty", path)
	}
	return nil
}

func (c *Config) initNetworks(p *Params, host Host) error {
	err := c.Load(Table{
		StrFunc("mynetworks", func() (string, error) { return c.myNetworks(p, host) }, 0, 0, &p.MyNetworks),
	})
	if err != nil {
		return err
	}
	if err := c.initOwnAddrs(p, host); err != nil {
		return err
	}
	p.PID = host.PID()
	c.Set(ProcessID, strconv.Itoa(p.PID))
	return nil
}

func (c *Config) finalChecks(p *Params, _ Host) error {
	if strings.EqualFold(p.MyHostname, p.RelayHost) {
		return fatalf("myhostname and relayhost parameter settings must not be identical: %s", p.MyHostname)
	}
	if strings.ContainsAny(p.MyOrigin, commaSpace) {
		return fatalf("myorigin parameter setting must not contain multiple values: %s", p.MyOrigin)
	}
	problem := ""
	switch delimiters := p.DefaultVERPDelimiters; {
	case len(delimiters) != 2:
		problem = "bad VERP delimiter character count"
	case strings.IndexByte(p.VERPDelimiterFilter, delimiters[0]) < 0:
		problem = "bad first VERP delimiter character"
	case strings.IndexByte(p.VERPDelimiterFilter, delimiters[1]) < 0:
		problem = "bad second VERP delimiter character"
	default:
		return nil
	}
	return fatalf("%sparameters default_verp_delimiters and verp_delimiter_filter: %s", p.inFile(), problem)
}

// badParam is the error for a parameter with an unsuitable value.
func (p *Params) badParam(name, format string, args ...any) error {
	return fatalf("%sparameter %s: "+format, append([]any{p.inFile(), name}, args...)...)
}

// inFile starts a message about a setting of main.cf.
func (p *Params) inFile() string {
	if p.standalone {
		return ""
	}
	return "file " + p.configFile + ": "
}

// legacyDefaults finds the parameters that are not set and had another default
// below the given level.
func (c *Config) legacyDefaults(level Level) Legacy {
	unset := func(name string) bool {
		_, set := c.Lookup(name)
		return !set
	}
	var old Legacy
	if level < Level36 {
		old.SMTPDTLSFingerprintDigest = unset("smtpd_tls_fingerprint_digest")
		old.SMTPTLSFingerprintDigest = unset("smtp_tls_fingerprint_digest")
		old.LMTPTLSFingerprintDigest = unset("lmtp_tls_fingerprint_digest")
		old.RelayBeforeRcptChecks = unset("smtpd_relay_before_recipient_restrictions")
		old.RespectfulLogging = unset("respectful_logging")
	}
	if level < Level2 {
		old.RelayDomains = unset("relay_domains")
		old.FastFlushDomains = old.RelayDomains && unset("fast_flush_domains")
		old.MyNetworksStyle = unset("mynetworks") && unset("mynetworks_style")
	}
	if level < Level1 {
		old.AppendDotMyDomain = unset("append_dot_mydomain")
		old.SMTPUTF8Enable = unset("smtputf8_enable")
		old.Chroot = true
		old.RelayRestrictions = unset("smtpd_relay_restrictions")
	}
	return old
}
