package stock_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ostler/test/stock"
)

func TestMain(m *testing.M) {
	if err := stock.Check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const limit = 5 * time.Second

// greeting connects to anvil and returns the first line it says.
func greeting(t *testing.T, inst *stock.Instance) string {
	t.Helper()
	conn, err := inst.Dial("private/anvil")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestLifeCycle(t *testing.T) {
	for _, postlogd := range []bool{false, true} {
		t.Run(fmt.Sprintf("postlogd=%v", postlogd), func(t *testing.T) {
			t.Parallel()
			inst := stock.New(t, stock.Config{Postlogd: postlogd})
			inst.Start()
			if got, want := greeting(t, inst), "protocol=anvil_protocol\n"; got != want {
				t.Errorf("greeting %q, want %q", got, want)
			}
			first := inst.WaitChildren(limit, "anvil", 1)[0]
			inst.Reload()
			inst.WaitGone(limit, first)
			greeting(t, inst)
			if second := inst.WaitChildren(limit, "anvil", 1)[0]; second == first {
				t.Errorf("after a reload anvil is still process %d", second)
			}
			inst.Stop()
			if left := inst.Processes(); len(left) != 0 {
				t.Errorf("after Stop there are %v", left)
			}
			inst.Start()
			greeting(t, inst)
		})
	}
}

func TestDrainRunsExitHooks(t *testing.T) {
	t.Parallel()
	inst := stock.New(t, stock.Config{})
	inst.Start()
	conn, err := inst.Dial("private/anvil")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("request=connect\nident=smtp:192.0.2.1\n\n")); err != nil {
		t.Fatal(err)
	}
	want := "protocol=anvil_protocol\n\nstatus=0\ncount=1\nrate=1\n\n"
	got := make([]byte, len(want))
	for n := 0; n < len(got); {
		more, err := conn.Read(got[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += more
	}
	if string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	inst.Drain()
	r := inst.WaitRecord(limit, stock.Matching("anvil", "^statistics: max connection rate"))
	if !strings.HasPrefix(r.Text, "statistics: max connection rate 1/60s for (smtp:192.0.2.1) at ") || r.Host != "stock" {
		t.Errorf("record %q", r.Line)
	}
}

func TestStartTellsWhy(t *testing.T) {
	t.Parallel()
	inst := stock.New(t, stock.Config{Master: []string{"anvil unix - - n - 1x"}})
	if err := inst.TryStart(); err == nil {
		t.Error("master has started with a line that lacks its command")
	}
	inst.WaitRecord(limit, stock.Matching("master", `fatal: .*master.cf: line \d+: missing "command" field`))
	if left := inst.Processes(); len(left) != 0 {
		t.Errorf("there are %v", left)
	}
	inst.SetService("anvil unix - - n - 1 anvil")
	inst.Start()
}

func TestPostfixCheckIsSilent(t *testing.T) {
	t.Parallel()
	// It wants to find the service.
	inst := stock.New(t, stock.Config{Postlogd: true})
	inst.Start()
	if text, err := inst.Check(); err != nil || text != "" {
		t.Errorf("postfix check: %v: %q", err, text)
	}
}

func TestJail(t *testing.T) {
	t.Parallel()
	inst := stock.New(t, stock.Config{
		Master: []string{"anvil unix - - y - 1 anvil -v"},
		Prefix: []string{"prlimit", "--nofile=512"},
		Env:    []string{"LANG=fr_FR"},
	})
	inst.FillJail()
	inst.Start()
	greeting(t, inst)
	p := stock.Process{PID: inst.WaitChildren(limit, "anvil", 1)[0]}
	if root, err := p.Root(); err != nil || root != inst.Path("queue") {
		t.Errorf("root %q, %v", root, err)
	}
	args, err := p.Args()
	if want := []string{"anvil", "-l", "-t", "unix", "-u", "-c", "-v"}; err != nil || !slices.Equal(args, want) {
		t.Errorf("arguments %q, %v, want %q", args, err, want)
	}
	env, err := p.Env()
	if err != nil || !slices.Contains(env, "LANG=C") || !slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "GENERATION=") }) {
		t.Errorf("environment %q, %v", env, err)
	}
	files, err := p.Files()
	if err != nil || !strings.HasPrefix(files[6], "socket:") || files[0] != "/dev/null" {
		t.Errorf("descriptors %v, %v", files, err)
	}
	threads, err := p.Threads()
	if err != nil || len(threads) != 1 {
		t.Fatalf("threads %v, %v", threads, err)
	}
	status, err := p.Status(threads[0])
	if err != nil || status["CapEff"] != "0000000000000000" || strings.HasPrefix(status["Uid"], "0") {
		t.Errorf("status %q, %v", status, err)
	}
	if _, err := p.CPU(); err != nil {
		t.Error(err)
	}
	inst.WaitRecord(limit, stock.Matching("anvil", "send attr protocol = anvil_protocol"))
}

func TestParseRecord(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line string
		want stock.Record
	}{
		{"Nov 23 18:04:20 host postfix/smtp/smtpd[32514]: warning: a [b]: c",
			stock.Record{Time: "Nov 23 18:04:20", Host: "host", Tag: "postfix/smtp", Program: "smtpd", PID: 32514, Text: "warning: a [b]: c"}},
		{"Nov  3 18:04:20 host postfix/master[1]: ",
			stock.Record{Time: "Nov  3 18:04:20", Host: "host", Tag: "postfix", Program: "master", PID: 1}},
		{"something else", stock.Record{Text: "something else"}},
	} {
		test.want.Line = test.line
		if got := stock.ParseRecord(test.line); got != test.want {
			t.Errorf("%q:\n got %+v\nwant %+v", test.line, got, test.want)
		}
	}
}

func TestRequireToldBeforeUse(t *testing.T) {
	t.Parallel()
	stock.Require(t)
	if _, err := stock.Command("/usr/lib/postfix/sbin/anvil"); err != nil {
		t.Error(err)
	}
	if got, err := stock.Command("/opt/ostler/anvil"); err != nil || got != "../../../../opt/ostler/anvil" {
		t.Errorf("command %q, %v", got, err)
	}
}

func TestPeerEngineReachesTheService(t *testing.T) {
	t.Parallel()
	inst := stock.New(t, stock.Config{Main: stock.Peer{Engine: "goroutines"}.Main()})
	inst.Start()
	greeting(t, inst)
	p := stock.Process{PID: inst.MasterChildren("anvil")[0]}
	env, err := p.Env()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(env, "OSTLER_ENGINE=goroutines") {
		t.Errorf("environment %q", env)
	}
	// What else is there, is there without it, too.
	plain := stock.New(t, stock.Config{})
	plain.Start()
	greeting(t, plain)
	p.PID = plain.MasterChildren("anvil")[0]
	want, err := p.Env()
	if err != nil || len(env) != len(want)+1 {
		t.Errorf("environment %q, without an engine %q, %v", env, want, err)
	}
}

// TestStopLog has more logged while nobody reads than the socket holds: nothing
// is lost, and who logs goes on when it is read.
func TestStopLog(t *testing.T) {
	t.Parallel()
	inst := stock.New(t, stock.Config{})
	inst.Start()
	inst.StopLog()
	const n = 40
	for range n {
		conn, err := inst.Dial("private/anvil")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("nonsense\n\n")); err != nil {
			t.Fatal(err)
		}
	}
	mark := inst.Mark()
	if err := inst.StartLog(); err != nil {
		t.Fatal(err)
	}
	inst.WaitRecords(limit, mark, n, stock.Matching("anvil", "unexpected attribute nonsense"))
}
