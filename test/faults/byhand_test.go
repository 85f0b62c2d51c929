package faults_test

import (
	"net"
	"regexp"
	"testing"
)

// byHands are the ways to get --listen wrong, which stock does not have. Standard
// error says one line, which ends in text.
var byHands = []struct {
	name string
	invocation
	text string
}{
	{"no address", listen("--listen"), "option --listen needs an address: unix:PATH or inet:HOST:PORT"},
	{"empty", listen("--listen", ""), `cannot listen on "": want unix:PATH or inet:HOST:PORT`},
	{"empty after equals", listen("--listen="), `cannot listen on "": want unix:PATH or inet:HOST:PORT`},
	{"no transport", listen("--listen", "127.0.0.1:2525"), `cannot listen on "127.0.0.1:2525": want unix:PATH or inet:HOST:PORT`},
	{"unknown transport", listen("--listen", "fifo:x"), `cannot listen on "fifo:x": want unix:PATH or inet:HOST:PORT`},
	{"unix without a path", listen("--listen", "unix:"), `cannot listen on "unix:": want unix:PATH or inet:HOST:PORT`},
	{"inet without anything", listen("--listen", "inet:"), `cannot listen on "inet:": want unix:PATH or inet:HOST:PORT`},
	{"second address is bad", listen("--listen", "unix:@dir@/s", "--listen", "bad"), `cannot listen on "bad": want unix:PATH or inet:HOST:PORT`},
	{"unix with a long path", listen("--listen", "unix:/"+longName), "bind: Invalid argument"},
	{"unix in no folder", listen("--listen", "unix:@dir@/nowhere/s"), "bind: No such file or directory"},
	{"unix at a file", listen("--listen", "unix:@dir@/conf/main.cf"), "bind: Address already in use"},
	{"unix at a busy socket", listen("--listen", "unix:@dir@/queue/private/anvil"), `cannot listen on "unix:@dir@/queue/private/anvil": Address already in use`},
	{"unix in a folder of others", invocation{args: []string{"--listen", "unix:@dir@/s"}, uid: stranger}, "bind: Permission denied"},
	{"inet without a port", listen("--listen", "inet:127.0.0.1"), "missing port in address"},
	{"inet with a large port", listen("--listen", "inet:127.0.0.1:99999"), "invalid port"},
	{"inet with an unknown port", listen("--listen", "inet:127.0.0.1:nonsense"), "unknown port"},
	{"inet at an address of others", listen("--listen", "inet:192.0.2.1:2525"), "bind: Cannot assign requested address"},
	{"unknown flag", listen("--listen", "unix:@dir@/s", "-x"), "invalid option: x"},
	{"bad value", listen("--listen", "unix:@dir@/s", "-o", "max_use=x"), "bad numerical configuration: max_use = x"},
	{"bad value of the service", listen("--listen", "unix:@dir@/s", "-o", "anvil_rate_time_unit=0"), "invalid anvil_rate_time_unit: 0 (min 1)"},
	{"o without equals", listen("--listen", "unix:@dir@/s", "-o", "max_use"), `invalid "-o max_use" option value: missing '=' after attribute name`},
	{"main.cf missing", invocation{args: []string{"--listen", "unix:@dir@/s"}, env: []string{"MAIL_CONFIG=@dir@/nowhere"}}, "open @dir@/nowhere/main.cf: No such file or directory"},
	{"chroot by a stranger", invocation{args: []string{"--listen", "unix:@dir@/s", "-c", "-o", "queue_directory=@dir@/queue"}, uid: stranger}, "chroot(@dir@/queue): Operation not permitted"},
	{"unknown user", listen("--listen", "unix:@dir@/s", "-u", "-o", "mail_owner=nobodyhere"), "unknown user: nobodyhere"},
	{"queue_directory missing", listen("--listen", "unix:@dir@/s", "-c", "-o", "queue_directory=@dir@/nowhere"), `chdir("@dir@/nowhere"): No such file or directory`},
}

func listen(words ...string) invocation { return invocation{args: words} }

// TestByHand starts ours without any master.
func TestByHand(t *testing.T) {
	t.Parallel()
	for _, c := range byHands {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkByHand(t, invoke(t, ourAnvil(), byHand(c.invocation)), c.text)
		})
	}
}

// checkByHand wants a fatal error of one line. What stands before the reason
// of the operating system is Go's.
func checkByHand(t *testing.T, got outcome, text string) {
	t.Helper()
	form := regexp.MustCompile(`^(postfix/)?anvil: fatal: [^\n]*` + regexp.QuoteMeta(text) + `\n$`)
	if !form.MatchString(got.Stderr) || got.Status != "exit status 1" || got.Stdout != "" || got.Served || got.Log != nil {
		t.Errorf("got %v\nwant exit status 1 and the text: %s", got, text)
	}
}

// byHand takes away what a master gives. The listener stays the test's.
func byHand(v invocation) invocation {
	v.env = append([]string{"MAIL_CONFIG", "POSTLOG_SERVICE", "POSTLOG_HOSTNAME", "GENERATION"}, v.env...)
	v.fds = map[int]opener{3: nil, 4: nil, 5: nil, 6: nil}
	prepare := v.prepare
	v.prepare = func(r *rig) error {
		l, err := unixListener(r)
		if err != nil {
			return err
		}
		r.mine = append(r.mine, l)
		r.closeListener()
		if prepare != nil {
			return prepare(r)
		}
		return nil
	}
	return v
}

// TestByHandBusyPort: a second process at the same port is told so.
func TestByHandBusyPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr := l.Addr().String()
	got := invoke(t, ourAnvil(), byHand(listen("--listen", "inet:"+addr)))
	checkByHand(t, got, "bind: Address already in use")
}
