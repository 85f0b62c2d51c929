package mailconf

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// myNetworks is the default of mynetworks: the networks of the addresses in
// inet_interfaces, each followed by a blank.
//
// postfix: src/global/mynetworks.c
func (c *Config) myNetworks(p *Params, host Host) (string, error) {
	if !p.IPv4 && !p.IPv6 {
		if c.trace != nil {
			c.trace(1, "skipping mynetworks setting - all network protocols are disabled")
		}
		return "", nil
	}
	style, err := c.networkStyle(p.MyNetworksStyle)
	if err != nil {
		return "", err
	}
	if err := c.initOwnAddrs(p, host); err != nil {
		return "", err
	}
	var networks []string
	for _, addr := range p.OwnAddrs {
		network, err := networkOf(addr, style)
		if err != nil {
			return "", err
		}
		if !slices.Contains(networks, network) {
			networks = append(networks, network)
		}
	}
	result := strings.Join(append(networks, ""), " ")
	if c.trace != nil {
		c.trace(1, "mynetworks_core: "+result)
	}
	return result, nil
}

// networkStyle checks mynetworks_style. The list syntax is that of a parameter
// with several values; there must be one, which may be given twice.
func (c *Config) networkStyle(setting string) (string, error) {
	style, several := "", false
	for _, name := range words(setting, commaSpace) {
		switch name {
		case "class", "subnet", "host":
		default:
			return "", fatalf("unknown mynetworks mask style value \"%s\" in \"%s\"", name, setting)
		}
		if c.trace != nil {
			c.trace(1, "name_mask: "+name)
		}
		several = several || style != "" && style != name
		style = name
	}
	if several || style == "" {
		return "", fatalf("bad mynetworks_style value: %s; specify exactly one value", setting)
	}
	return style, nil
}

// networkOf returns the pattern for the network of one address.
func networkOf(addr netip.Prefix, style string) (string, error) {
	bits := addr.Bits()
	switch {
	case style == "host":
		bits = addr.Addr().BitLen()
	case style == "class" && addr.Addr().Is4():
		if bits = classBits(addr.Addr().As4()[0]); bits == 0 {
			return "", fatalf("mynetworks_core: unknown address class: %s", addr.Addr())
		}
	}
	network := netip.PrefixFrom(addr.Addr(), bits).Masked().Addr().String()
	if addr.Addr().Is6() {
		network = "[" + network + "]"
	}
	return network + "/" + strconv.Itoa(bits), nil
}

// classBits returns the length of the natural netmask of an IPv4 address with
// this first byte; 0 for those that have none.
func classBits(first byte) int {
	switch {
	case first < 0x80:
		return 8
	case first < 0xc0:
		return 16
	case first < 0xe0:
		return 24
	case first < 0xf0:
		return 4
	}
	return 0
}
