package servertest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"testing"

	"ostler/masterproto"
	"ostler/multiserver"
	"ostler/multiserver/servertest"
)

// NewUpper is the service under test: it answers each line in upper case.
func NewUpper() *multiserver.Server {
	return &multiserver.Server{
		Frame: multiserver.Lines,
		Handle: func(c *multiserver.Conn, req []byte) error {
			_, err := c.Write(bytes.ToUpper(req))
			return err
		},
	}
}

// Every package that tests a service has a TestMain like this one: the test
// binary is the service too.
func ExampleMain() {
	_ = func(m *testing.M) { // func TestMain(m *testing.M)
		servertest.Main(m, map[string]func() *multiserver.Server{"upper": NewUpper})
	}
}

// A test starts a process of the service, talks to it, and looks what its master
// and its log have heard.
func ExampleStart() {
	_ = func(t *testing.T) { // func TestUpper(t *testing.T)
		svc := servertest.Start(t, servertest.Config{
			Server: "upper",
			Args:   []string{"-o", "ipc_timeout=5s"},
		})
		conn := svc.Dial()
		fmt.Fprintln(conn, "hello")
		if line, err := bufio.NewReader(conn).ReadString('\n'); line != "HELLO\n" {
			t.Errorf("the reply is %q, %v", line, err)
		}
		if first := svc.Status(); first.Availability != masterproto.Taken {
			t.Errorf("master has heard %+v", first)
		}
		svc.Reload()
		if state := svc.Wait(); !state.Success() {
			t.Errorf("after a reload: %v", state)
		}
		for _, record := range svc.Log() {
			t.Errorf("in the log: %v", record)
		}
	}
}
