package mailconf

import (
	"fmt"
	"strings"
)

// Bounds of one expansion. Stock has only the first, and counts it afresh
// inside the operands of a comparison.
const (
	maxDepth    = 100      // references within references
	maxOperands = 100      // comparisons within operands of comparisons
	maxResult   = 16 << 20 // bytes
	maxWork     = 64 << 20 // bytes of text looked at
	maxWarnings = 100
)

// stepCost is what one piece of text costs beside its length.
const stepCost = 16

// errExpansion is how stock ends after the warning that says what is wrong.
var errExpansion = &Error{Text: "dictionary " + dictName + ": macro processing error"}

// Expand replaces the references in text and in the values that they refer to,
// and returns the result:
//
//	$$                          one $
//	$name ${name} $(name)       the value; nothing if the name is not set
//	${name?text}                text, if the value is not empty
//	${name:text}                text, if the value is empty or not set
//	${name?{text1}:{text2}}     one of the two; blanks around {text} are dropped
//	${{l} op {r}}               "true" or nothing
//	${{l} op {r} ? {a} : {b}}   conditional, also with one half only
//
// op is ==, !=, <, <=, >= or >. Two operands of digits only are compared as
// numbers, others byte by byte. With the suffix "level" (<=level) both are
// compatibility levels. Text without braces after ? or : goes on to the end.
//
// Syntax errors, more than 100 levels of nesting and a result of more than
// 16 MiB give a warning and then the error "dictionary mail_dict: macro
// processing error".
//
// postfix: src/util/mac_parse.c, src/util/mac_expand.c, src/util/dict.c
// dict_eval
func (c *Config) Expand(text string) (string, error) {
	result, err := c.expand(text)
	if c.trace != nil && err == nil {
		if result == text {
			c.trace(2, "dict_eval: const  "+text)
		} else {
			c.trace(2, "dict_eval: expand "+text+" -> "+result)
		}
	}
	return result, err
}

func (c *Config) expand(text string) (string, error) {
	if strings.IndexByte(text, '$') < 0 {
		c.traceText(text)
		return text, nil
	}
	run := expansion{conf: c}
	s := scope{expansion: &run}
	s.text(text)
	switch {
	case run.err != nil:
		return "", run.err
	case s.bad:
		return "", errExpansion
	}
	return string(s.result), nil
}

// Eval returns the expanded value of a parameter. ok is false if it is not set;
// as with Lookup, defaults that have not been loaded do not count. The error is
// that of Expand.
func (c *Config) Eval(name string) (value string, ok bool, err error) {
	raw, ok := c.Lookup(name)
	if !ok {
		return "", false, nil
	}
	value, err = c.Expand(raw)
	return value, err == nil, err
}

// expansion is what all scopes of one Expand share.
type expansion struct {
	conf     *Config
	work     int
	written  int // bytes of result, operands included
	warned   int
	operands int   // depth of comparisons within comparisons
	err      error // set: stop, for this reason
}

// scope is the expansion of one text into one result: the whole, or an operand
// of a comparison.
type scope struct {
	*expansion
	result []byte
	depth  int
	bad    bool
}

// text expands one text: literal runs and references, in turn. After an error
// it goes on looking for further errors as stock does: it stops at the next
// ${} or $(), not at the next $name.
func (s *scope) text(value string) {
	s.conf.traceText(value)
	s.work += len(value) + stepCost
	for rest := value; rest != "" && s.err == nil; {
		var literal string
		literal, rest = cutLiteral(rest)
		if literal != "" && (rest != "" || !s.bad) {
			s.literal(literal)
		}
		if rest == "" {
			return
		}
		var ref string
		ref, rest = s.cutReference(rest[1:], value)
		if ref == "" {
			return
		}
		s.reference(ref)
	}
}

// cutLiteral takes the text before the next reference, with each $$ in it made
// a $. rest is empty or starts with the $ of the reference.
func cutLiteral(text string) (literal, rest string) {
	var joined []byte
	start := 0
	for {
		i := strings.IndexByte(text[start:], '$')
		if i < 0 {
			i = len(text) - start
		}
		i += start
		if i+1 >= len(text) || text[i+1] != '$' {
			if joined == nil {
				return text[:i], text[i:]
			}
			return string(append(joined, text[start:i]...)), text[i:]
		}
		joined = append(joined, text[start:i+1]...)
		start = i + 2
	}
}

// cutReference takes one reference, whose $ has been taken already, and returns
// what is in its brackets, or the bare name. It returns "" if there is none;
// whole is the text to show in the warning about that.
func (s *scope) cutReference(text, whole string) (ref, rest string) {
	bracketed := text != "" && (text[0] == '{' || text[0] == '(')
	if bracketed {
		end := matching(text)
		if end < 0 {
			s.fail("truncated macro reference: \"%s\"", whole)
		}
		if s.bad {
			return "", ""
		}
		ref, rest = text[1:end], text[end+1:]
	} else {
		end := nameLength(text)
		ref, rest = text[:end], text[end:]
	}
	if ref == "" {
		s.fail("empty macro name: \"%s\"", whole)
	}
	return ref, rest
}

// matching returns the place of the bracket that closes the one at the start
// of text, or -1. Only brackets of its own kind count.
func matching(text string) int {
	opening, closing := text[0], byte('}')
	if opening == '(' {
		closing = ')'
	}
	level := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case opening:
			level++
		case closing:
			if level--; level == 0 {
				return i
			}
		}
	}
	return -1
}

func nameLength(text string) int {
	for i := 0; i < len(text); i++ {
		if !isAlnum(text[i]) && text[i] != '_' {
			return i
		}
	}
	return len(text)
}

// enter counts a level of nesting and tells if the piece is to be handled. The
// level is given back by the caller, s.depth--, only when the piece is done
// without an error of its own: stock then repeats its warning for each piece
// that follows a hundred failed ones.
func (s *scope) enter(piece string) bool {
	s.work += len(piece) + stepCost
	if s.depth > maxDepth {
		s.fail("unreasonable macro call nesting: \"%s\"", piece)
	}
	s.depth++
	if s.work > maxWork || s.written > maxResult {
		s.stop(fmt.Sprintf("unreasonable macro expansion size: \"%.100s\"", piece), errExpansion)
	}
	return !s.bad
}

func (s *scope) literal(text string) {
	if s.enter(text) {
		s.result = append(s.result, text...)
		s.written += len(text)
		s.depth--
	}
}

// fail warns and marks the scope as failed.
func (s *scope) fail(format string, args ...any) {
	s.bad = true
	if s.err == nil && s.warned < maxWarnings {
		s.warned++
		s.conf.warning(fmt.Sprintf(format, args...))
	}
}

// stop ends the whole expansion with an error, after a warning unless that is
// empty.
func (s *scope) stop(warning string, err error) {
	if s.err == nil && warning != "" {
		s.fail("%s", warning)
	}
	s.bad = true
	if s.err == nil {
		s.err = err
	}
}
