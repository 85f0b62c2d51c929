// Package faults_test is about what goes wrong around a service: clients that
// misbehave, limits that bite, a command line, a configuration, descriptors or
// a log that are not what they should be. All of it is done to real processes.
//
//	go test ./test/faults
//
// Bad input goes to stock's anvil and to ours, started in the same way: the
// records that they log, what they write to standard error and how they end
// must be the same, but for the rows of one table, [ownWays]. What the two do
// under hostile clients is compared where stock can be expected to get on.
//
// The programs are built for the tests; nothing in build/ is used.
package faults_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"ostler/test/stock"
)

// limit is how long any one thing may take. No test waits for it when all is
// well.
const limit = 20 * time.Second

// program is the base name of the program under test, and of its service.
const program = "anvil"

// envBinaries names that folder where there is one.
const envBinaries = "OSTLER_FAULTS_BINARIES"

// binaries is the folder of the programs, which everybody may execute.
var binaries string

// ourAnvil and faulty are the programs.
func ourAnvil() string { return filepath.Join(binaries, program) }
func faulty() string   { return filepath.Join(binaries, "faulty") }

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

// run builds the programs and runs the tests.
func run(m *testing.M) int {
	if err := stock.Check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Most tests wait for a program to sleep a second before it ends.
	if err := flag.Set("test.parallel", "48"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// A test that runs itself in a namespace has them already.
	if binaries = os.Getenv(envBinaries); binaries == "" {
		dir, err := build()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binaries = dir
	}
	if err := os.Setenv("OSTLER_ANVIL", ourAnvil()); err != nil { // for stock.Peers
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build builds the programs into a new folder.
func build() (string, error) {
	dir, err := os.MkdirTemp("", "ostler-faults-")
	if err != nil {
		return "", fmt.Errorf("cannot build the programs: %w", err)
	}
	// Some tests run them as somebody else.
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", fmt.Errorf("cannot build the programs: %w", err)
	}
	cmd := exec.Command("go", "build", "-o", dir+"/", "ostler/cmd/anvil", "ostler/test/services/faulty")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("cannot build the programs: %w: %s", err, out)
	}
	return dir, nil
}
