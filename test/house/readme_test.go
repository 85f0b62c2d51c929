package house_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is what stands between two lines of three backticks.
type block struct {
	line     int    // of its first line
	section  string // the heading that it is under, without the number signs
	language string // what follows the backticks
	text     string
}

// blocks returns the blocks of a document.
func blocks(text string) []block {
	var all []block
	section, open := "", false
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && !open:
			all = append(all, block{line: i + 2, section: section, language: fence})
			open = true
		case isFence:
			open = false
		case open:
			all[len(all)-1].text += line + "\n"
		case strings.HasPrefix(line, "#"):
			section = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	return all
}

// find returns the first block of the README that a section, a language and a
// regular expression select; it is an error that there is none. An empty section
// or language stands for any.
func find(t *testing.T, section, language, pattern string) block {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for _, b := range blocks(string(read(t, "README.md"))) {
		if (section == "" || b.section == section) && (language == "" || b.language == language) && re.MatchString(b.text) {
			return b
		}
	}
	t.Fatalf("README.md: no block of language %q under %q with %q", language, section, pattern)
	return block{}
}

// paragraphs returns the text under a heading of the README, without its blocks.
func paragraphs(t *testing.T, section string) string {
	t.Helper()
	text := string(read(t, "README.md"))
	_, after, ok := strings.Cut(text, "\n## "+section+"\n")
	if !ok {
		t.Fatalf("README.md: no section %q", section)
	}
	after, _, _ = strings.Cut(after, "\n## ")
	for _, b := range blocks(after) {
		after = strings.ReplaceAll(after, "```"+b.language+"\n"+b.text+"```\n", "")
	}
	return after
}

// The sections whose commands are run.
const (
	swapSection   = "Put our anvil into a stock Postfix"
	moduleSection = "Use it from your own module"
	handSection   = "Run it"
	workSection   = "Work on it"
)

// commands are the lines of the README's shell blocks, and which test is about
// each.
var commands = map[string]string{
	"make run":   "TestMakeRun",
	"make build": "TestMakeBuild",
	"install -D -m 755 build/anvil /usr/lib/ostler/anvil": "TestSwap",
	"postfix reload": "TestSwap",
	"build/ostler anvil lookup smtp:192.0.2.1":                           "TestSwap",
	"mkdir mine && cd mine":                                              "TestOwnModule",
	"go mod init example.com/mine":                                       "TestOwnModule",
	"go mod edit -require ostler@v0.0.0 -replace ostler=PATH/TO/ostler":  "TestOwnModule",
	"go mod edit -godebug containermaxprocs=0 -godebug updatemaxprocs=0": "TestOwnModule",
	"build/anvil --listen unix:/tmp/anvil.sock":                          "TestByHand",
	"build/anvil --listen inet:127.0.0.1:12345 -v":                       "TestByHand",
	"make test":  "TestMakeTargets",
	"make bench": "TestMakeTargets",
	"make lint":  "TestMakeTargets",
	"make fuzz":  "TestMakeTargets",
}

// TestCommands: what the README tells to type is run by a test.
func TestCommands(t *testing.T) {
	exists := testNames(house(t))
	unseen := map[string]bool{}
	for line, test := range commands {
		unseen[line] = true
		if !exists["test/house "+test] {
			t.Errorf("there is no %s for %q", test, line)
		}
	}
	for _, b := range blocks(string(read(t, "README.md"))) {
		if b.language != "sh" {
			continue
		}
		for i, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
			line, _, _ = strings.Cut(line, " # ")
			line = strings.TrimSpace(line)
			if commands[line] == "" {
				t.Errorf("README.md:%d: no test runs %q", b.line+i, line)
			}
			delete(unseen, line)
		}
	}
	for line := range unseen {
		t.Errorf("README.md: %q is not there any more", line)
	}
}

// TestMakeTargets: the Makefile has what the documents call.
func TestMakeTargets(t *testing.T) {
	makefile := "\n" + string(read(t, "Makefile"))
	call := regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)")
	found := 0
	for _, file := range []string{"README.md", "CONTRIBUTING.md"} {
		for _, m := range call.FindAllStringSubmatch(string(read(t, file)), -1) {
			found++
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: the Makefile has no %s", file, m[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d calls of make were found", found)
	}
}

func TestBlockForm(t *testing.T) {
	got := blocks("# A\ntext\n```sh\na\nb\n```\n## B c\n```\n# no heading\n```\n")
	want := []block{{4, "A", "sh", "a\nb\n"}, {9, "B c", "", "# no heading\n"}}
	if !slices.Equal(got, want) {
		t.Errorf("blocks %v, want %v", got, want)
	}
}
