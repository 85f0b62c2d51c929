package anvil_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ostler/attr"
	"ostler/service/anvil"
)

// memoryPeer is our anvil without process and sockets: what the skeleton does
// with a client is done here in the plainest way.
type memoryPeer struct {
	t       *testing.T
	clk     *clock
	start   time.Time
	timed   bool
	state   *anvil.State
	r       *anvil.Responder
	log     []string
	clients map[string]*memoryClient
}

type memoryClient struct {
	peer    anvil.Peer
	in, out []byte
	eof     bool
}

func newMemoryPeer(t *testing.T, d *dialogue) *memoryPeer {
	unit, err := time.ParseDuration(d.params["anvil_rate_time_unit"])
	if err != nil {
		t.Fatal(err)
	}
	protocol := anvil.Protocol37
	if p := d.params["ostler_anvil_protocol"]; p != "" {
		protocol = anvil.Protocol(p)
	}
	m := &memoryPeer{t: t, clk: newClock(), timed: d.timed(), clients: map[string]*memoryClient{}}
	m.start = m.clk.now()
	m.state = anvil.NewState(unit, m.clk.now)
	m.r = anvil.NewResponder(m.state, protocol, func(format string, args ...any) {
		m.log = append(m.log, "warning: "+strings.Map(printable, fmt.Sprintf(format, args...)))
	})
	return m
}

// printable does to a record what the log does.
func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

func (m *memoryPeer) at(second int) {
	m.clk.add(m.start.Add(time.Duration(second) * time.Second).Sub(m.clk.now()))
}

func (m *memoryPeer) connect(client string) {
	m.clients[client] = &memoryClient{out: []byte(anvil.Greeting)}
}

func (m *memoryPeer) send(client string, data []byte) {
	c := m.clients[client]
	c.in = append(c.in, data...)
	for !c.eof {
		n, _, err := attr.Plain.Frame(c.in, 0)
		if err != nil {
			m.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		m.request(c, c.in[:n])
		c.in = c.in[n:]
	}
}

func (m *memoryPeer) request(c *memoryClient, req []byte) {
	var ok bool
	if c.out, ok = m.r.Respond(&c.peer, req, c.out); !ok {
		m.leave(c)
	}
}

func (m *memoryPeer) halfClose(client string) {
	c := m.clients[client]
	if len(c.in) > 0 && !c.eof {
		m.request(c, c.in)
	}
	m.leave(c)
}

func (m *memoryPeer) leave(c *memoryClient) {
	if !c.eof {
		c.out = append(c.out, m.r.Goodbye(&c.peer)...)
		c.eof = true
	}
}

func (m *memoryPeer) receive(client string, _ step) ([]byte, bool) {
	c := m.clients[client]
	out := c.out
	c.out = nil
	return out, c.eof
}

func (m *memoryPeer) stop() []string {
	for _, line := range m.state.Report() {
		m.log = append(m.log, relative(line, m.start, m.timed))
	}
	return m.log
}

func TestDialoguesInMemory(t *testing.T) {
	for _, d := range readDialogues(t) {
		t.Run(d.name, func(t *testing.T) {
			compare(t, d, d.play(newMemoryPeer(t, d)))
		})
	}
}

// compare is for dialogues that were recorded and played.
func compare(t *testing.T, want, got *dialogue) {
	t.Helper()
	for i := range want.steps {
		w, g := want.steps[i], got.steps[i]
		if string(w.reply) != string(g.reply) || w.eof != g.eof {
			t.Errorf("step %d: client %s %s %q:\n got %q, end %t\nwant %q, end %t", i, w.client, w.what, w.text, g.reply, g.eof, w.reply, w.eof)
		}
	}
	if fmt.Sprintf("%q", want.log) != fmt.Sprintf("%q", got.log) {
		t.Errorf("log:\n got %q\nwant %q", got.log, want.log)
	}
}
