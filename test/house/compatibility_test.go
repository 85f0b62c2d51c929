package house_test

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// columns is the head of every table of COMPATIBILITY.md.
var columns = []string{"behaviour", "stock", "Ostler", "state", "test"}

// states are what a row may say of a behaviour; a colon and the reason may
// follow. Those with true need a test.
var states = map[string]bool{"same": true, "better": true, "differs": true, "not yet": false}

// row is a line of a table of COMPATIBILITY.md.
type row struct {
	line  int
	cells []string
}

// TestCompatibility: each row is in the form that the document promises, and
// the tests that it names exist.
func TestCompatibility(t *testing.T) {
	const file = "COMPATIBILITY.md"
	rows, problems := tableRows(string(read(t, file)))
	for _, p := range problems {
		t.Errorf("%s:%s", file, p)
	}
	exists := testNames(house(t))
	for _, r := range rows {
		state, reason, explained := strings.Cut(r.cells[3], ":")
		tests := r.cells[4]
		needed, ok := states[state]
		if !ok || explained && strings.TrimSpace(reason) == "" {
			t.Errorf("%s:%d: state %q", file, r.line, r.cells[3])
		}
		if r.cells[0] == "" || r.cells[1] == "" || r.cells[2] == "" && state != "same" && state != "not yet" {
			t.Errorf("%s:%d: an empty cell", file, r.line)
		}
		named, err := namedTests(tests)
		if err != nil {
			t.Errorf("%s:%d: %v", file, r.line, err)
		}
		if needed && len(named) == 0 && err == nil {
			t.Errorf("%s:%d: %q, but no test that shows it", file, r.line, state)
		}
		for _, name := range named {
			if !exists[name] {
				t.Errorf("%s:%d: there is no %s", file, r.line, name)
			}
		}
	}
	if len(rows) < 50 {
		t.Errorf("%s: only %d rows", file, len(rows))
	}
}

// tableRows returns the rows of all tables with our columns.
func tableRows(text string) (rows []row, problems []string) {
	previous := false // the last line was of a table
	for i, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			previous = false
			continue
		}
		cells := split(line)
		switch {
		case !previous && !slices.Equal(cells, columns):
			problems = append(problems, fmt.Sprintf("%d: a table with the columns %q", i+1, cells))
		case !previous, strings.Trim(line, "|-: ") == "":
		case len(cells) != len(columns):
			problems = append(problems, fmt.Sprintf("%d: %d columns", i+1, len(cells)))
		default:
			rows = append(rows, row{i + 1, cells})
		}
		previous = true
	}
	return rows, problems
}

// split returns the cells of a table's line. A bar within backticks or after a
// backslash is no border.
func split(line string) []string {
	var cells []string
	var cell strings.Builder
	code, escaped := false, false
	for _, c := range strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|") + "|" {
		switch {
		case c == '`':
			code = !code
		case c == '|' && !escaped && !code:
			cells = append(cells, strings.TrimSpace(cell.String()))
			cell.Reset()
			continue
		}
		escaped = c == '\\'
		cell.WriteRune(c)
	}
	return cells
}

var (
	quoted   = regexp.MustCompile("`([^`]*)`")
	testName = regexp.MustCompile(`^(Test|Fuzz|Benchmark|Example)[A-Z0-9_]?\w*$`)
)

// namedTests returns the tests of a cell as "test/skeleton TestFourDrains". A name
// without a folder is of the folder before it; a subtest ("TestX/y") counts as
// its test.
func namedTests(cell string) ([]string, error) {
	var all []string
	folder := ""
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		words := strings.Fields(m[1])
		if len(words) > 1 {
			folder, words = words[0], words[1:]
		}
		for _, w := range words {
			name, _, _ := strings.Cut(strings.TrimRight(w, ","), "/")
			if folder == "" || !testName.MatchString(name) {
				return nil, fmt.Errorf("%q does not name a test as `folder TestName`", m[0])
			}
			all = append(all, folder+" "+name)
		}
	}
	if rest := strings.Trim(quoted.ReplaceAllString(cell, ""), " ,;-–—"); rest != "" && rest != "and" {
		return all, fmt.Errorf("%q in the column of the tests", rest)
	}
	return all, nil
}

// testNames returns all tests there are, as namedTests does.
func testNames(h *tree) map[string]bool {
	all := map[string]bool{}
	for _, u := range h.units {
		if !u.test {
			continue
		}
		for _, d := range u.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && testName.MatchString(f.Name.Name) {
				all[u.dir+" "+f.Name.Name] = true
			}
		}
	}
	return all
}

func TestTableForm(t *testing.T) {
	rows, problems := tableRows("| behaviour | stock | Ostler | state | test |\n|---|---|---|---|---|\n" +
		"| a `x|y` | b \\| c |  | same | `attr TestA`, `TestB` |\n| a |\n\n| x |\n|---|\n")
	if len(problems) != 2 || len(rows) != 1 || rows[0].line != 3 {
		t.Fatalf("rows %v, problems %q", rows, problems)
	}
	want := []string{"a `x|y`", "b \\| c", "", "same", "`attr TestA`, `TestB`"}
	if !slices.Equal(rows[0].cells, want) {
		t.Errorf("cells %q, want %q", rows[0].cells, want)
	}
	for cell, want := range map[string]string{
		"`attr TestA`, `TestB`":                        "attr TestA;attr TestB",
		"`test/skeleton TestA/sub`; `attr FuzzReader`": "test/skeleton TestA;attr FuzzReader",
		"-":          "",
		"`TestA`":    "error",
		"`attr Foo`": "error",
		"attr TestA": "error",
	} {
		got, err := namedTests(cell)
		text := strings.Join(got, ";")
		if err != nil {
			text = "error"
		}
		if text != want {
			t.Errorf("%q names %q (%v), want %q", cell, text, err, want)
		}
	}
}
