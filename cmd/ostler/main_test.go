package main

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ostler/attr"
)

// runs is a command line, with what it prints and its exit status.
type runs struct {
	name   string
	args   []string
	status int
	stdout string // all of it
	stderr string // a part of it
}

func (r runs) test(t *testing.T) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(r.args, &stdout, &stderr)
	if status != r.status {
		t.Errorf("status %d, want %d", status, r.status)
	}
	if r.stdout != "*" && stdout.String() != r.stdout {
		t.Errorf("stdout %q, want %q", stdout.String(), r.stdout)
	}
	if !strings.Contains(stderr.String(), r.stderr) || r.stderr == "" && stderr.Len() > 0 {
		t.Errorf("stderr %q, want %q in it", stderr.String(), r.stderr)
	}
}

func TestCommandLine(t *testing.T) {
	for _, r := range []runs{
		{"nothing", nil, 2, "", "usage: ostler COMMAND"},
		{"unknown", []string{"bogus"}, 2, "", `ostler: unknown command "bogus"`},
		{"help", []string{"help"}, 0, "*", ""},
		{"flag", []string{"--help"}, 0, "*", ""},
		{"help help", []string{"help", "help"}, 0, "usage: ostler help [COMMAND]\n", ""},
		{"help unknown", []string{"help", "bogus"}, 2, "", "unknown command"},
		{"help version", []string{"help", "version"}, 0, versionHelp, ""},
		{"version too much", []string{"version", "x"}, 2, "", "usage: ostler version"},
		{"version bad flag", []string{"version", "-x"}, 2, "", "not defined: -x"},
		{"anvil nothing", []string{"anvil"}, 2, "", "usage: ostler anvil REQUEST"},
		{"anvil help", []string{"help", "anvil"}, 0, "*", ""},
		{"anvil unknown", []string{"anvil", "bogus", "x"}, 2, "", `unknown request "bogus"`},
		{"anvil no ident", []string{"anvil", "lookup"}, 2, "", "usage"},
		{"anvil two idents", []string{"anvil", "lookup", "x", "y"}, 2, "", "usage"},
		{"anvil bad flag", []string{"anvil", "-x", "lookup", "y"}, 2, "", "not defined: -x"},
		{"anvil bad hold", []string{"anvil", "connect", "-hold", "y", "z"}, 2, "", "invalid value"},
		{"anvil nobody", []string{"anvil", "lookup", "-s", "/nonexistent/anvil", "x"}, 1, "", "cannot connect to anvil: "},
		{"anvil no config", []string{"anvil", "lookup", "-c", "/nonexistent", "x"}, 1, "", "/nonexistent"},
	} {
		t.Run(r.name, r.test)
	}
}

func TestVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run([]string{"version"}, &stdout, &stderr); status != exitOK {
		t.Errorf("status %d: %s", status, &stderr)
	}
	for _, want := range []string{"ostler " + version + " ", "\nmail_version 3.7.11\n", " 3.6 "} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in %q", want, &stdout)
		}
	}
}

func TestHelpListsEveryCommand(t *testing.T) {
	var stdout bytes.Buffer
	run([]string{"help"}, &stdout, &stdout)
	for _, c := range commands() {
		if !strings.Contains(stdout.String(), "\n  "+c.name+" ") {
			t.Errorf("%s is not in %q", c.name, &stdout)
		}
	}
}

// fakeAnvil listens at private/anvil in a queue directory and answers each
// connection's request with what replies has for it. It returns the queue
// directory and a configuration directory that names it.
func fakeAnvil(t *testing.T, replies map[string]string) (queue, conf string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ostler") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	queue, conf = filepath.Join(dir, "queue"), filepath.Join(dir, "conf")
	for _, d := range []string{filepath.Join(queue, "private"), conf} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(conf, "main.cf")
	main := "base = " + dir + "\nqueue_directory = $base/queue\n"
	if err := os.WriteFile(file, []byte(main), 0o644); err != nil {
		t.Fatal(err)
	}
	// A main.cf that was written just now is waited for.
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(queue, "private/anvil"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() { // the cleanup ends it and waits
		defer close(done)
		serve(l, replies)
	}()
	return queue, conf
}

// serve is a fake anvil.
func serve(l net.Listener, replies map[string]string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		conn.Write([]byte("protocol=anvil_protocol\n\n"))
		req, err := attr.ReadList(bufio.NewReader(conn), attr.Plain, nil, 1000)
		if err == nil {
			conn.Write([]byte(replies[string(req)]))
			conn.Read(make([]byte, 1)) // until the client goes
		}
		conn.Close()
	}
}

func TestAnvil(t *testing.T) {
	replies := map[string]string{}
	for verb, reply := range map[string]string{
		"connect":       "status=0\ncount=2\nrate=3\n\n",
		"disconnect":    "status=0\n\n",
		"message":       "status=0\nrate=4\n\n",
		"recipient":     "status=0\nrate=5\n\n",
		"newtls":        "status=0\nrate=6\n\n",
		"newtls_status": "status=0\nrate=7\n\n",
		"auth":          "status=0\nrate=8\n\n",
		"tlstr":         "status=4294967295\n\n",
		"lookup":        "status=0\ncount=1\nrate=2\nmail=3\nrcpt=4\nnewtls=5\nauth=6\n\n",
	} {
		replies["request="+verb+"\nident=smtp:192.0.2.1\n\n"] = reply
	}
	replies["request=lookup\nident=any:any\n\n"] = "status=0\ncount=1\nrate=2\nmail=3\nrcpt=4\nnewtls=5\nauth=6\nauth=7\n\n"
	queue, conf := fakeAnvil(t, replies)
	socket := filepath.Join(queue, "private/anvil")
	const ident = "smtp:192.0.2.1"
	for _, r := range []runs{
		{"connect", []string{"connect", "-s", socket, ident}, 0, "status 0\ncount 2\nrate 3\n", ""},
		{"hold", []string{"connect", "-s", socket, "--hold", "1ns", ident}, 0, "status 0\ncount 2\nrate 3\n", ""},
		{"disconnect", []string{"-s", socket, "disconnect", ident}, 0, "status 0\n", ""},
		{"message", []string{"message", "-s", socket, ident}, 0, "status 0\nrate 4\n", ""},
		{"recipient", []string{"recipient", "-s", socket, ident}, 0, "status 0\nrate 5\n", ""},
		{"newtls", []string{"newtls", "-s", socket, ident}, 0, "status 0\nrate 6\n", ""},
		{"newtls_status", []string{"newtls_status", "-s", socket, ident}, 0, "status 0\nrate 7\n", ""},
		{"auth", []string{"auth", "-s", socket, ident}, 0, "status 0\nrate 8\n", ""},
		{"refused", []string{"tlstr", "-s", socket, ident}, 1, "status -1\n", "ostler anvil: anvil refuses the request\n"},
		{"lookup", []string{"lookup", "-s", socket, ident}, 0, "status 0\ncount 1\nrate 2\nmail 3\nrcpt 4\nnewtls 5\nauth 6\n", ""},
		{"lookup of 3.12", []string{"lookup", "-s", socket, "any:any"}, 0, "status 0\ncount 1\nrate 2\nmail 3\nrcpt 4\nnewtls 5\nauth 6\ntlstr 7\n", ""},
		{"config", []string{"lookup", "-c", conf, ident}, 0, "status 0\ncount 1\nrate 2\nmail 3\nrcpt 4\nnewtls 5\nauth 6\n", ""},
	} {
		r.args = append([]string{"anvil"}, r.args...)
		t.Run(r.name, r.test)
	}
	t.Run("environment", func(t *testing.T) {
		t.Setenv("MAIL_CONFIG", conf)
		runs{"", []string{"anvil", "auth", ident}, 0, "status 0\nrate 8\n", ""}.test(t)
	})
}
