package house_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// TestPackageComments: a package says what it is and how it is used, wherever it
// is imported from outside; the others say at least what they are.
func TestPackageComments(t *testing.T) {
	dirs, units := house(t).packages()
	for _, dir := range dirs {
		want, have, programs := 2, 0, true
		for _, u := range units[dir] {
			programs = programs && u.file.Name.Name == "main"
			if u.library() && !under(dir, "internal") {
				want = 10
			}
			if u.file.Doc != nil {
				have = max(have, len(strings.Split(strings.TrimSpace(u.file.Doc.Text()), "\n")))
				checkOpening(t, u)
			}
		}
		if programs {
			want = 1
		}
		if have < want {
			t.Errorf("%s: a package comment of %d lines, want %d at least", dir, have, want)
		}
	}
}

// checkOpening looks at the first words of a package comment.
func checkOpening(t *testing.T, u *unit) {
	t.Helper()
	text := u.file.Doc.Text()
	if name := u.file.Name.Name; name != "main" && !strings.HasPrefix(text, "Package "+name+" ") {
		t.Errorf("%s: a package comment that does not begin with %q", u.path, "Package "+name)
	}
}

// TestExportedIsDocumented: every exported function, method, type, variable and
// constant of the library has a comment, which begins with its name where it is
// its alone.
func TestExportedIsDocumented(t *testing.T) {
	h := house(t)
	names := 0
	for _, u := range h.units {
		if !u.library() {
			continue
		}
		for _, d := range u.file.Decls {
			for _, e := range exported(d) {
				names++
				if problem := e.problem(); problem != "" {
					t.Errorf("%s: %s: %s", h.fset.Position(e.pos), e.name, problem)
				}
			}
		}
	}
	if names < 100 {
		t.Errorf("only %d exported names were found", names)
	}
}

// name is an exported name and what is said of it.
type name struct {
	name    string
	pos     token.Pos
	doc     string
	grouped bool // the comment is, or may be, that of several names
}

// articles may stand before the name.
var articles = regexp.MustCompile(`^(A|An|The) `)

func (e name) problem() string {
	text := strings.TrimSpace(e.doc)
	switch {
	case text == "":
		return "no comment"
	case e.grouped:
		return ""
	}
	if first := strings.Fields(articles.ReplaceAllString(text, ""))[0]; strings.TrimRight(first, ",.:;'s") != strings.TrimRight(e.name, "s") {
		return fmt.Sprintf("a comment that begins with %q", first)
	}
	return ""
}

// exported returns the exported names of a declaration. Methods are those of
// exported types.
func exported(d ast.Decl) []name {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
			return []name{{name: d.Name.Name, pos: d.Pos(), doc: d.Doc.Text()}}
		}
	case *ast.GenDecl:
		var all []name
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					own := s.Doc.Text()
					all = append(all, name{s.Name.Name, s.Pos(), own + d.Doc.Text(), d.Lparen.IsValid()})
				}
			case *ast.ValueSpec:
				for _, id := range s.Names {
					if id.IsExported() {
						all = append(all, name{id.Name, id.Pos(), s.Doc.Text() + s.Comment.Text() + d.Doc.Text(), d.Lparen.IsValid() || s.Doc == nil && d.Doc == nil})
					}
				}
			}
		}
		return all
	}
	return nil
}

// receiver returns the name of a method's type.
func receiver(d *ast.FuncDecl) string {
	expr := d.Recv.List[0].Type
	for {
		switch x := expr.(type) {
		case *ast.StarExpr:
			expr = x.X
		case *ast.IndexExpr:
			expr = x.X
		case *ast.IndexListExpr:
			expr = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// TestGoStatements: a comment says who stops a goroutine and who waits for it:
// before the statement, or before several of them, or the function's own.
func TestGoStatements(t *testing.T) {
	h := house(t)
	for _, u := range h.units {
		if !u.library() {
			continue
		}
		commented := map[int]bool{} // lines after the end of a comment, or with one
		for _, g := range u.file.Comments {
			commented[h.fset.Position(g.End()).Line+1] = true
			commented[h.fset.Position(g.Pos()).Line] = true
		}
		for _, d := range u.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || strings.Contains(f.Doc.Text(), "wait for it") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				g, ok := n.(*ast.GoStmt)
				if !ok {
					return true
				}
				if !commented[h.fset.Position(g.Pos()).Line] {
					t.Errorf("%s: no comment says who stops this goroutine and who waits for it", h.fset.Position(g.Pos()))
				}
				commented[h.fset.Position(g.End()).Line+1] = true
				return true
			})
		}
	}
}
