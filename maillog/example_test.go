package maillog_test

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"ostler/maillog"
)

// A daemon logs before main.cf is read, after that, and in its jail.
func ExampleNew() {
	log := maillog.New(maillog.Options{Program: "/usr/lib/postfix/sbin/anvil"})
	defer log.Close()
	err := log.Configure(maillog.Settings{
		SyslogName:          "postfix",
		MaillogFile:         "/etc/passwd",
		MaillogFilePrefixes: "/var, /dev/stdout",
		PostlogSocket:       "/var/spool/postfix/public/postlog",
		Hostname:            "mx.example.com",
	})
	if err != nil {
		fmt.Println("fatal:", err) // a daemon calls log.Fatalf("%v", err)
		return
	}
	log.EnterJail("/var/spool/postfix")
	log.Infof("in the jail")
	// Output:
	// fatal: maillog_file value '/etc/passwd' does not match any prefix in maillog_file_prefixes
}

// In a container each record is a JSON object.
func ExampleToWriter() {
	log := maillog.ToWriter(os.Stdout, maillog.Options{
		Program: "anvil",
		PID:     1,
		Format:  maillog.JSON,
		Now:     func() time.Time { return time.Date(2026, 11, 3, 8, 4, 20, 0, time.UTC) },
	})
	log.Warningf("client %s is too fast", "192.0.2.1")
	log.Close()
	// Output:
	// {"time":"2026-11-03T08:04:20.000000Z","tag":"","program":"anvil","pid":1,"severity":"warning","text":"client 192.0.2.1 is too fast"}
}

func ExampleLogger_Handler() {
	log := maillog.ToWriter(os.Stdout, maillog.Options{Program: "anvil"})
	slog.New(log.Handler()).Warn("too fast", "client", "192.0.2.1", "rate", 200)
	log.Close()
	// Output:
	// anvil: warning: too fast client=192.0.2.1 rate=200
}
