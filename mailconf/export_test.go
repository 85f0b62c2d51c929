package mailconf

// What external tests need of the inside.

// Parse is Read for text in memory, without the hot-file rule.
func Parse(text string, warn func(string)) (*Config, error) {
	c := New()
	c.path, c.warn = "main.cf", warn
	err := c.parse(text, c.warning)
	return c, err
}

// NewSystem returns the real Host with other files and another getent.
func NewSystem(passwd, group, hosts, nsswitch string, ask func(database string, keys ...string) ([]string, error)) Host {
	return &system{passwd: passwd, group: group, hosts: hosts, nsswitch: nsswitch, ask: ask}
}

var (
	Strtol    = strtol
	ParseTime = parseTime
	ParseLong = parseLong
	Getent    = getent
)
