package anvil_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"ostler/service/anvil"
)

// model is anvil told as plainly as possible: every rule is applied to every
// ident at every step. The State must not be told from it.
type model struct {
	unit   int64
	idents map[string]*modelIdent
	linked map[int]string // by client
	peak   [6]modelPeak
	count  modelPeak
	size   modelPeak
}

type modelIdent struct {
	count  int
	rates  [6]int
	start  int64
	expiry int64 // 0 with a connection
}

type modelPeak struct {
	value int
	ident string
	when  int64
}

func (p *modelPeak) raise(value int, ident string, when int64) {
	if value > p.value {
		*p = modelPeak{value, ident, when}
	}
}

func newModel(unit int64) *model {
	return &model{unit: unit, idents: map[string]*modelIdent{}, linked: map[int]string{}}
}

func (m *model) advance(now int64) {
	for name, id := range m.idents {
		if id.expiry != 0 && id.expiry <= now {
			delete(m.idents, name)
		}
	}
}

func (m *model) unlink(client int, now int64) {
	name, ok := m.linked[client]
	if !ok {
		return
	}
	delete(m.linked, client)
	id := m.idents[name]
	if id.count--; id.count == 0 {
		id.expiry = now + m.unit
	}
}

func (m *model) bump(id *modelIdent, kind int, now int64) {
	if id.start+m.unit < now {
		id.rates = [6]int{}
		id.start = now
	}
	id.rates[kind]++
}

func (m *model) register(client int, name string, now int64) *modelIdent {
	id := m.idents[name]
	if id == nil {
		id = &modelIdent{start: now}
		m.idents[name] = id
		m.size.raise(len(m.idents), "", now)
	}
	m.bump(id, 0, now)
	id.count++
	id.expiry = 0
	m.unlink(client, now)
	m.linked[client] = name
	return id
}

func (m *model) connect(client int, name string, now int64) (count, rate int) {
	id := m.register(client, name, now)
	m.peak[0].raise(id.rates[0], name, now)
	m.count.raise(id.count, name, now)
	return id.count, id.rates[0]
}

func (m *model) add(client, kind int, name string, now int64) int {
	id := m.idents[name]
	if id == nil {
		id = m.register(client, name, now)
	}
	m.bump(id, kind, now)
	m.peak[kind].raise(id.rates[kind], name, now)
	return id.rates[kind]
}

func (m *model) disconnect(client int, name string, now int64) {
	if m.linked[client] == name {
		m.unlink(client, now)
	}
}

func (m *model) lookup(name string, now int64) (n anvil.Counts) {
	id := m.idents[name]
	if id == nil {
		return n
	}
	n.Count = id.count
	if id.start+m.unit >= now {
		n.Rates = id.rates
	}
	return n
}

func (m *model) report() (lines []string) {
	at := func(p modelPeak) string { return time.Unix(p.when, 0).Format("Jan _2 15:04:05") }
	for k, name := range []string{"connection", "message", "recipient", "newtls", "auth", "tlstrace"} {
		if p := m.peak[k]; p.value > 0 {
			lines = append(lines, fmt.Sprintf("statistics: max %s rate %d/%ds for (%s) at %s", name, p.value, m.unit, p.ident, at(p)))
		}
		if p := m.count; k == 0 && p.value > 0 {
			lines = append(lines, fmt.Sprintf("statistics: max connection count %d for (%s) at %s", p.value, p.ident, at(p)))
		}
	}
	if p := m.size; p.value > 0 {
		lines = append(lines, fmt.Sprintf("statistics: max cache size %d at %s", p.value, at(p)))
	}
	m.peak, m.count, m.size = [6]modelPeak{}, modelPeak{}, modelPeak{}
	return lines
}

func TestStateEqualsModel(t *testing.T) {
	for seed := range uint64(200) {
		walk(t, seed)
		if t.Failed() {
			return
		}
	}
}

// walk takes the State and the model through the same random steps.
func walk(t *testing.T, seed uint64) {
	const steps = 400
	rnd := rand.New(rand.NewPCG(seed, 2))
	unit := int64(1 + rnd.IntN(5))
	w := walker{clk: newClock(), m: newModel(unit)}
	w.clk.add(time.Duration(rnd.IntN(1000)) * time.Millisecond)
	w.s = anvil.NewState(time.Duration(unit)*time.Second, w.clk.now)
	for step := range steps {
		if rnd.IntN(4) == 0 {
			w.clk.add(time.Duration(rnd.IntN(2500)) * time.Millisecond)
		}
		op, client, name := rnd.IntN(10), rnd.IntN(len(w.peers)), string(rune('a'+rnd.IntN(7)))
		if got, want := w.step(op, client, anvil.Kind(1+rnd.IntN(5)), name); got != want {
			t.Errorf("seed %d step %d: operation %d of client %d on %s:\n got %s\nwant %s", seed, step, op, client, name, got, want)
			return
		}
		if rnd.IntN(2) == 0 {
			continue // let requests find idents that nobody has removed
		}
		if w.s.Expire(); w.s.Len() != len(w.m.idents) {
			t.Errorf("seed %d step %d: %d idents, want %d", seed, step, w.s.Len(), len(w.m.idents))
			return
		}
	}
}

// walker does the same with a State and a model.
type walker struct {
	clk   *clock
	s     *anvil.State
	m     *model
	peers [4]anvil.Peer
}

// step does one operation with both, and returns what they say.
func (w *walker) step(op, client int, kind anvil.Kind, name string) (got, want string) {
	now, p, ident := w.clk.unix(), &w.peers[client], []byte(name)
	w.m.advance(now)
	switch op {
	case 0, 1, 2:
		got = fmt.Sprint(w.s.Connect(p, ident))
		want = fmt.Sprint(w.m.connect(client, name, now))
	case 3, 4:
		got = fmt.Sprint(w.s.Add(p, kind, ident))
		want = fmt.Sprint(w.m.add(client, int(kind), name, now))
	case 5:
		w.s.Disconnect(p, ident)
		w.m.disconnect(client, name, now)
	case 6:
		_, linked := w.m.linked[client]
		got, want = fmt.Sprint(w.s.Leave(p)), fmt.Sprint(linked)
		w.m.unlink(client, now)
	case 7, 8:
		got = fmt.Sprint(w.s.Lookup(ident))
		want = fmt.Sprint(w.m.lookup(name, now), w.m.idents[name] != nil)
	case 9:
		got, want = fmt.Sprintf("%q", w.s.Report()), fmt.Sprintf("%q", w.m.report())
	}
	return got, want
}
