// Package skeleton_test has stock's master run services on ostler/multiserver in
// every way that master.cf knows, and looks at how they start, what they hold,
// and how they leave:
//
//	go test ./test/skeleton
//
// The services are anvil and test/services/probe, which are built here, in both
// forms in which they can serve clients. Stock's anvil, where it is run beside them, tells what
// master says of a process that dies.
package skeleton_test

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ostler/test/stock"
)

// limit is how long any one thing may take: no test waits for it when all is
// well.
const limit = 15 * time.Second

// binaries is the folder with the programs under test, made by TestMain.
var binaries string

func TestMain(m *testing.M) {
	flag.Parse()
	// Tests wait more than they compute, and each has an instance of its own.
	if err := flag.Set("test.parallel", "12"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if err := stock.Check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "ostler-skeleton-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binaries = dir
	build := exec.Command("go", "build", "-o", dir+"/", "ostler/cmd/anvil", "ostler/test/services/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot build the services: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// peer is a program of ours in one form, or stock's.
func peer(t *testing.T, program, engine string) stock.Peer {
	t.Helper()
	if engine == "stock" {
		return stock.Peer{Name: engine, Command: program, IsStock: true}
	}
	command, err := stock.Command(filepath.Join(binaries, program))
	if err != nil {
		t.Fatal(err)
	}
	return stock.Peer{Name: engine, Command: command, Engine: engine}
}

// engines are the forms in which ours serve clients.
var engines = []string{"loops", "goroutines"}

// newInstance makes an instance with the services of lines, in which @probe@
// and @anvil@ stand for the commands of our programs, and starts it.
func newInstance(t *testing.T, engine string, cfg stock.Config) *stock.Instance {
	t.Helper()
	probe, anvil := peer(t, "probe", engine), peer(t, "anvil", engine)
	if cfg.Main == nil {
		cfg.Main = map[string]string{}
	}
	for name, value := range probe.Main() {
		cfg.Main[name] = value
	}
	for i, line := range cfg.Master {
		cfg.Master[i] = strings.NewReplacer("@probe@", probe.Command, "@anvil@", anvil.Command).Replace(line)
	}
	cfg.Lifetime = 2 * time.Minute
	inst := stock.New(t, cfg)
	if jailed(cfg.Master) {
		inst.FillJail()
	}
	inst.Start()
	return inst
}

// jailed tells whether a master.cf line asks for a jail.
func jailed(lines []string) bool {
	for _, line := range lines {
		if fields := strings.Fields(line); len(fields) > 4 && fields[4] == "y" {
			return true
		}
	}
	return false
}

// endpoint is where a service is.
type endpoint struct{ network, address string }

// at is the endpoint of a unix-domain service, "private/probe", of an inet
// service, "2601", or of private/passed, which is passed its connections:
// "pass".
func at(inst *stock.Instance, name string) endpoint {
	if name == "pass" {
		return endpoint{"pass", inst.Socket("private/passed")}
	}
	if strings.Contains(name, "/") {
		return endpoint{"unix", inst.Socket(name)}
	}
	return endpoint{"tcp", net.JoinHostPort(inst.Addr, name)}
}

// talk is one connection on which a test asks the probe.
type talk struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// call connects. The connection is closed with the test at the latest.
func call(t *testing.T, e endpoint) *talk {
	t.Helper()
	conn, err := net.Dial(e.network, e.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &talk{t, conn, bufio.NewReader(conn)}
}

// ask sends lines as one request and returns the lines of the reply.
func (k *talk) ask(lines ...string) []string {
	k.t.Helper()
	reply, err := k.try(lines...)
	if err != nil {
		k.t.Fatalf("request %q: %v", lines, err)
	}
	return reply
}

// try is ask for a request that may have no reply.
func (k *talk) try(lines ...string) ([]string, error) {
	if err := k.conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return nil, err
	}
	if _, err := k.conn.Write([]byte(strings.Join(lines, "\n") + "\n\n")); err != nil {
		return nil, err
	}
	reply, err := readList(k.in)
	return strings.Split(strings.TrimSuffix(reply, "\n\n"), "\n"), err
}

// value asks for one thing and returns what stands behind its name.
func (k *talk) value(line string) string {
	k.t.Helper()
	reply := k.ask(line)
	value, ok := strings.CutPrefix(reply[0], line)
	if !ok || len(reply) != 1 {
		k.t.Fatalf("request %q: reply %q", line, reply)
	}
	return strings.TrimPrefix(value, "=")
}

// pid asks for the process that serves this connection.
func (k *talk) pid() int {
	k.t.Helper()
	var pid int
	if _, err := fmt.Sscan(k.value("pid"), &pid); err != nil {
		k.t.Fatal(err)
	}
	return pid
}

// readList reads up to an empty line.
func readList(in *bufio.Reader) (string, error) {
	var list strings.Builder
	for {
		line, err := in.ReadString('\n')
		list.WriteString(line)
		if err != nil || line == "\n" {
			return list.String(), err
		}
	}
}

// await polls for what the kernel does not tell about.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
