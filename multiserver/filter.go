package multiserver

import (
	"context"
	"fmt"
	"strings"

	"ostler/dict"
)

// openFilter opens the maps of the delivery status filter. They decide about
// somebody's mail, so that one which cannot be opened is a fatal error and not
// left out.
// postfix: src/global/dsn_filter.c dsn_filter_create
func (s *process) openFilter() error {
	if s.srv.BounceMaps == nil {
		return nil
	}
	types := dict.NewTypes(dict.Options{
		UTF8: s.params != nil && s.params.SMTPUTF8Enable, Fatal: true, Warn: s.warn,
	}, s.drivers()...)
	for _, spec := range mapNames(*s.srv.BounceMaps) {
		table, err := types.Open(spec, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", s.srv.BounceTitle, err)
		}
		s.filter = append(s.filter, table)
	}
	return nil
}

// mapNames splits a list of tables at commas and blanks outside of braces.
func mapNames(list string) (names []string) {
	depth, start := 0, -1
	for i, c := range list + " " {
		switch {
		case depth == 0 && strings.ContainsRune(", \t\r\n", c):
			if start >= 0 {
				names = append(names, list[start:i])
			}
			start = -1
			continue
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 && start < len(list) {
		names = append(names, list[start:]) // an unbalanced brace: for the driver to tell
	}
	return names
}

// FilterStatus looks a delivery status, "4.1.1 text", up in the maps of
// BounceMaps, and says whether one of them replaces it. An error means that it
// cannot be told now. It blocks as long as the tables do, until ctx ends, and
// may be called from anywhere after PreInit. What the replacement must look like
// is for the client of the bounce service to check.
//
// postfix: src/global/dsn_filter.c dsn_filter_lookup
func (s *Server) FilterStatus(ctx context.Context, status string) (replacement string, found bool, err error) {
	for _, table := range s.p.filter {
		if replacement, found, err = table.Lookup(ctx, status); found || err != nil {
			return replacement, found, err
		}
	}
	return "", false, nil
}
