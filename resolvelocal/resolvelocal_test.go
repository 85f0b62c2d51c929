package resolvelocal_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"ostler/dict"
	"ostler/dict/inline"
	"ostler/dict/static"
	"ostler/resolvelocal"
)

// recorded is one domain that stock Postfix 3.7.11 was asked about.
type recorded struct {
	Patterns string   // mydestination
	Args     []string // the domain
	IPv4     bool     // inet_protocols = ipv4
	Yes      bool
	Error    int  // -1 retry, -2 config
	Died     bool // the log ends with the fatal error
	Log      []string
}

func addrs(texts ...string) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// replay does what stock did, and returns what it would have recorded.
func replay(c recorded) recorded {
	got := recorded{Patterns: c.Patterns, Args: c.Args, IPv4: c.IPv4}
	log := func(severity string) func(string) {
		return func(text string) { got.Log = append(got.Log, severity+strings.ToValidUTF8(text, "?")) }
	}
	o := resolvelocal.Options{
		MyDestination: c.Patterns,
		Own:           addrs("127.0.0.1", "192.0.2.2", "::1"),
		Proxy:         addrs("203.0.113.7", "2001:db8::7"),
		Types: dict.NewTypes(dict.Options{UTF8: true, Warn: log("warning: "), Error: log("error: ")},
			static.Driver(), inline.Driver()),
		Warn: log("warning: "),
	}
	if c.IPv4 {
		o.IPv4Only, o.Own, o.Proxy = true, o.Own[:2], o.Proxy[:1]
	}
	r, err := resolvelocal.New(o)
	if err != nil {
		got.Died = true
		log("fatal: ")(err.Error())
		return got
	}
	got.Yes, err = r.Local(context.Background(), c.Args[0])
	switch {
	case errors.Is(err, dict.ErrRetry):
		got.Error = -1
	case errors.Is(err, dict.ErrConfig):
		got.Error = -2
	case err != nil:
		got.Error = -3
	}
	return got
}

// TestStock asks what stock was asked. In the strings of the file each character is
// one byte.
func TestStock(t *testing.T) {
	f, err := os.Open("testdata/local.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := 0
	for lines := bufio.NewScanner(f); lines.Scan(); cases++ {
		var want recorded
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		want.Patterns, want.Args[0] = raw(want.Patterns), raw(want.Args[0])
		for i := range want.Log {
			want.Log[i] = raw(want.Log[i])
		}
		got := replay(want)
		if isLenient(want) {
			want.Error, want.Log = -1, got.Log
		}
		if got.Yes != want.Yes || got.Error != want.Error || got.Died != want.Died || !slices.Equal(got.Log, want.Log) {
			t.Errorf("\n got %+v\nwant %+v", got, want)
		}
	}
	if cases < 1000 {
		t.Errorf("only %d cases", cases)
	}
}

// isLenient reports whether stock said "not found" where it could not know: a
// surrogate was asked for a key that is not UTF-8. Ours is an error then.
func isLenient(c recorded) bool {
	return len(c.Log) == 2 && strings.HasPrefix(c.Log[0], "error: ") && strings.Contains(c.Log[1], "non-UTF-8 key")
}

// raw turns text of which each character is one byte into those bytes.
func raw(text string) string {
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return string(b)
}

// Zones of own addresses do not count: stock compares addresses only.
func TestZone(t *testing.T) {
	r, err := resolvelocal.New(resolvelocal.Options{Own: addrs("fe80::1%eth0")})
	if err != nil {
		t.Fatal(err)
	}
	if yes, err := r.Local(context.Background(), "[IPv6:fe80::1]"); !yes || err != nil {
		t.Errorf("%v, %v", yes, err)
	}
}

// A resolver is for everybody at once; the race detector watches.
func TestConcurrent(t *testing.T) {
	r, err := resolvelocal.New(resolvelocal.Options{
		MyDestination: "h.example, inline:{x.example=1}, foo:bar",
		Own:           addrs("::1"),
		Types:         dict.NewTypes(dict.Options{UTF8: true}, inline.Driver()),
	})
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup // each caller ends by itself; the test waits below
	for range 4 {
		callers.Go(func() {
			for range 100 {
				yes, err := r.Local(context.Background(), "X.Example.")
				if !yes || err != nil {
					t.Errorf("%v, %v", yes, err)
				}
				if _, err := r.Local(context.Background(), "[IPv6:::1]"); !errors.Is(err, dict.ErrRetry) {
					t.Errorf("an unavailable table: %v", err)
				}
			}
		})
	}
	callers.Wait()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// Any domain gets an answer, and a literal is local only if it is an address.
func FuzzLocal(f *testing.F) {
	f.Add("[127.0.0.1]")
	f.Add("[IPv6:::1].")
	f.Add("[0177.0.0.01]")
	f.Add("[ipv6:0:0::1.2.3.4]")
	r, err := resolvelocal.New(resolvelocal.Options{
		MyDestination: "h.example, !x.example",
		Own:           addrs("127.0.0.1", "::1"),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, domain string) {
		yes, err := r.Local(context.Background(), domain)
		if err != nil {
			t.Error(err)
		}
		name := strings.TrimSuffix(domain, ".")
		if yes && !strings.EqualFold(name, "h.example") && (name[0] != '[' || strings.Trim(name, "[]IPVipv0126789.:") != "") {
			t.Errorf("%q is local", domain)
		}
	})
}
