package mailconf

import "strings"

// reference handles what stands in ${...}, $(...) or after a bare $: a
// parameter or a comparison, with what is wanted if it is empty and if it is
// not.
//
// postfix: src/util/mac_expand.c mac_expand_callback
func (s *scope) reference(ref string) {
	if !s.enter(ref) {
		return
	}
	var value string
	var op byte
	var rest string
	var ok bool
	if opensBrace(ref) {
		value, op, rest, ok = s.comparison(ref)
	} else {
		value, op, rest, ok = s.parameter(ref)
	}
	if !ok {
		return
	}
	switch op {
	case 0:
		if value != "" {
			s.text(value)
		}
	case '?':
		ok = s.conditional(value != "", rest)
	default:
		ok = s.otherwise(value == "", rest)
	}
	if ok {
		s.depth--
	}
}

// parameter parses "name", "name?..." or "name:..." and looks the name up.
// Blanks around the name are dropped.
func (s *scope) parameter(ref string) (value string, op byte, rest string, ok bool) {
	start := span(ref, wordSpace)
	end := start + nameLength(ref[start:])
	next := end + span(ref[end:], wordSpace)
	switch {
	case next == len(ref):
	case ref[next] == '?' || ref[next] == ':':
		// The text starts right after the operator.
		op, rest = ref[next], ref[next+1:]
	default:
		s.fail("attribute name syntax error at: \"...%s>>>%.20s\"", ref[:end], ref[end:])
		return "", 0, "", false
	}
	value, _ = s.conf.entry(ref[start:end])
	return value, op, rest, true
}

// comparison parses and evaluates "{l} op {r}" and what may follow.
func (s *scope) comparison(ref string) (value string, op byte, rest string, ok bool) {
	value, rest, ok = s.compare(ref)
	if !ok || rest == "" {
		return value, 0, "", ok
	}
	if rest[0] != '?' && rest[0] != ':' {
		s.fail("\"?\" or \":\" expected at: \"...}>>>%.20s\"", rest)
		return "", 0, "", false
	}
	return value, rest[0], rest[1:], true
}

// conditional handles what follows a "?": a text, or {text} and perhaps
// ":" with another. Of the two only the one that is wanted is looked into.
func (s *scope) conditional(wanted bool, rest string) bool {
	text, rest, ok := s.operand(rest)
	if !ok {
		return false
	}
	if wanted {
		s.text(text)
	}
	switch {
	case rest == "":
		return true
	case rest[0] != ':':
		s.fail("\":\" expected at: \"...%s}>>>%.20s\"", text, rest)
		return false
	}
	return s.otherwise(!wanted, rest[1:])
}

// otherwise handles what follows a ":".
func (s *scope) otherwise(wanted bool, rest string) bool {
	text, rest, ok := s.operand(rest)
	if !ok {
		return false
	}
	if wanted {
		s.text(text)
	}
	if rest != "" {
		s.fail("unexpected input at: \"...%s}>>>%.20s\"", text, rest)
		return false
	}
	return true
}

// operand takes {text} with blanks around it, or, where no brace opens, all
// that is left.
func (s *scope) operand(rest string) (text, after string, ok bool) {
	if !opensBrace(rest) {
		return rest, "", true
	}
	return s.braced(rest)
}

// opensBrace tells if text starts with a brace, after blanks.
func opensBrace(text string) bool {
	n := span(text, wordSpace)
	return n < len(text) && text[n] == '{'
}

// braced takes {text}, the blanks before it (opensBrace was true) and those
// after it.
func (s *scope) braced(rest string) (text, after string, ok bool) {
	rest = rest[span(rest, wordSpace):]
	end := matching(rest)
	if end < 0 {
		s.fail("unbalanced {} in attribute expression: \"%s\"", rest)
		return "", "", false
	}
	after = rest[end+1:]
	return rest[1:end], after[span(after, wordSpace):], true
}

// entry is Lookup without a trace.
func (c *Config) entry(name string) (string, bool) {
	e, ok := c.entries[name]
	return e.value, ok
}

// compare handles "{l} op {r}" at the start of ref; rest is what follows.
//
// postfix: src/util/mac_expand.c mac_exp_parse_relational
func (s *scope) compare(ref string) (value, rest string, ok bool) {
	left, rest, ok := s.braced(ref)
	if !ok {
		return "", "", false
	}
	op, suffix, rest, ok := s.operator(left, rest)
	if !ok {
		return "", "", false
	}
	if !opensBrace(rest) {
		s.fail("\"{expression}\" expected at: \"...{%s} %s>>>%.20s\"", left, op, rest)
		return "", "", false
	}
	right, rest, ok := s.braced(rest)
	if !ok {
		return "", "", false
	}
	l, r := s.expandOperand(left), s.expandOperand(right)
	if s.err != nil {
		return "", "", false
	}
	var order int
	if suffix == "" {
		order, ok = s.compareValues(l, r)
	} else {
		order, ok = s.compareLevels(l, r)
	}
	if !ok || s.bad {
		s.bad = true
		return "", "", false
	}
	if holds(op, order) {
		return "true", rest, true
	}
	return "", rest, true
}

// operator takes the operator and its suffix, which only serves to choose
// compatibility levels. left is the operand before it.
func (s *scope) operator(left, text string) (op, suffix, rest string, ok bool) {
	n := span(text, "<>!=?+-*/~&|%")
	op, rest = text[:n], text[n:]
	switch op {
	case "==", "!=", "<", "<=", ">=", ">":
	default:
		s.fail(`"==" or "!="" or "<"" or "<="" or ">="" or ">" expected at: "...%s}>>>%.20s"`, left, text)
		return "", "", "", false
	}
	n = 0
	for n < len(rest) && isAlnum(rest[n]) {
		n++
	}
	suffix, rest = rest[:n], rest[n:]
	if suffix != "" && suffix != "level" {
		s.fail("bad operator suffix at: \"...%s>>>%s\"", op, suffix)
		return "", "", "", false
	}
	return op, suffix, rest, true
}

// expandOperand expands one side of a comparison. It starts a count of nesting
// of its own, as in stock; how deep this may go is bounded here.
func (s *scope) expandOperand(text string) string {
	inner := scope{expansion: s.expansion}
	if s.operands >= maxOperands {
		s.stop("unreasonable macro call nesting: \""+head(text, 100)+"\"", errExpansion)
		return ""
	}
	s.operands++
	inner.text(text)
	s.operands--
	s.bad = s.bad || inner.bad
	return string(inner.result)
}

// compareValues compares as numbers or as strings.
func (s *scope) compareValues(left, right string) (order int, ok bool) {
	if !allDigits(left) || !allDigits(right) {
		return strings.Compare(left, right), true
	}
	l, ok := s.number(left)
	if !ok {
		return 0, false
	}
	r, ok := s.number(right)
	switch {
	case l < r:
		order = -1
	case l > r:
		order = 1
	}
	return order, ok
}

// number converts digits; a number that does not fit is fatal at once.
func (s *scope) number(digits string) (int64, bool) {
	n, ok := parseLong(digits)
	if !ok {
		s.stop("", fatalf("mac_exp_eval: bad conversion: %s", digits))
	}
	return n, ok
}

// compareLevels compares compatibility levels. Only the first malformed one is
// warned about.
func (s *scope) compareLevels(left, right string) (order int, ok bool) {
	l, err := ParseLevel(left)
	var r Level
	if err == nil {
		r, err = ParseLevel(right)
	}
	if err != nil {
		s.fail("%s", err.Error())
		return 0, false
	}
	switch {
	case l < r:
		order = -1
	case l > r:
		order = 1
	}
	return order, true
}

// holds tells if two operands in this order satisfy the operator.
func holds(op string, order int) bool {
	switch op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">=":
		return order >= 0
	}
	return order > 0
}
