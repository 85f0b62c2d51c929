package faults_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// crowd is how many clients come at the same time.
const crowd = 200

// engines are the two forms of ours.
var engines = []string{"loops", "goroutines"}

// each runs a test for each engine.
func each(t *testing.T, f func(t *testing.T, engine string, n uint32)) {
	t.Parallel()
	for i, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f(t, engine, uint32(i))
		})
	}
}

// serveCrowd has many clients send a request whose handler blocks its thread,
// and each of them wait for its reply.
func serveCrowd(t *testing.T, network, address string) {
	t.Helper()
	const request = "block=10ms\n\n"
	var wg sync.WaitGroup
	failed := make(chan error, crowd)
	for range crowd {
		wg.Go(func() {
			conn, err := dialLimited(network, address)
			if err == nil {
				defer conn.Close()
				err = ask(conn, request+request, request+request)
			}
			if err != nil {
				failed <- err
			}
		})
	}
	wg.Wait()
	close(failed)
	if n := len(failed); n > 0 {
		t.Errorf("%d of %d clients were not served: %v", n, crowd, <-failed)
	}
}

// onlyThreads is what a service says that may have few threads.
var onlyThreads = regexp.MustCompile(`warning: only (\d+) threads are allowed \(RLIMIT_NPROC or pids.max\), \d+ are taken: at most (\d+) requests are handled at a time`)

// checkThreads wants a service to say that it lacks threads.
func checkThreads(t *testing.T, said string, want int) {
	t.Helper()
	m := onlyThreads.FindStringSubmatch(said)
	if m == nil || m[1] != strconv.Itoa(want) {
		t.Errorf("the service does not say that it may have only %d threads: %q", want, said)
		return
	}
	t.Logf("%s threads: %s requests at a time", m[1], m[2])
}

// The user ids of services under RLIMIT_NPROC, which counts all processes of a
// user: each service has its own.
const (
	uidByHand = stranger + 1 + iota*2
	uidByMaster
)

// TestProcessLimitByHand has 20 threads for a service whose handlers block.
func TestProcessLimitByHand(t *testing.T) {
	each(t, func(t *testing.T, engine string, n uint32) {
		v := serveByHand(t, setup{path: faulty(), prefix: []string{"prlimit", "--nproc=20:20"}, engine: engine, uid: uidByHand + n})
		serveCrowd(t, v.network, v.address)
		checkThreads(t, v.said(), 20)
	})
}

// TestProcessLimitByMaster has 20 threads for both processes that a service
// consists of under a master.
func TestProcessLimitByMaster(t *testing.T) {
	each(t, func(t *testing.T, engine string, n uint32) {
		v := invocation{
			args: []string{"--nproc=20:20", faulty(), "-t", "unix"},
			env:  []string{"OSTLER_ENGINE=" + engine},
			uid:  uidByMaster + n,
		}
		r := newRig(t, v)
		defer r.close()
		pid := r.start("/usr/bin/prlimit", v)
		serveCrowd(t, r.network, r.address)
		r.hangUp()
		if status := reap(pid); status != "exit status 0" {
			t.Errorf("the service ended with %s: %s", status, r.output(2))
		}
		r.log.stop()
		checkThreads(t, strings.Join(r.log.records(), "\n"), 20)
	})
}

// TestControlGroupLimit has pids.max instead.
func TestControlGroupLimit(t *testing.T) {
	each(t, func(t *testing.T, engine string, _ uint32) {
		group := newControlGroup(t, 20)
		join := []string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, group}
		v := serveByHand(t, setup{path: faulty(), prefix: join, engine: engine})
		serveCrowd(t, v.network, v.address)
		checkThreads(t, v.said(), 20)
		if peak, err := os.ReadFile(filepath.Join(group, "pids.peak")); err == nil { // newer kernels
			t.Logf("%s threads at the most", strings.TrimSpace(string(peak)))
		}
	})
}

// newControlGroup makes a control group with a limit on threads. A host on which
// there can be none must say so.
func newControlGroup(t *testing.T, threads int) string {
	t.Helper()
	name := fmt.Sprintf("ostler-faults-%d-%s", os.Getpid(), filepath.Base(t.Name()))
	var reasons []string
	for _, base := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup"} {
		dir := filepath.Join(base, name)
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			t.Cleanup(func() { removeGroup(t, dir) })
			// In version 2 the parent hands the controller down; in version 1 there is
			// no such file, and no need.
			_ = os.WriteFile(filepath.Join(base, "cgroup.subtree_control"), []byte("+pids"), 0)
			err = os.WriteFile(filepath.Join(dir, "pids.max"), []byte(strconv.Itoa(threads)), 0)
		}
		if err == nil {
			return dir
		}
		reasons = append(reasons, err.Error())
	}
	const excuse = "OSTLER_NO_CGROUP"
	if os.Getenv(excuse) != "" {
		t.Skipf("NOT TESTED, as %s asks for: the limit of a control group on threads: %v", excuse, reasons)
	}
	t.Fatalf("cannot make a control group with pids.max (%s=1 leaves this test out): %v", excuse, reasons)
	return ""
}

// removeGroup waits for the last process, which has been ended, to be gone.
func removeGroup(t *testing.T, dir string) {
	if !poll(func() bool { return os.Remove(dir) == nil }) {
		t.Errorf("cannot remove %s", dir)
	}
}

// TestFileLimit lets 64 files be open.
func TestFileLimit(t *testing.T) {
	each(t, func(t *testing.T, engine string, _ uint32) {
		v := serveByHand(t, setup{path: faulty(), prefix: []string{"prlimit", "--nofile=64:64"}, engine: engine})
		serveCrowd(t, v.network, v.address)
		v.await("warning: only 64 open files are allowed (RLIMIT_NOFILE): at most 40 clients are accepted at a time\n")
		holdAndRelease(t, v, crowd)
	})
}

// holdAndRelease connects more clients than may be, who have all sent a request
// before the first of them goes.
func holdAndRelease(t *testing.T, v *service, n int) {
	t.Helper()
	var wg sync.WaitGroup
	failed := make(chan error, n)
	release := make(chan struct{})
	for range n {
		conn, err := dialLimited(v.network, v.address)
		if err == nil {
			_, err = conn.Write([]byte("\n"))
		}
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer conn.Close()
			<-release
			if err := expect(conn, "\n"); err != nil {
				failed <- err
			}
		})
	}
	close(release)
	wg.Wait()
	close(failed)
	if lost := len(failed); lost > 0 {
		t.Errorf("%d of %d clients were not served: %v", lost, n, <-failed)
	}
}

// TestFileLimitReached takes the files away while the service runs: accept fails,
// and works again when clients have gone.
func TestFileLimitReached(t *testing.T) {
	each(t, func(t *testing.T, engine string, _ uint32) {
		v := serveByHand(t, setup{path: faulty(), engine: engine})
		files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", v.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		low := uint64(len(files) + 5)
		if err := unix.Prlimit(v.cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: low, Max: low}, nil); err != nil {
			t.Fatal(err)
		}
		var held []interface{ Close() error }
		for range 10 {
			conn, err := dialLimited(v.network, v.address)
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, conn)
		}
		v.await("warning: accept connection: Too many open files\n")
		for _, conn := range held {
			conn.Close()
		}
		holdAndRelease(t, v, 20)
	})
}
