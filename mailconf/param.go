package mailconf

import (
	"fmt"
	"strconv"
	"time"
)

// Class says how the text of a parameter becomes a value. A parameter that is
// set is expanded and then converted; one that is not set gets its default.
//
//	Int, NInt    decimal number that fits 32 bits, with or without a sign
//	Long         the same with 64 bits
//	Bool, NBool  yes or no, in any case
//	Time         decimal number of at least 0 and one of s m h d w
//	Str          text
//	Raw          text that is not expanded
//
// The default of NInt and NBool is text that is expanded itself. The unit of a
// time without one is that of the parameter's default. A minimum or a maximum
// of 0 means none.
//
// postfix: src/global/mail_conf_*.c, src/global/conv_time.c
type Class uint8

// The classes, named as in Postfix's sources.
const (
	ClassInt Class = iota
	ClassLong
	ClassStr
	ClassBool
	ClassTime
	ClassRaw
	ClassNInt
	ClassNBool
)

var classNames = [...]string{"int", "long", "str", "bool", "time", "raw", "nint", "nbool"}

// String returns the class's name, in lower case.
func (c Class) String() string { return classNames[c] }

// Param is one row of a table: a parameter, its default and limits, and the
// variable that gets its value. Make it with Int, Long, Str, StrFunc, Bool,
// Time, Raw, NInt or NBool; the zero value is not usable. A Param may be loaded
// any number of times; it keeps the pointer that it was made with.
type Param struct {
	name     string
	class    Class
	text     string // default of the textual classes
	number   int64  // default of Int, Long and Bool
	min, max int64  // seconds for Time, bytes for Str and Raw
	compute  func() (string, error)
	target   any
}

// Table is a list of parameters, loaded in its order.
type Table []Param

// Int is a number of 32 bits. min and max limit the value; 0 is no limit.
func Int(name string, def, min, max int, p *int) Param {
	return Param{name: name, class: ClassInt, number: int64(def), min: int64(min), max: int64(max), target: p}
}

// Long is a number of 64 bits, otherwise like Int.
func Long(name string, def, min, max int64, p *int64) Param {
	return Param{name: name, class: ClassLong, number: def, min: min, max: max, target: p}
}

// Str is text. min and max limit its length in bytes; 0 is no limit. The
// default is expanded, and stored expanded.
func Str(name, def string, min, max int, p *string) Param {
	return Param{name: name, class: ClassStr, text: def, min: int64(min), max: int64(max), target: p}
}

// StrFunc is Str with a default that is computed, when the parameter is loaded
// and not set. An error of def is what Load returns.
func StrFunc(name string, def func() (string, error), min, max int, p *string) Param {
	return Param{name: name, class: ClassStr, compute: def, min: int64(min), max: int64(max), target: p}
}

// Bool is yes or no.
func Bool(name string, def bool, p *bool) Param {
	row := Param{name: name, class: ClassBool, target: p}
	if def {
		row.number = 1
	}
	return row
}

// Time is a length of time in whole seconds, at most 68 years. The default must
// have a unit: it is that of a value without one. min and max are rounded down
// to seconds; 0 is no limit.
func Time(name, def string, min, max time.Duration, p *time.Duration) Param {
	return Param{name: name, class: ClassTime, text: def, min: int64(min / time.Second), max: int64(max / time.Second), target: p}
}

// Raw is text that is not expanded, otherwise like Str.
func Raw(name, def string, min, max int, p *string) Param {
	return Param{name: name, class: ClassRaw, text: def, min: int64(min), max: int64(max), target: p}
}

// NInt is an Int whose default is text that is expanded when the parameter is
// loaded.
func NInt(name, def string, min, max int, p *int) Param {
	return Param{name: name, class: ClassNInt, text: def, min: int64(min), max: int64(max), target: p}
}

// NBool is a Bool whose default is text that is expanded when the parameter is
// loaded.
func NBool(name, def string, p *bool) Param {
	return Param{name: name, class: ClassNBool, text: def, target: p}
}

// Name returns the parameter's name.
func (p Param) Name() string { return p.name }

// Class returns the parameter's class.
func (p Param) Class() Class { return p.class }

// Default returns the default, not expanded, and false if it is computed when
// the parameter is loaded.
func (p Param) Default() (text string, ok bool) {
	switch p.class {
	case ClassInt, ClassLong:
		return strconv.FormatInt(p.number, 10), true
	case ClassBool:
		if p.number != 0 {
			return "yes", true
		}
		return "no", true
	}
	return p.text, p.compute == nil
}

// Load evaluates the parameters of the tables, in order, and stores the values
// where the rows point. The default of each parameter that is not set becomes
// its value in the dictionary. The first error ends it, and is stock's fatal
// one: a value that cannot be expanded or converted or is out of its range, the
// default included.
//
// postfix: src/global/mail_conf_*.c get_mail_conf_*_table
func (c *Config) Load(tables ...Table) error {
	for _, table := range tables {
		for i := range table {
			if err := c.load(&table[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Config) load(p *Param) error {
	switch p.class {
	case ClassInt, ClassLong, ClassNInt:
		return c.loadNumber(p)
	case ClassBool, ClassNBool:
		return c.loadBool(p)
	case ClassTime:
		return c.loadTime(p)
	case ClassRaw:
		return c.loadRaw(p)
	}
	return c.loadStr(p)
}

// value returns the expanded value of a parameter. Where it is not set, its
// default is stored as it is; one that is a number or yes or no is the value
// itself, and expanded is then false.
func (c *Config) value(p *Param) (text string, expanded bool, err error) {
	raw, ok := c.Lookup(p.name)
	if !ok {
		raw, _ = p.Default()
		c.update(p.name, raw, FromDefault)
		if p.class == ClassInt || p.class == ClassLong || p.class == ClassBool {
			return raw, false, nil
		}
		raw, _ = c.Lookup(p.name)
	}
	text, err = c.Expand(raw)
	return text, true, err
}

// traceAgain shows in the trace that stock evaluates some classes twice if they
// are set.
func (c *Config) traceAgain(p *Param) {
	twice := p.class == ClassTime || p.class == ClassNInt || p.class == ClassNBool
	if c.trace != nil && twice && c.entries[p.name].origin != FromDefault {
		raw, _ := c.Lookup(p.name)
		_, _ = c.Expand(raw) // went well before
	}
}

func (c *Config) loadNumber(p *Param) error {
	text, set, err := c.value(p)
	if err != nil {
		return err
	}
	n, ok := p.number, true
	if set {
		n, ok = parseLong(text)
	}
	if p.class != ClassLong && n != int64(int32(n)) {
		ok = false
	}
	if ok {
		c.traceAgain(p)
	}
	switch {
	case !ok:
		return fatalf("bad numerical configuration: %s = %s", p.name, text)
	case p.min != 0 && n < p.min:
		return fatalf("invalid %s parameter value %d < %d", p.name, n, p.min)
	case p.max != 0 && n > p.max:
		return fatalf("invalid %s parameter value %d > %d", p.name, n, p.max)
	}
	switch target := p.target.(type) {
	case *int:
		*target = int(n)
	case *int64:
		*target = n
	}
	return nil
}

func (c *Config) loadBool(p *Param) error {
	text, _, err := c.value(p)
	if err != nil {
		return err
	}
	value, ok := parseBool(text)
	if !ok {
		return fatalf("bad boolean configuration: %s = %s", p.name, text)
	}
	c.traceAgain(p)
	*p.target.(*bool) = value
	return nil
}

func (c *Config) loadTime(p *Param) error {
	unit, err := c.defaultUnit(p)
	if err != nil {
		return err
	}
	text, _, err := c.value(p)
	if err != nil {
		return err
	}
	n, ok := parseTime(text, unit)
	if ok {
		c.traceAgain(p)
	}
	switch {
	case !ok:
		return fatalf("parameter %s: bad time value or unit: %s", p.name, text)
	case p.min != 0 && int64(n) < p.min:
		return fatalf("invalid %s: %d (min %d)", p.name, n, p.min)
	case p.max != 0 && int64(n) > p.max:
		return fatalf("invalid %s: %d (max %d)", p.name, n, p.max)
	}
	*p.target.(*time.Duration) = time.Duration(n) * time.Second
	return nil
}

// defaultUnit returns the first letter of the expanded default. Stock takes a
// default without one for a broken invariant; but a default may refer to a
// parameter that a user has set, so here it is an error.
func (c *Config) defaultUnit(p *Param) (byte, error) {
	text, err := c.Expand(p.text)
	if err != nil {
		return 0, err
	}
	for i := 0; i < len(text); i++ {
		if isAlpha(text[i]) {
			return text[i], nil
		}
	}
	return 0, fatalf("parameter %s: missing time unit in default value: %s", p.name, p.text)
}

func (c *Config) loadStr(p *Param) error {
	raw, ok := c.Lookup(p.name)
	if !ok {
		raw = p.text
		if p.compute != nil {
			var err error
			if raw, err = p.compute(); err != nil {
				return err
			}
		}
	}
	text, err := c.Expand(raw)
	if err != nil {
		return err
	}
	if !ok {
		c.update(p.name, text, FromDefault)
	}
	return p.storeText(text, "bad string length %d %s %d: %s = %s")
}

func (c *Config) loadRaw(p *Param) error {
	text, ok := c.Lookup(p.name)
	if !ok {
		text = p.text
		c.update(p.name, text, FromDefault)
	}
	return p.storeText(text, "bad string length (%d %s %d): %s = %s")
}

func (p *Param) storeText(text, problem string) error {
	n := int64(len(text))
	switch {
	case p.min != 0 && n < p.min:
		return &Error{Text: fmt.Sprintf(problem, n, "<", p.min, p.name, text)}
	case p.max != 0 && n > p.max:
		return &Error{Text: fmt.Sprintf(problem, n, ">", p.max, p.name, text)}
	}
	*p.target.(*string) = text
	return nil
}
