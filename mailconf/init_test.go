package mailconf_test

import (
	"errors"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ostler/mailconf"
)

// debian is a host with the users of a Debian system.
func debian() *fakeHost {
	h := newFakeHost(nil)
	h.users = []mailconf.User{{Name: "root", UID: 0, GID: 0}, {Name: "postfix", UID: 102, GID: 105}, {Name: "nobody", UID: 65534, GID: 65534}}
	h.groups = []mailconf.Group{{Name: "root", GID: 0}, {Name: "postdrop", GID: 106}}
	return h
}

// start reads a main.cf and evaluates the generic parameters.
func start(t *testing.T, text string, host mailconf.Host) (*mailconf.Config, *mailconf.Params, []string, error) {
	t.Helper()
	var warnings []string
	conf, err := mailconf.Read(writeConfig(t, text), mailconf.Options{Warn: func(text string) { warnings = append(warnings, text) }})
	if err != nil {
		t.Fatal(err)
	}
	params, err := conf.InitParams(host)
	return conf, params, warnings, err
}

func TestInitParamsDefaults(t *testing.T) {
	conf, p, warnings, err := start(t, "compatibility_level = 3.6\n", debian())
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"level", p.Level, mailconf.Level36},
		{"legacy", p.Legacy, mailconf.Legacy{}},
		{"myhostname", p.MyHostname, "fake.localdomain"},
		{"mydomain", p.MyDomain, "localdomain"},
		{"myorigin", p.MyOrigin, "fake.localdomain"},
		{"mydestination", p.MyDestination, "fake.localdomain, localhost.localdomain, localhost"},
		{"mynetworks", p.MyNetworks, "127.0.0.1/32 [::1]/128 "},
		{"own addresses", p.OwnAddrs, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")}},
		{"protocols", [2]bool{p.IPv4, p.IPv6}, [2]bool{true, true}},
		{"ids", [5]int{p.OwnerUID, p.OwnerGID, p.SetgidGID, p.DefaultUID, p.DefaultGID}, [5]int{102, 105, 106, 65534, 65534}},
		{"pid", p.PID, 4711},
		{"ports", p.Port("smtps") + p.Port("submissions") + p.Port("x") + p.Port("7"), "465465x7"},
		{"smtputf8_enable", p.SMTPUTF8Enable, true},
		{"max_idle", p.MaxIdle, 100 * time.Second},
		{"daemon_timeout", p.DaemonTimeout, 5 * time.Hour},
		{"max_use", p.MaxUse, 100},
		{"syslog_name", p.SyslogName, "postfix"},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	if pid, _ := conf.Lookup(mailconf.ProcessID); pid != "4711" {
		t.Errorf("process_id = %s", pid)
	}
}

// The names are derived from the kernel's name for the host, without DNS.
func TestInitParamsNames(t *testing.T) {
	for _, tt := range []struct{ kernel, conf, hostname, domain, problem, warning string }{
		{"a.b.c", "", "a.b.c", "b.c", "", ""},
		{"a", "", "a.localdomain", "localdomain", "", ""},
		{"a", "mydomain = x.org", "a.x.org", "x.org", "", ""},
		{"a", "mydomain = $dom\ndom = y", "a.y", "y", "", ""},
		{"a.b", "mydomain = x.org", "a.b", "x.org", "", ""},
		{"a.b", "myhostname = h", "h", "localdomain", "", ""},
		{"-a", "myhostname = h.x", "h.x", "x", "", ""},
		{"-a", "", "", "", "unable to use my own hostname", "valid_hostname: misplaced hyphen: -a"},
		{"", "", "", "", "unable to use my own hostname", "valid_hostname: empty hostname"},
		{"1.2", "", "", "", "unable to use my own hostname", "valid_hostname: numeric hostname: 1.2"},
		{strings.Repeat("a.", 128) + "b", "", "", "", "unable to use my own hostname", "valid_hostname: bad length 257 for " + strings.Repeat("a.", 50) + "..."},
		{"a", "mydomain = ${", "", "", "dictionary mail_dict: macro processing error", `truncated macro reference: "${"`},
	} {
		host := debian()
		host.name = tt.kernel
		_, p, warnings, err := start(t, tt.conf, host)
		if tt.problem == "" {
			if err != nil || p.MyHostname != tt.hostname || p.MyDomain != tt.domain {
				t.Errorf("%q, %q: %q, %q, %v", tt.kernel, tt.conf, p.MyHostname, p.MyDomain, err)
			}
			continue
		}
		if err == nil || err.Error() != tt.problem || !slices.Equal(warnings, []string{tt.warning}) {
			t.Errorf("%q, %q: %v %q", tt.kernel, tt.conf, err, warnings)
		}
	}
}

// These need a password file that the vectors cannot assume.
func TestInitParamsAccounts(t *testing.T) {
	type users = []mailconf.User
	type groups = []mailconf.Group
	for _, tt := range []struct {
		users  users
		groups groups
		want   string
	}{
		{users{{Name: "smtp", UID: 102, GID: 1}}, nil, "parameter mail_owner: user postfix has same user ID as smtp"},
		{nil, groups{{Name: "drop", GID: 106}}, "parameter setgid_group: group postdrop has same group ID as drop"},
		{users{{Name: "postfix", UID: 102, GID: 0}}, nil, "parameter mail_owner: user postfix has privileged group ID"},
		{users{{Name: "nobody", UID: 102, GID: 1}, {Name: "postfix", UID: 102, GID: 105}}, nil, "parameter mail_owner: user postfix has same user ID as nobody"},
		{users{{Name: "nobody", UID: 7, GID: 105}}, nil, "parameters default_privs and mail_owner: users nobody and postfix have the same group ID: 105"},
		{users{{Name: "nobody", UID: 7, GID: 106}}, nil, "parameters default_privs and setgid_group: user nobody and group postdrop have the same group ID: 106"},
		{users{{Name: "postfix", UID: 7, GID: 106}}, nil, "parameters mail_owner and setgid_group: user postfix and group postdrop have the same group ID: 106"},
		{users{{Name: "postfix", UID: 65534, GID: 7}, {Name: "nobody", UID: 65534, GID: 8}}, nil, "parameters default_privs and mail_owner: users nobody and postfix have the same user ID: 65534"},
	} {
		host := debian()
		host.users = append(tt.users, host.users...)
		host.groups = append(tt.groups, host.groups...)
		conf, _, _, err := start(t, "", host)
		want := "file " + conf.Path() + ": " + tt.want
		if strings.HasPrefix(tt.want, "parameters default_privs and mail_owner: users") && strings.Contains(tt.want, "user ID") {
			// Only reached if the search by number finds the owner first.
			host.users[0], host.users[1] = host.users[1], host.users[0]
		}
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestInitParamsProtocols(t *testing.T) {
	for _, tt := range []struct {
		conf         string
		v4, v6       error
		want         [2]bool
		problem      string
		warningParts string
	}{
		{"", nil, nil, [2]bool{true, true}, "", ""},
		{"inet_protocols = ipv4", nil, syscall.EPERM, [2]bool{true, false}, "", ""},
		{"", nil, syscall.EAFNOSUPPORT, [2]bool{true, false}, "", "inet_protocols: disabling IPv6 name/address support: Address family not supported by protocol"},
		{"", syscall.EPROTONOSUPPORT, nil, [2]bool{false, true}, "", "inet_protocols: disabling IPv4 name/address support: Protocol not supported"},
		{"", syscall.EPERM, nil, [2]bool{}, "socket: Operation not permitted", ""},
		{"inet_protocols =", nil, nil, [2]bool{}, "", ""},
	} {
		host := debian()
		host.supports = map[bool]error{false: tt.v4, true: tt.v6}
		_, p, warnings, err := start(t, tt.conf, host)
		if tt.problem != "" {
			if err == nil || err.Error() != tt.problem {
				t.Errorf("%+v: %v", tt, err)
			}
			continue
		}
		if err != nil || [2]bool{p.IPv4, p.IPv6} != tt.want || strings.Join(warnings, "|") != tt.warningParts {
			t.Errorf("%+v: %v %v, %v, %q", tt, p.IPv4, p.IPv6, err, warnings)
		}
		for _, addr := range p.OwnAddrs {
			if addr.Addr().Is4() && !p.IPv4 || addr.Addr().Is6() && !p.IPv6 {
				t.Errorf("%+v: own address %s", tt, addr)
			}
		}
	}
}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, text := range list {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// interfaceTest is a setting on a machine with some interfaces.
type interfaceTest struct {
	conf       string
	interfaces []netip.Prefix
	want       []netip.Prefix
	networks   string
	problem    string
}

func interfaceTests() []interfaceTest {
	machine := prefixes("fe80::1/64", "10.1.2.3/20", "127.0.0.1/8", "2001:db8::5/48", "::1/128", "192.0.2.9/32", "0.0.0.0/0")
	return []interfaceTest{
		{"mynetworks_style = subnet", machine,
			prefixes("10.1.2.3/20", "127.0.0.1/8", "192.0.2.9/32", "fe80::1/64", "2001:db8::5/48", "::1/128"),
			"10.1.0.0/20 127.0.0.0/8 192.0.2.9/32 [fe80::]/64 [2001:db8::]/48 [::1]/128 ", ""},
		{"mynetworks_style = class, class\ninet_protocols = ipv4", machine,
			prefixes("10.1.2.3/20", "127.0.0.1/8", "192.0.2.9/32"), "10.0.0.0/8 127.0.0.0/8 192.0.2.0/24 ", ""},
		{"mynetworks_style = class", prefixes("172.16.3.4/12", "224.0.0.1/4", "fd00::1/64"),
			prefixes("172.16.3.4/12", "224.0.0.1/4", "fd00::1/64"), "172.16.0.0/16 224.0.0.0/4 [fd00::]/64 ", ""},
		{"mynetworks_style = class", prefixes("240.0.0.1/4"), nil, "", "mynetworks_core: unknown address class: 240.0.0.1"},
		{"mynetworks_style = host subnet", machine, nil, "", "bad mynetworks_style value: host subnet; specify exactly one value"},
		{"mynetworks_style = ,", machine, nil, "", "bad mynetworks_style value: ,; specify exactly one value"},
		{"mynetworks_style = x", machine, nil, "", `unknown mynetworks mask style value "x" in "x"`},
		{"inet_interfaces = loopback-only", machine, prefixes("127.0.0.1/8", "::1/128"), "127.0.0.0/8 [::1]/128 ", ""},
		{"inet_interfaces = 192.0.2.9 10.1.2.3 [::1] localhost 10.1.2.3\nmynetworks_style=host", machine,
			prefixes("127.0.0.1/8", "10.1.2.3/20", "192.0.2.9/32", "::1/128"), "127.0.0.1/32 10.1.2.3/32 192.0.2.9/32 [::1]/128 ", ""},
		{"inet_interfaces = ", machine, nil, "", ""},
		{"inet_interfaces = 10.1.2.4", machine, nil, "", "parameter inet_interfaces: no local interface found for 10.1.2.4"},
		{"inet_interfaces = nosuch", machine, nil, "", "config variable inet_interfaces: host not found: nosuch"},
		{"inet_interfaces = ::1\ninet_protocols = ipv4", machine, nil, "", "config variable inet_interfaces: host not found: ::1"},
		{"", nil, nil, "", "could not find any active network interfaces"},
		{"inet_protocols = ipv4", prefixes("::1/128"), nil, "", "could not find any active network interfaces"},
		{"inet_protocols = ", nil, nil, "", ""},
	}
}

func TestInitParamsInterfaces(t *testing.T) {
	for _, tt := range interfaceTests() {
		host := debian()
		host.interfaces = tt.interfaces
		_, p, _, err := start(t, tt.conf, host)
		if tt.problem != "" {
			if err == nil || err.Error() != tt.problem {
				t.Errorf("%s: %v, want %s", tt.conf, err, tt.problem)
			}
			continue
		}
		if err != nil || p.MyNetworks != tt.networks || !slices.Equal(p.OwnAddrs, tt.want) {
			t.Errorf("%s: %v\n%v\n%q", tt.conf, err, p.OwnAddrs, p.MyNetworks)
		}
	}
}

func TestProxyAddrs(t *testing.T) {
	host := debian()
	_, p, _, err := start(t, "proxy_interfaces = 192.0.2.7, localhost,,192.0.2.7 [2001:db8::1]\n", host)
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := p.ProxyAddrs(host)
	var got []string
	for _, addr := range addrs {
		got = append(got, addr.String())
	}
	if want := "127.0.0.1 192.0.2.7 2001:db8::1"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	p.ProxyInterfaces = "nosuch"
	if _, err := p.ProxyAddrs(host); err == nil || err.Error() != "config variable proxy_interfaces: host not found: nosuch" {
		t.Errorf("error %v", err)
	}
}

func TestInitParamsOriginFile(t *testing.T) {
	host := debian()
	host.files = map[string]string{"/etc/mailname": "  x.org \nmore", "/empty": " \n", "/two": "a b\n"}
	conf, p, _, err := start(t, "myorigin = /etc/mailname\n", host)
	if err != nil || p.MyOrigin != "x.org" {
		t.Errorf("myorigin %q, %v", p.MyOrigin, err)
	}
	if raw, _ := conf.Lookup("myorigin"); raw != "/etc/mailname" {
		t.Errorf("$myorigin is %q", raw)
	}
	for path, want := range map[string]string{
		"/empty": "myorigin file /empty is empty",
		"/none":  "/none: cannot open file: No such file or directory",
		"/two":   "myorigin parameter setting must not contain multiple values: a b",
	} {
		if _, _, _, err := start(t, "myorigin = "+path+"\n", host); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestInitParamsLegacy(t *testing.T) {
	_, p, _, err := start(t, "smtputf8_enable = yes\nmynetworks =\nfast_flush_domains =\n", debian())
	want := mailconf.Legacy{
		SMTPDTLSFingerprintDigest: true, SMTPTLSFingerprintDigest: true, LMTPTLSFingerprintDigest: true, RelayBeforeRcptChecks: true,
		RespectfulLogging: true, RelayDomains: true, AppendDotMyDomain: true, Chroot: true, RelayRestrictions: true,
	}
	if err != nil || p.Legacy != want {
		t.Errorf("level 0: %+v, %v", p.Legacy, err)
	}
	_, p, _, err = start(t, "compatibility_level = 2\nrespectful_logging = no\n", debian())
	want = mailconf.Legacy{SMTPDTLSFingerprintDigest: true, SMTPTLSFingerprintDigest: true, LMTPTLSFingerprintDigest: true, RelayBeforeRcptChecks: true}
	if err != nil || p.Legacy != want {
		t.Errorf("level 2: %+v, %v", p.Legacy, err)
	}
}

// A program by hand needs neither Postfix's users nor interfaces, and errors do
// not speak of a file.
func TestInitParamsStandalone(t *testing.T) {
	conf := mailconf.New()
	host := &fakeHost{name: "h"}
	p, err := conf.InitParams(host)
	if err != nil || p.OwnerUID != -1 || p.SetgidGID != -1 || p.MyHostname != "h.localdomain" {
		t.Errorf("%+v, %v", p, err)
	}
	conf.Set("syslog_facility", "x")
	p, err = conf.InitParams(host)
	if err == nil || err.Error() != "parameter syslog_facility: unrecognized value: x" {
		t.Errorf("error %v", err)
	}
	if p == nil || p.MaillogFilePrefixes != "/var, /dev/stdout" {
		t.Error("what was evaluated before the error is missing")
	}
}

// failing is a host whose databases do not answer.
type failing struct{ *fakeHost }

var errSilent = errors.New("cannot look up x: no answer")

func (failing) UserByName(string) (mailconf.User, error) { return mailconf.User{}, errSilent }

func TestInitParamsLookupFailure(t *testing.T) {
	_, _, _, err := start(t, "", failing{debian()})
	if !errors.Is(err, errSilent) || err.Error() != errSilent.Error() {
		t.Errorf("error %v", err)
	}
}

// On a machine with Postfix, what postconf -x says of /etc/postfix is what we
// evaluate.
func TestInitParamsThisHost(t *testing.T) {
	stock := postconf(t, "-x")
	if _, err := os.Stat("/etc/postfix/main.cf"); err != nil {
		t.Skip(err)
	}
	conf, err := mailconf.Read("/etc/postfix", mailconf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conf.InitParams(mailconf.SystemHost()); err != nil {
		t.Fatal(err)
	}
	for name := range conf.Names {
		if name == mailconf.ProcessID {
			continue
		}
		value, _, err := conf.Eval(name)
		if want, ok := stock[name]; err != nil || ok && strings.TrimRight(value, " ") != want {
			t.Errorf("%s = %q, %v; postconf: %q", name, value, err, want)
		}
	}
}
