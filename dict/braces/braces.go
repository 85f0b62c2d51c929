// Package braces reads the small syntax that Postfix uses where one value holds
// several: tokens that are separated by blanks and commas except inside { }, text
// in braces, and "key = value" with a quoted key.
//
//	for token, rest, ok := braces.Next(text, braces.CommaSpace); ok; token, rest, ok = braces.Next(rest, braces.CommaSpace) {
//		...
//	}
//	inner, err := braces.Strip("{ a b }")   // "a b"
//	key, value, err := braces.Pair("x = y") // "x", "y"
//
// Results are parts of the argument; nothing is copied. Functions are safe for
// concurrent use and do not block. Error texts are stock's.
//
// postfix: src/util/mystrtok.c, src/util/balpar.c, src/util/extpar.c,
// src/util/split_qnameval.c
package braces

import (
	"errors"
	"fmt"
	"strings"
)

// CommaSpace are the usual separators of list elements.
const CommaSpace = ", \t\r\n"

// space is what C's isspace accepts in ASCII.
const space = " \t\n\v\f\r"

// Next returns the first token of text and what follows the separator behind it.
// Ok is false if text has separators only. A separator inside braces does not
// count; a brace without its partner extends the token to the end of text.
func Next(text, separators string) (token, rest string, ok bool) {
	text = strings.TrimLeft(text, separators)
	if text == "" {
		return "", "", false
	}
	level := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '{':
			level++
		case c == '}' && level > 0:
			level--
		case level == 0 && strings.IndexByte(separators, c) >= 0:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", true
}

// Len returns the length of the {text} at the start of text, with its braces, or 0
// if there is none.
func Len(text string) int {
	if text == "" || text[0] != '{' {
		return 0
	}
	level := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			level++
		case '}':
			if level--; level == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// Strip returns what is inside the braces that enclose text, without blanks at its
// ends.
func Strip(text string) (string, error) {
	n := Len(text)
	switch {
	case text == "" || text[0] != '{':
		return "", fmt.Errorf("no '{' at start of text in \"%s\"", text)
	case n == 0:
		return "", fmt.Errorf("missing '}' in \"%s\"", text)
	case n < len(text):
		return "", fmt.Errorf("syntax error after '}' in \"%s\"", text)
	}
	return strings.Trim(text[1:n-1], space), nil
}

// The errors of Pair.
var (
	errNoKey   = errors.New("no key found; expected format: key = value")
	errQuote   = errors.New(`unbalanced '"'`)
	errNoEqual = errors.New("missing '=' after attribute name")
)

// Pair splits "key = value". The key ends at a blank or "=" that is neither inside
// double quotes nor behind a backslash; quotes and backslashes stay in the key.
// Key and value may be empty, if the "=" is there.
func Pair(text string) (key, value string, err error) {
	text = strings.TrimLeft(text, space)
	if text == "" {
		return "", "", errNoKey
	}
	end, quoted := keyEnd(text)
	if quoted {
		return "", "", errQuote
	}
	value, found := strings.CutPrefix(strings.TrimLeft(text[end:], space), "=")
	if !found {
		return "", "", errNoEqual
	}
	return text[:end], strings.Trim(value, space), nil
}

// keyEnd returns the length of the key at the start of text, and whether text ended
// inside quotes.
func keyEnd(text string) (end int, quoted bool) {
	for ; end < len(text); end++ {
		switch c := text[end]; {
		case c == '\\':
			if end++; end == len(text) {
				return end, quoted
			}
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '=' || strings.IndexByte(space, c) >= 0):
			return end, false
		}
	}
	return end, quoted
}
