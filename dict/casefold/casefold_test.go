package casefold_test

import (
	"bufio"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"ostler/dict/casefold"
)

// TestEveryCharacter compares all characters with stock's folding, that of ICU 72.
// The file has those that change: code point and the bytes it becomes, in hexadecimal.
func TestEveryCharacter(t *testing.T) {
	f, err := os.Open("testdata/fold.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := make(map[rune]string)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		code, bytes, _ := strings.Cut(lines.Text(), " ")
		r, err := strconv.ParseUint(code, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		folded, err := hex.DecodeString(bytes)
		if err != nil {
			t.Fatal(err)
		}
		want[rune(r)] = string(folded)
	}
	if len(want) != 1530 {
		t.Fatalf("%d characters in the file", len(want))
	}
	for r := rune(1); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		folded, ok := want[r]
		if !ok {
			folded = string(r)
		}
		if got := casefold.Fold(string(r), true); got != folded {
			t.Errorf("%U: %+q, want %+q", r, got, folded)
		}
	}
}

// The wants are what stock's casefold made of these.
func TestFold(t *testing.T) {
	tests := []struct {
		text    string
		unicode bool
		want    string
	}{
		{"", true, ""},
		{"AbC@[`{", true, "abc@[`{"},
		{"Straße ẞ", true, "strasse ss"},
		{"STRAßE É", false, "straße É"},
		{"İIı", true, "i̇iı"},
		{"Å", true, "å"}, // not normalised
		{"\xc3", true, "\xc3"},
		{"\xc3\xa4A\xff", true, "\xc3\xa4a\xff"},
		{"\xe2\x84A", true, "\xe2\x84a"},
		{"\xf0\x90\x80AÄ", true, "\xf0\x90\x80aä"},
		{"\xc1\xa1Ä", true, "\xc1\xa1ä"},
		{"\xed\xa0\x80Ä", true, "\xed\xa0\x80ä"},
	}
	for _, test := range tests {
		if got := casefold.Fold(test.text, test.unicode); got != test.want {
			t.Errorf("Fold(%q, %v) = %q, want %q", test.text, test.unicode, got, test.want)
		}
	}
}

// Folding twice is folding once, and what was UTF-8 stays UTF-8.
func FuzzFold(f *testing.F) {
	f.Add("Straße")
	f.Add("ᾈ\xffᏸ")
	f.Fuzz(func(t *testing.T, text string) {
		folded := casefold.Fold(text, true)
		if again := casefold.Fold(folded, true); again != folded {
			t.Errorf("%+q, then %+q", folded, again)
		}
		if utf8.ValidString(text) != utf8.ValidString(folded) {
			t.Errorf("%+q became %+q", text, folded)
		}
	})
}

func TestNoAllocation(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { casefold.Fold("already.folded.example", true) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
