package anvil_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"ostler/test/stock"
)

// limits are smtpd's limits that anvil counts for. Each has an smtpd service of
// its own, on port 2500 and up, that has it set, and a play that meets it.
var limits = []struct {
	name   string // of the parameter, without smtpd_client_
	value  int
	play   func(c *client)
	reply  string // what smtpd says when it is met
	record string // and what it logs
}{
	{"connection_count_limit", 3, playCount, "421 4.7.0 stock.example.test Error: too many connections from 127.0.0.1", "Connection concurrency limit exceeded: 4 from"},
	{"connection_rate_limit", 3, playRate, "421 4.7.0 stock.example.test Error: too many connections from 127.0.0.1", "Connection rate limit exceeded: 4 from"},
	{"message_rate_limit", 3, playMessages, "450 4.7.1 Error: too much mail from 127.0.0.1", "Message delivery request rate limit exceeded: 4 from"},
	{"recipient_rate_limit", 4, playRecipients, "450 4.7.1 Error: too many recipients from 127.0.0.1", "Recipient address rate limit exceeded: 5 from"},
	{"auth_rate_limit", 2, playAuth, "450 4.7.1 Error: too many AUTH commands from 127.0.0.1", "AUTH command rate limit exceeded: 3 from"},
	{"new_tls_session_rate_limit", 2, playTLS, "421 4.7.0 stock.example.test Error: too many new TLS sessions from unknown[127.0.0.1]", "New TLS session rate limit exceeded: 3 from"},
}

func port(i int) int { return 2500 + i }

// playCount has several sessions at a time.
func playCount(c *client) {
	first, second, third := c.open(), c.open(), c.open()
	third.do("EHLO client.example.test")
	c.open().close()
	c.open().close()
	first.quit()
	again := c.open()
	again.do("NOOP")
	c.open().close()
	for _, s := range []*session{second, third, again} {
		s.quit()
	}
	c.open().quit()
}

// playRate has many sessions, one after the other.
func playRate(c *client) {
	for range 3 {
		c.open().quit()
	}
	for range 2 {
		c.open().close()
	}
}

// message are the commands that send one message, after the greeting.
var message = []string{"MAIL FROM:<sender@example.test>", "RCPT TO:<recipient@example.test>", "DATA", "Subject: test\r\n\r\ntext\r\n."}

func playMessages(c *client) {
	s := c.open()
	s.do("EHLO client.example.test")
	s.do(message...)
	s.do("MAIL FROM:<a@example.test>", "RSET")
	s.quit()
	s = c.open()
	s.do("EHLO client.example.test")
	s.do(message...)
	s.do("MAIL FROM:<b@example.test>", "MAIL FROM:<c@example.test>", "NOOP")
	s.quit()
}

func playRecipients(c *client) {
	for range 2 {
		s := c.open()
		s.do("EHLO client.example.test", "MAIL FROM:<sender@example.test>")
		for i := range 3 {
			s.do(fmt.Sprintf("RCPT TO:<r%d@example.test>", i))
		}
		s.do("DATA", "Subject: test\r\n\r\ntext\r\n.")
		s.quit()
	}
}

// plain is an AUTH command.
func plain(user, password string) string {
	return "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password))
}

func playAuth(c *client) {
	for _, password := range []string{"secret", "wrong", "secret", "secret"} {
		s := c.open()
		s.do("EHLO client.example.test", plain("user", password), "NOOP")
		s.quit()
	}
}

func playTLS(c *client) {
	for i := range 5 {
		s := c.open()
		s.do("EHLO client.example.test")
		s.startTLS()
		if i == 2 {
			// Told at once, inside TLS, without being asked.
			s.reply()
			s.reply()
			s.close()
			continue
		}
		s.do("NOOP")
		s.quit()
	}
}

// limitsInstance makes an instance with a service for each limit.
func limitsInstance(t *testing.T, p stock.Peer) *site {
	t.Helper()
	cfg := stock.Config{
		Main: map[string]string{
			"anvil_rate_time_unit":                "1h",
			"anvil_status_update_time":            "1h",
			"smtpd_client_event_limit_exceptions": "",
			"smtpd_error_sleep_time":              "0",
			"smtpd_sasl_auth_enable":              "yes",
			"smtpd_sasl_type":                     "dovecot",
			"smtpd_sasl_path":                     "private/auth",
			"smtpd_sasl_security_options":         "noanonymous",
			"smtpd_tls_security_level":            "may",
			"smtpd_tls_loglevel":                  "1",
			"smtpd_tls_chain_files":               "@dir@/conf/tls.pem",
		},
		Master: []string{service(p)},
	}
	maps.Copy(cfg.Main, p.Main())
	for i, l := range limits {
		cfg.Master = append(cfg.Master, fmt.Sprintf("@addr@:%d inet n - n - - smtpd -o smtpd_client_%s=%d", port(i), l.name, l.value))
	}
	inst := stock.New(t, cfg)
	serveAuth(t, inst)
	return &site{t: t, inst: inst, tls: certify(t, inst)}
}

// play meets all limits, one after the other, and returns the transcript of each.
func (s *site) play() [][]string {
	s.t.Helper()
	var transcripts [][]string
	for i, l := range limits {
		c := &client{site: s, port: port(i)}
		l.play(c)
		transcripts = append(transcripts, c.transcript)
	}
	// The messages that were accepted have left the queue.
	accepted := 0
	for _, line := range slices.Concat(transcripts...) {
		if strings.Contains(line, " queued as ") {
			accepted++
		}
	}
	s.inst.WaitRecords(limit, 0, accepted, stock.Matching("qmgr", ": removed$"))
	s.inst.WaitIdle(limit, "smtpd")
	return transcripts
}

// refusals are the replies in a transcript that refuse something.
func refusals(transcript []string) []string {
	return slices.DeleteFunc(slices.Clone(transcript), func(line string) bool {
		return !strings.Contains(line, " S: 4") && !strings.Contains(line, " S: 5")
	})
}

// TestLimits has real sessions with stock's smtpd meet each of its limits, with
// stock's anvil and with ours: the same replies at the same points, the same
// log, the same report from it.
func TestLimits(t *testing.T) {
	peers := stock.Forms(t, program)
	theirs, transcripts := playAll(t, peers[0])
	for i, l := range limits {
		if !slices.ContainsFunc(transcripts[i], func(line string) bool { return strings.HasSuffix(line, " S: "+l.reply) }) {
			t.Errorf("%s was not met: no reply %q in\n%s", l.name, l.reply, strings.Join(refusals(transcripts[i]), "\n"))
		}
		if !slices.ContainsFunc(theirs.Records(), stock.Matching("smtpd", "^warning: "+l.record)) {
			t.Errorf("%s was not met: no record %q", l.name, l.record)
		}
	}
	for _, p := range peers[1:] {
		t.Run(p.Name, func(t *testing.T) {
			ours, got := playAll(t, p)
			for i, l := range limits {
				compareLogs(t, l.name+", transcript", transcripts[i], got[i])
			}
			compareProgramLogs(t, theirs, ours)
			compareReports(t, theirs, ours)
		})
	}
}

// playAll plays with one peer and ends the instance.
func playAll(t *testing.T, p stock.Peer) (*stock.Instance, [][]string) {
	t.Helper()
	s := limitsInstance(t, p)
	s.inst.Start()
	transcripts := s.play()
	s.inst.Drain()
	return s.inst, transcripts
}
