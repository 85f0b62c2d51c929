package stock

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Peer is one of the implementations that a comparing test runs.
type Peer struct {
	// Name is "stock" or "ours", with the engine in parentheses if there is one.
	Name string
	// Command is what stands in master.cf: stock's program by its name, ours by
	// a path relative to daemon_directory.
	Command string
	// IsStock tells that it is stock's program, even under the name of ours: see
	// [Peers].
	IsStock bool
	// Engine is the form in which ours serves its clients: "goroutines" or
	// "loops"; empty for the service's own choice.
	Engine string
}

// Peers returns stock's program and ours, in this order. Ours is build/<program>
// of the module that the test belongs to, or the file that the variable
// OSTLER_<PROGRAM> names ("OSTLER_TRIVIAL_REWRITE" for trivial-rewrite; setting it to the path of stock's
// shows that a test finds no difference where there is none). That there is no
// such file is an error.
func Peers(t TB, program string) []Peer {
	t.Helper()
	return []Peer{{Name: "stock", Command: program, IsStock: true}, Ours(t, program)}
}

// Forms is [Peers] with ours in each form in which it can serve its clients:
// stock's program comes first.
func Forms(t TB, program string) []Peer {
	t.Helper()
	peers := []Peer{{Name: "stock", Command: program, IsStock: true}}
	for _, engine := range []string{"loops", "goroutines"} {
		p := Ours(t, program)
		p.Name += " (" + engine + ")"
		p.Engine = engine
		peers = append(peers, p)
	}
	return peers
}

// imports is stock's import_environment, without which a variable that a test
// adds would replace it.
const imports = "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME"

// Main returns the main.cf parameters that a peer needs, for [Config]; they may
// be changed.
func (p Peer) Main() map[string]string {
	if p.Engine == "" {
		return map[string]string{}
	}
	return map[string]string{"import_environment": imports + " OSTLER_ENGINE=" + p.Engine}
}

// Ours returns our implementation alone: see [Peers].
func Ours(t TB, program string) Peer {
	t.Helper()
	variable := "OSTLER_" + strings.ToUpper(strings.ReplaceAll(program, "-", "_"))
	path := os.Getenv(variable)
	if path == "" {
		root, err := moduleRoot()
		if err != nil {
			t.Fatalf("%v", err)
		}
		path = filepath.Join(root, "build", program)
		if _, err := os.Stat(path); err != nil {
			path = filepath.Join(root, "build", "test", program) // a service of the tests
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatalf("cannot find our %s: %v (build it with: make build)", program, err)
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		t.Fatalf("cannot use our %s: %s is no program", program, path)
	}
	command, err := Command(path)
	if err != nil {
		t.Fatalf("%v", err)
	}
	theirs, err := os.Stat(filepath.Join(DaemonDirectory, program))
	return Peer{Name: "ours", Command: command, IsStock: err == nil && os.SameFile(info, theirs)}
}

// Command returns how a master.cf line names the program at path: relative to
// daemon_directory, since master(8) puts that in front of every command. The
// program's base name should equal the service's, or master adds -n.
func Command(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("cannot make the path of a command: %w", err)
	}
	rel, err := filepath.Rel(DaemonDirectory, abs)
	if err != nil {
		return "", fmt.Errorf("cannot make the path of a command: %w", err)
	}
	return rel, nil
}

// moduleRoot is the folder of go.mod above the working directory, which under
// go test is the folder of the package.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("cannot find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("cannot find the module: no go.mod above the working directory")
		}
		dir = up
	}
}
