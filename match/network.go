package match

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// network is an address pattern: all addresses that share the prefix.
type network struct {
	prefix netip.Prefix
}

// has reports whether the network has addr; text that is no address is in none.
func (n network) has(addr string) bool {
	a, err := netip.ParseAddr(addr)
	return err == nil && n.prefix.Contains(a)
}

// parseNetwork reads address, [address], network/bits, [network]/bits or
// [network/bits]. Host bits of a network must be zero. Errors have stock's texts.
//
// postfix: src/util/cidr_match.c cidr_match_parse
func parseNetwork(pattern string) (network, error) {
	text, mask, masked, err := splitNetwork(pattern)
	if err != nil {
		return network{}, err
	}
	addr, addrErr := netip.ParseAddr(text)
	if !masked {
		if addrErr != nil {
			return network{}, fmt.Errorf("bad address pattern: \"%s\"", text)
		}
		return network{netip.PrefixFrom(addr, addr.BitLen())}, nil
	}
	most := 32
	if strings.Contains(text, ":") {
		most = 128
	}
	bits, what := 0, ""
	switch {
	case mask == "" || !allOf(mask, "0123456789"):
		what = "bad mask value"
	default:
		if bits, err = strconv.Atoi(mask); err != nil || bits > most {
			what = "bad mask length"
		} else if addrErr != nil {
			what = "bad network value"
		}
	}
	if what != "" {
		return network{}, fmt.Errorf("%s in \"%s/%s\"", what, text, mask)
	}
	prefix := netip.PrefixFrom(addr, bits)
	if first := prefix.Masked().Addr(); first != addr {
		return network{}, fmt.Errorf("non-null host address bits in \"%s/%s\", perhaps you should use \"%s/%d\" instead",
			text, mask, printed(first), bits)
	}
	return network{prefix}, nil
}

// splitNetwork separates the address from the mask, without brackets. Masked says
// whether there is a "/".
func splitNetwork(pattern string) (addr, mask string, masked bool, err error) {
	rest, bracket := strings.CutPrefix(pattern, "[")
	if !bracket {
		addr, mask, masked = strings.Cut(pattern, "/")
		return addr, mask, masked, nil
	}
	inner, tail, closed := strings.Cut(rest, "]")
	switch {
	case !closed:
		return "", "", false, fmt.Errorf("missing ']' character after \"[%s\"", rest)
	case tail == "":
		addr, mask, masked = strings.Cut(inner, "/")
		return addr, mask, masked, nil
	case tail[0] != '/':
		return "", "", false, fmt.Errorf("garbage after \"[%s]\"", inner)
	}
	return inner, tail[1:], true, nil
}

// printed is addr as inet_ntop prints it. Other than Go, that prints the last four
// bytes of ::n.n.n.n as an IPv4 address.
func printed(addr netip.Addr) string {
	b := addr.As16()
	if addr.Is6() && [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0) {
		return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
	}
	return addr.String()
}
