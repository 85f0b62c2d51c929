package multiserver

import (
	"context"
	"net/netip"
	"strings"

	"ostler/dict"
	inlinetable "ostler/dict/inline"
	statictable "ostler/dict/static"
	"ostler/resolvelocal"
)

// ResolveLocal says whether mail for domain is delivered on this host: whether
// mydestination lists it, or it is [the address] of an interface. An error means
// that it cannot be told now, and that mail must wait; it has been logged. It
// blocks as long as the tables of mydestination do, until ctx ends, and may be
// called from anywhere after PreInit.
//
// postfix: src/global/resolve_local.c resolve_local
func (s *Server) ResolveLocal(ctx context.Context, domain string) (bool, error) {
	return s.p.local.Local(ctx, domain)
}

// initLocal prepares ResolveLocal, while files can still be opened. A table of
// a type that the program has not got is unavailable, which is logged when it
// is asked; a service that never asks need not have it.
func (s *process) initLocal() error {
	types := dict.NewTypes(dict.Options{UTF8: s.params.SMTPUTF8Enable, Warn: s.warn}, s.drivers()...)
	var own []netip.Addr
	for _, prefix := range s.params.OwnAddrs {
		own = append(own, prefix.Addr())
	}
	var err error
	s.local, err = resolvelocal.New(resolvelocal.Options{
		MyDestination: s.params.MyDestination,
		Own:           own,
		Proxy:         s.proxyAddrs(),
		IPv4Only:      !s.params.IPv6,
		Types:         types,
		Warn:          s.warn,
	})
	return err
}

// drivers are the types of tables that the service has.
func (s *process) drivers() []dict.Driver {
	if s.srv.TableTypes != nil {
		return s.srv.TableTypes
	}
	return []dict.Driver{statictable.Driver(), inlinetable.Driver()}
}

func (s *process) warn(text string) { s.log.Warningf("%s", text) }

// proxyAddrs are the addresses of proxy_interfaces.
// postfix: src/global/own_inet_addr.c proxy_inet_addr_init
func (s *process) proxyAddrs() (addrs []netip.Addr) {
	for _, host := range strings.FieldsFunc(s.params.ProxyInterfaces, func(c rune) bool {
		return strings.ContainsRune(", \t\r\n", c)
	}) {
		found, err := s.env.host.Addresses(host)
		if err != nil {
			s.log.Warningf("proxy_interfaces: %s: %s", host, errText(err))
		}
		addrs = append(addrs, found...)
	}
	return addrs
}
