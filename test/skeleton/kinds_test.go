package skeleton_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ostler/test/stock"
)

// A kind is a way in which master.cf has a service run, and what comes of it.
type kind struct {
	line  string   // of master.cf, with @port@ for a free port
	at    string   // where it is: see at; "pass" for a service that is passed connections
	args  []string // that master gives, behind argv[0]
	left  []string // of those, what the service sees as its arguments
	uid   string   // that it runs as: "root" or "owner"
	jail  bool
	param map[string]string // some parameters and their values
}

var kinds = map[string]kind{
	"limit 1": {line: "probe unix - - n - 1 @probe@", at: "private/probe",
		args: []string{"-l", "-t", "unix", "-u"}, uid: "owner"},
	"limit 0": {line: "probe unix - - n - 0 @probe@", at: "private/probe",
		args: []string{"-z", "-t", "unix", "-u"}, uid: "owner"},
	"limit 3": {line: "probe unix - - n - 3 @probe@", at: "private/probe",
		args: []string{"-t", "unix", "-u"}, uid: "owner"},
	"default limit": {line: "probe unix - - n - - @probe@", at: "private/probe",
		args: []string{"-t", "unix", "-u"}, uid: "owner"},
	"public": {line: "probe unix n - n - - @probe@", at: "public/probe",
		args: []string{"-t", "unix", "-u"}, uid: "owner"},
	"privileged": {line: "probe unix - n n - 1 @probe@ -o probe_privileged=yes", at: "private/probe",
		args: []string{"-l", "-t", "unix", "-o", "probe_privileged=yes"}, uid: "root"},
	"privileged in a jail": {line: "probe unix - n y - 1 @probe@", at: "private/probe",
		args: []string{"-l", "-t", "unix", "-c"}, uid: "root", jail: true},
	"jail": {line: "probe unix - y y - 1 @probe@", at: "private/probe",
		args: []string{"-l", "-t", "unix", "-u", "-c"}, uid: "owner", jail: true},
	"another name": {line: "other unix - - n - 1 @probe@", at: "private/other",
		args: []string{"-l", "-n", "other", "-t", "unix", "-u"}, uid: "owner",
		param: map[string]string{"service_name": "other", "process_name": "probe"}},
	"inet": {line: "@addr@:2601 inet n - n - 1 @probe@", at: "2601",
		args: []string{"-l", "-n", "@addr@:2601", "-t", "inet", "-u"}, uid: "owner"},
	"inet on two addresses": {line: "@port@ inet n - n - 2 @probe@", at: "loopback",
		args: []string{"-n", "@port@", "-t", "inet", "-u", "-s", "2"}, uid: "owner"},
	"pass": {line: "probe pass - - n - 2 @probe@", at: "pass",
		args: []string{"-t", "pass", "-u", "-o", "stress="}, uid: "owner",
		param: map[string]string{"stress": ""}},
	"pass, limit 1": {line: "probe pass - - y - 1 @probe@", at: "pass",
		args: []string{"-l", "-t", "pass", "-u", "-c"}, uid: "owner", jail: true},
	"verbose": {line: "probe unix - - n - 1 @probe@ -v", at: "private/probe",
		args: []string{"-l", "-t", "unix", "-u", "-v"}, uid: "owner"},
	"both forms of -o": {
		line: "probe unix - - n - 1 @probe@ -v -v -o max_use=7 -o { smtpd_banner = a b } -o probe_params=smtpd_banner -o syslog_name=x/y",
		at:   "private/probe",
		args: []string{"-l", "-t", "unix", "-u", "-v", "-v", "-o", "max_use=7", "-o", "smtpd_banner = a b",
			"-o", "probe_params=smtpd_banner", "-o", "syslog_name=x/y"},
		uid:   "owner",
		param: map[string]string{"max_use": "7", "smtpd_banner": "a b", "syslog_name": "x/y"}},
	"arguments left over": {line: "probe unix - - n - 1 @probe@ -i 7s -m 8 one { two and three } -l four", at: "private/probe",
		args: []string{"-l", "-t", "unix", "-u", "-i", "7s", "-m", "8", "one", "two and three", "-l", "four"},
		left: []string{"one", "two and three", "-l", "four"}, uid: "owner",
		param: map[string]string{"max_idle": "7s", "max_use": "8"}},
	"solitary": {line: "probe unix - - n - 1 @probe@ -o probe_solitary=yes", at: "private/probe",
		args: []string{"-l", "-t", "unix", "-u", "-o", "probe_solitary=yes"}, uid: "owner"},
	"unlimited": {line: "probe unix - - n - 0 @probe@ -o probe_unlimited=yes", at: "private/probe",
		args: []string{"-z", "-t", "unix", "-u", "-o", "probe_unlimited=yes"}, uid: "owner"},
	"raw form": {line: "probe unix - - y - 1 @probe@ -o probe_form=raw", at: "private/probe",
		args: []string{"-l", "-t", "unix", "-u", "-c", "-o", "probe_form=raw"}, uid: "owner", jail: true},
}

// TestKinds starts a service in each way that master has.
func TestKinds(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		for _, engine := range engines {
			t.Run(name+"/"+engine, func(t *testing.T) {
				t.Parallel()
				k := kinds[name]
				port := freePort(t)
				line := strings.ReplaceAll(k.line, "@port@", port)
				main := map[string]string{}
				if k.at == "loopback" {
					main["inet_protocols"], main["inet_interfaces"] = "all", "127.0.0.1, ::1"
				}
				inst := newInstance(t, engine, stock.Config{Master: []string{line}, Main: main})
				for _, conn := range k.reach(t, inst, port) {
					k.check(t, inst, &talk{t, conn, newReader(conn)}, port)
				}
			})
		}
	}
}

// freePort returns a port that nobody has, on the addresses that the host's
// services have too.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		l6, err := net.Listen("tcp6", net.JoinHostPort("::1", port))
		l.Close()
		if err == nil {
			l6.Close()
			return port
		}
		if !errors.Is(err, unix.EADDRINUSE) {
			t.Fatal(err)
		}
	}
}

// reach connects to a service, once for each of its addresses.
func (k kind) reach(t *testing.T, inst *stock.Instance, port string) []net.Conn {
	t.Helper()
	switch k.at {
	case "loopback":
		return []net.Conn{
			call(t, endpoint{"tcp4", net.JoinHostPort("127.0.0.1", port)}).conn,
			call(t, endpoint{"tcp6", net.JoinHostPort("::1", port)}).conn,
		}
	case "pass":
		return []net.Conn{pass(t, inst, passAttributes), pass(t, inst, nil)}
	}
	return []net.Conn{call(t, at(inst, k.at)).conn}
}

// passAttributes are what postscreen says of a client.
var passAttributes = map[string]string{
	"client_address": "192.0.2.55", "client_port": "12345", "server_address": "192.0.2.1", "server_port": "25",
}

// pass connects to private/probe as postscreen does with its clients, and
// returns the client's end of the passed connection.
func pass(t *testing.T, inst *stock.Instance, attrs map[string]string) net.Conn {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(inst.Addr, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := handOver(inst.Socket("private/probe"), server.(*net.TCPConn), attrs); err != nil {
		t.Fatal(err)
	}
	return client
}

// check asks a service what it was given, and looks at its processes.
func (k kind) check(t *testing.T, inst *stock.Instance, talk *talk, port string) {
	t.Helper()
	pid := talk.pid()
	for _, p := range []int{pid, parentOf(t, pid)} {
		argv, err := stock.Process{PID: p}.Args()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(inst.Expand(strings.ReplaceAll(strings.Join(k.args, "\n"), "@port@", port)), "\n")
		if !slices.Equal(argv[1:], want) {
			t.Errorf("arguments %q, want %q", argv[1:], want)
		}
	}
	var left []string
	if err := json.Unmarshal([]byte(talk.value("args")), &left); err != nil || !slices.Equal(left, k.left) {
		t.Errorf("arguments left over: %q, %v, want %q", left, err, k.left)
	}
	for name, value := range k.param {
		if got := talk.value("param " + name); got != value {
			t.Errorf("parameter %s is %q, want %q", name, got, value)
		}
	}
	if got := talk.value("param queue_directory"); got != inst.Path("queue") {
		t.Errorf("queue_directory is %q", got)
	}
	k.checkAttributes(t, talk)
	checkEnvironment(t, talk, pid)
	k.checkIdentity(t, inst, pid)
	if text := fmt.Sprintf("echo=%d", pid); talk.ask(text, "sleep=1ms")[0] != text {
		t.Error("no echo")
	}
}

// checkAttributes wants those of a passed connection, where it had any.
func (k kind) checkAttributes(t *testing.T, talk *talk) {
	t.Helper()
	var attrs map[string]string
	if err := json.Unmarshal([]byte(talk.value("attrs")), &attrs); err != nil {
		t.Fatal(err)
	}
	if len(attrs) > 0 && (k.at != "pass" || !maps.Equal(attrs, passAttributes)) {
		t.Errorf("attributes %q", attrs)
	}
}

// checkIdentity looks whom a service runs as, and where.
func (k kind) checkIdentity(t *testing.T, inst *stock.Instance, pid int) {
	t.Helper()
	root, uid := "/", "0"
	if k.jail {
		root = inst.Path("queue")
	}
	if k.uid == "owner" {
		uid = mailOwner(t).uid
	}
	p := stock.Process{PID: pid}
	if got, err := p.Root(); err != nil || got != root {
		t.Errorf("root %q, %v, want %q", got, err, root)
	}
	if got, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err != nil || got != inst.Path("queue") {
		t.Errorf("working directory %q, %v", got, err)
	}
	status, err := p.Status(pid)
	if err != nil || strings.Fields(status["Uid"])[0] != uid {
		t.Errorf("uid %q, %v, want %s", status["Uid"], err, uid)
	}
}

// checkEnvironment wants what stock's master sets, and no more: that which
// leads to the parent is not for the service.
func checkEnvironment(t *testing.T, talk *talk, pid int) {
	t.Helper()
	parentEnv, err := stock.Process{PID: parentOf(t, pid)}.Env()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range parentEnv {
		name, value, _ := strings.Cut(v, "=")
		names = append(names, name)
		if got := talk.value("env " + name); got != value && name != "MAIL_LOGTAG" {
			t.Errorf("%s is %q, from master %q", name, got, value)
		}
	}
	slices.Sort(names)
	want := []string{"GENERATION", "LANG", "MAIL_CONFIG", "MAIL_LOGTAG", "OSTLER_ENGINE", "POSTLOG_HOSTNAME", "POSTLOG_SERVICE", "TZ"}
	if !slices.Equal(names, want) {
		t.Errorf("master gives %q, want %q", names, want)
	}
	if got := talk.value("env LANG"); got != "C" {
		t.Errorf("LANG is %q", got)
	}
	for _, name := range []string{"OSTLER_PARENT", "PATH"} {
		if got := talk.value("env " + name); got != " unset" {
			t.Errorf("%s is %q", name, got)
		}
	}
}
