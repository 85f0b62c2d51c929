package resolvelocal

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Address literals come from strangers, inside addresses of any kind. Stock looks at
// them closely before it hands them to the C library, warns about what it does
// not like, and so do we, in its words.
//
// postfix: src/util/valid_hostname.c valid_ipv4_hostaddr, valid_ipv6_hostaddr

// parseLiteral returns the address in the text of a literal without brackets.
func (r *Resolver) parseLiteral(text string) (netip.Addr, bool) {
	const prefix = "IPv6:"
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		if complaint := checkIPv4(text); complaint != "" {
			r.complain("valid_ipv4_hostaddr", complaint, text)
			return netip.Addr{}, false
		}
		return parseIPv4(text)
	}
	text = text[len(prefix):]
	who, what, about := checkIPv6(text)
	if what != "" {
		r.complain(who, what, about)
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(text)
	return addr, err == nil
}

// complain warns that text is wrong. Stock prints at most 100 bytes of it.
func (r *Resolver) complain(who, what, text string) {
	r.warn(fmt.Sprintf("%s: %s: %s", who, what, text[:min(len(text), 100)]))
}

// checkIPv4 returns what is wrong with an address of four decimal numbers, or "".
func checkIPv4(text string) string {
	numbers, value, inNumber := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			if !inNumber {
				inNumber, value = true, 0
				numbers++
			}
			if value = value*10 + int(c-'0'); value > 255 {
				return "invalid octet value"
			}
		case c != '.':
			return invalidCharacter(c)
		case !inNumber || i+1 == len(text):
			return "misplaced dot"
		case numbers == 1 && value == 0 && strings.Trim(text, "0.") != "":
			return "bad initial octet value" // 0.0.0.0 is fine, 0.1.2.3 is not
		default:
			inNumber = false
		}
	}
	if numbers != 4 {
		return "invalid octet count"
	}
	return ""
}

func invalidCharacter(c byte) string { return fmt.Sprintf("invalid character %d(decimal)", c) }

// parseIPv4 reads what checkIPv4 has found good. To the C library a number that
// starts with 0 is octal.
func parseIPv4(text string) (netip.Addr, bool) {
	var addr [4]byte
	for i, number := range strings.SplitN(text, ".", 4) {
		base := 10
		if number[0] == '0' {
			base = 8
		}
		value, err := strconv.ParseUint(number, base, 8)
		if err != nil {
			return netip.Addr{}, false
		}
		addr[i] = byte(value)
	}
	return netip.AddrFrom4(addr), true
}

const checkerIPv6 = "valid_ipv6_hostaddr"

// checkIPv6 returns which check fails for an IPv6 address, what is wrong, and with which
// part of text; what is "" if nothing is. It is about form: the number of fields
// for example is left to the parser.
func checkIPv6(text string) (who, what, about string) {
	fields := strings.Split(text, ":")
	last := len(fields) - 1
	null, start := 0, 0 // the empty field inside, where the current field starts
	for i, field := range fields {
		digits := len(field) - len(strings.TrimLeft(field, "0123456789abcdefABCDEF"))
		switch {
		case i == 1 && start == 1 && field != "" && isAlnum(field[0]):
			what = "bad null first field in IPv6 address"
		case i > 7:
			what = "too many `:' in IPv6 address"
		case i > 0 && i < last && field == "":
			if null > 0 {
				what = "too many `::' in IPv6 address"
			}
			null = i
		case digits > 4:
			what = "malformed IPv6 address"
		case digits == len(field):
		case field[digits] != '.':
			what = invalidCharacter(field[digits]) + " in IPv6 address"
		case i < 2 || i > 6:
			what = "malformed IPv4-in-IPv6 address"
		default:
			return "valid_ipv4_hostaddr", checkIPv4(text[start:]), text[start:]
		}
		if what != "" {
			return checkerIPv6, what, text
		}
		start += len(field) + 1
	}
	switch {
	case last < 2:
		what = "too few `:' in IPv6 address"
	case fields[last] == "" && null != last-1:
		what = "bad null last field in IPv6 address"
	}
	return checkerIPv6, what, text
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
