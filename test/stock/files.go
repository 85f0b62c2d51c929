package stock

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Hostname is myhostname of every instance.
const Hostname = "stock.example.test"

// hotAge is how far back configuration files are dated: a program that finds
// main.cf modified less than some two seconds ago sleeps before it reads on.
const hotAge = 10 * time.Second

// mainParameters are the settings under those of Config.Main: nothing leaves
// the host, nothing depends on its name or its tables.
var mainParameters = map[string]string{
	"compatibility_level":      "3.6",
	"command_directory":        CommandDirectory,
	"daemon_directory":         DaemonDirectory,
	"queue_directory":          "@dir@/queue",
	"data_directory":           "@dir@/data",
	"mail_owner":               MailOwner,
	"setgid_group":             SetgidGroup,
	"maillog_file":             "@dir@/log/mail.log",
	"maillog_file_prefixes":    "@dir@/log",
	"myhostname":               Hostname,
	"mydomain":                 "example.test",
	"myorigin":                 Hostname,
	"mydestination":            "",
	"mynetworks":               "127.0.0.0/8",
	"inet_interfaces":          "127.0.0.1",
	"inet_protocols":           "ipv4",
	"alias_maps":               "",
	"alias_database":           "",
	"local_recipient_maps":     "",
	"relay_domains":            "",
	"default_transport":        "discard:",
	"smtpd_peername_lookup":    "no",
	"smtpd_banner":             "$myhostname ESMTP",
	"smtpd_relay_restrictions": "permit_mynetworks, reject",
	"disable_dns_lookups":      "yes",
	"smtp_host_lookup":         "native",
	"append_dot_mydomain":      "no",
	"biff":                     "no",
	"in_flow_delay":            "0",
}

// defaultServices are those of Debian's master.cf that a test may need without
// naming them, none of them in a jail. Processes start on demand only.
var defaultServices = []string{
	"pickup    unix  n       -       n       60      1       pickup",
	"cleanup   unix  n       -       n       -       0       cleanup",
	"qmgr      unix  n       -       n       300     1       qmgr",
	"tlsmgr    unix  -       -       n       1000?   1       tlsmgr",
	"rewrite   unix  -       -       n       -       -       trivial-rewrite",
	"bounce    unix  -       -       n       -       0       bounce",
	"defer     unix  -       -       n       -       0       bounce",
	"trace     unix  -       -       n       -       0       bounce",
	"verify    unix  -       -       n       -       1       verify",
	"flush     unix  n       -       n       1000?   0       flush",
	"proxymap  unix  -       -       n       -       -       proxymap",
	"proxywrite unix -       -       n       -       1       proxymap",
	"smtp      unix  -       -       n       -       -       smtp",
	"relay     unix  -       -       n       -       -       smtp",
	"showq     unix  n       -       n       -       -       showq",
	"error     unix  -       -       n       -       -       error",
	"retry     unix  -       -       n       -       -       error",
	"discard   unix  -       -       n       -       -       discard",
	"local     unix  -       n       n       -       -       local",
	"virtual   unix  -       n       n       -       -       virtual",
	"lmtp      unix  -       -       n       -       -       lmtp",
	"anvil     unix  -       -       n       -       1       anvil",
	"scache    unix  -       -       n       -       1       scache",
}

const postlogdService = "postlog   unix-dgram n  -       n       -       1       postlogd"

// serviceKey tells master.cf lines of one service apart from those of others:
// the first two fields.
func serviceKey(line string) string {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return line
	}
	return fields[0] + "/" + fields[1]
}

// mergeServices puts each line of set into lines, in the place of the line of
// the same name and type if there is one.
func mergeServices(lines []string, set ...string) []string {
	lines = slices.Clone(lines)
	for _, line := range set {
		at := slices.IndexFunc(lines, func(old string) bool { return serviceKey(old) == serviceKey(line) })
		if at >= 0 {
			lines[at] = line
		} else {
			lines = append(lines, line)
		}
	}
	return lines
}

// writeConfig writes main.cf and master.cf.
func (inst *Instance) writeConfig() error {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(inst.main)) {
		fmt.Fprintf(&b, "%s = %s\n", name, inst.Expand(inst.main[name]))
	}
	if err := inst.WriteFile("conf/main.cf", b.String()); err != nil {
		return err
	}
	return inst.WriteFile("conf/master.cf", inst.Expand(strings.Join(inst.services, "\n"))+"\n")
}

// Expand replaces @addr@ by the instance's address and @dir@ by its folder, as
// is done for the values and lines of [Config].
func (inst *Instance) Expand(text string) string {
	return strings.NewReplacer("@addr@", inst.Addr, "@dir@", inst.Dir).Replace(text)
}

// WriteFile writes a file, relative to the instance's folder, with mode 0644
// and dated back, so that no program takes it for one that is still being
// edited.
func (inst *Instance) WriteFile(path, text string) error {
	abs := inst.Path(path)
	// A new file in the old one's place: who reads it sees all or nothing.
	tmp := abs + ".new"
	if err := os.WriteFile(tmp, []byte(text), 0o644); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := os.Chmod(tmp, 0o644); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	past := time.Now().Add(-hotAge)
	if err := os.Chtimes(tmp, past, past); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := os.Rename(tmp, abs); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// Path makes a path relative to the instance's folder absolute.
func (inst *Instance) Path(rel string) string { return filepath.Join(inst.Dir, rel) }

// SetMain changes main.cf: each parameter is set, and one with the value
// [Unset] goes back to stock's default. Programs that run keep what they have
// read; see [Instance.Reload].
func (inst *Instance) SetMain(parameters map[string]string) {
	inst.t.Helper()
	for name, value := range parameters {
		if value == Unset {
			delete(inst.main, name)
		} else {
			inst.main[name] = value
		}
	}
	if err := inst.writeConfig(); err != nil {
		inst.t.Fatalf("%v", err)
	}
}

// Unset, as the value of a parameter, leaves it out of main.cf.
const Unset = "\x00unset"

// SetService changes master.cf: each line replaces the one of the same service
// name and type, or is added. master(8) knows after [Instance.Reload].
func (inst *Instance) SetService(lines ...string) {
	inst.t.Helper()
	inst.services = mergeServices(inst.services, lines...)
	if err := inst.writeConfig(); err != nil {
		inst.t.Fatalf("%v", err)
	}
}

// RemoveService takes a service out of master.cf.
func (inst *Instance) RemoveService(name, transport string) {
	inst.t.Helper()
	inst.services = slices.DeleteFunc(inst.services, func(line string) bool {
		return serviceKey(line) == name+"/"+transport
	})
	if err := inst.writeConfig(); err != nil {
		inst.t.Fatalf("%v", err)
	}
}
