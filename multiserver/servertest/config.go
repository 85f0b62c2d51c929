package servertest

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"ostler/masterproto"
)

// DefaultTimeout is how long a test waits for anything that must happen.
const DefaultTimeout = 20 * time.Second

// Config says which service to run, and what master.cf and main.cf say of it.
type Config struct {
	// Server is the name of one of Main's servers. Either Server or Program must
	// be set.
	Server string

	// Program is the path of a program to run instead, ours or stock's.
	Program string

	// Name is the name of the service, the first field of master.cf (default
	// Server, or the last element of Program).
	Name string

	// Transport is unix, inet or pass (default unix).
	Transport string

	// Sockets is how many listening sockets there are (default 1). Those of inet
	// are at different ports of the loopback interface.
	Sockets int

	// ProcessLimit is what master.cf says: 1 adds -l, a negative value means no
	// limit and adds -z. The default is that of main.cf, 100, for which there is no
	// option. It does not keep the test from starting more processes.
	ProcessLimit int

	// User runs the process as this account, which must exist, by -u. It becomes
	// mail_owner. The test must run as root. By default there is no -u, and the
	// process has the test's own rights.
	User string

	// Chroot locks the process in the queue directory, by -c. The test must run as
	// root.
	Chroot bool

	// Args are the last words of the line in master.cf, such as "-o",
	// "ipc_timeout=1s", and those that the service itself understands.
	Args []string

	// Params are settings of main.cf. They go before the kit's own.
	Params map[string]string

	// Env are further variables, as NAME=value.
	Env []string

	// Retiring makes master one that understands masterproto.Retiring, so that the
	// service needs no small parent to drain.
	Retiring bool

	// Stderr is the process's standard error (default /dev/null, as under master).
	// It stays the caller's.
	Stderr *os.File

	// Timeout bounds each wait (default DefaultTimeout).
	Timeout time.Duration
}

// withDefaults returns c with every field set that has a default.
func (c Config) withDefaults(t testing.TB) Config {
	t.Helper()
	if (c.Server == "") == (c.Program == "") {
		t.Fatal("servertest: exactly one of Server and Program must be set")
	}
	if c.Program == "" {
		if _, child := os.LookupEnv(envServer); child {
			t.Fatal("servertest: TestMain must call servertest.Main")
		}
		exe, err := os.Executable()
		if err != nil {
			t.Fatalf("servertest: cannot find the test binary: %v", err)
		}
		c.Program = exe
	}
	if c.Name == "" {
		c.Name = c.command()
	}
	if c.Transport == "" {
		c.Transport = masterproto.TransportUnix
	}
	if c.Sockets == 0 {
		c.Sockets = 1
	}
	if c.ProcessLimit == 0 {
		c.ProcessLimit = 100
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	return c
}

// command is the word that stands for the program in master.cf.
func (c *Config) command() string {
	if c.Server != "" {
		return c.Server
	}
	return filepath.Base(c.Program)
}

// argv is the command line in the order of stock's master.
// postfix: src/master/master_ent.c get_master_ent
func (c *Config) argv() []string {
	argv := []string{c.command()}
	switch {
	case c.ProcessLimit == 1:
		argv = append(argv, "-l")
	case c.ProcessLimit < 0:
		argv = append(argv, "-z")
	}
	if c.Name != c.command() {
		argv = append(argv, "-n", c.Name)
	}
	argv = append(argv, "-t", c.Transport)
	if c.User != "" {
		argv = append(argv, "-u")
	}
	if c.Chroot {
		argv = append(argv, "-c")
	}
	if c.ProcessLimit > 1 && c.Transport == masterproto.TransportPass {
		argv = append(argv, "-o", "stress=")
	}
	if c.Sockets > 1 {
		argv = append(argv, "-s", strconv.Itoa(c.Sockets))
	}
	return append(argv, c.Args...)
}
