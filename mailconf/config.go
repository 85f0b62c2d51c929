package mailconf

// Names of the parameters that a process sets itself ("pseudo parameters").
// stock: they are read-only by convention; of these only process_id and
// service_name cannot be overridden in main.cf or with -o.
const (
	ConfigDirectory = "config_directory" // set by Read, before the file is read
	ProcessName     = "process_name"     // base name of argv[0]; preset, before the file is read
	ServiceName     = "service_name"     // set after the options
	ProcessID       = "process_id"       // set by InitParams
)

// dictName is the name that stock's messages give to the dictionary.
const dictName = "mail_dict"

// Origin tells who gave a parameter its value.
type Origin uint8

// The origins of a value.
const (
	FromNowhere  Origin = iota // the name is not set
	FromProcess                // preset, or by Set
	FromFile                   // by main.cf
	FromOverride               // by -o
	FromDefault                // stored when the parameter was loaded
)

// Setting is one name and its raw value.
type Setting struct {
	Name  string
	Value string
}

type entry struct {
	value  string
	origin Origin
	line   int // first physical line, if origin is FromFile
}

// Config is the dictionary of raw parameter values, Postfix's mail_dict. Make
// one with Read or New. A Config must not be used by several goroutines at the
// same time.
type Config struct {
	dir     string
	path    string
	entries map[string]entry
	warn    func(string)
	trace   func(level int, text string)
}

// New returns a configuration in which no parameter is set: all have their
// defaults. It is for programs that run without Postfix. Its directory is "".
func New() *Config {
	return &Config{entries: make(map[string]entry)}
}

// Dir returns the configuration directory: the environment's MAIL_CONFIG, or
// "/etc/postfix" if that is unset or empty. getenv is os.Getenv or a function
// like it.
//
// postfix: src/global/mail_conf.c mail_conf_suck
func Dir(getenv func(string) string) string {
	if dir := getenv("MAIL_CONFIG"); dir != "" {
		return dir
	}
	return DefaultDir
}

// Directory returns the directory that was given to Read, or "".
func (c *Config) Directory() string { return c.dir }

// Path returns the name of the main.cf that was read, or "".
func (c *Config) Path() string { return c.path }

// SetWarn replaces the function that gets the texts of warnings; nil drops
// them.
func (c *Config) SetWarn(warn func(text string)) { c.warn = warn }

// SetTrace sets the function that gets the lines that stock logs with -v
// (level 1) and with -v -v (level 2); nil, the default, makes none.
func (c *Config) SetTrace(trace func(level int, text string)) { c.trace = trace }

// Set gives a parameter a raw value, as if the process had done so itself.
func (c *Config) Set(name, value string) { c.update(name, value, FromProcess) }

// Override applies the argument of one -o option, name=value. Blanks around
// name and value are dropped; a later Override of the same name wins. The name
// need not exist. The error is stock's fatal one.
//
// postfix: src/master/multi_server.c multi_server_main
func (c *Config) Override(arg string) error {
	name, value, problem := splitSetting(arg)
	if problem != "" {
		return fatalf("invalid \"-o %s\" option value: %s", arg, problem)
	}
	c.update(name, value, FromOverride)
	return nil
}

// Lookup returns the raw value of a parameter, and whether it is set. The
// default of a parameter that no table has loaded yet is not seen.
func (c *Config) Lookup(name string) (raw string, ok bool) {
	e, ok := c.entries[name]
	if c.trace != nil {
		c.traceLookup(name, e.value, ok)
	}
	return e.value, ok
}

// Origin tells where the present value of a parameter comes from, and the
// number of the line if that is main.cf (the first line of a continued one;
// else 0).
func (c *Config) Origin(name string) (Origin, int) {
	e := c.entries[name]
	return e.origin, e.line
}

// Names calls yield for each name that is set, in no order, until it returns
// false: a range function. The configuration must not be changed meanwhile.
func (c *Config) Names(yield func(name string) bool) {
	for name := range c.entries {
		if !yield(name) {
			return
		}
	}
}

func (c *Config) update(name, value string, origin Origin) {
	if c.trace != nil {
		c.trace(2, "dict_update: "+name+" = "+value)
	}
	c.entries[name] = entry{value: value, origin: origin}
}

func (c *Config) traceLookup(name, value string, ok bool) {
	if !ok {
		value = "(notfound)"
	}
	c.trace(2, "dict_lookup: "+name+" = "+value)
}

func (c *Config) traceText(text string) {
	if c.trace != nil {
		c.trace(2, "mac_parse: "+text)
	}
}

func (c *Config) warning(text string) {
	if c.warn != nil {
		c.warn(text)
	}
}
