package match

import (
	"context"
	"errors"

	"ostler/dict"
	"ostler/dict/casefold"
)

// Options are the properties of a list.
type Options struct {
	// Name stands in front of warnings and errors: the parameter's name.
	Name string
	// Types opens the tables and takes the warnings. It says whether folding of
	// case is Unicode's or ASCII's. Nil means that no table type is supported and
	// nothing is logged.
	Types *dict.Types
	// Parent makes a domain match the names below it. Strings and addresses do
	// not look at it.
	Parent bool
}

// Strings is a list that texts are compared with.
type Strings struct{ *list }

// NewStrings returns the list for the given patterns. An error's text is what stock
// logs as fatal.
//
// postfix: src/global/string_list.c
func NewStrings(o Options, patterns string) (*Strings, error) {
	l, err := newList(o, patterns)
	if err != nil {
		return nil, err
	}
	return &Strings{l}, nil
}

// Match reports whether the list has text.
func (s *Strings) Match(ctx context.Context, text string) (bool, error) {
	return s.match(ctx, probe{matchString, text})
}

// Domains is a list that host and domain names are compared with.
type Domains struct{ *list }

// NewDomains returns the list for the given patterns. An error's text is what stock
// logs as fatal.
//
// postfix: src/global/domain_list.c
func NewDomains(o Options, patterns string) (*Domains, error) {
	l, err := newList(o, patterns)
	if err != nil {
		return nil, err
	}
	return &Domains{l}, nil
}

// Match reports whether the list has name, or a domain that name is in.
func (d *Domains) Match(ctx context.Context, name string) (bool, error) {
	return d.match(ctx, probe{matchName, name})
}

// Addrs is a list that network addresses are compared with.
type Addrs struct{ *list }

// NewAddrs returns the list for the given patterns. An error's text is what stock
// logs as fatal.
//
// postfix: src/global/addr_match_list.c
func NewAddrs(o Options, patterns string) (*Addrs, error) {
	l, err := newList(o, patterns)
	if err != nil {
		return nil, err
	}
	return &Addrs{l}, nil
}

// Match reports whether the list has addr, or a network that addr is in. Addr is an
// IPv4 or IPv6 address without brackets; other text matches nothing.
func (a *Addrs) Match(ctx context.Context, addr string) (bool, error) {
	return a.match(ctx, probe{matchAddr, addr})
}

// NameAddrs is a list that hosts are compared with, by name and by address.
type NameAddrs struct{ *list }

// NewNameAddrs returns the list for the given patterns. An error's text is what
// stock logs as fatal.
//
// postfix: src/global/namadr_list.c
func NewNameAddrs(o Options, patterns string) (*NameAddrs, error) {
	l, err := newList(o, patterns)
	if err != nil {
		return nil, err
	}
	return &NameAddrs{l}, nil
}

// Match reports whether the list has the host's name or its address, as
// Domains.Match and Addrs.Match do, whichever of the patterns decides first.
func (n *NameAddrs) Match(ctx context.Context, name, addr string) (bool, error) {
	return n.match(ctx, probe{matchName, name}, probe{matchAddr, addr})
}

// list is what the lists have in common.
type list struct {
	// Static after construction.
	name     string
	parent   bool
	utf8     bool
	patterns []pattern
	tables   map[string]dict.Table // by specification
}

// pattern is one element of a list, after files have been replaced by what they hold.
type pattern struct {
	negate bool
	text   string     // folded, if table is nil
	table  dict.Table // or nil
}

// probe is a text and the way to compare it.
type probe struct {
	compare func(ctx context.Context, l *list, p *pattern, text string) (bool, error)
	text    string
}

func (l *list) match(ctx context.Context, probes ...probe) (bool, error) {
	for i := range probes {
		probes[i].text = casefold.Fold(probes[i].text, l.utf8)
	}
	for i := range l.patterns {
		p := &l.patterns[i]
		for _, probe := range probes {
			found, err := probe.compare(ctx, l, p, probe.text)
			if err != nil {
				return false, err
			}
			if found {
				return !p.negate, nil
			}
		}
	}
	return false, nil
}

// Close closes the list's tables. The list must not be used afterwards.
func (l *list) Close() error {
	var all []error
	for _, table := range l.tables {
		all = append(all, table.Close())
	}
	return errors.Join(all...)
}
