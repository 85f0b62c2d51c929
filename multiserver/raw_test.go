package multiserver_test

import (
	"io"
	"net"
	"os"
	"testing"

	"ostler/masterproto"
	"ostler/multiserver/servertest"
)

// connFile is the connection for functions of masterproto.
func connFile(t *testing.T, conn *net.UnixConn) *os.File {
	t.Helper()
	file, err := conn.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func sendFD(t *testing.T, conn *net.UnixConn, fd int) {
	t.Helper()
	if err := masterproto.SendFD(connFile(t, conn), fd); err != nil {
		t.Fatal(err)
	}
}

// TestRawSwap: data and descriptors, alternating, in both directions.
func TestRawSwap(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "swap"})
	c := dial(t, svc)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for range 3 {
		c.send("Eabcd")
		c.read("abcd")
		c.send("F")
		sendFD(t, c.Conn.(*net.UnixConn), int(w.Fd()))
		fd, err := masterproto.ReceiveFD(connFile(t, c.Conn.(*net.UnixConn)))
		if err != nil {
			t.Fatal(err)
		}
		back := os.NewFile(uintptr(fd), "descriptor that came back")
		back.WriteString("x")
		back.Close()
		if n, err := r.Read(make([]byte, 2)); n != 1 || err != nil {
			t.Fatalf("the descriptor that came back is another one: %v", err)
		}
	}
	c.send("E12")
	c.send("34E56")
	c.read("1234")
	c.send("78")
	c.read("5678")
	c.send("X")
	c.expect("what?")
	c.ends()
}

// read reads exactly want.
func (c *client) read(want string) {
	c.t.Helper()
	buf := make([]byte, len(want))
	if n, err := io.ReadFull(c.r, buf); string(buf) != want {
		c.t.Fatalf("%q and %v, want %q", buf[:n], err, want)
	}
}

// TestRawEnds: a raw client that goes, in mid-request or not, or makes its
// handler fail.
func TestRawEnds(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "swap", Args: []string{"-o", "ipc_timeout=1s"}})
	good := dial(t, svc)
	for _, text := range []string{"", "E", "Eab", "F", "P"} {
		c := dial(t, svc)
		c.send(text)
		if text != "P" {
			c.closeWrite()
		}
		c.broken()
	}
	slow := dial(t, svc)
	slow.send("Eab")
	slow.broken()
	until(t, "all have gone", func() bool { return logged(svc, "raw client gone") == 6 })
	svc.Logged("panic while serving a client: spoilt request")
	good.send("Eabcd")
	good.read("abcd")
}

// TestRawGreeting: PostAccept of the raw form, with attributes.
func TestRawGreeting(t *testing.T) {
	t.Parallel()
	svc := servertest.Start(t, servertest.Config{Server: "rawgreet", Transport: "pass"})
	c := newClient(t, svc.DialPass(map[string]string{"a": "b"}))
	c.expect("hello a=b")
	c.send("Eabcd")
	c.read("abcd")
	unwanted := newClient(t, svc.DialPass(map[string]string{"client_name": "unwanted"}))
	unwanted.expect("hello client_name=unwanted")
	unwanted.ends()
}
