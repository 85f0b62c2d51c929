// Package inline is the table type inline: the keys and values stand in the table's
// name.
//
//	types := dict.NewTypes(options, inline.Driver())
//	table, err := types.Open("inline:{ key1=value1, {key2 = text with blanks} }", dict.FoldFixed)
//	value, found, err := table.Lookup(ctx, "KEY2") // "text with blanks", true, nil
//
// Rules: the name is a list in braces, its elements are separated by commas or
// blanks, an element with blanks stands in braces of its own. Keys may be quoted;
// the quotes are then part of the key. The last of several elements with one key
// wins. An empty table is an error.
//
// Tables are safe for concurrent use and never block.
//
// postfix: src/util/dict_inline.c, DATABASE_README
package inline

import (
	"context"
	"fmt"
	"unicode/utf8"

	"ostler/dict"
	"ostler/dict/braces"
)

const driverType = "inline"

// Driver returns the driver of the type inline.
func Driver() dict.Driver { return dict.Driver{Type: driverType, Open: open} }

// table is a map that does not change.
type table struct {
	// Static after construction.
	info   dict.Info
	values map[string]string
}

func open(r dict.Request) (dict.Table, error) {
	if r.Flags&dict.UTF8Active != 0 && !utf8.ValidString(r.Name) {
		return nil, syntaxError("bad UTF-8 syntax", r.Name)
	}
	if n := braces.Len(r.Name); n <= len("{}") || n < len(r.Name) {
		return nil, syntaxError("bad syntax", r.Name)
	}
	values := make(map[string]string)
	elements := r.Name[1 : len(r.Name)-1]
	for {
		element, rest, ok := braces.Next(elements, braces.CommaSpace)
		if !ok {
			break
		}
		key, value, err := pair(element)
		if err != nil {
			return nil, syntaxError(err.Error(), r.Name)
		}
		values[r.Fold(dict.Fixed, key)] = value
		elements = rest
	}
	if len(values) == 0 {
		return nil, syntaxError("empty table", r.Name)
	}
	return &table{r.Info(driverType, dict.Fixed), values}, nil
}

// pair splits an element, after the braces around it are gone.
func pair(element string) (key, value string, err error) {
	if element[0] == '{' {
		if element, err = braces.Strip(element); err != nil {
			return "", "", err
		}
	}
	return braces.Pair(element)
}

func syntaxError(what, name string) error {
	return fmt.Errorf("%s: \"%s:%s\"; need \"%s:{name=value...}\"", what, driverType, name, driverType)
}

func (t *table) Lookup(_ context.Context, key string) (string, bool, error) {
	value, found := t.values[key]
	return value, found, nil
}

func (t *table) Info() dict.Info { return t.info }

func (t *table) Close() error { return nil }
