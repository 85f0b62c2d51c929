package stock

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// Config says how an instance differs from a plain one. In values and lines
// @addr@ stands for the address of the instance and @dir@ for its folder.
type Config struct {
	// Main are main.cf parameters, in place of or besides those that every
	// instance has. The value [Unset] takes one away.
	Main map[string]string

	// Master are master.cf lines. Each replaces the line of the same name and
	// type in Debian's set, in which no service is chrooted and none listens on
	// an inet address, or is added.
	Master []string

	// Bare leaves out Debian's set: master.cf is what Master says.
	Bare bool

	// Postlogd lets stock's postlogd write the log, as on a real host. Without
	// it the test receives the records itself.
	Postlogd bool

	// Env are variables for master(8), "NAME=value", besides PATH and TZ=UTC. It
	// passes on those that import_environment names.
	Env []string

	// Args are options for master(8), such as "-v".
	Args []string

	// Prefix is put in front of master's command line: {"prlimit", "--nofile=64"}. The program must
	// end in executing master itself, under the same process id.
	Prefix []string

	// Lifetime is after how long master ends by itself, so that a test that was
	// killed leaves nothing running for ever; zero means ten minutes.
	Lifetime time.Duration
}

// How long the parts of a life cycle may take before they have failed.
const (
	startLimit = 10 * time.Second
	stopLimit  = 10 * time.Second
)

// Instance is a private Postfix. See the package comment for its layout.
type Instance struct {
	// Static after construction.
	Dir  string // absolute
	Addr string // an address of 127.0.0.0/8
	t    TB
	cfg  Config
	log  *journal
	from source // of the log

	group atomic.Int64 // the process group of the last master; 0: none yet

	// Owned by the goroutine that runs the life cycle, not thread-safe.
	main     map[string]string
	services []string
	master   *master // nil when not running
}

// master is a running master(8).
type master struct {
	pid  int
	done chan struct{} // closed when it is gone
	err  error         // how it went; valid once done is closed
}

// New lays out an instance and does not start it. When the test ends the
// instance is stopped, and removed if the test has passed.
func New(t TB, cfg Config) *Instance {
	t.Helper()
	dir, err := os.MkdirTemp("", "ostler-")
	if err != nil {
		t.Fatalf("cannot make an instance: %v", err)
	}
	inst := &Instance{Dir: dir, Addr: randomAddr(), t: t, cfg: cfg}
	inst.log = newJournal()
	if file := inst.Path("log/mail.log"); cfg.Postlogd {
		inst.from = &follower{journal: inst.log, file: file}
	} else {
		inst.from = &receiver{journal: inst.log, file: file, socket: inst.Path("queue/public/postlog"), synced: make(chan struct{})}
	}
	t.Cleanup(inst.cleanup)
	inst.main = maps.Clone(mainParameters)
	if !cfg.Bare {
		inst.services = defaultServices
	}
	if cfg.Postlogd {
		inst.services = mergeServices(inst.services, postlogdService)
	}
	inst.services = mergeServices(inst.services, cfg.Master...)
	if err := makeFolders(dir); err != nil {
		t.Fatalf("%v", err)
	}
	inst.SetMain(cfg.Main)
	return inst
}

// randomAddr draws an address that no other test is likely to have.
func randomAddr() string {
	return fmt.Sprintf("127.%d.%d.%d", 2+rand.IntN(250), rand.IntN(250), 2+rand.IntN(250))
}

func (inst *Instance) cleanup() {
	if err := inst.stop(syscall.SIGTERM); err != nil {
		inst.t.Errorf("instance %s: %v", inst.Dir, err)
	}
	inst.from.close()
	if inst.t.Failed() {
		inst.t.Logf("the instance of %s remains in %s; the last lines of its log:\n%s", inst.t.Name(), inst.Dir, inst.tail(15))
		return
	}
	if err := os.RemoveAll(inst.Dir); err != nil {
		inst.t.Errorf("cannot remove an instance: %v", err)
	}
}

// Start starts master(8) and returns when it has told that it is up. A stopped
// instance can be started again.
func (inst *Instance) Start() {
	inst.t.Helper()
	if err := inst.TryStart(); err != nil {
		inst.t.Fatalf("instance %s: %v; the last lines of its log:\n%s", inst.Dir, err, inst.tail(10))
	}
}

// TryStart is [Instance.Start] for a configuration that master may refuse: the
// error then says how it ended, and the log says why.
func (inst *Instance) TryStart() error {
	if inst.master != nil {
		return errors.New("cannot start master: it is running")
	}
	if err := inst.StartLog(); err != nil {
		return err
	}
	// Nothing of the last run is taken for this one's.
	if err := inst.from.sync(); err != nil {
		return err
	}
	mark := inst.Mark()
	m, err := inst.spawn()
	if err != nil {
		return fmt.Errorf("cannot start master: %w", err)
	}
	inst.master = m
	inst.group.Store(int64(m.pid))
	if _, ok := inst.awaitRecords(startLimit, mark, 1, Matching("master", "^daemon started"), m.done); ok {
		return nil
	}
	select {
	case <-m.done:
		inst.master = nil
		if m.err == nil {
			return errors.New("cannot start master: it has ended with status 0")
		}
		return fmt.Errorf("cannot start master: %w", m.err)
	default:
		return fmt.Errorf("cannot start master: not up after %v", startLimit)
	}
}

// spawn starts master(8). It makes itself the leader of a session and of a
// process group, and its standard streams /dev/null.
func (inst *Instance) spawn() (*master, error) {
	lifetime := inst.cfg.Lifetime
	if lifetime == 0 {
		lifetime = 10 * time.Minute
	}
	argv := append([]string{}, inst.cfg.Prefix...)
	argv = append(argv, filepath.Join(DaemonDirectory, "master"),
		"-e", strconv.Itoa(int(lifetime.Seconds())))
	argv = append(argv, inst.cfg.Args...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = inst.Dir
	cmd.Env = append(inst.environ(), inst.cfg.Env...)
	m := &master{done: make(chan struct{})}
	started := make(chan error)
	// Ends with master, which Instance.stop ends and waits for.
	go func() {
		// A thread of its own, which lives as long as master does: the kernel sends
		// the signal below when the parent's thread ends. Master loses the setting
		// when it changes its ids; until then nothing else would end it.
		runtime.LockOSThread()
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
		err := cmd.Start()
		if err == nil {
			m.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			m.err = cmd.Wait()
			close(m.done)
		}
	}()
	return m, <-started
}

// StartLog serves the log again after [Instance.StopLog]; [Instance.Start] does
// it by itself. With [Config.Postlogd] it only reads what that writes.
func (inst *Instance) StartLog() error { return inst.from.start() }

// StopLog stops to serve the log, as when postlogd has died: the socket is
// there, nobody reads from it, and who logs waits when some ten records are queued.
// With [Config.Postlogd] it only stops to read what that writes.
func (inst *Instance) StopLog() { inst.from.stop() }

// Stop ends the instance as `postfix stop` does, and returns when its last
// process is gone. What does not go within the time is killed and is an error of
// the test.
func (inst *Instance) Stop() {
	inst.t.Helper()
	if err := inst.stop(syscall.SIGTERM); err != nil {
		inst.t.Errorf("instance %s: %v", inst.Dir, err)
	}
}

// Drain ends the instance as `postfix drain` does: master is killed, all others
// notice and end by themselves, running their exit hooks, which [Instance.Stop] leaves them no time
// for (anvil logs its statistics there).
func (inst *Instance) Drain() {
	inst.t.Helper()
	if err := inst.stop(syscall.SIGKILL); err != nil {
		inst.t.Errorf("instance %s: %v", inst.Dir, err)
	}
}

func (inst *Instance) stop(sig syscall.Signal) error {
	m := inst.master
	if m == nil {
		return nil
	}
	inst.master = nil
	if err := syscall.Kill(m.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("cannot stop master: %w", err)
	}
	var left []Process
	gone := poll(stopLimit, func() bool {
		left = inst.Processes()
		return len(left) == 0
	})
	for _, p := range left {
		// By id, and only what has been seen to belong to this instance.
		_ = syscall.Kill(p.PID, syscall.SIGKILL)
	}
	<-m.done
	if err := inst.from.sync(); err != nil {
		return err
	}
	if !gone {
		return fmt.Errorf("processes that did not end within %v and were killed: %v", stopLimit, left)
	}
	return nil
}

// Reload does what `postfix reload` does, and returns when master has read its
// files again. Its children end by themselves, later.
func (inst *Instance) Reload() {
	inst.t.Helper()
	mark := inst.Mark()
	if err := syscall.Kill(inst.MasterPID(), syscall.SIGHUP); err != nil {
		inst.t.Fatalf("cannot reload master: %v", err)
	}
	inst.WaitRecords(startLimit, mark, 1, Matching("master", "^reload -- version"))
}

// MasterPID is the process id of master(8), which must be running.
func (inst *Instance) MasterPID() int {
	inst.t.Helper()
	if inst.master == nil {
		inst.t.Fatalf("instance %s: master is not running", inst.Dir)
	}
	return inst.master.pid
}

// ListenAddr is where an inet service that master.cf calls @addr@:port listens.
func (inst *Instance) ListenAddr(port int) string {
	return net.JoinHostPort(inst.Addr, strconv.Itoa(port))
}

// Socket is the path of a unix-domain service: "private/anvil".
func (inst *Instance) Socket(name string) string {
	return filepath.Join(inst.Dir, "queue", name)
}

// Dial connects to a unix-domain service: "private/anvil". The caller closes the
// connection.
func (inst *Instance) Dial(name string) (*net.UnixConn, error) {
	return net.DialUnix("unix", nil, &net.UnixAddr{Name: inst.Socket(name), Net: "unix"})
}

// MainParameters returns a copy of what main.cf says, unexpanded.
func (inst *Instance) MainParameters() map[string]string { return maps.Clone(inst.main) }

// Command returns a Postfix command of the host, to be run on this instance:
// Command("postconf", "-n").
func (inst *Instance) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(CommandDirectory, name), args...)
	cmd.Env = inst.environ()
	return cmd
}

// environ is what postfix(1) would start a program with. With the POSTLOG
// variables a program logs to the right place before it has read main.cf.
func (inst *Instance) environ() []string {
	return []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"TZ=UTC",
		"MAIL_CONFIG=" + inst.Path("conf"),
		"POSTLOG_SERVICE=" + inst.Path("queue/public/postlog"),
		"POSTLOG_HOSTNAME=" + Hostname,
	}
}
