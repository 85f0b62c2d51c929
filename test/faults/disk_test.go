package faults_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ostler/test/stock"
)

// inNamespace is set in the process that may mount what it likes.
const inNamespace = "OSTLER_FAULTS_NAMESPACE"

// TestFullDisk has stock's postlogd find no room for the log, while our anvil
// has much to say. It runs in a mount namespace of its own.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv(inNamespace) == "" {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), inNamespace+"=1", envBinaries+"="+binaries)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "PASS") {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	// Nothing of what is mounted here may be seen elsewhere.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) { fullDisk(t, engine) })
	}
}

func fullDisk(t *testing.T, engine string) {
	p := stock.Ours(t, program)
	p.Engine = engine
	inst := stock.New(t, stock.Config{Main: p.Main(), Master: []string{"anvil unix - - n - 1 " + p.Command}, Postlogd: true})
	if err := unix.Mount("full", inst.Path("log"), "tmpfs", 0, "size=64k,mode=755"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		inst.Stop()
		if err := unix.Unmount(inst.Path("log"), unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	inst.Start()
	fill(t, inst.Path("log/filler"))
	// Each of these is a warning; all of them are far more than the socket of
	// postlogd holds.
	for n := range 2000 {
		if err := misbehave("unix", inst.Socket("private/"+program), n); err != nil {
			t.Fatalf("client %d: %v", n, err)
		}
	}
	if err := os.Remove(inst.Path("log/filler")); err != nil {
		t.Fatal(err)
	}
	// Stock's postlogd writes nothing more once it has failed; a new one does.
	inst.Stop()
	endLine(t, inst.Path("log/mail.log"))
	inst.Start()
	if err := misbehave("unix", inst.Socket("private/"+program), 9999); err != nil {
		t.Fatal(err)
	}
	inst.WaitRecord(limit, stock.Matching(program, `unrecognized request: "dance9999", ignored$`))
}

// endLine ends the line for which there was no room any more.
func endLine(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
}

// TestFullStandardError has no room for what a service by hand says.
func TestFullStandardError(t *testing.T) {
	each(t, func(t *testing.T, engine string, _ uint32) {
		full := []string{"sh", "-c", `exec "$0" "$@" 2>/dev/full`}
		v := serveByHand(t, setup{path: ourAnvil(), prefix: full, engine: engine})
		for n := range 2000 {
			if err := misbehave(v.network, v.address, n); err != nil {
				t.Fatalf("client %d: %v", n, err)
			}
		}
	})
}

// misbehave makes anvil log a warning, and wants the answer.
func misbehave(network, address string, n int) error {
	conn, err := goodClient(network, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	return ask(conn, fmt.Sprintf("request=dance%d\nident=x\n\n", n), "status=4294967295\n\n")
}

// fill writes until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 4096; size > 0; {
		_, err := f.Write(make([]byte, size))
		switch {
		case errors.Is(err, unix.ENOSPC):
			size /= 2
		case err != nil:
			t.Fatal(err)
		}
	}
}
