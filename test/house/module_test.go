package house_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// buildCommand is a command in the README's prose that ends in a build.
var buildCommand = regexp.MustCompile("`(go [^`]*\\bgo build\\b[^`]*|go build[^`]*)`")

// TestOwnModule makes a module outside of the repository by the commands of the
// README, with the program of the README, and talks to what comes out.
func TestOwnModule(t *testing.T) {
	t.Parallel()
	m := buildCommand.FindStringSubmatch(paragraphs(t, moduleSection))
	if m == nil {
		t.Fatalf("README.md: no `go build` under %q", moduleSection)
	}
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := shortDir(t)
	source := filepath.Join(dir, "source")
	if err := os.WriteFile(source, []byte(find(t, moduleSection, "go", "package main").text), 0o644); err != nil {
		t.Fatal(err)
	}
	setup := strings.ReplaceAll(find(t, moduleSection, "sh", "-replace").text, "PATH/TO/ostler", checkout)
	// The sums that the checkout has, too: no test is to depend on the database of
	// sums being reachable.
	script := setup + "\ncp " + source + " main.go\ncp " + filepath.Join(checkout, "go.sum") + " .\n" + m[1] + "\n"
	cmd := exec.Command("sh", "-eu", "-c", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	program := filepath.Join(dir, "mine", "mine")
	if _, err := os.Stat(program); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	byHand(t, program, "--listen", "unix:"+socket)
	if got := exchange(t, "unix", socket, "hello\n"); got != "hello\n" {
		t.Errorf("the service answers %q, want what it was sent", got)
	}
}

// TestByHand starts the programs of build/ as the README does, on other
// addresses.
func TestByHand(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(shortDir(t), "anvil.sock")
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	l.Close()
	addresses := map[string]string{"unix:/tmp/anvil.sock": socket, "inet:127.0.0.1:12345": free}
	text := find(t, handSection, "sh", "--listen").text
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		words := strings.Fields(line)
		network, _, _ := strings.Cut(words[2], ":")
		address := addresses[words[2]]
		if address == "" || words[0] != "build/anvil" {
			t.Errorf("README.md: do not know how to run %q", line)
			continue
		}
		words[2] = network + ":" + address
		byHand(t, program(t, "anvil"), words[1:]...)
		network = strings.Replace(network, "inet", "tcp", 1)
		if got := exchange(t, network, address, ""); got != "protocol=anvil_protocol\n" {
			t.Errorf("%s: %q, want anvil's announcement", line, got)
		}
	}
}

// shortDir is t.TempDir with a path that leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "house")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// byHand starts a service and returns when it says that it is ready. It is told
// to go when the test ends, and must then leave with status 0.
func byHand(t *testing.T, program string, args ...string) {
	t.Helper()
	ready, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(shortDir(t), "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+ready.LocalAddr().String())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("%s: %v", program, err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", program, err, &stderr)
		}
	})
	if err := ready.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1000)
	for {
		n, err := ready.Read(buf)
		if err != nil {
			t.Fatalf("%s does not say that it is ready: %v", program, err)
		}
		if strings.Contains(string(buf[:n]), "READY=1") {
			return
		}
	}
}

// exchange sends a request and returns the first line of the answer.
func exchange(t *testing.T, network, address, request string) string {
	t.Helper()
	conn, err := net.DialTimeout(network, address, limit)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, request); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}
