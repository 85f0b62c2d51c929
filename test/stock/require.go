package stock

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
)

// Where Debian has put Postfix, and the accounts that it runs under.
const (
	DaemonDirectory  = "/usr/lib/postfix/sbin"
	CommandDirectory = "/usr/sbin"
	MailOwner        = "postfix"
	SetgidGroup      = "postdrop"

	jailScript = "/usr/lib/postfix/configure-instance.sh"
)

// TB is the part of testing.TB that this package needs; a benchmark that is a
// program of its own can supply it too.
type TB interface {
	Helper()
	Name() string
	Failed() bool
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Check tells why no instance can be run here: no Debian Postfix, or not the
// superuser. It returns nil if all is well. For TestMain.
func Check() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("cannot run stock Postfix: master(8) is reserved for the superuser, and this is uid %d", os.Geteuid())
	}
	for _, path := range []string{
		filepath.Join(DaemonDirectory, "master"),
		filepath.Join(DaemonDirectory, "anvil"),
		filepath.Join(CommandDirectory, "postconf"),
		jailScript,
	} {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("cannot run stock Postfix: %w (install it with: make deps)", err)
		}
	}
	if _, _, err := owners(); err != nil {
		return fmt.Errorf("cannot run stock Postfix: %w (install it with: make deps)", err)
	}
	return nil
}

// Require ends the test with an error, and never skips it, where [Check] finds
// something missing.
func Require(t TB) {
	t.Helper()
	if err := Check(); err != nil {
		t.Fatalf("%v", err)
	}
}

// owners looks up the mail owner and the set-gid group.
func owners() (owner ids, postdrop ids, err error) {
	u, err := user.Lookup(MailOwner)
	if err != nil {
		return owner, postdrop, err
	}
	g, err := user.LookupGroup(SetgidGroup)
	if err != nil {
		return owner, postdrop, err
	}
	if _, err := fmt.Sscan(u.Uid+" "+u.Gid, &owner.uid, &owner.gid); err != nil {
		return owner, postdrop, fmt.Errorf("cannot parse the ids of user %s: %w", MailOwner, err)
	}
	if _, err := fmt.Sscan(g.Gid, &postdrop.gid); err != nil {
		return owner, postdrop, fmt.Errorf("cannot parse the id of group %s: %w", SetgidGroup, err)
	}
	return owner, postdrop, nil
}

// ids are the owner and group of a file.
type ids struct{ uid, gid int }
