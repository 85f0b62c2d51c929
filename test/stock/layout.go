package stock

import (
	"fmt"
	"os"
	"path/filepath"
)

// Who owns a folder of an instance.
const (
	byRoot = iota
	byOwner
	byPostdrop // owner: the mail owner; group: the set-gid group
)

// folders is what the package's postfix-files and its scripts create, and
// `postfix check` wants to find. Folders come before what they contain.
var folders = []struct {
	path  string
	owner int
	mode  os.FileMode
}{
	{"conf", byRoot, 0o755},
	{"log", byRoot, 0o755},
	{"data", byOwner, 0o700},
	{"queue", byRoot, 0o755},
	{"queue/active", byOwner, 0o700},
	{"queue/bounce", byOwner, 0o700},
	{"queue/corrupt", byOwner, 0o700},
	{"queue/defer", byOwner, 0o700},
	{"queue/deferred", byOwner, 0o700},
	{"queue/flush", byOwner, 0o700},
	{"queue/hold", byOwner, 0o700},
	{"queue/incoming", byOwner, 0o700},
	{"queue/private", byOwner, 0o700},
	{"queue/saved", byOwner, 0o700},
	{"queue/trace", byOwner, 0o700},
	{"queue/maildrop", byPostdrop, 0o730 | os.ModeSticky},
	{"queue/public", byPostdrop, 0o710 | os.ModeSetgid},
	{"queue/pid", byRoot, 0o755},
	{"queue/dev", byRoot, 0o755},
	{"queue/etc", byRoot, 0o755},
	{"queue/lib", byRoot, 0o755},
	{"queue/usr", byRoot, 0o755},
	{"queue/usr/lib", byRoot, 0o755},
	{"queue/usr/lib/zoneinfo", byRoot, 0o755},
}

// makeFolders lays out an instance under dir, which exists.
func makeFolders(dir string) error {
	owner, postdrop, err := owners()
	if err != nil {
		return fmt.Errorf("cannot lay out an instance: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("cannot lay out an instance: %w", err)
	}
	for _, f := range folders {
		path := filepath.Join(dir, f.path)
		who := ids{}
		switch f.owner {
		case byOwner:
			who = owner
			who.gid = 0
		case byPostdrop:
			who = ids{owner.uid, postdrop.gid}
		}
		if err := os.Mkdir(path, 0o700); err != nil {
			return fmt.Errorf("cannot lay out an instance: %w", err)
		}
		if err := os.Chown(path, who.uid, who.gid); err != nil {
			return fmt.Errorf("cannot lay out an instance: %w", err)
		}
		// After chown, which clears the set-gid bit, and whatever the umask is.
		if err := os.Chmod(path, f.mode); err != nil {
			return fmt.Errorf("cannot lay out an instance: %w", err)
		}
	}
	return nil
}
