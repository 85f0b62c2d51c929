package anvil_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"ostler/test/stock"
)

// serveAuth plays dovecot's auth server on private/auth of an instance, for the
// mechanism PLAIN and the password "secret", until the test ends.
func serveAuth(t *testing.T, inst *stock.Instance) {
	t.Helper()
	path := inst.Socket("private/auth")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	var (
		mu    sync.Mutex
		conns []net.Conn // guarded by mu
		wait  sync.WaitGroup
	)
	// Ended by the close of l; the cleanup waits.
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			// Ended by the close of conn; the cleanup waits.
			wait.Go(func() { authenticate(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		wait.Wait()
	})
}

// authenticate serves one smtpd.
func authenticate(conn net.Conn) {
	fmt.Fprint(conn, "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
	in := bufio.NewScanner(conn)
	for in.Scan() {
		// AUTH <id> PLAIN <parameters>, of which the last is the client's response.
		fields := strings.Split(in.Text(), "\t")
		if fields[0] != "AUTH" || len(fields) < 3 {
			continue
		}
		response, _ := strings.CutPrefix(fields[len(fields)-1], "resp=")
		plain, err := base64.StdEncoding.DecodeString(response)
		if parts := strings.Split(string(plain), "\x00"); err == nil && len(parts) == 3 && parts[2] == "secret" {
			fmt.Fprintf(conn, "OK\t%s\tuser=%s\n", fields[1], parts[1])
		} else {
			fmt.Fprintf(conn, "FAIL\t%s\treason=wrong\n", fields[1])
		}
	}
}
