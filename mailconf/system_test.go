package mailconf_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ostler/mailconf"
)

// postconf returns what postconf prints with an option, by name. The test is
// skipped if there is none.
func postconf(t *testing.T, option string) map[string]string {
	t.Helper()
	out, err := exec.Command("postconf", option).Output()
	if err != nil {
		t.Skipf("no postconf: %v", err)
	}
	values := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(line, "=")
		values[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return values
}

// files makes a host from the texts of passwd, group, hosts and nsswitch.conf,
// and a list that gets what getent is asked.
func files(t *testing.T, passwd, group, hosts, nsswitch string, answers map[string]string) (mailconf.Host, *[]string) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, text := range []string{passwd, group, hosts, nsswitch} {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	asked := new([]string)
	ask := func(database string, keys ...string) ([]string, error) {
		question := database + " " + strings.Join(keys, " ")
		*asked = append(*asked, question)
		answer, ok := answers[question]
		if !ok {
			return nil, mailconf.ErrNotFound
		}
		return strings.Split(answer, "\n"), nil
	}
	return mailconf.NewSystem(paths[0], paths[1], paths[2], paths[3], ask), asked
}

const passwd = `# comment:x:1:1
+nis:x:2:2
root:x:0:0:root:/root:/bin/sh
postfix:x:102:105::/var/spool/postfix:/usr/sbin/nologin
second:x:102:105:::
short:x:7
bad:x:y:8:::
negative:x:-1:8:::
last:x:9:10`

func TestUsers(t *testing.T) {
	host, asked := files(t, passwd, "", "", "", map[string]string{
		"passwd ldap": "ldap:*:5000:5001:LDAP:/:/bin/sh",
		"passwd 5000": "ldap:*:5000:5001:LDAP:/:/bin/sh",
		"passwd 102x": "other:*:1:1:::",
	})
	for _, tt := range []struct {
		name string
		want mailconf.User
	}{
		{"postfix", mailconf.User{Name: "postfix", UID: 102, GID: 105}},
		{"second", mailconf.User{Name: "second", UID: 102, GID: 105}},
		{"last", mailconf.User{Name: "last", UID: 9, GID: 10}},
		{"ldap", mailconf.User{Name: "ldap", UID: 5000, GID: 5001}},
		// getent takes these for numbers, or answers with somebody else.
		{"5000", mailconf.User{}}, {"102x", mailconf.User{}},
		{"short", mailconf.User{}}, {"bad", mailconf.User{}}, {"negative", mailconf.User{}}, {"+nis", mailconf.User{}}, {"# comment", mailconf.User{}}, {"", mailconf.User{}},
	} {
		user, err := host.UserByName(tt.name)
		if tt.want.Name == "" {
			if !errors.Is(err, mailconf.ErrNotFound) {
				t.Errorf("%s: %v, %v", tt.name, user, err)
			}
		} else if err != nil || user != tt.want {
			t.Errorf("%s: %v, %v; want %v", tt.name, user, err, tt.want)
		}
	}
	if user, err := host.UserByID(102); err != nil || user.Name != "postfix" {
		t.Errorf("102: %v, %v", user, err)
	}
	if user, err := host.UserByID(5000); err != nil || user.Name != "ldap" {
		t.Errorf("5000: %v, %v", user, err)
	}
	if slices.Contains(*asked, "passwd postfix") {
		t.Error("getent was asked for a user in the file")
	}
}

func TestGroups(t *testing.T) {
	const group = "root:x:0:\npostfix:x:105:\nsasl:x:45:postfix\nssl:x:46:a,postfix ,b\nnot:x:47:postfix2\nsasl2:x:45:postfix"
	answers := map[string]string{"group ldapgroup": "ldapgroup:*:6000:", "initgroups postfix": "postfix               105 45 6000"}
	for _, tt := range []struct {
		nsswitch string
		want     []int
		asks     bool
	}{
		{"", []int{105, 45, 46}, false},
		{"group: files systemd\n", []int{105, 45, 46}, false},
		{"group: files [SUCCESS=merge] systemd # ldap\n", []int{105, 45, 46}, false},
		{"passwd: ldap\ngroup: files ldap\n", []int{105, 45, 46, 6000}, true},
		{"group: files\ninitgroups: files sss\n", []int{105, 45, 46, 6000}, true},
	} {
		host, asked := files(t, "", group, "", tt.nsswitch, answers)
		groups, err := host.Groups("postfix", 105)
		if err != nil || !slices.Equal(groups, tt.want) || (len(*asked) > 0) != tt.asks {
			t.Errorf("%q: %v, %v, asked %q", tt.nsswitch, groups, err, *asked)
		}
	}
	host, _ := files(t, "", group, "", "", answers)
	if g, err := host.GroupByName("ldapgroup"); err != nil || g.GID != 6000 {
		t.Errorf("ldapgroup: %v, %v", g, err)
	}
	if g, err := host.GroupByID(45); err != nil || g.Name != "sasl" {
		t.Errorf("45: %v, %v", g, err)
	}
	if g, err := host.GroupByID(46000); !errors.Is(err, mailconf.ErrNotFound) {
		t.Errorf("46000: %v, %v", g, err)
	}
}

func TestAddresses(t *testing.T) {
	const hosts = "127.0.0.1 localhost\n::1 ip6-localhost LocalHost # mail\nbad localhost\n10.0.0.1\tmail.example mail"
	host, asked := files(t, "", "", hosts, "", map[string]string{"ahosts dns.example": "192.0.2.1       STREAM dns.example\n192.0.2.1       DGRAM  \n2001:db8::1     STREAM "})
	for name, want := range map[string]string{
		"localhost": "[127.0.0.1 ::1]", "mail": "[10.0.0.1]", "10.0.0.1": "[10.0.0.1]", "fe80::1%eth0": "[fe80::1]",
		"dns.example": "[192.0.2.1 192.0.2.1 2001:db8::1]", "nosuch": "[]", "": "[]",
	} {
		addrs, err := host.Addresses(name)
		if got := fmt.Sprint(addrs); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
	slices.Sort(*asked)
	if got := strings.Join(*asked, ", "); got != "ahosts dns.example, ahosts nosuch" {
		t.Errorf("asked: %s", got)
	}
}

// The texts were seen from postmap 3.7.11, after "<file>: ".
func TestFirstLine(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(path("plain"), []byte(" x.org \nsecond\n"), 0o644))
	must(os.WriteFile(path("noeol"), []byte("x.org"), 0o644))
	must(os.WriteFile(path("hard"), []byte("x\n"), 0o644))
	must(os.Link(path("hard"), path("hard2")))
	must(os.Mkdir(path("folder"), 0o777))
	must(os.Chmod(path("folder"), 0o777))
	must(os.Symlink("../plain", path("folder/link")))
	must(os.WriteFile(path("long"), []byte(strings.Repeat("x", 1<<20)), 0o644))
	host := mailconf.SystemHost()
	for _, tt := range []struct{ name, want, problem string }{
		{"plain", " x.org ", ""},
		{"noeol", "x.org", ""},
		{"none", "", "cannot open file: No such file or directory"},
		{"hard", "", "file has 2 hard links"},
		{"folder", "", "file has 2 hard links"},
		{"folder/link", "", "file is a symbolic link"},
	} {
		line, err := host.FirstLine(path(tt.name))
		if tt.problem == "" && err != nil || tt.problem != "" && (err == nil || err.Error() != tt.problem) || line != tt.want {
			t.Errorf("%s: %q, %v", tt.name, line, err)
		}
	}
	if line, err := host.FirstLine(path("long")); err != nil || len(line) > 64<<10 {
		t.Errorf("a line of 1 MiB: %d bytes, %v", len(line), err)
	}
}

// Interfaces finds what the net package does.
func TestInterfaces(t *testing.T) {
	links, err := net.Interfaces()
	if err != nil {
		t.Skip(err)
	}
	var want []netip.Prefix
	for _, link := range links {
		addrs, err := link.Addrs()
		if err != nil {
			t.Fatal(err)
		}
		for _, addr := range addrs {
			if link.Flags&net.FlagUp != 0 {
				want = append(want, netip.MustParsePrefix(addr.String()))
			}
		}
	}
	got, err := mailconf.SystemHost().Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	byText := func(a, b netip.Prefix) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(got, byText)
	slices.SortFunc(want, byText)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestGetent(t *testing.T) {
	if _, err := os.Stat("/usr/bin/getent"); err != nil {
		t.Skip(err)
	}
	lines, err := mailconf.Getent("passwd", "root")
	if err != nil || len(lines) != 1 || !strings.HasPrefix(lines[0], "root:") {
		t.Errorf("root: %q, %v", lines, err)
	}
	for _, key := range []string{"no-such-user", "-x", "--help"} {
		if lines, err := mailconf.Getent("passwd", key); !errors.Is(err, mailconf.ErrNotFound) {
			t.Errorf("%s: %q, %v", key, lines, err)
		}
	}
}
