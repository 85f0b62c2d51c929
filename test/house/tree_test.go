// Package house_test looks at the project itself: that imports go downward
// only, that files and functions stay small, that what is exported is
// documented, that what the documents say is so. The commands and the programs
// of the documents are run, most of them under stock's master.
//
//	make build && go test ./test/house
package house_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the import path of the checkout.
const module = "ostler"

// root is the folder of go.mod, seen from this package's.
const root = "../.."

// A tree is all that is kept in the repository.
type tree struct {
	fset  *token.FileSet
	files []string // paths from the root with slashes, sorted
	units []*unit  // the Go files among them that are built, in the same order
}

// A unit is a Go file.
type unit struct {
	path    string // from the root, with slashes
	dir     string // of path; "." for the root
	test    bool   // a _test.go file
	text    []byte
	file    *ast.File
	imports []string
}

// library tells whether a unit is part of what is shipped to users: no test,
// nothing under test or examples, no program.
func (u *unit) library() bool {
	return !u.test && u.file.Name.Name != "main" && !under(u.dir, "test") && !under(u.dir, "examples")
}

// under tells whether dir is folder or in it.
func under(dir, folder string) bool { return dir == folder || strings.HasPrefix(dir, folder+"/") }

// readTree reads the repository once for all tests, which only look at it.
var readTree = sync.OnceValues(func() (*tree, error) {
	t := &tree{fset: token.NewFileSet()}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && slices.Contains([]string{".git", "build", "var"}, rel):
			return fs.SkipDir
		case d.Type().IsRegular():
			t.files = append(t.files, rel)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range t.files {
		if !strings.HasSuffix(name, ".go") || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		u, err := parse(t.fset, name)
		if err != nil {
			return nil, err
		}
		t.units = append(t.units, u)
	}
	return t, nil
})

func parse(fset *token.FileSet, name string) (*unit, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	u := &unit{path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), text: text, file: file}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		u.imports = append(u.imports, p)
	}
	return u, nil
}

// house returns the repository.
func house(t *testing.T) *tree {
	t.Helper()
	h, err := readTree()
	if err != nil {
		t.Fatalf("cannot read the repository: %v", err)
	}
	return h
}

// packages groups the units by folder, sorted.
func (h *tree) packages() (dirs []string, units map[string][]*unit) {
	units = map[string][]*unit{}
	for _, u := range h.units {
		if units[u.dir] == nil {
			dirs = append(dirs, u.dir)
		}
		units[u.dir] = append(units[u.dir], u)
	}
	slices.Sort(dirs)
	return dirs, units
}

// read returns a file of the repository.
func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// lines counts the lines of a text.
func lines(text []byte) int { return bytes.Count(text, []byte("\n")) }

// TestTree makes sure that the other tests have something to look at.
func TestTree(t *testing.T) {
	h := house(t)
	seen := map[string]bool{}
	for _, u := range h.units {
		seen[u.dir] = true
	}
	for _, dir := range []string{"attr", "mailconf", "maillog", "masterproto", "multiserver", "service/anvil", "cmd/ostler", "test/house"} {
		if !seen[dir] {
			t.Errorf("no Go files in %s", dir)
		}
	}
}
