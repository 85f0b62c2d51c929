package match

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"ostler/dict"
	"ostler/dict/braces"
	"ostler/dict/casefold"
)

// Limits for the files of one list.
const (
	maxFiles = 1000
	maxBytes = 256 << 20
)

// tableFlags are how tables are opened. Keys arrive folded.
const tableFlags = dict.Lock | dict.UTF8Request

// parser builds a list. It is used by one goroutine.
type parser struct {
	list
	types *dict.Types
	files int // that may still be opened
	bytes int // that may still be read
}

func newList(o Options, patterns string) (*list, error) {
	types := o.Types
	if types == nil {
		types = dict.NewTypes(dict.Options{})
	}
	p := &parser{
		list:  list{name: o.Name, parent: o.Parent, utf8: types.UTF8(), tables: make(map[string]dict.Table)},
		types: types,
		files: maxFiles,
		bytes: maxBytes,
	}
	if err := p.text(patterns, false); err != nil {
		p.Close()
		return nil, err
	}
	return &p.list, nil
}

// text adds the patterns in text, each of them negated if negate is set.
func (p *parser) text(text string, negate bool) error {
	for {
		token, rest, ok := braces.Next(text, braces.CommaSpace)
		if !ok {
			return nil
		}
		if token[0] == '#' {
			p.types.Warn(fmt.Sprintf("%s: comment at end of line is not supported: %s %s", p.name, token, rest))
			return nil
		}
		item := strings.TrimLeft(token, "!")
		negated := negate != ((len(token)-len(item))%2 == 1)
		if err := p.item(item, negated); err != nil {
			return err
		}
		text = rest
	}
}

// item adds one pattern, or those of a file.
func (p *parser) item(item string, negate bool) error {
	switch {
	case item == "":
		return fmt.Errorf("%s: no pattern after '!'", p.name)
	case item[0] == '/':
		return p.file(item, negate)
	case item[0] != '[' && strings.Contains(item, ":"):
		return p.table(item, negate, func() (dict.Table, error) {
			return p.types.Open(item, tableFlags)
		})
	}
	p.patterns = append(p.patterns, pattern{negate: negate, text: casefold.Fold(item, p.utf8)})
	return nil
}

// table adds a table; the list's other patterns with the same specification use it too.
func (p *parser) table(spec string, negate bool, open func() (dict.Table, error)) error {
	table := p.tables[spec]
	if table == nil {
		var err error
		if table, err = open(); err != nil {
			return err
		}
		p.tables[spec] = table
	}
	p.patterns = append(p.patterns, pattern{negate: negate, table: table})
	return nil
}

// file adds the patterns in a file, or a surrogate if it cannot be opened.
func (p *parser) file(path string, negate bool) error {
	f, err := p.open(path)
	if err != nil {
		// The type that stock gives these surrogates.
		const noFile = "non-existent"
		return p.table(noFile+":"+path, negate, func() (dict.Table, error) {
			return p.types.Unavailable(dict.Info{Type: noFile, Name: path, Flags: tableFlags},
				"open file "+path+": "+dict.SystemText(err))
		})
	}
	content, err := io.ReadAll(io.LimitReader(f, int64(p.bytes)))
	f.Close()
	if err != nil {
		return fmt.Errorf("match_list_parse: read file %s: %s", path, dict.SystemText(err))
	}
	p.bytes -= len(content)
	for len(content) > 0 {
		line := content
		if i := bytes.IndexByte(content, '\n'); i >= 0 {
			line = content[:i+1]
		}
		content = content[len(line):]
		// To stock a line ends at a null byte.
		line, _, _ = bytes.Cut(line, []byte{0})
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if err := p.text(string(line), negate); err != nil {
			return err
		}
	}
	return nil
}

// open opens a file, within the limits. Above them the error is that of a process
// with too many open files, which stock becomes.
func (p *parser) open(path string) (*os.File, error) {
	if p.files == 0 || p.bytes == 0 {
		return nil, syscall.EMFILE
	}
	p.files--
	return os.Open(path)
}
