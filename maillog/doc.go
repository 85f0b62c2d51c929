// Package maillog writes log records as Postfix writes them: the same text,
// the same tag, to the same places. It replaces msg(3), msg_logger(3),
// msg_syslog(3) and maillog_client(3).
//
//	log := maillog.New(maillog.Options{Program: "anvil"})
//	log.Warningf("table %s: %v", name, err) // main.cf is not read yet
//	err := log.Configure(maillog.Settings{
//		SyslogName:  "postfix",
//		Facility:    "mail",
//		MaillogFile: "/var/log/postfix.log",
//		...
//	})
//	log.EnterJail("/var/spool/postfix") // after chroot
//	logger := slog.New(log.Handler())
//	defer log.Close()
//
// # Records
//
// A record is a tag, a severity and a text of at most 2,000 bytes on one line.
// Bytes that are not printable become '?'; what 3.7 takes for UTF-8 is kept when
// smtputf8_enable says so. Each severity but info puts its name before the
// text. The forms on the wire are
//
//	postlog   Nov 03 18:04:20 host postfix/anvil[123]: warning: text
//	syslog    <20>Nov  3 18:04:20 postfix/anvil[123]: warning: text
//	terminal  postfix/anvil: warning: text
//	JSON      {"time":"...","tag":"postfix","program":"anvil","pid":123,"severity":"warning","text":"text"}
//
// The day of the month is padded with a zero for postlogd and with a blank for
// syslog; the time is local time; the host is the first label of myhostname.
// A datagram holds one record without a newline; on a stream socket to a syslog
// daemon each record ends in a NUL byte; in a file, in a newline.
//
// # Where records go
//
// Before Configure: to the socket that POSTLOG_SERVICE names, or to syslog when
// the environment does not have that variable. After Configure: to the postlog
// service when maillog_file is set, else to syslog. SetSink overrides both, for
// the one program that reads the postlog socket itself. A logger made by
// ToStderr or ToWriter keeps its destination whatever main.cf says.
//
// # Concurrency
//
// All methods may be called from several goroutines at the same time. A call
// that logs copies the text into a queue of 1 MB and returns: it never waits
// for a socket, a file or a daemon, except the calls that end the process, and
// those wait for at most a second. One goroutine, started by the first record
// and stopped by Close, empties the queue. It waits while a socket is full,
// connects again when the daemon behind it was restarted, and when there is no
// daemon it keeps the records and tries once a second. Records are lost only
// when the queue is full; then they are counted, and one warning tells how many
// as soon as there is space again.
//
// # Differences from stock
//
// Stock writes to a blocking socket from the one thread that also serves
// clients, and loses what cannot be sent. Here the writer alone waits, and
// records that have no place to go yet are kept. A fatal record that could not
// be delivered within its second is written to standard error as a last resort.
//
// postfix: src/util/msg.c, src/util/msg_output.c, src/util/msg_logger.c,
// src/util/msg_syslog.c, src/util/msg_vstream.c, src/util/logwriter.c,
// src/util/printable.c, src/global/maillog_client.c, src/global/mail_task.c
package maillog
