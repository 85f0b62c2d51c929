package skeleton_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"testing"

	"ostler/test/stock"
)

// parentOf returns the parent of a process, which must be there.
func parentOf(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	var state string
	var parent int
	// "pid (name) state ppid ...": the name may contain anything.
	if _, err := fmt.Sscan(string(data[bytes.LastIndexByte(data, ')')+1:]), &state, &parent); err != nil {
		t.Fatal(err)
	}
	return parent
}

// owner is the mail owner as /proc shows it.
type owner struct {
	uid, gid string
	groups   []string // with gid
}

func mailOwner(t *testing.T) owner {
	t.Helper()
	u, err := user.Lookup(stock.MailOwner)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := u.GroupIds()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(groups)
	return owner{u.Uid, u.Gid, groups}
}

func newReader(conn net.Conn) *bufio.Reader { return bufio.NewReader(conn) }

// wakeFIFO writes to a service of type fifo, as a trigger does.
func wakeFIFO(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("W"); err != nil {
		t.Fatal(err)
	}
}
