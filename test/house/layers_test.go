package house_test

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// floors are the packages from top to bottom, as folders in the form of
// path.Match. A package is on the first floor that has its exact name,
// otherwise on the first whose pattern it matches. It imports what is on lower
// floors, and nothing from its own.
var floors = [][]string{
	{"test", "test/*", "test/*/*", "test/*/*/*", "examples/*"},
	{"cmd/*"},
	{"service/*"},
	{"multiserver/servertest"},
	{"multiserver", "master", "bounce"},
	{"resolvelocal"},
	{"match"},
	{"dict/*"}, // the drivers
	{"dict"},
	{"dict/braces", "dict/casefold"},
	{"masterproto"},
	{"mailconf/mastercf"},
	{"mailconf", "maillog"},
	{"attr"},
	{"internal/*"},
}

// floorOf returns the number of a package's floor, -1 if it has none.
func floorOf(dir string) int {
	if i := slices.IndexFunc(floors, func(floor []string) bool { return slices.Contains(floor, dir) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(floors, func(floor []string) bool {
		return slices.ContainsFunc(floor, func(pattern string) bool {
			ok, _ := path.Match(pattern, dir)
			return ok
		})
	})
}

func TestFloors(t *testing.T) {
	for dir, want := range map[string]string{
		"test/services/probe": "test", "cmd/anvil": "cmd/*", "dict": "dict", "dict/inline": "dict/*", "dict/braces": "dict/braces",
		"multiserver/servertest": "multiserver/servertest", "internal/getopt": "internal/*", "mailconf/mastercf": "mailconf/mastercf",
	} {
		if i := floorOf(dir); i < 0 || floors[i][0] != want {
			t.Errorf("%s is on floor %d, want that of %s", dir, i, want)
		}
	}
	for _, dir := range []string{"util", "service", "multiserver/other", "internal/a/b"} {
		if i := floorOf(dir); i >= 0 {
			t.Errorf("%s is on floor %v, want none", dir, floors[i])
		}
	}
}

// TestImportsGoDownward is about the project's own packages. Tests keep to the
// floor of their package, but that they may import it and what is in its folder:
// the drivers of dict, the test kit of multiserver.
func TestImportsGoDownward(t *testing.T) {
	checked := 0
	for _, u := range house(t).units {
		from := floorOf(u.dir)
		if from < 0 {
			t.Errorf("%s: package %s is on no floor: add it to the table in this file", u.path, u.dir)
			continue
		}
		for _, p := range u.imports {
			to, ours := strings.CutPrefix(p, module+"/")
			if !ours {
				continue
			}
			checked++
			switch {
			case floorOf(to) > from, u.test && under(to, u.dir):
			case from == 0 && under(u.dir, "test") && under(to, "test"):
				// What tests are made of is not told apart further.
			default:
				t.Errorf("%s imports %s, which is not below it", u.path, p)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d imports of the project's own packages were found", checked)
	}
}

// TestExamplesUseWhatUsersCan: an example is a program of somebody else.
func TestExamplesUseWhatUsersCan(t *testing.T) {
	found := false
	for _, u := range house(t).units {
		if !under(u.dir, "examples") {
			continue
		}
		found = true
		for _, p := range u.imports {
			if strings.HasPrefix(p, module+"/internal/") || strings.HasPrefix(p, module+"/cmd/") {
				t.Errorf("%s imports %s", u.path, p)
			}
		}
	}
	if !found {
		t.Error("there is no example")
	}
}

// standard are packages of the standard library that have their place.
var standard = []struct {
	name   string
	only   []string // folders whose packages may import it, tests aside
	reason string
}{
	{"flag", []string{"cmd", "test"}, "a command line belongs to a program"},
	{"testing", []string{"multiserver/servertest", "test"}, "a test kit is linked into no daemon"},
	{"expvar", nil, "it serves what the process knows to the world"},
	{"net/http", nil, "it is large, and no daemon speaks it"},
	{"plugin", nil, "it needs cgo"},
	{"log", nil, "records are maillog's"},
}

func TestStandardLibrary(t *testing.T) {
	for _, u := range house(t).units {
		if u.test {
			continue
		}
		for _, s := range standard {
			allowed := slices.ContainsFunc(s.only, func(folder string) bool { return under(u.dir, folder) })
			if slices.Contains(u.imports, s.name) && !allowed {
				t.Errorf("%s imports %s: %s", u.path, s.name, s.reason)
			}
		}
	}
}

// others are the packages that are not the project's and not Go's, and who may
// import them: all packages in the folders, or all there are.
var others = []struct {
	prefix string
	only   []string
}{
	{"golang.org/x/sys/", nil},
	{"github.com/coreos/go-systemd/v22/daemon", []string{"multiserver"}},
}

func TestThirdParty(t *testing.T) {
	used := make([]bool, len(others))
	for _, u := range house(t).units {
		for _, p := range u.imports {
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") { // Go's own and ours
				continue
			}
			i := slices.IndexFunc(others, func(o struct {
				prefix string
				only   []string
			}) bool {
				return strings.HasPrefix(p, o.prefix)
			})
			if i < 0 || others[i].only != nil && !slices.Contains(others[i].only, u.dir) {
				t.Errorf("%s imports %s", u.path, p)
				continue
			}
			used[i] = true
		}
	}
	for i, o := range others {
		if !used[i] {
			t.Errorf("nothing imports %s any more: take it out of the table", o.prefix)
		}
	}
}
