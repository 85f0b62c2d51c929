// Package getopt reads command lines as getopt(3) does, which is how master(8)
// writes them: options may stand together (-vv) and their arguments may follow
// directly (-omax_use=1) or as the next word.
//
//	p := getopt.New("cn:v", args)
//	for p.Next() {
//		switch p.Option { ... }
//	}
//	rest := p.Rest()
//
// Reading stops at the first word that is no option, or behind "--". A Parser
// must not be used by several goroutines at the same time.
package getopt

import "strings"

// A Parser walks through the options of a command line.
type Parser struct {
	// Option is the present option. It is '?' for one that is not known, or that
	// lacks its argument; Bad is then its letter.
	Option byte
	Bad    byte

	// Arg is the argument of the present option, if it takes one.
	Arg string

	spec string
	args []string
	word string // what is left of a word with several options
}

// New returns a Parser for args, which do not begin with the program's name.
// spec lists the letters of the options, each followed by a colon if it takes
// an argument.
func New(spec string, args []string) *Parser {
	return &Parser{spec: spec, args: args}
}

// Next goes to the next option, and is false when there is none left.
func (p *Parser) Next() bool {
	p.Option, p.Bad, p.Arg = 0, 0, ""
	if p.word == "" && !p.nextWord() {
		return false
	}
	letter := p.word[0]
	p.word = p.word[1:]
	at := strings.IndexByte(p.spec, letter)
	switch {
	case at < 0 || letter == ':':
		p.Option, p.Bad = '?', letter
	case !strings.HasPrefix(p.spec[at+1:], ":"):
		p.Option = letter
	case p.word != "":
		p.Option, p.Arg, p.word = letter, p.word, ""
	case len(p.args) > 0:
		p.Option, p.Arg, p.args = letter, p.args[0], p.args[1:]
	default:
		p.Option, p.Bad = '?', letter
	}
	return true
}

// nextWord takes the next word if it holds options.
func (p *Parser) nextWord() bool {
	if len(p.args) == 0 {
		return false
	}
	word := p.args[0]
	if len(word) < 2 || word[0] != '-' {
		return false
	}
	p.args = p.args[1:]
	if word == "--" {
		return false
	}
	p.word = word[1:]
	return true
}

// Rest returns the words behind the options. It is a part of the slice given
// to New.
func (p *Parser) Rest() []string { return p.args }
