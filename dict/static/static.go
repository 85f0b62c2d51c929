// Package static is the table type static: every key has the same value, which is
// the table's name.
//
//	types := dict.NewTypes(options, static.Driver())
//	table, err := types.Open("static:{text with blanks}", 0)
//	value, found, err := table.Lookup(ctx, "anything") // "text with blanks", true, nil
//
// Rules: a name that starts with "{" must end with the "}" that belongs to it;
// both are removed, and blanks inside next to them. The value may then be empty.
//
// Tables are safe for concurrent use and never block.
//
// postfix: src/util/dict_static.c, DATABASE_README
package static

import (
	"context"
	"fmt"

	"ostler/dict"
	"ostler/dict/braces"
)

const driverType = "static"

// Driver returns the driver of the type static.
func Driver() dict.Driver { return dict.Driver{Type: driverType, Open: open} }

// table is one value for all keys.
type table struct {
	// Static after construction.
	info  dict.Info
	value string
}

func open(r dict.Request) (dict.Table, error) {
	value := r.Name
	if value[0] == '{' {
		inner, err := braces.Strip(value)
		if err != nil {
			return nil, fmt.Errorf("bad %s:name syntax: %w", driverType, err)
		}
		value = inner
	}
	return &table{r.Info(driverType, dict.Fixed), value}, nil
}

func (t *table) Lookup(context.Context, string) (string, bool, error) { return t.value, true, nil }

func (t *table) Info() dict.Info { return t.info }

func (t *table) Close() error { return nil }
