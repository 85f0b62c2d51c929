package anvil_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ostler/attr"
	"ostler/service/anvil"
)

func TestRespondAllocatesNothing(t *testing.T) {
	r := anvil.NewResponder(anvil.NewState(time.Minute, nil), anvil.Protocol312, t.Errorf)
	var p anvil.Peer
	buf := make([]byte, 0, 256)
	for _, verb := range []string{
		"connect", "disconnect", "connect", "message", "recipient", "newtls",
		"auth", "tlstr", "newtls_status", "lookup",
	} {
		req := []byte("request=" + verb + "\nident=smtp:192.0.2.1\n\n")
		r.Respond(&p, req, buf) // the ident becomes known
		if n := testing.AllocsPerRun(100, func() {
			if reply, ok := r.Respond(&p, req, buf); !ok || len(reply) == 0 {
				t.Errorf("%s: no reply", verb)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want 0", verb, n)
		}
	}
}

// What -v adds was seen at stock.
func TestVerbose(t *testing.T) {
	r := anvil.NewResponder(anvil.NewState(time.Minute, nil), anvil.Protocol37, t.Errorf)
	var log []string
	r.SetVerbose(func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) })
	var p anvil.Peer
	r.Respond(&p, []byte("request=connect\nident=smtp:192.0.2.1\n\n"), nil)
	want := []string{
		"anvil socket: wanted attribute: request",
		"input attribute name: request",
		"input attribute value: connect",
		"anvil socket: wanted attribute: ident",
		"input attribute name: ident",
		"input attribute value: smtp:192.0.2.1",
		"anvil socket: wanted attribute: (list terminator)",
		"input attribute name: (end)",
		"send attr status = 0",
		"send attr count = 1",
		"send attr rate = 1",
	}
	if !slices.Equal(log, want) {
		t.Errorf("trace:\n%s\nwant:\n%s", strings.Join(log, "\n"), strings.Join(want, "\n"))
	}
}

// FuzzRespond: whatever comes, the reply is a list that a client can read, or
// the connection ends.
func FuzzRespond(f *testing.F) {
	f.Add([]byte("request=connect\nident=x\n\n"))
	f.Add([]byte("request=lookup\nident=x\nfoo=bar\n\n"))
	f.Add([]byte("request=tlstr\nident=\x00\n\n"))
	f.Add([]byte("request=mess"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, req []byte) {
		warned := 0
		s := anvil.NewState(time.Minute, newClock().now)
		r := anvil.NewResponder(s, anvil.Protocol312, func(string, ...any) { warned++ })
		var p anvil.Peer
		reply, ok := r.Respond(&p, req, nil)
		if !ok {
			if len(reply) != 0 || warned == 0 && len(req) > 0 {
				t.Errorf("reply %q, %d warnings", reply, warned)
			}
			return
		}
		if n, _, err := attr.Plain.Frame(reply, 0); n != len(reply) || err != nil {
			t.Errorf("reply %q is not one list: %d, %v", reply, n, err)
		}
		var status int
		reader := attr.NewReader(attr.Plain, reply, "reply")
		if reader.Scan(attr.Missing, attr.Int("status", &status)) != 1 || status != 0 && warned == 0 {
			t.Errorf("reply %q, %d warnings", reply, warned)
		}
		if linked := s.Leave(&p); linked != (s.Len() == 1) {
			t.Errorf("linked %t with %d idents", linked, s.Len())
		}
	})
}

func BenchmarkRespond(b *testing.B) {
	r := anvil.NewResponder(anvil.NewState(time.Minute, nil), anvil.Protocol37, b.Errorf)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var p anvil.Peer
		buf := make([]byte, 0, 256)
		req := []byte("request=connect\nident=smtp:192.0.2.1\n\n")
		for pb.Next() {
			r.Respond(&p, req, buf)
		}
	})
}
