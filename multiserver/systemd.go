package multiserver

import (
	"os"

	"github.com/coreos/go-systemd/v22/daemon"
)

// systemd is what systemd has given this process.
type systemd struct {
	listeners []*os.File
}

// findSystemd takes over what systemd's socket activation has left; nil if
// there is nothing.
func (s *process) findSystemd() error {
	files, err := s.fromSystemd()
	if err != nil || files == nil {
		return err
	}
	s.systemd = &systemd{listeners: files}
	return nil
}

// notify tells systemd, or whoever has set NOTIFY_SOCKET, how the process is.
// Under a master nobody listens.
func (s *process) notify(state string) {
	if s.underMaster || s.env.get("NOTIFY_SOCKET") == "" {
		return
	}
	if _, err := daemon.SdNotify(false, state); err != nil && state != "WATCHDOG=1" {
		s.log.Warningf("cannot notify the service manager: %v", err)
	}
}
