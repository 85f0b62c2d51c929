package dict

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ostler/dict/casefold"
)

// Driver is a type of table.
type Driver struct {
	// Type is what stands before the colon.
	Type string
	// Open opens a table. If it cannot, the error's text is the reason that a
	// surrogate gives, in stock's words. Open may block on files, never on a
	// network. It must be safe for concurrent use.
	Open func(r Request) (Table, error)
}

// Request is what a driver is told about the table to open.
type Request struct {
	Name  string // what stands after the colon, never empty
	Flags Flags  // with UTF8Active, if keys and values are to be UTF-8
	// Types opens the tables of a table that is made of others, and carries the
	// way to log.
	Types *Types
}

// Fold folds the case of a key for a table of the given kind, Fixed or Pattern, as
// Lookup's keys are folded before the driver sees them. Drivers whose tables are
// written in the configuration itself need it for their own keys.
func (r Request) Fold(kind Flags, key string) string {
	if !r.Flags.folds(kind) {
		return key
	}
	return casefold.Fold(key, r.Flags&UTF8Active != 0)
}

// Info returns what a driver's table is: kind is Fixed or Pattern.
func (r Request) Info(driver string, kind Flags) Info {
	return Info{Type: driver, Name: r.Name, Flags: r.Flags&^(Fixed|Pattern) | kind}
}

// folds reports whether keys for tables of the given kind are folded.
func (f Flags) folds(kind Flags) bool {
	return kind&Fixed != 0 && f&FoldFixed != 0 || kind&Pattern != 0 && f&FoldPattern != 0
}

// Options are the properties of a process that concern all of its tables.
type Options struct {
	// UTF8 is the parameter smtputf8_enable.
	UTF8 bool
	// Fatal is the parameter daemon_table_open_error_is_fatal: no surrogates.
	// Programs run by hand set it as well.
	Fatal bool
	// Warn and Error take the text of a log record of that severity, or are nil.
	// They must be safe for concurrent use.
	Warn, Error func(text string)
}

// Types are the types of table that a program has.
type Types struct {
	// Static after construction.
	options Options

	// Static after the last Register.
	drivers map[string]Driver
}

// NewTypes returns a registry that holds the drivers. Two drivers of one type are a
// broken invariant of the program: NewTypes panics.
func NewTypes(o Options, drivers ...Driver) *Types {
	t := &Types{options: o, drivers: make(map[string]Driver)}
	for _, d := range drivers {
		t.Register(d)
	}
	return t
}

// Register adds a driver. It must not be called while tables are opened. Like
// stock it panics if the type exists.
//
// postfix: src/util/dict_open.c dict_open_register
func (t *Types) Register(d Driver) {
	if _, exists := t.drivers[d.Type]; exists {
		panic("dict: dictionary type exists: " + d.Type)
	}
	t.drivers[d.Type] = d
}

// Names returns the types, sorted.
func (t *Types) Names() []string {
	names := make([]string, 0, len(t.drivers))
	for name := range t.drivers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// UTF8 reports whether Options.UTF8 is set.
func (t *Types) UTF8() bool { return t.options.UTF8 }

// Warn logs a warning.
func (t *Types) Warn(text string) {
	if t.options.Warn != nil {
		t.options.Warn(text)
	}
}

// Open opens the table type:name. A table that cannot be opened is a surrogate, and
// no error, unless Options.Fatal is set. An error's text is what stock logs as
// fatal.
//
// postfix: src/util/dict_open.c dict_open
func (t *Types) Open(spec string, flags Flags) (Table, error) {
	kind, name, _ := strings.Cut(spec, ":")
	if kind == "" || name == "" {
		return nil, fmt.Errorf("open dictionary: expecting \"type:name\" form instead of \"%s\"", spec)
	}
	flags &^= Fixed | Pattern | UTF8Active
	driver, ok := t.drivers[kind]
	if !ok {
		return t.Unavailable(Info{kind, name, flags}, "unsupported dictionary type: "+kind)
	}
	if t.options.UTF8 && flags&UTF8Request != 0 {
		flags |= UTF8Active
	}
	table, err := driver.Open(Request{Name: name, Flags: flags, Types: t})
	if err != nil {
		return t.Unavailable(Info{kind, name, flags}, err.Error())
	}
	return &keyed{Table: table, info: table.Info(), types: t}, nil
}

// Unavailable is the outcome of an open that failed: the reason is reported, and the
// result is a surrogate, a Pattern table, in the place of the one that info
// describes. With Options.Fatal nothing is reported and the reason is the error.
//
// postfix: src/util/dict_surrogate.c
func (t *Types) Unavailable(info Info, reason string) (Table, error) {
	if t.options.Fatal {
		return nil, errors.New(reason)
	}
	if t.options.Error != nil {
		t.options.Error(reason)
	}
	info.Flags |= Pattern
	return &surrogate{info, reason, t}, nil
}
