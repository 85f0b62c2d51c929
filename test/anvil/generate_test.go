package anvil_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"

	"ostler/test/dialogue"
)

// generator makes dialogues from a seed.
type generator struct {
	rng    *rand.Rand
	name   string   // of the dialogue: keeps its idents apart from those of others
	idents []string // that this dialogue speaks of
}

// requests are what clients ask, as often as they stand here.
var requests = strings.Fields(`connect connect connect connect connect disconnect disconnect disconnect
	message message recipient recipient newtls newtls auth auth newtls_status lookup lookup`)

// unknownRequests are names that mean nothing; tlstr does in later versions of
// Postfix.
var unknownRequests = []string{
	"", "bogus", "CONNECT", "connect ", " connect", "connec", "connectt", "newtls_report", "status", "=", "==", "connect=", "\t",
	"lookup\r", "\xff\xfe", "gr\u00fc\u00dfe", "\x00connect", "connect\x01", "%s%n", "{", "}", strings.Repeat("r", 3000),
}

// dialogue makes number n.
func (g *generator) dialogue(n int) dialogue.Dialogue {
	g.name = fmt.Sprintf("d%d", n)
	g.idents = g.idents[:0]
	for range 1 + g.rng.IntN(3) {
		g.idents = append(g.idents, g.newIdent())
	}
	d := dialogue.Dialogue{Name: g.name}
	open := map[int]bool{}
	for range 3 + g.rng.IntN(12) {
		conn := 1 + g.rng.IntN(3)
		step := dialogue.Step{Conn: conn, Op: dialogue.Open}
		if open[conn] {
			step = g.step(conn)
		}
		open[conn] = step.Op != dialogue.End && step.Op != dialogue.Last
		d.Steps = append(d.Steps, step)
	}
	for conn := 1; conn <= 3; conn++ {
		if open[conn] {
			d.Steps = append(d.Steps, dialogue.Step{Conn: conn, Op: dialogue.End})
		}
	}
	return d
}

// step makes a step on a connection that is open.
func (g *generator) step(conn int) dialogue.Step {
	step := dialogue.Step{Conn: conn, Op: dialogue.Send}
	switch p := g.rng.IntN(100); {
	case p < 70:
		step.Data = list("request", pick(g, requests), "ident", pick(g, g.idents))
	case p < 76:
		step.Data = list("request", pick(g, unknownRequests), "ident", pick(g, g.idents))
	case p < 80:
		step.Data = g.oddList()
	case p < 84:
		step.Op, step.Data = dialogue.Last, g.brokenList()
	case p < 90:
		step.Op = dialogue.End
	default:
		step.Op, step.Data = dialogue.End, g.brokenEnd()
	}
	return step
}

// newIdent makes an ident that no other dialogue has, but for the empty one.
func (g *generator) newIdent() string {
	switch g.rng.IntN(12) {
	case 0:
		return g.name + ":" + strings.Repeat("long ", 1+g.rng.IntN(1000))
	case 1:
		return g.name + pick(g, []string{"=", "==a=", " ", "\t\r", "\x00tail", ":\u00e9\u20ac", "\xc3", "\x7f\x01", "%d%s", "{", "\\n", "'\"", strings.Repeat("k", 1<<16)})
	case 2:
		return pick(g, []string{" ", "=", "{", "\r"}) + g.name
	default:
		return fmt.Sprintf("%s:192.0.2.%d", g.name, g.rng.IntN(250))
	}
}

// oddList makes a list that is not what the protocol wants and is answered all
// the same. It fits into one read: what stock leaves of a longer one it takes for the next request ([rowRest]).
func (g *generator) oddList() []byte {
	request, ident := pick(g, requests), g.name+":odd"
	switch g.rng.IntN(5) {
	case 0:
		return list("request", request, "ident", ident, "extra", "x")
	case 1:
		return list("request", request, "ident", ident, "ident", ident)
	case 2:
		return []byte("request=" + request + "\r\nident=" + ident + "\r\n\r\n\n")
	case 3:
		return list("request\x00junk", request, "ident\x00", ident)
	default:
		return []byte("request=" + request + "\nident=" + ident + "\nextra\n\n")
	}
}

// brokenList makes a list that ends as one does, and for which the server
// closes the connection.
func (g *generator) brokenList() []byte {
	request, ident := pick(g, requests), pick(g, g.idents)
	switch g.rng.IntN(13) {
	case 0:
		return list("ident", ident, "request", request)
	case 1:
		return list("request", request)
	case 2:
		return list("ident", ident)
	case 3:
		return list()
	case 4:
		return list("request", request, "extra", "x", "ident", ident)
	case 5:
		return list("extra", "x", "request", request, "ident", ident)
	case 6:
		return list("request", request, "request", request, "ident", ident)
	case 7:
		return []byte("request\nident=" + ident + "\n\n")
	case 8:
		return []byte("request=" + request + "\nident\n\n")
	case 9:
		return list("request ", request, "ident", ident)
	case 10:
		return list(" request", request, "ident", ident)
	case 11:
		return []byte("{\x00\nrequest=" + request + "\nident=" + ident + "\n}\x00\n\n")
	default:
		return list("", "", "request", request, "ident", ident)
	}
}

// brokenEnd makes the last thing that a client sends: a list that is cut off, or
// none at all.
func (g *generator) brokenEnd() []byte {
	request, ident := pick(g, requests), pick(g, g.idents)
	good := list("request", request, "ident", ident)
	switch g.rng.IntN(10) {
	case 0, 1:
		return good[:g.rng.IntN(len(good))]
	case 2:
		bad := pick(g, [][]byte{g.brokenList(), g.oddList()})
		return bad[:g.rng.IntN(len(bad))]
	case 3:
		return g.garbage(1 + g.rng.IntN(300))
	case 4:
		return g.garbage(1 + g.rng.IntN(20000))
	case 5:
		return fmt.Appendf(nil, "request\x00%s\x00ident\x00%s\x00\x00", request, ident)
	case 6:
		return fmt.Appendf(nil, "%s:%s\n%s:%s\n\n", b64("request"), b64(request), b64("ident"), b64(ident))
	case 7:
		return g.brokenList()
	case 8:
		return bytes.Repeat([]byte(pick(g, []string{"x", "x=", "request=", "\x00", "request=x\n", "{"})), 1+g.rng.IntN(10000))
	default:
		// One byte changed anywhere.
		good[g.rng.IntN(len(good))] = byte(g.rng.IntN(256))
		return onlyOne(good)
	}
}

// garbage makes n bytes of anything, half the time of what the protocol is made
// of.
func (g *generator) garbage(n int) []byte {
	b := make([]byte, n)
	alphabet := "=\n\x00request ident{}:connectlookup"
	for i := range b {
		b[i] = byte(g.rng.IntN(256))
		if n%2 == 0 {
			b[i] = alphabet[g.rng.IntN(len(alphabet))]
		}
	}
	if n%3 == 0 {
		b = append([]byte("request="), b...)
	}
	return onlyOne(b)
}

// onlyOne cuts what is behind the first list: stock loses pipelined requests.
func onlyOne(b []byte) []byte {
	if bytes.HasPrefix(b, []byte("\n")) {
		return b[:1]
	}
	if at := bytes.Index(b, []byte("\n\n")); at >= 0 {
		return b[:at+2]
	}
	return b
}

// list writes an attribute list from names and values in turn.
func list(pairs ...string) []byte {
	var b []byte
	for i := 0; i < len(pairs); i += 2 {
		b = append(b, pairs[i]+"="+pairs[i+1]+"\n"...)
	}
	return append(b, '\n')
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// pick draws one of several.
func pick[T any](g *generator, from []T) T { return from[g.rng.IntN(len(from))] }
