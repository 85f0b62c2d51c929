package mailconf

import (
	"errors"
	"net/netip"
)

// ErrNotFound is the error of a Host for names and numbers that nobody knows.
var ErrNotFound = errors.New("not found")

// User is what Postfix needs of an entry of the password database.
type User struct {
	Name string
	UID  int
	GID  int // primary group
}

// Group is what Postfix needs of an entry of the group database.
type Group struct {
	Name string
	GID  int
}

// Host answers what a configuration depends on beside main.cf. InitParams calls
// its methods one at a time. A fake one makes tests independent of the machine.
type Host interface {
	// Hostname returns the kernel's name for this host.
	Hostname() (string, error)
	// PID returns the process id that parameters and logging show.
	PID() int
	// UserByName and the three after it search the user and group databases.
	// The error is or wraps ErrNotFound where the search was possible.
	UserByName(name string) (User, error)
	UserByID(uid int) (User, error)
	GroupByName(name string) (Group, error)
	GroupByID(gid int) (Group, error)
	// Groups returns all groups of a user, gid first: the list for
	// setgroups(2), as initgroups(3) makes it.
	Groups(user string, gid int) ([]int, error)
	// Supports returns nil if sockets for IPv6 (or IPv4) can be made, else
	// the error of socket(2).
	Supports(ipv6 bool) error
	// Interfaces returns the addresses of all interfaces that are up, with
	// the lengths of their netmasks, in the kernel's order.
	Interfaces() ([]netip.Prefix, error)
	// Addresses returns the addresses of a host name or a numeric address,
	// in any order; none if it has none.
	Addresses(name string) ([]netip.Addr, error)
	// FirstLine returns the first line of a file that only its owner can
	// have put there. The text of an error is what follows the file's name
	// in stock's message.
	FirstLine(path string) (string, error)
}
