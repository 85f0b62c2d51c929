package mailconf

import (
	"encoding/binary"
	"net/netip"
	"syscall"
)

// Interfaces asks the kernel through netlink, as getifaddrs(3) does: the links
// first, for which of them are up, then their addresses.
//
// postfix: src/util/inet_addr_local.c ial_getifaddrs
func (*system) Interfaces() ([]netip.Prefix, error) {
	up := make(map[uint32]bool)
	err := eachRoute(syscall.RTM_GETLINK, syscall.RTM_NEWLINK, func(m *syscall.NetlinkMessage) {
		// struct ifinfomsg: family, pad, type (2), index (4), flags (4), change
		if len(m.Data) >= syscall.SizeofIfInfomsg {
			index, flags := binary.NativeEndian.Uint32(m.Data[4:]), binary.NativeEndian.Uint32(m.Data[8:])
			up[index] = flags&syscall.IFF_UP != 0
		}
	})
	if err != nil {
		return nil, err
	}
	var addrs []netip.Prefix
	err = eachRoute(syscall.RTM_GETADDR, syscall.RTM_NEWADDR, func(m *syscall.NetlinkMessage) {
		// struct ifaddrmsg: family, prefix length, flags, scope, index (4)
		if len(m.Data) < syscall.SizeofIfAddrmsg || !up[binary.NativeEndian.Uint32(m.Data[4:])] {
			return
		}
		if addr, ok := messageAddr(m); ok {
			addrs = append(addrs, netip.PrefixFrom(addr, int(m.Data[1])))
		}
	})
	return addrs, err
}

// messageAddr returns the address in an RTM_NEWADDR message: the local one, or,
// where that is missing, the one of the interface.
func messageAddr(m *syscall.NetlinkMessage) (addr netip.Addr, ok bool) {
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return addr, false
	}
	for _, attr := range attrs {
		isLocal := attr.Attr.Type == syscall.IFA_LOCAL
		if isLocal || attr.Attr.Type == syscall.IFA_ADDRESS && !ok {
			addr, ok = netip.AddrFromSlice(attr.Value)
		}
		if isLocal {
			break
		}
	}
	return addr, ok
}

// eachRoute makes one netlink request and calls yield for each answer of the
// wanted type.
func eachRoute(request, answer int, yield func(*syscall.NetlinkMessage)) error {
	rib, err := syscall.NetlinkRIB(request, syscall.AF_UNSPEC)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseNetlinkMessage(rib)
	if err != nil {
		return err
	}
	for i := range messages {
		if int(messages[i].Header.Type) == answer {
			yield(&messages[i])
		}
	}
	return nil
}
