package maillog_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ostler/maillog"
)

func TestConfigure(t *testing.T) {
	const long = "/var/spool/postfix-with-a-long-name/0123456789012345678901234567890123456789012345678901234567890/public/postlog"
	file := maillog.Settings{
		SyslogName: "postfix", MaillogFile: "/var/log/x", MaillogFilePrefixes: "/dev/stdout, /var",
		PostlogSocket: "/nowhere/public/postlog", Hostname: "mx.example.com",
	}
	with := func(change func(*maillog.Settings)) maillog.Settings {
		s := file
		change(&s)
		return s
	}
	exported := environment{
		"MAIL_LOGTAG": "postfix", "POSTLOG_SERVICE": "/nowhere/public/postlog", "POSTLOG_HOSTNAME": "mx.example.com",
	}
	tests := []struct {
		name     string
		settings maillog.Settings
		before   environment
		after    environment
		err      string
	}{
		{"syslog", maillog.Settings{SyslogName: "x"}, environment{}, environment{"MAIL_LOGTAG": "x"}, ""},
		{"syslog removes", maillog.Settings{SyslogName: "x", Facility: "local7"}, exported, environment{"MAIL_LOGTAG": "x"}, ""},
		{"file exports", file, environment{"OTHER": "1"}, environment{
			"OTHER": "1", "MAIL_LOGTAG": "postfix",
			"POSTLOG_SERVICE": "/nowhere/public/postlog", "POSTLOG_HOSTNAME": "mx.example.com",
		}, ""},
		{"file updates", with(func(s *maillog.Settings) { s.PostlogSocket = "/n/postlog" }), exported, environment{
			"MAIL_LOGTAG": "postfix", "POSTLOG_SERVICE": "/n/postlog", "POSTLOG_HOSTNAME": "mx.example.com",
		}, ""},
		{"host from environment", with(func(s *maillog.Settings) { s.Hostname = "" }), exported, exported, ""},
		{"host unknown", with(func(s *maillog.Settings) { s.Hostname = "" }), environment{}, environment{
			"MAIL_LOGTAG": "postfix", "POSTLOG_SERVICE": "/nowhere/public/postlog", "POSTLOG_HOSTNAME": "amnesiac",
		}, ""},
		{"prefix", with(func(s *maillog.Settings) { s.MaillogFile = "/tmp/x" }), environment{}, environment{},
			"maillog_file value '/tmp/x' does not match any prefix in maillog_file_prefixes"},
		{"facility", maillog.Settings{Facility: "Mail"}, environment{}, environment{},
			"parameter syslog_facility: unrecognized value: Mail"},
		{"long", with(func(s *maillog.Settings) { s.PostlogSocket = long }), environment{}, environment{},
			"unix_dgram_connect: unix-domain name too long: " + long},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env := maps.Clone(test.before)
			l := newLogger(t, options(env))
			err := l.Configure(test.settings)
			if test.err == "" && err != nil || test.err != "" && (err == nil || err.Error() != test.err) {
				t.Fatalf("got error %v, want %q", err, test.err)
			}
			if !maps.Equal(env, test.after) {
				t.Errorf("environment is %v, want %v", env, test.after)
			}
		})
	}
}

func TestConfigureSetenvFails(t *testing.T) {
	cause := errors.New("no memory")
	o := options(environment{})
	o.Setenv = func(string, string) error { return cause }
	l := newLogger(t, o)
	if err := l.Configure(maillog.Settings{SyslogName: "x"}); !errors.Is(err, cause) {
		t.Errorf("got error %v", err)
	}
}

// What was logged early and could not be delivered goes where main.cf says.
func TestConfigureMovesRecords(t *testing.T) {
	dir := t.TempDir()
	o := options(environment{})
	o.SyslogPath = filepath.Join(dir, "nobody")
	l := newLogger(t, o)
	l.Infof("early")
	conn := listen(t, filepath.Join(dir, "postlog"))
	settings := maillog.Settings{
		SyslogName: "out", MaillogFile: "/var/log/x", MaillogFilePrefixes: "/var",
		PostlogSocket: filepath.Join(dir, "postlog"), Hostname: "mx.example.com", SMTPUTF8: true,
	}
	for range 2 { // the second time nothing changes
		if err := l.Configure(settings); err != nil {
			t.Fatal(err)
		}
	}
	l.Infof("läte")
	for _, want := range []string{
		"Nov 03 08:04:20 mx postfix/anvil[123]: early",
		"Nov 03 08:04:20 mx out/anvil[123]: läte",
	} {
		if got := receive(t, conn); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Configure opens the socket, so that it works on when its path is gone, as in
// a jail.
func TestConfigureConnects(t *testing.T) {
	dir := t.TempDir()
	o := options(environment{})
	o.SyslogPath = filepath.Join(dir, "log")
	conn := listen(t, o.SyslogPath)
	l := newLogger(t, o)
	if err := l.Configure(maillog.Settings{SyslogName: "postfix", Facility: "local0"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(o.SyslogPath, o.SyslogPath+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := l.Configure(maillog.Settings{SyslogName: "postfix", Facility: "local0"}); err != nil {
		t.Fatal(err)
	}
	l.Infof("x")
	if got := receive(t, conn); !strings.HasPrefix(got, "<134>") {
		t.Errorf("got %q", got)
	}
}

// master appends to the file itself as long as nobody has made the socket.
func TestFileFallback(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "log")
	l := newLogger(t, options(environment{}))
	if err := l.Configure(maillog.Settings{
		SyslogName: "postfix", MaillogFile: file, MaillogFilePrefixes: dir,
		PostlogSocket: filepath.Join(dir, "postlog"), Hostname: "mx", FileFallback: true,
	}); err != nil {
		t.Fatal(err)
	}
	l.Infof("to the file")
	if !l.Flush(patience) {
		t.Fatal("not flushed")
	}
	conn := listen(t, filepath.Join(dir, "postlog"))
	l.Infof("to the socket")
	if got := receive(t, conn); !strings.HasSuffix(got, ": to the socket") {
		t.Errorf("got %q", got)
	}
	got, err := os.ReadFile(file)
	if want := "Nov 03 08:04:20 mx postfix/anvil[123]: to the file\n"; err != nil || string(got) != want {
		t.Errorf("file holds %q, %v, want %q", got, err, want)
	}
}

func TestConfigureKeepsWriter(t *testing.T) {
	var out strings.Builder
	l := maillog.ToWriter(&out, options(environment{}))
	l.Infof("one")
	if !l.Flush(patience) {
		t.Fatal("not flushed")
	}
	if err := l.Configure(maillog.Settings{SyslogName: "postfix", JSON: true}); err != nil {
		t.Fatal(err)
	}
	l.Warningf("two")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	want := "anvil: one\n" + `{"time":"2026-11-03T08:04:20.123456Z","tag":"postfix","program":"anvil","pid":123,` +
		`"severity":"warning","text":"two"}` + "\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
