package maillog_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"ostler/maillog"
)

// patience bounds how long a test waits for what must happen.
const patience = 20 * time.Second

// listen binds a datagram socket, as a log daemon does, and removes the one that
// a previous daemon has left.
func listen(t testing.TB, path string) *net.UnixConn {
	t.Helper()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// receive reads one datagram.
func receive(t testing.TB, conn net.Conn) string {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	buffer := make([]byte, 65536)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}

// environment is a process environment of its own.
type environment map[string]string

func (e environment) get(name string) string { return e[name] }

func (e environment) set(name, value string) error { e[name] = value; return nil }

func (e environment) unset(name string) error { delete(e, name); return nil }

// fixedTime is a date whose day has one digit.
func fixedTime() time.Time { return time.Date(2026, 11, 3, 8, 4, 20, 123456789, time.UTC) }

// options are those of a program with its own environment and time.
func options(e environment) maillog.Options {
	return maillog.Options{
		Program: "/usr/lib/postfix/anvil", PID: 123, Now: fixedTime,
		Getenv: e.get, Setenv: e.set, Unsetenv: e.unset,
	}
}

// newLogger returns a logger that the test closes.
func newLogger(t testing.TB, o maillog.Options) *maillog.Logger {
	t.Helper()
	l := maillog.New(o)
	t.Cleanup(func() { _ = l.Close() })
	return l
}
