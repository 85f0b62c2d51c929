package maillog_test

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ostler/maillog"
)

var update = flag.Bool("update", false, "record testdata/stock.txt anew from stock Postfix")

// stockCase is something that is logged, by stock's postlog command or by us.
type stockCase struct {
	name     string
	to       string // postlog, syslog or stream
	utf8     bool
	severity string // as postlog -p wants it
	text     string
}

func stockCases() []stockCase {
	long := strings.Repeat("x", 1999)
	var cases []stockCase
	for _, to := range []string{"postlog", "syslog", "stream"} {
		for _, severity := range []string{"info", "warn", "error", "fatal", "panic"} {
			if severity == "panic" && to != "syslog" || severity == "fatal" && to == "stream" {
				continue // stock sleeps for a second each time
			}
			cases = append(cases, stockCase{to + " " + severity, to, false, severity, "some text"})
		}
		cases = append(cases,
			stockCase{to + " control", to, false, "info", "a\tb\x01c\x7fd\x1b[1m 100%d ~"},
			stockCase{to + " latin1", to, false, "warn", "caf\xe9"},
			stockCase{to + " ascii only", to, false, "info", "café 中文"},
			stockCase{to + " UTF-8", to, true, "info", "café 中文😀"},
			stockCase{to + " not UTF-8", to, true, "info", "na\xc3ve \xa0\xff"},
			stockCase{to + " long", to, false, "warn", long + "yzzz"},
			stockCase{to + " long UTF-8", to, true, "info", long + "é"},
		)
	}
	return cases
}

// stockRecord has the parts of a record that depend on when it was written.
var stockRecord = regexp.MustCompile(`(?s)^(<\d+>)?(\w{3} [ \d]\d \d\d:\d\d:\d\d) (.*?)\[(\d+)\]: `)

// TestStock logs what stock's postlog has logged and wants the same bytes. The
// records are in testdata; where Postfix is installed postlog logs them again.
func TestStock(t *testing.T) {
	recorded := readStock(t)
	stock := stockInstance(t)
	if *update && stock == nil {
		t.Fatal("there is no Postfix to record")
	}
	var lines strings.Builder
	for _, c := range stockCases() {
		t.Run(c.name, func(t *testing.T) {
			want := recorded[c.name]
			if stock != nil {
				want = stock.log(t, c)
			}
			if want == "" {
				t.Fatal("not recorded, and no Postfix to ask")
			}
			fmt.Fprintf(&lines, "%s\t%q\n", c.name, want)
			if got := logAsStock(t, c, want); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
	if *update {
		if err := os.WriteFile("testdata/stock.txt", []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readStock(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/stock.txt")
	if err != nil && !*update {
		t.Fatal(err)
	}
	records := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if records[name], err = strconv.Unquote(quoted); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return records
}

// logAsStock logs c at the time and with the pid of stock's record and returns
// what arrives at the socket.
func logAsStock(t *testing.T, c stockCase, record string) string {
	t.Helper()
	m := stockRecord.FindStringSubmatch(record)
	if m == nil {
		t.Fatalf("no record: %q", record)
	}
	when, err := time.ParseInLocation("Jan _2 15:04:05", strings.Replace(m[2], " 0", "  ", 1), time.UTC)
	if err != nil {
		when, err = time.ParseInLocation("Jan 02 15:04:05", m[2], time.UTC)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "socket")
	arrives := serve(t, c, path)
	pid, _ := strconv.Atoi(m[4])
	o := options(environment{})
	o.Program, o.PID, o.SyslogPath = "postlog", pid, path
	o.Now = func() time.Time { return when }
	l := newLogger(t, o)
	settings := maillog.Settings{SyslogName: "st", Facility: "local3", SMTPUTF8: c.utf8, Hostname: "mx.example.com"}
	if c.to == "postlog" {
		settings.MaillogFile, settings.MaillogFilePrefixes, settings.PostlogSocket = dir+"/log", dir, path
	}
	if err := l.Configure(settings); err != nil {
		t.Fatal(err)
	}
	switch c.severity {
	case "info":
		l.Infof("%s", c.text)
	case "warn":
		l.Warningf("%s", c.text)
	case "error":
		l.Errorf("%s", c.text)
	default:
		l.LogAt(map[string]maillog.Severity{"fatal": maillog.Fatal, "panic": maillog.Panic}[c.severity], c.text)
	}
	return <-arrives
}

// serve plays the log daemon that c logs to, for one record.
func serve(t *testing.T, c stockCase, path string) <-chan string {
	t.Helper()
	arrives := make(chan string, 1)
	if c.to != "stream" {
		conn := listen(t, path)
		go func() { arrives <- receive(t, conn) }() // ends with the record, or after a while
		return arrives
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	_ = listener.SetDeadline(time.Now().Add(patience))
	go func() { // ends with the record, or after a while
		defer close(arrives)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		record, _ := bufio.NewReader(conn).ReadString(0)
		arrives <- record
	}()
	return arrives
}

// stock is a private configuration of the Postfix that is installed.
type stock struct{ postlog, dir string }

// stockInstance returns nil where there is no Postfix, or no right to give it a
// /dev/log of its own.
func stockInstance(t *testing.T) *stock {
	t.Helper()
	if testing.Short() && !*update {
		t.Log("only recorded records: -short")
		return nil
	}
	postlog, err := exec.LookPath("postlog")
	if err != nil {
		t.Log("only recorded records:", err)
		return nil
	}
	dir := t.TempDir()
	if out, err := exec.Command("unshare", "-m", "sh", "-c", "mount --bind "+dir+" /dev").CombinedOutput(); err != nil {
		t.Logf("only recorded records: unshare: %v: %s", err, out)
		return nil
	}
	for _, name := range []string{"etc", "public", "dev"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "dev/null"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return &stock{postlog, dir}
}

// log has stock's postlog log c, and returns what arrives at the socket.
func (s *stock) log(t *testing.T, c stockCase) string {
	t.Helper()
	file, path := "", s.dir+"/dev/log"
	if c.to == "postlog" {
		file, path = s.dir+"/log", s.dir+"/public/postlog"
	}
	config := fmt.Sprintf("compatibility_level = 3.6\nqueue_directory = %s\nmaillog_file = %s\nmaillog_file_prefixes = %s\n"+
		"smtputf8_enable = %v\nmyhostname = mx.example.com\nsyslog_name = st\nsyslog_facility = local3\n",
		s.dir, file, s.dir, map[bool]string{true: "yes", false: "no"}[c.utf8])
	name := filepath.Join(s.dir, "etc/main.cf")
	if err := os.WriteFile(name, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	// A file that was changed just now makes every Postfix program wait.
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(name, long, long); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(path)
	arrives := serve(t, c, path)
	cmd := exec.Command("unshare", "-m", "sh", "-c",
		"mount --bind /dev/null "+s.dir+"/dev/null && mount --bind "+s.dir+"/dev /dev && exec "+
			s.postlog+" -c "+s.dir+"/etc -p "+c.severity)
	cmd.Stdin = strings.NewReader(c.text + "\n")
	cmd.Env = []string{"TZ=UTC", "PATH=" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err != nil && c.severity != "fatal" && c.severity != "panic" {
		t.Fatalf("postlog: %v: %s", err, out)
	}
	return <-arrives
}
