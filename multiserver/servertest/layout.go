package servertest

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// layout is where the files of a service are: main.cf in dir, and below it what
// main.cf names.
type layout struct{ dir string }

func (l layout) queue() string          { return filepath.Join(l.dir, "queue") }
func (l layout) data() string           { return filepath.Join(l.dir, "data") }
func (l layout) mainCF() string         { return filepath.Join(l.dir, "main.cf") }
func (l layout) postlog() string        { return filepath.Join(l.queue(), "public", "postlog") }
func (l layout) socket(n string) string { return filepath.Join(l.queue(), "private", n) }

// newLayout makes the folders. They are not those of testing.T.TempDir, whose
// paths are too long for sockets and closed to other users.
func newLayout() (layout, error) {
	dir, err := os.MkdirTemp("", "svc")
	if err != nil {
		return layout{}, err
	}
	l := layout{dir}
	for _, sub := range []string{dir, l.queue(), l.data(), filepath.Dir(l.postlog()), filepath.Dir(l.socket("x"))} {
		if err := os.MkdirAll(sub, 0o755); err != nil {
			return l, err
		}
		if err := os.Chmod(sub, 0o755); err != nil { // whatever the umask is
			return l, err
		}
	}
	return l, nil
}

// writeMainCF writes main.cf and puts its date back: a process that finds one
// of the last seconds waits until it is older.
// postfix: src/util/dict.c, "stale read" rule
func (l layout) writeMainCF(c *Config) error {
	settings := map[string]string{
		"compatibility_level":   "3.6",
		"queue_directory":       l.queue(),
		"data_directory":        l.data(),
		"maillog_file":          filepath.Join(l.dir, "maillog"),
		"maillog_file_prefixes": l.dir,
		"postlog_service_name":  filepath.Base(l.postlog()),
		"syslog_name":           "postfix",
		"myhostname":            "host.example.com",
		"mydomain":              "example.com",
		"inet_interfaces":       "127.0.0.1",
		"inet_protocols":        "ipv4",
		"mynetworks":            "127.0.0.0/8",
	}
	chooseAccounts(c.User).set(settings)
	maps.Copy(settings, c.Params)
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "%s = %s\n", name, settings[name])
	}
	if err := os.WriteFile(l.mainCF(), []byte(text.String()), 0o644); err != nil {
		return err
	}
	old := time.Now().Add(-time.Hour)
	return os.Chtimes(l.mainCF(), old, old)
}

// accounts are the names that main.cf must have. All of Postfix's programs look
// them up, whether they need them or not, and want three that share no id.
// postfix: src/global/mail_params.c check_overlap
type accounts struct{ owner, privs, setgid string }

func (a accounts) set(settings map[string]string) {
	for name, value := range map[string]string{
		"mail_owner": a.owner, "default_privs": a.privs, "setgid_group": a.setgid,
	} {
		if value != "" {
			settings[name] = value
		}
	}
}

// account is a line of passwd or group; of a group, gid is its id.
type account struct {
	name     string
	uid, gid int
}

// chooseAccounts finds names on this host, owner among them if it is not empty.
// What cannot be found is left to Postfix's defaults.
func chooseAccounts(owner string) accounts {
	chosen := accounts{owner: owner}
	users, groups := unprivileged("/etc/passwd", 2, 3), unprivileged("/etc/group", 2, 2)
	used := map[int]bool{}
	uid := -1
	for _, u := range users {
		if u.name == owner || owner == "" && chosen.owner == "" {
			chosen.owner, uid = u.name, u.uid
			used[u.gid] = true
		}
	}
	for _, u := range users {
		if chosen.privs == "" && u.uid != uid && !used[u.gid] {
			chosen.privs = u.name
			used[u.gid] = true
		}
	}
	for _, g := range groups {
		if chosen.setgid == "" && !used[g.gid] {
			chosen.setgid = g.name
		}
	}
	return chosen
}

// unprivileged reads the accounts of a file that are not root's, each id once.
// uidAt and gidAt are the places of the numbers in a line.
func unprivileged(file string, uidAt, gidAt int) (found []account) {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	seen := map[int]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), ":")
		if len(fields) <= gidAt {
			continue
		}
		uid, err1 := strconv.Atoi(fields[uidAt])
		gid, err2 := strconv.Atoi(fields[gidAt])
		if err1 == nil && err2 == nil && uid > 0 && gid > 0 && !seen[uid] {
			found = append(found, account{fields[0], uid, gid})
		}
		seen[uid] = true
	}
	return found
}
