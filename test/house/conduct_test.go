package house_test

import (
	"go/ast"
	"path"
	"slices"
	"testing"
)

// TestNoInit: a program says in its main what it is made of.
func TestNoInit(t *testing.T) {
	h := house(t)
	for _, u := range h.units {
		for _, d := range u.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: func init", h.fset.Position(f.Pos()))
			}
		}
	}
}

// TestPackageNames: a package is called after what it is about, and as its
// folder.
func TestPackageNames(t *testing.T) {
	refused := []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "lib", "base", "types"}
	for _, u := range house(t).units {
		name, folder := u.file.Name.Name, path.Base(u.dir)
		if slices.Contains(refused, name) || slices.Contains(refused, folder) {
			t.Errorf("%s: package %s says nothing", u.path, name)
		}
		if name != folder && name != "main" && !(u.test && name == folder+"_test") {
			t.Errorf("%s: package %s in folder %s", u.path, name, folder)
		}
	}
}

// exits are the functions outside of programs that may end the process.
var exits = map[string]string{
	"maillog/options.go withDefaults":    "what Fatalf does unless a test has something else",
	"maillog/exit.go abort":              "the rest of a panic, if the signal did not end it",
	"multiserver/main.go Main":           "a program's main function",
	"multiserver/parent.go readMessages": "Main of the small parent, when the real process has drained",
	"multiserver/signals.go dieOf":       "Main of the small parent, which ends as the real process did",
}

// TestExit: who calls a library gets an error.
func TestExit(t *testing.T) {
	h := house(t)
	used := map[string]bool{}
	for _, u := range h.units {
		if !u.library() {
			continue
		}
		for _, d := range u.file.Decls {
			ast.Inspect(d, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok || s.Sel.Name != "Exit" {
					return true
				}
				if x, ok := s.X.(*ast.Ident); !ok || x.Name != "os" && x.Name != "syscall" && x.Name != "unix" {
					return true
				}
				where := u.path
				if f, ok := d.(*ast.FuncDecl); ok {
					where += " " + f.Name.Name
				}
				used[where] = true
				if exits[where] == "" {
					t.Errorf("%s: %s ends the process", h.fset.Position(s.Pos()), where)
				}
				return true
			})
		}
	}
	for where := range exits {
		if !used[where] {
			t.Errorf("%s does not end the process: take it out of the list", where)
		}
	}
}
