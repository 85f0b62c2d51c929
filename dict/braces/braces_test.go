package braces_test

import (
	"slices"
	"strings"
	"testing"

	"ostler/dict/braces"
)

func tokens(text string) (all []string) {
	for {
		token, rest, ok := braces.Next(text, braces.CommaSpace)
		if !ok {
			return all
		}
		all = append(all, token)
		text = rest
	}
}

func TestNext(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{" ,\r\n\t", nil},
		{"  foo,bar  ", []string{"foo", "bar"}},
		{"foo { a, b } c{d e}f", []string{"foo", "{ a, b }", "c{d e}f"}},
		{"{a {b c} d} e", []string{"{a {b c} d}", "e"}},
		{"} a}b", []string{"}", "a}b"}},
		{"a {b c,\n", []string{"a", "{b c,\n"}},
		{"a\vb", []string{"a\vb"}},
	}
	for _, test := range tests {
		if got := tokens(test.text); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestStrip(t *testing.T) {
	tests := []struct{ text, inner, err string }{
		{"{}", "", ""},
		{"{ \t a b\v}", "a b", ""},
		{"{{a}}", "{a}", ""},
		{"", "", "no '{' at start of text in \"\""},
		{"a}", "", "no '{' at start of text in \"a}\""},
		{"{a", "", "missing '}' in \"{a\""},
		{"{a}b", "", "syntax error after '}' in \"{a}b\""},
	}
	for _, test := range tests {
		inner, err := braces.Strip(test.text)
		if inner != test.inner || text(err) != test.err {
			t.Errorf("%q: %q, %v", test.text, inner, err)
		}
	}
}

func TestPair(t *testing.T) {
	tests := []struct{ text, key, value, err string }{
		{" a = b c ", "a", "b c", ""},
		{"a==b", "a", "=b", ""},
		{"=b", "", "b", ""},
		{"a=", "a", "", ""},
		{`"a = b" = c`, `"a = b"`, "c", ""},
		{`a\ b=c`, `a\ b`, "c", ""},
		{`"a\" = "=b`, `"a\" = "`, "b", ""},
		{" ", "", "", "no key found; expected format: key = value"},
		{`"a = b`, "", "", `unbalanced '"'`},
		{`"a\`, "", "", `unbalanced '"'`},
		{`a\`, "", "", "missing '=' after attribute name"},
		{"a b=c", "", "", "missing '=' after attribute name"},
	}
	for _, test := range tests {
		key, value, err := braces.Pair(test.text)
		if key != test.key || value != test.value || text(err) != test.err {
			t.Errorf("%q: %q, %q, %v", test.text, key, value, err)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Tokens are parts of the text, in order, and never all separators; what Len
// measures is what Strip accepts.
func FuzzText(f *testing.F) {
	f.Add("a, {b = c} {d")
	f.Add(`{"x\" y" = {z}}`)
	f.Fuzz(func(t *testing.T, text string) {
		rest := text
		for _, token := range tokens(text) {
			_, after, ok := strings.Cut(rest, token)
			if !ok || token == "" {
				t.Fatalf("token %q is not in %q", token, rest)
			}
			rest = after
		}
		if strings.Trim(rest, braces.CommaSpace) != "" {
			t.Errorf("%q is in no token", rest)
		}
		_, err := braces.Strip(text)
		if whole := braces.Len(text) == len(text) && text != ""; whole != (err == nil) {
			t.Errorf("length %d of %d, and %v", braces.Len(text), len(text), err)
		}
		if key, value, err := braces.Pair(text); err == nil && !strings.Contains(text, key) || !strings.Contains(text, value) {
			t.Errorf("pair %q, %q", key, value)
		}
	})
}
