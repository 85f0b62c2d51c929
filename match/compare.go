package match

import (
	"context"
	"errors"
	"strings"

	"ostler/dict"
)

// lookup asks a pattern's table.
func (l *list) lookup(ctx context.Context, table dict.Table, key string) (bool, error) {
	_, found, err := table.Lookup(ctx, key)
	if err == nil {
		return found, nil
	}
	class := dict.ErrRetry
	if errors.Is(err, dict.ErrConfig) {
		class = dict.ErrConfig
	}
	return false, &dict.Error{
		Class: class,
		Text:  l.name + ": " + table.Info().String() + ": table lookup problem",
		Cause: err,
	}
}

// matchString compares whole texts.
func matchString(ctx context.Context, l *list, p *pattern, text string) (bool, error) {
	if p.table != nil {
		return l.lookup(ctx, p.table, text)
	}
	return text == p.text, nil
}

// matchName compares a name and its parent domains.
func matchName(ctx context.Context, l *list, p *pattern, name string) (bool, error) {
	switch {
	case p.table != nil:
		return l.lookupParents(ctx, p.table, name)
	case name == p.text:
		return true, nil
	case l.parent:
		below, ok := strings.CutSuffix(name, p.text)
		return ok && strings.HasSuffix(below, "."), nil
	}
	return p.text[0] == '.' && strings.HasSuffix(name, p.text), nil
}

// lookupParents asks a table for a name and, where keys are fixed strings, for its
// parent domains: with Options.Parent "example.com", otherwise ".example.com".
func (l *list) lookupParents(ctx context.Context, table dict.Table, name string) (bool, error) {
	for name != "" {
		if found, err := l.lookup(ctx, table, name); found || err != nil {
			return found, err
		}
		if table.Info().Flags&dict.Fixed == 0 {
			return false, nil
		}
		dot := strings.IndexByte(name[1:], '.') + 1
		if dot == 0 {
			return false, nil
		}
		if l.parent {
			dot++
		}
		name = name[dot:]
	}
	return false, nil
}

const (
	charsIPv4 = "0123456789."
	charsIPv6 = charsIPv4 + "abcdefABCDEF:"
)

// matchAddr compares an address with an address or a network.
func matchAddr(ctx context.Context, l *list, p *pattern, addr string) (bool, error) {
	if !allOf(addr, charsIPv6) {
		return false, nil
	}
	if p.table != nil {
		return l.lookup(ctx, p.table, addr)
	}
	if n := len(p.text); p.text == addr || n == len(addr)+2 && p.text[0] == '[' && p.text[n-1] == ']' && p.text[1:n-1] == addr {
		return true, nil
	}
	if strings.Contains(addr, ":") != strings.Contains(p.text, ":") || !isNetwork(p.text) {
		return false, nil
	}
	network, err := parseNetwork(p.text)
	if err != nil {
		return false, &dict.Error{Class: dict.ErrRetry, Text: l.name + ": " + err.Error()}
	}
	return network.has(addr), nil
}

// isNetwork reports whether text can be meant as a network, or as an address that
// has more than one spelling. Other patterns may be host names, or rubbish that
// stock has always overlooked.
func isNetwork(text string) bool {
	return strings.ContainsAny(text, ":/") && allOf(text, charsIPv6+"[]/")
}

// allOf reports whether text consists of the given characters.
func allOf(text, chars string) bool {
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(chars, text[i]) < 0 {
			return false
		}
	}
	return true
}
