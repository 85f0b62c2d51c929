package house_test

import (
	"go/ast"
	"testing"
)

// Where to look for a seam with a name, in lines.
const (
	longFile     = 400
	longFunction = 40 // from func to the closing brace
)

// large are the files ("attr/writer.go") and functions ("attr/writer.go Int") that
// may be longer, each with the reason.
var large = map[string]string{}

func TestSizes(t *testing.T) {
	h := house(t)
	excused := map[string]bool{}
	check := func(name string, n, limit int) {
		t.Helper()
		switch reason, ok := large[name]; {
		case n <= limit:
		case ok && reason != "":
			excused[name] = true
		default:
			t.Errorf("%s has %d lines, more than %d", name, n, limit)
		}
	}
	for _, u := range h.units {
		if u.test {
			continue
		}
		check(u.path, lines(u.text), longFile)
		for _, d := range u.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				n := h.fset.Position(f.End()).Line - h.fset.Position(f.Pos()).Line + 1
				check(u.path+" "+f.Name.Name, n, longFunction)
			}
		}
	}
	for name := range large {
		if !excused[name] {
			t.Errorf("%s is not too long, or without a reason: take it out of the list", name)
		}
	}
}
