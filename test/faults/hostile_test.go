package faults_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ostler/test/load"
	"ostler/test/stock"
)

// What the hostile clients do, and what they may cost: README.md and
// ARCHITECTURE.md promise it.
const (
	silentClients = 10_000
	hoarders      = 200     // who send this much of a request, and no more
	hoard         = 1 << 20 // less a byte: just below the limit of one request
	giant         = 1 << 30 // bytes of an attribute

	requests = 500 // of the good client
)

// A bound is what the service may need beyond its base.
type bound struct {
	unfinished int // of unfinished requests and unread replies together
	client     int // of a connected client
}

// bounds are those of the two forms. Goroutines are the way out should the
// loops ever be at fault; each client costs a stack.
var bounds = map[string]bound{
	"loops":      {64 << 20, 1 << 10},
	"goroutines": {128 << 20, 5 << 10},
}

// TestHostileClientsUnderMaster has stock's master run the service.
func TestHostileClientsUnderMaster(t *testing.T) {
	t.Parallel()
	for _, p := range stock.Forms(t, program)[1:] {
		t.Run(p.Name, func(t *testing.T) {
			main := p.Main()
			main["default_process_limit"] = "4096" // the length of the listen queue
			main["anvil_rate_time_unit"] = "1h"
			inst := stock.New(t, stock.Config{
				Main: main, Master: []string{"@addr@:2600 inet n - n - 1 " + p.Command},
				Prefix: []string{"prlimit", fmt.Sprintf("--nofile=%d:%d", 2*silentClients, 2*silentClients)},
			})
			inst.Start()
			h := hostility{t: t, bound: bounds[p.Engine], network: "tcp", address: inst.ListenAddr(2600), pids: func() []int { return inst.Children(program) }}
			h.run()
		})
	}
}

// TestHostileClientsByHand has nobody run it.
func TestHostileClientsByHand(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			v := serveByHand(t, setup{
				path: ourAnvil(), engine: engine, inet: true, args: []string{"-o", "anvil_rate_time_unit=1h"},
				prefix: []string{"prlimit", fmt.Sprintf("--nofile=%d:%d", 2*silentClients, 2*silentClients)},
			})
			h := hostility{t: t, bound: bounds[engine], network: v.network, address: v.address, pids: func() []int { return []int{v.cmd.Process.Pid} }}
			h.run()
		})
	}
}

// hostility is what is done to one service.
type hostility struct {
	t       *testing.T
	bound   bound
	network string
	address string
	pids    func() []int // of its processes

	conns []io.Closer
	wg    sync.WaitGroup
	over  atomic.Bool
}

// run has a good client served while all others are at their worst.
func (h *hostility) run() {
	t := h.t
	allowFiles(t, silentClients+1000)
	good, err := goodClient(h.network, h.address)
	if err != nil {
		t.Fatal(err)
	}
	defer good.Close()
	if err := count(good, 1); err != nil {
		t.Fatal(err)
	}
	base := h.usage()
	idle, err := load.Connect(h.network, h.address, silentClients, []byte(greeting), limit)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	quiet := h.usage()
	defer h.end()
	h.begin()
	for n := range requests {
		if err := count(good, n+2); err != nil {
			t.Fatalf("request %d of the good client: %v", n, err)
		}
		if n%50 == 0 {
			h.newcomer()
		}
	}
	worst := h.usage()
	if lost := idle.Lost(); lost != 0 {
		t.Errorf("%d silent clients have lost their connections", lost)
	}
	allowed := base.peak + h.bound.unfinished + silentClients*h.bound.client
	t.Logf("first request: %v; with %d silent clients: %v; in the worst case: %v (allowed: %.1f MiB)",
		base, silentClients, quiet, worst, float64(allowed)/(1<<20))
	if worst.peak > allowed {
		t.Errorf("%.1f MiB beyond the bound", float64(worst.peak-allowed)/(1<<20))
	}
}

// begin has every kind of hostile client at work when it returns.
func (h *hostility) begin() {
	h.connect("request=lookup\nid") // and nothing more
	h.hoard()
	h.neverRead()
	var first sync.WaitGroup
	first.Add(2)
	h.spawn(func() { h.garbage(&first) })
	h.spawn(func() { h.giant(&first) })
	first.Wait()
}

// end sends them all away.
func (h *hostility) end() {
	h.over.Store(true)
	for _, c := range h.conns {
		c.Close()
	}
	h.wg.Wait()
}

func (h *hostility) spawn(f func()) { h.wg.Go(f) }

// connect is a client that sends some text.
func (h *hostility) connect(text string) net.Conn {
	h.t.Helper()
	conn, err := goodClient(h.network, h.address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.conns = append(h.conns, conn)
	if _, err := io.WriteString(conn, text); err != nil {
		h.t.Fatal(err)
	}
	return conn
}

// newcomer comes while the others are there, and is served.
func (h *hostility) newcomer() {
	h.t.Helper()
	conn, err := goodClient(h.network, h.address)
	if err != nil {
		h.t.Fatalf("a new client: %v", err)
	}
	defer conn.Close()
	if err := ask(conn, lookup, unknown); err != nil {
		h.t.Fatalf("a new client: %v", err)
	}
}

// hoard has clients send nearly whole requests of the largest size. Together they are too
// many, so that some lose their connections.
func (h *hostility) hoard() {
	text := unfinished(hoard - 1)
	var all sync.WaitGroup
	for range hoarders {
		conn := h.connect("")
		all.Go(func() {
			// The one that is cut sees an error.
			_, _ = io.WriteString(conn, text)
		})
	}
	all.Wait()
}

// neverRead sends requests until the service takes no more of them, since the
// replies do not go: the queue of what was sent is full and stays as it is,
// while the good client is served.
func (h *hostility) neverRead() {
	h.t.Helper()
	conn := h.connect("").(*net.TCPConn)
	raw, err := conn.SyscallConn()
	if err != nil {
		h.t.Fatal(err)
	}
	before := -1
	full := poll(func() bool {
		queued := -1
		err := raw.Control(func(fd uintptr) { queued = sendAll(int(fd)) })
		if err != nil || queued < 0 {
			h.t.Fatalf("the client that reads nothing has lost its connection: %v", err)
		}
		h.newcomer()
		same := queued == before
		before = queued
		return same
	})
	if !full {
		h.t.Fatal("the service takes any number of requests from a client that reads no reply")
	}
}

// sendAll sends requests until the socket takes no more, and returns how many
// bytes are on their way; -1 when the connection is broken.
func sendAll(fd int) int {
	text := []byte(strings.Repeat(lookup, 100))
	for {
		_, err := unix.SendmsgN(fd, text, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if err == unix.EAGAIN {
			break
		}
		if err != nil && err != unix.EINTR {
			return -1
		}
	}
	queued, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
	if err != nil {
		return -1
	}
	return queued
}

// garbage sends whatever comes to its mind, and comes back when it is thrown out.
func (h *hostility) garbage(first *sync.WaitGroup) {
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	h.again(first, func(conn net.Conn) {
		for err := error(nil); err == nil && !h.over.Load(); {
			_, err = conn.Write(noise)
		}
	})
}

// giant sends one attribute that is far too large, and another one.
func (h *hostility) giant(first *sync.WaitGroup) {
	text := []byte(unfinished(1 << 20))
	h.again(first, func(conn net.Conn) {
		for sent := 0; sent < giant; sent += len(text) {
			if _, err := conn.Write(text); err != nil || h.over.Load() {
				return
			}
		}
		h.t.Errorf("an attribute of %d bytes was taken", giant)
	})
}

// again connects, does something, and starts over until it is time to go. first
// is told when it has been done once.
func (h *hostility) again(first *sync.WaitGroup, do func(conn net.Conn)) {
	told := sync.OnceFunc(first.Done)
	defer told()
	for !h.over.Load() {
		conn, err := dialLimited(h.network, h.address)
		if err != nil {
			h.t.Errorf("a hostile client cannot connect: %v", err)
			return
		}
		do(conn)
		conn.Close()
		told()
	}
}

func (h *hostility) usage() usage {
	h.t.Helper()
	u, err := usageOf(h.pids()...)
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// allowFiles lets this process open n files.
func allowFiles(t *testing.T, n uint64) {
	t.Helper()
	var have syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &have); err != nil {
		t.Fatal(err)
	}
	if have.Cur >= n {
		return
	}
	want := syscall.Rlimit{Cur: n, Max: max(n, have.Max)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &want); err != nil {
		t.Fatalf("this test needs %d open files (ulimit -n): %v", n, err)
	}
}
