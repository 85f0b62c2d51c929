package mailconf

import "strings"

// The sets of blanks that stock uses. space is isspace(3) in the C locale; the
// others lack form feed and vertical tab.
const (
	space      = " \t\n\v\f\r"
	wordSpace  = " \t\r\n"  // CHARS_SPACE
	commaSpace = ", \t\r\n" // CHARS_COMMA_SP
)

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

// span returns the length of the part of s that consists of characters of set.
func span(s, set string) int {
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(set, s[i]) < 0 {
			return i
		}
	}
	return len(s)
}

// head returns at most the first n bytes of s, as %.<n>s does.
func head(s string, n int) string { return s[:min(n, len(s))] }

// allDigits tells if s is one or more decimal digits.
func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// words splits s at any run of characters of set.
func words(s, set string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r < 0x80 && strings.IndexByte(set, byte(r)) >= 0 })
}

// equalFoldASCII is strcasecmp(3) in the C locale.
func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		x, y := a[i], b[i]
		if x != y && (x|0x20 != y|0x20 || !isAlpha(x)) {
			return false
		}
	}
	return true
}
