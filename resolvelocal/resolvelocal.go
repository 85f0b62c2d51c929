// Package resolvelocal decides whether a domain is delivered on this host: whether
// it is in mydestination, or is the address of one of the network interfaces that
// mail comes in through.
//
//	local, err := resolvelocal.New(resolvelocal.Options{
//		MyDestination: "$myhostname, localhost, cdb:/etc/postfix/domains", // expanded
//		Own:           ownAddresses,   // of inet_interfaces
//		Proxy:         proxyAddresses, // of proxy_interfaces
//		Types:         types,
//		Warn:          func(text string) { log.Warningf("%s", text) },
//	})
//	...                                          // fatal: err.Error()
//	yes, err := local.Local(ctx, "example.com")  // err: try again later
//
// Rules, in this order: one dot at the end of the domain is dropped; an empty domain, and
// one that still ends in a dot, is not local; what mydestination (a list of strings, see
// package match) has is local, and what it has with "!" is not decided by that; then
// [n.n.n.n] and [IPv6:...] are local if the address is own or a proxy's.
//
// New opens the tables and reads the files of mydestination; a process calls it
// before it enters its jail. A Resolver does not change after that and may be used
// by any number of goroutines.
//
// postfix: src/global/resolve_local.c, src/global/valid_mailhost_addr.c
package resolvelocal

import (
	"context"
	"net/netip"
	"strings"

	"ostler/dict"
	"ostler/match"
)

// Options are what a Resolver is made of. New copies the slices.
type Options struct {
	// MyDestination is the value of the parameter mydestination.
	MyDestination string
	// Own are the addresses of this mail system, Proxy those of proxies and address
	// translators in front of it. Zones do not count.
	Own, Proxy []netip.Addr
	// IPv4Only says that inet_protocols has no IPv6: [IPv6:::ffff:n.n.n.n] is then
	// the address n.n.n.n.
	IPv4Only bool
	// Types opens the tables in MyDestination, takes their warnings and says how case
	// is folded. Nil means that no type is supported, that only ASCII is folded, and
	// that errors are reported as warnings.
	Types *dict.Types
	// Warn takes the text of a warning, or is nil. It must be safe for concurrent
	// use.
	Warn func(text string)
}

// Resolver answers which domains are local. It is safe for concurrent use.
type Resolver struct {
	// Static after construction.
	list     *match.Strings
	addrs    map[netip.Addr]bool
	ipv4Only bool
	warn     func(text string)
}

// New returns a resolver. An error's text is what stock logs as fatal; see package
// match for what is an error and what a table that is unavailable.
//
// postfix: src/global/resolve_local.c resolve_local_init
func New(o Options) (*Resolver, error) {
	if o.Types == nil {
		o.Types = dict.NewTypes(dict.Options{Warn: o.Warn, Error: o.Warn})
	}
	list, err := match.NewStrings(match.Options{Name: "mydestination", Types: o.Types}, o.MyDestination)
	if err != nil {
		return nil, err
	}
	r := &Resolver{list: list, addrs: make(map[netip.Addr]bool), ipv4Only: o.IPv4Only, warn: o.Warn}
	if r.warn == nil {
		r.warn = func(string) {}
	}
	for _, addrs := range [][]netip.Addr{o.Own, o.Proxy} {
		for _, addr := range addrs {
			r.addrs[addr.WithZone("")] = true
		}
	}
	return r, nil
}

// Local reports whether mail for domain is delivered here. The error, which has been
// logged as a warning, wraps dict.ErrRetry or dict.ErrConfig; the domain may then be
// local, and mail for it must wait. Local blocks as long as mydestination's tables
// do, until ctx ends.
//
// postfix: src/global/resolve_local.c resolve_local
func (r *Resolver) Local(ctx context.Context, domain string) (bool, error) {
	domain = strings.TrimSuffix(domain, ".")
	if domain == "" || strings.HasSuffix(domain, ".") {
		return false, nil
	}
	found, err := r.list.Match(ctx, domain)
	if err != nil {
		r.warn(err.Error())
		return false, err
	}
	if found {
		return true, nil
	}
	if domain[0] == '[' && strings.HasSuffix(domain, "]") {
		return r.localAddress(domain[1 : len(domain)-1]), nil
	}
	return false, nil
}

// localAddress looks for the address in a literal among the local ones.
func (r *Resolver) localAddress(literal string) bool {
	addr, ok := r.parseLiteral(literal)
	if ok && r.ipv4Only {
		addr = addr.Unmap()
	}
	return ok && r.addrs[addr]
}

// Close closes the tables of mydestination. The Resolver must not be used
// afterwards.
func (r *Resolver) Close() error { return r.list.Close() }
