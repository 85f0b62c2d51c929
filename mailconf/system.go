package mailconf

import (
	"net/netip"
	"os"
	"strings"
	"syscall"
)

// SystemHost returns the Host that is this machine. Its methods may be called
// by several goroutines at the same time.
func SystemHost() Host {
	return &system{passwd: "/etc/passwd", group: "/etc/group", hosts: "/etc/hosts", nsswitch: "/etc/nsswitch.conf", ask: getent}
}

// system is the real Host.
type system struct {
	// Static after construction.
	passwd   string
	group    string
	hosts    string
	nsswitch string
	ask      func(database string, keys ...string) ([]string, error)
}

func (*system) Hostname() (string, error) { return os.Hostname() }

func (*system) PID() int { return os.Getpid() }

func (*system) Supports(ipv6 bool) error {
	family := syscall.AF_INET
	if ipv6 {
		family = syscall.AF_INET6
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return syscall.Close(fd)
}

// Addresses looks into /etc/hosts, then asks getent.
func (h *system) Addresses(name string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{addr.WithZone("")}, nil
	}
	if name == "" {
		return nil, nil
	}
	var found []netip.Addr
	eachLine(h.hosts, func(line string) bool {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		for i, alias := range fields {
			if i > 0 && equalFoldASCII(alias, name) {
				if addr, err := netip.ParseAddr(fields[0]); err == nil {
					found = append(found, addr)
				}
				break
			}
		}
		return true
	})
	if found != nil {
		return found, nil
	}
	lines, err := h.ask("ahosts", name)
	if err != nil {
		return nil, unlessNotFound(err)
	}
	for _, line := range lines {
		text, _, _ := strings.Cut(line, " ")
		if addr, err := netip.ParseAddr(text); err == nil {
			found = append(found, addr)
		}
	}
	return found, nil
}

// eachLine calls yield with the lines of a file until it returns false. A file
// that cannot be read has no lines: the databases then have other sources or
// none, as for the C library.
func eachLine(path string, yield func(line string) bool) {
	text, _, err := readFile(path, maxDatabase)
	if err != nil {
		return
	}
	for line := range strings.Lines(text) {
		if !yield(strings.TrimSuffix(line, "\n")) {
			return
		}
	}
}

// maxDatabase bounds the files of the user, group and host databases, in bytes.
const maxDatabase = 64 << 20
