package anvil_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestGeneratedDialogues says the same, valid and broken, to stock and to ours,
// and compares the bytes and the log.
func TestGeneratedDialogues(t *testing.T) {
	stock := startProcess(t, requireStock(t), map[string]string{"anvil_rate_time_unit": "1h"})
	own := startProcess(t, requireOwn(t), map[string]string{"anvil_rate_time_unit": "1h"})
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range 600 {
		d := generate(rnd, i)
		want, got := talk(stock, d), talk(own, d)
		if want != got {
			t.Fatalf("dialogue %d: %q\n got %q\nwant %q", i, d, got, want)
		}
	}
	want, got := strings.Join(stock.stop(), "\n"), strings.Join(own.stop(), "\n")
	if want != got {
		t.Errorf("log:\n got %s\nwant %s", got, want)
	}
}

// generate returns what one client sends, whole requests and at the end
// perhaps a broken one.
func generate(rnd *rand.Rand, n int) (d []string) {
	verbs := strings.Fields("connect disconnect message recipient newtls newtls_status auth lookup connect tlstr")
	request := func() string {
		return fmt.Sprintf("request=%s\nident=smtp:192.0.2.%d\n\n", verbs[rnd.IntN(len(verbs))], rnd.IntN(8))
	}
	for range rnd.IntN(6) {
		d = append(d, request())
	}
	if n%3 != 0 {
		d = append(d, mutate(rnd, request()))
	}
	return d
}

// mutate breaks a request. What it returns holds no second request: stock loses
// those, ours does not.
func mutate(rnd *rand.Rand, request string) string {
	parts := []string{"\n", "=", "\x00", "{", "}", "{\x00\n", "request", "ident", "x=y\n", " ", "\xff", "\r\n", ":"}
	b := []byte(request)
	for range 1 + rnd.IntN(3) {
		at := rnd.IntN(len(b))
		switch rnd.IntN(4) {
		case 0:
			b = b[:at+1]
		case 1:
			b[at] = byte(rnd.IntN(256))
		case 2:
			b = append(b[:at], b[at+1:]...)
		case 3:
			part := parts[rnd.IntN(len(parts))]
			b = append(b[:at:at], append([]byte(part), b[at:]...)...)
		}
		if len(b) == 0 {
			return "\n"
		}
	}
	if b[0] == '\n' {
		return "\n"
	}
	if i := bytes.Index(b, []byte("\n\n")); i >= 0 {
		b = b[:i+2]
	}
	return string(b)
}

// talk sends one part of the dialogue after the other, waits for a reply to each
// but the last, ends by half-closing and returns all that came.
func talk(p *processPeer, d []string) string {
	p.t.Helper()
	var all []byte
	p.connect("a")
	for i, part := range d {
		p.send("a", []byte(part))
		for replies := i + 2; i < len(d)-1 && bytes.Count(all, []byte("\n\n")) < replies; {
			got, eof := p.receive("a", step{reply: []byte{0}})
			if all = append(all, got...); eof || len(got) == 0 {
				break
			}
		}
	}
	p.halfClose("a")
	got, eof := p.receive("a", step{eof: true})
	return fmt.Sprintf("%s eof=%t", append(all, got...), eof)
}
