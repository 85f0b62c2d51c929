package mailconf

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// initProtocols reads inet_protocols and asks the kernel if it has them.
//
// postfix: src/util/inet_proto.c, src/util/name_mask.c
func (c *Config) initProtocols(p *Params, host Host) error {
	const param = "inet_protocols"
	for _, name := range words(p.InetProtocols, commaSpace) {
		switch name {
		case "all":
			p.IPv4, p.IPv6 = true, true
		case "ipv4":
			p.IPv4 = true
		case "ipv6":
			p.IPv6 = true
		default:
			return fatalf("unknown %s value \"%s\" in \"%s\"", param, name, p.InetProtocols)
		}
		if c.trace != nil {
			c.trace(1, "name_mask: "+name)
		}
	}
	for _, family := range []struct {
		on   *bool
		name string
	}{{&p.IPv6, "IPv6"}, {&p.IPv4, "IPv4"}} {
		if !*family.on {
			continue
		}
		err := host.Supports(family.on == &p.IPv6)
		switch {
		case err == nil:
		case errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT):
			c.warning(param + ": disabling " + family.name + " name/address support: " + systemText(err))
			*family.on = false
		default:
			return causef(err, "socket")
		}
	}
	return nil
}

// initOwnAddrs turns inet_interfaces into addresses and netmasks, once.
//
// postfix: src/global/own_inet_addr.c
func (c *Config) initOwnAddrs(p *Params, host Host) error {
	if p.haveAddrs {
		return nil
	}
	if !p.IPv4 && !p.IPv6 {
		if c.trace != nil {
			c.trace(1, "skipping inet_interfaces setting - all network protocols are disabled")
		}
		return nil
	}
	local, err := c.localAddrs(p, host)
	if err != nil {
		return err
	}
	switch p.InetInterfaces {
	case "all":
		p.OwnAddrs = local
	case "loopback-only":
		p.OwnAddrs = slices.DeleteFunc(local, func(a netip.Prefix) bool { return !a.Addr().IsLoopback() })
	default:
		if p.OwnAddrs, err = p.listedAddrs(host, local); err != nil {
			return err
		}
	}
	p.haveAddrs = true
	return nil
}

// localAddrs asks for the addresses of this host, IPv4 first.
//
// postfix: src/util/inet_addr_local.c
func (c *Config) localAddrs(p *Params, host Host) ([]netip.Prefix, error) {
	all, err := host.Interfaces()
	if err != nil && !p.standalone {
		return nil, causef(err, "inet_addr_local[getifaddrs]: getifaddrs")
	}
	var local []netip.Prefix
	for _, family := range []struct {
		on, is4 bool
		name    string
	}{{p.IPv4, true, "IPv4"}, {p.IPv6, false, "IPv6"}} {
		if !family.on {
			continue
		}
		before := len(local)
		for _, a := range all {
			if a.Addr().Is4() == family.is4 && !a.Addr().IsUnspecified() {
				local = append(local, a)
			}
		}
		if c.trace != nil {
			c.trace(1, fmt.Sprintf("inet_addr_local: configured %d %s addresses", len(local)-before, family.name))
		}
	}
	if len(local) == 0 && !p.standalone {
		return nil, fatalf("could not find any active network interfaces")
	}
	return local, nil
}

// listedAddrs handles a list of names and addresses in inet_interfaces. Each
// must be an address of this host.
func (p *Params) listedAddrs(host Host, local []netip.Prefix) ([]netip.Prefix, error) {
	addrs, err := p.addresses(host, "inet_interfaces", p.InetInterfaces)
	if err != nil {
		return nil, err
	}
	var own []netip.Prefix
	for _, addr := range addrs {
		i := slices.IndexFunc(local, func(l netip.Prefix) bool { return l.Addr() == addr })
		if i < 0 {
			return nil, fatalf("parameter inet_interfaces: no local interface found for %s", addr)
		}
		own = append(own, local[i])
	}
	return own, nil
}

// ProxyAddrs turns proxy_interfaces into addresses, sorted and without
// duplicates. It asks host each time; names may take it long, and are not
// found in a chroot jail.
//
// postfix: src/global/own_inet_addr.c proxy_inet_addr_list
func (p *Params) ProxyAddrs(host Host) ([]netip.Addr, error) {
	return p.addresses(host, "proxy_interfaces", p.ProxyInterfaces)
}

// addresses looks up a list of hosts.
//
// postfix: src/util/inet_addr_host.c, src/util/inet_addr_list.c
func (p *Params) addresses(host Host, param, list string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, name := range words(list, " \t,") {
		found, err := host.Addresses(withoutBrackets(name))
		if err != nil {
			return nil, lookupFailure(err)
		}
		before := len(addrs)
		for _, addr := range found {
			addr = addr.WithZone("")
			if addr.Is4() && p.IPv4 || addr.Is6() && p.IPv6 {
				addrs = append(addrs, addr)
			}
		}
		if len(addrs) == before {
			return nil, fatalf("config variable %s: host not found: %s", param, name)
		}
	}
	slices.SortStableFunc(addrs, compareAddrs)
	return slices.Compact(addrs), nil
}

func withoutBrackets(name string) string {
	if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		return name[1 : len(name)-1]
	}
	return name
}

// compareAddrs is stock's order: IPv4 first, by the difference of the addresses
// as the machine's (little-endian) integers; IPv6 byte by byte.
//
// postfix: src/util/sock_addr.c sock_addr_cmp_addr
func compareAddrs(a, b netip.Addr) int {
	if a.Is4() && b.Is4() {
		x, y := a.As4(), b.As4()
		return cmp.Compare(int32(binary.LittleEndian.Uint32(x[:])-binary.LittleEndian.Uint32(y[:])), 0)
	}
	return a.Compare(b)
}
