package house_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestDocuments: what a visitor looks for is there.
func TestDocuments(t *testing.T) {
	files := house(t).files
	for _, name := range []string{
		"README.md", "ARCHITECTURE.md", "COMPATIBILITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
	} {
		if !slices.Contains(files, name) {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestLinks: a link from one document to a file of the repository leads there.
func TestLinks(t *testing.T) {
	files := house(t).files
	for _, file := range files {
		if !strings.HasSuffix(file, ".md") {
			continue
		}
		for _, target := range links(string(read(t, file))) {
			found := slices.ContainsFunc(files, func(f string) bool { return under(f, strings.TrimSuffix(target, "/")) })
			if !found {
				t.Errorf("%s has a link to %s, which is not there", file, target)
			}
		}
	}
}

// links returns the targets of a document's links, but those that lead out of
// the repository or to a heading.
func links(text string) []string {
	var targets []string
	for _, part := range strings.Split(text, "](")[1:] {
		target, _, _ := strings.Cut(part, ")")
		target, _, _ = strings.Cut(target, "#")
		if target != "" && !strings.Contains(target, ":") {
			targets = append(targets, target)
		}
	}
	return targets
}

func TestLinkForm(t *testing.T) {
	text := "a [b](ARCHITECTURE.md), [c](https://example.com/), [d](#here), [e](service/anvil/doc.go#L1) (f)"
	if got, want := links(text), []string{"ARCHITECTURE.md", "service/anvil/doc.go"}; !slices.Equal(got, want) {
		t.Errorf("links %q, want %q", got, want)
	}
}

// private are folders of somebody's own machine. Here they are put together, so
// that this file has none of them in it.
var private = []string{"/" + "work/", "/" + "root/", "/tmp/" + "pf"}

// TestNoPrivatePaths: nothing in the repository works, or is true, on one
// machine only.
func TestNoPrivatePaths(t *testing.T) {
	files := house(t).files
	for _, file := range files {
		text := read(t, file)
		for _, p := range private {
			if i := bytes.Index(text, []byte(p)); i >= 0 {
				t.Errorf("%s:%d: %s", file, lines(text[:i])+1, p)
			}
		}
	}
	if len(files) < 200 {
		t.Errorf("only %d files were looked at", len(files))
	}
}
