// Package casefold folds the case of text as Postfix does, so that two texts that
// differ only in case become equal.
//
//	casefold.Fold("Straße", true)  // "strasse"
//	casefold.Fold("STRASSE", true) // "strasse"
//	casefold.Fold("STRAßE", false) // "straße"
//
// The folding is Unicode's full folding, as the ICU library does it: one character
// may become up to three. That of the Turkic languages is not used: İ becomes an i
// with a combining dot, ı stays what it is. Bytes that are not UTF-8 stay too.
// Text is not normalised.
//
// The Unicode version is that of Go's unicode package (15.0 in Go 1.26, the same as
// in Debian 12's ICU 72).
//
// Functions are safe for concurrent use and do not block.
//
// postfix: src/util/casefold.c, src/util/lowercase.c
package casefold

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns text in folded form: all of Unicode if unicodeToo is set, otherwise
// ASCII letters only. It allocates only if something changes or is not ASCII.
func Fold(text string, unicodeToo bool) string {
	upper := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= utf8.RuneSelf && unicodeToo:
			return foldUnicode(text)
		case 'A' <= c && c <= 'Z':
			upper = true
		}
	}
	if !upper {
		return text
	}
	folded := []byte(text)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}

func foldUnicode(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 8)
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			b.WriteByte(text[0])
		} else if !writeFull(&b, r) {
			b.WriteRune(simple(r))
		}
		text = text[size:]
	}
	return b.String()
}

// simple is the folding of one character to one character. Unicode derives it from
// its case mappings, with these exceptions.
func simple(r rune) rune {
	switch {
	case r == 'ı':
		return r
	case 'Ꭰ' <= r && r <= 'Ᏽ', 'ᏸ' <= r && r <= 'ᏽ', 'ꭰ' <= r && r <= 'ꮿ':
		return unicode.ToUpper(r) // Cherokee had capitals long before it had small letters
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// writeFull writes the folding of r to several characters, if it has one.
func writeFull(b *strings.Builder, r rune) bool {
	if r < full[0].from {
		return false
	}
	if 0x1F80 <= r && r <= 0x1FAF {
		// Greek letters with iota subscript, capitals and others alike: rows of
		// eight, two for each of the vowels.
		bases := [...]rune{0x1F00, 0x1F20, 0x1F60}
		b.WriteRune(bases[(r-0x1F80)>>4] + r&7)
		b.WriteRune('ι')
		return true
	}
	i := sort.Search(len(full), func(i int) bool { return full[i].from >= r })
	if i == len(full) || full[i].from != r {
		return false
	}
	b.WriteString(full[i].to)
	return true
}
