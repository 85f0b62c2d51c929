package attr_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// quote is strconv.Quote with all that is not ASCII as \x.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ' || c > '~':
			b.WriteString(`\x`)
			b.WriteString(strconv.FormatUint(uint64(c)>>4, 16))
			b.WriteString(strconv.FormatUint(uint64(c)&15, 16))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func unquote(t *testing.T, s string) string {
	t.Helper()
	v, err := strconv.Unquote(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}

// quoteMap writes {"a"="b","c"="d"}, sorted.
func quoteMap(m map[string]string) string {
	var members []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		members = append(members, quote(k)+"="+quote(m[k]))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func parseMap(t *testing.T, s string) map[string]string {
	t.Helper()
	m := make(map[string]string)
	s = strings.TrimPrefix(s, "{")
	for s != "}" {
		s = strings.TrimPrefix(s, ",")
		k, err := strconv.QuotedPrefix(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		s = strings.TrimPrefix(s[len(k):], "=")
		v, err := strconv.QuotedPrefix(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		s = s[len(v):]
		m[unquote(t, k)] = unquote(t, v)
	}
	return m
}

// logText is what stock's logging makes of a text: it ends at a NUL, and what is
// not printable becomes '?'. The package leaves that to its hooks.
func logText(s string, utf8 bool) string {
	s, _, _ = strings.Cut(s, "\x00")
	b := []byte(s)
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case ' ' <= c && c <= '~':
		case utf8 && 194 <= c && c <= 254 && i+1 < len(b) && b[i+1]&0xc0 == 0x80:
			for i+1 < len(b) && b[i+1]&0xc0 == 0x80 {
				i++
			}
		default:
			b[i] = '?'
		}
	}
	return string(b)
}
