package skeleton_test

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ostler/test/stock"
)

// TestJail proves of each thread of each process of a chrooted, unprivileged
// service that it is so, and that no process holds a descriptor from outside
// that it does not need.
func TestJail(t *testing.T) {
	for _, engine := range engines {
		for _, line := range []string{
			"probe unix - y y - 1 @probe@",
			"probe unix - y y - 0 @probe@ -v -o probe_hooks=yes",
			"probe unix - y y - 1 @probe@ -o probe_form=raw",
			"probe unix - y y - 1 @anvil@",
		} {
			t.Run(engine+"/"+line, func(t *testing.T) {
				t.Parallel()
				inst := newInstance(t, engine, stock.Config{Master: []string{line}})
				// The first request of a process has master listen for a moment: a client
				// that came just then would have another process.
				clients := []*talk{call(t, at(inst, "private/probe"))}
				busy(clients[0], line)
				for range 7 {
					clients = append(clients, call(t, at(inst, "private/probe")))
				}
				for _, k := range clients {
					busy(k, line)
				}
				program := "probe"
				if strings.Contains(line, "anvil") {
					program = "anvil"
				}
				all := inst.Children(program)
				parent := inst.MasterChildren(program)
				if len(all) != 2 || len(parent) != 1 {
					t.Fatalf("processes %v, of master %v", all, parent)
				}
				awaitConfined(t, all)
				for _, pid := range all {
					checkConfined(t, inst, pid)
				}
				checkParentFiles(t, inst, parent[0])
				worker := all[0] + all[1] - parent[0]
				checkWorkerFiles(t, inst, worker, parent[0], len(clients))
				for _, k := range clients {
					busy(k, line)
				}
			})
		}
	}
}

// busy has a service do something that it may have a thread of its own for.
func busy(k *talk, line string) {
	k.t.Helper()
	if strings.Contains(line, "anvil") {
		k.ask("request=message", "ident=x")
	} else {
		k.ask("sleep=3ms", "pid")
	}
}

// checkConfined looks at every thread of a process.
func checkConfined(t *testing.T, inst *stock.Instance, pid int) {
	t.Helper()
	p, me := stock.Process{PID: pid}, mailOwner(t)
	tids, err := p.Threads()
	if err != nil || len(tids) < 2 {
		t.Fatalf("threads %v, %v", tids, err)
	}
	seen := 0
	for _, tid := range tids {
		status, err := p.Status(tid)
		if os.IsNotExist(err) {
			continue // it has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		seen++
		groups := strings.Fields(status["Groups"])
		slices.Sort(groups)
		for name, want := range map[string][]string{
			"Uid": {me.uid, me.uid, me.uid, me.uid},
			"Gid": {me.gid, me.gid, me.gid, me.gid},
		} {
			if got := strings.Fields(status[name]); !slices.Equal(got, want) {
				t.Errorf("thread %d of process %d: %s %v, want %v", tid, pid, name, got, want)
			}
		}
		if !slices.Equal(groups, me.groups) {
			t.Errorf("thread %d of process %d: groups %v, want %v", tid, pid, groups, me.groups)
		}
		for _, name := range []string{"CapEff", "CapPrm", "CapInh", "CapAmb"} {
			if got := status[name]; got != "0000000000000000" {
				t.Errorf("thread %d of process %d: %s %s", tid, pid, name, got)
			}
		}
		for _, link := range []string{"root", "cwd"} {
			path := fmt.Sprintf("/proc/%d/task/%d/%s", pid, tid, link)
			if got, err := os.Readlink(path); err != nil && !os.IsNotExist(err) || err == nil && got != inst.Path("queue") {
				t.Errorf("%s is %q, %v", path, got, err)
			}
		}
	}
	if seen == 0 {
		t.Errorf("no thread of process %d could be looked at", pid)
	}
}

// A socket is a row of /proc/net/unix.
type socket struct {
	kind   string // "stream", "stream listening", "dgram", "seqpacket"
	path   string
	number string // inode
}

// unixSockets returns the unix-domain sockets of the host by their names in
// /proc/PID/fd.
func unixSockets(t *testing.T) map[string]socket {
	t.Helper()
	f, err := os.Open("/proc/net/unix")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kinds := map[string]string{"0001": "stream", "0002": "dgram", "0005": "seqpacket"}
	sockets := make(map[string]socket)
	for in := bufio.NewScanner(f); in.Scan(); {
		// Num RefCount Protocol Flags Type St Inode Path
		fields := append(strings.Fields(in.Text()), "")
		if len(fields) < 8 {
			continue
		}
		s := socket{kind: kinds[fields[4]], number: fields[6], path: fields[7]}
		if fields[3] == "00010000" {
			s.kind += " listening"
		}
		sockets["socket:["+s.number+"]"] = s
	}
	return sockets
}

// describe says what each descriptor of a process is, in words that do not
// depend on numbers: how it came, if it is one of a relative's, and its kind.
func describe(t *testing.T, pid int, relatives map[string]int) map[int]string {
	t.Helper()
	files, err := stock.Process{PID: pid}.Files()
	if err != nil {
		t.Fatal(err)
	}
	sockets := unixSockets(t)
	what := make(map[int]string)
	for fd, to := range files {
		kind, _, _ := strings.Cut(to, ":")
		if s, ok := sockets[to]; ok {
			kind = s.kind
		}
		for _, name := range slices.Sorted(maps.Keys(relatives)) {
			other, err := stock.Process{PID: relatives[name]}.Files()
			if err != nil {
				t.Fatal(err)
			}
			for _, link := range other {
				if link == to {
					kind = name + "'s " + kind
					break
				}
			}
		}
		if strings.HasPrefix(to, "/") {
			kind = to
		}
		if strings.HasPrefix(to, "anon_inode:") {
			kind = strings.Trim(strings.TrimPrefix(to, "anon_inode:"), "[]")
		}
		what[fd] = kind
	}
	return what
}

// count returns how many descriptors there are of each description.
func count(what map[int]string, from int) map[string]int {
	n := make(map[string]int)
	for fd, kind := range what {
		if fd >= from {
			n[kind]++
		}
	}
	return n
}

// checkParentFiles wants of the small parent: /dev/null on 0 to 2, the control
// channel to the other process, the read end of the pipe for the text of a
// crash, the socket of the log once there was something to log, and what the runtime
// needs to wait. Nothing of master's.
func checkParentFiles(t *testing.T, inst *stock.Instance, pid int) {
	t.Helper()
	what := describe(t, pid, map[string]int{"master": inst.MasterPID()})
	for fd := range 3 {
		if what[fd] != "/dev/null" {
			t.Errorf("parent: descriptor %d is %s", fd, what[fd])
		}
	}
	wantFiles(t, "parent", count(what, 3), map[string]string{
		"seqpacket": "1", "pipe": "1", "dgram": "0-1", "eventpoll": "0-1", "eventfd": "0-1",
	})
}

// checkWorkerFiles wants of the process that serves: /dev/null on 0 and 1; on 2
// the pipe to the parent for the text of a crash; 5, the status channel, and 6,
// the listener, which it shares with master, but not 3 and 4, the flow-control
// pipe, which it has no use for; the control channel to the parent; the socket of
// the log; its clients; what the runtime and the loops need to wait.
func checkWorkerFiles(t *testing.T, inst *stock.Instance, pid, parent, clients int) {
	t.Helper()
	what := describe(t, pid, map[string]int{"master": inst.MasterPID(), "parent": parent})
	for fd, want := range map[int]string{
		0: "/dev/null", 1: "/dev/null", 2: "parent's pipe", 5: "master's stream", 6: "master's stream listening",
	} {
		if what[fd] != want {
			t.Errorf("worker: descriptor %d is %s, want %s", fd, what[fd], want)
		}
		delete(what, fd)
	}
	wantFiles(t, "worker", count(what, 3), map[string]string{
		"seqpacket": "1", "parent's pipe": "0-1", "dgram": "0-1", "stream": strconv.Itoa(clients), "eventpoll": "1-9", "eventfd": "1-9",
	})
}

// wantFiles compares numbers of descriptors with ranges of them.
func wantFiles(t *testing.T, who string, have map[string]int, want map[string]string) {
	t.Helper()
	for kind, n := range have {
		low, high, ok := strings.Cut(want[kind], "-")
		if !ok {
			high = low
		}
		least, _ := strconv.Atoi(low)
		most, _ := strconv.Atoi(high)
		if n < least || n > most {
			t.Errorf("%s: %d descriptors are %s, want %q", who, n, kind, want[kind])
		}
	}
	for kind, n := range want {
		if _, ok := have[kind]; !ok && !strings.HasPrefix(n, "0") {
			t.Errorf("%s: no descriptor is %s, want %s", who, kind, n)
		}
	}
}
