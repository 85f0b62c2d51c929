package house_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/format"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ostler/test/stock"
)

// example is the service that is complete.
const example = "examples/policy/main.go"

// limit is how long any one thing may take: no test waits for it when all is
// well.
const limit = 20 * time.Second

func TestExampleIsShort(t *testing.T) {
	text := read(t, example)
	if n := lines(text); n > 15 {
		t.Errorf("%s has %d lines, more than 15", example, n)
	}
	if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
		t.Errorf("%s is not as gofmt has it (%v)", example, err)
	}
}

// TestExampleIsTheReadmes: the first program of the README is the one that
// TestExample runs.
func TestExampleIsTheReadmes(t *testing.T) {
	text := string(read(t, example))
	if i := strings.Index(text, "package main"); find(t, "", "go", "").text != text[i:] {
		t.Errorf("the first program of README.md is not %s", example)
	}
}

// build compiles a package of the checkout and returns the program.
func build(t *testing.T, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-o", program, "./"+pkg)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot build %s: %v\n%s", pkg, err, out)
	}
	return program
}

// masterLine returns a line of a block of the README in the form of master.cf,
// with the command replaced by the program's.
func masterLine(t *testing.T, service, program string) []string {
	t.Helper()
	fields := strings.Fields(find(t, "", "", "(?m)^"+service+" +(unix|inet) ").text)
	command, err := stock.Command(program)
	if err != nil {
		t.Fatal(err)
	}
	if want := "../../ostler/" + service; len(fields) != 8 || fields[7] != want {
		t.Fatalf("README.md: the master.cf line %q does not end in %s", fields, want)
	}
	fields[7] = command
	return fields
}

// TestExample runs the example as it is, by the line of the README, as a policy
// service of a real smtpd, over both transports.
func TestExample(t *testing.T) {
	t.Parallel()
	stock.Require(t)
	program := build(t, filepath.Dir(example))
	unix := masterLine(t, "policy", program)
	inet := append([]string{"@addr@:10040", "inet", "n"}, unix[3:]...)
	inst := stock.New(t, stock.Config{Master: []string{
		strings.Join(unix, " "), strings.Join(inet, " "),
		"@addr@:2525 inet n - n - - smtpd -o smtpd_recipient_restrictions=check_policy_service,unix:private/policy",
		"@addr@:2526 inet n - n - - smtpd -o smtpd_recipient_restrictions=check_policy_service,inet:@addr@:10040",
		// Without a policy service a recipient is refused for a time: this is what
		// the others would look like if nobody answered.
		"@addr@:2527 inet n - n - - smtpd -o smtpd_recipient_restrictions=check_policy_service,unix:private/nobody" +
			" -o smtpd_policy_service_try_limit=1",
	}})
	inst.Start()
	for port, want := range map[int]string{2525: "250 2.1.5 Ok", 2526: "250 2.1.5 Ok", 2527: "451 4.3.5 "} {
		if got := recipient(t, inst, port); !strings.HasPrefix(got, want) {
			t.Errorf("port %d: %q, want %q", port, got, want)
		}
	}
	if n := len(inst.Children("policy")); n < 2 {
		t.Errorf("%d processes of the example, want one for each service", n)
	}
	for _, p := range inst.Processes() {
		if p.Program == "policy" {
			checkUser(t, p)
		}
	}
}

// checkUser: what the README shows does not run as root.
func checkUser(t *testing.T, p stock.Process) {
	t.Helper()
	status, err := p.Status(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	if uids := strings.Fields(status["Uid"]); len(uids) != 4 || strings.Contains(" "+strings.Join(uids, " ")+" ", " 0 ") {
		t.Errorf("%v runs with the uids %q", p, uids)
	}
}

// recipient returns smtpd's reply to a recipient.
func recipient(t *testing.T, inst *stock.Instance, port int) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", inst.ListenAddr(port), limit)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	reply := ""
	for _, line := range []string{"", "HELO client.example.test", "MAIL FROM:<>", "RCPT TO:<user@example.com>", "QUIT"} {
		if line != "" {
			fmt.Fprintf(conn, "%s\r\n", line)
		}
		text, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if strings.HasPrefix(line, "RCPT") {
			reply = strings.TrimSpace(text)
		}
	}
	return reply
}

// program returns a program of build/.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "build", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v (build it with: make build)", err)
	}
	return path
}
