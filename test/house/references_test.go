package house_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// postfixFiles are the C files of Postfix 3.7 and 3.12, one path a line.
const postfixFiles = "test/house/testdata/postfix-files.txt"

// reference is the name of a C file of Postfix in a text, or a pattern of such
// names ("src/global/mail_params.[hc]").
var reference = regexp.MustCompile(`\bsrc/[a-z0-9-]+/[A-Za-z0-9_*-]+\.(?:[chly]\b|\[[chly]+\])`)

// bare is a C file that is named without its folder after "postfix:".
var bare = regexp.MustCompile(`postfix: [^/\n]*?\b([a-z0-9_]+\.[ch])\b`)

// TestReferences: wherever a file of Postfix is named, there is such a file.
func TestReferences(t *testing.T) {
	known := strings.Fields(string(read(t, postfixFiles)))
	if !slices.IsSorted(known) || len(known) < 1000 {
		t.Fatalf("%s is not the sorted list of all C files", postfixFiles)
	}
	found := 0
	for _, file := range house(t).files {
		if file == postfixFiles || under(file, "test/house") || !slices.Contains([]string{".go", ".md"}, path.Ext(file)) {
			continue
		}
		text := string(read(t, file))
		for _, ref := range reference.FindAllString(text, -1) {
			found++
			if !names(known, ref) {
				t.Errorf("%s: Postfix has no file %s", file, ref)
			}
		}
		for _, m := range bare.FindAllString(text, -1) {
			t.Errorf("%s: %q without the folder of the file", file, m)
		}
	}
	if found < 100 {
		t.Errorf("only %d references were found", found)
	}
}

func names(known []string, pattern string) bool {
	return slices.ContainsFunc(known, func(file string) bool {
		ok, _ := path.Match(pattern, file)
		return ok
	})
}

// TestReferenceForm makes sure that TestReferences sees what it is to see.
func TestReferenceForm(t *testing.T) {
	text := "postfix: src/util/attr.h, src/global/mail_params.[hc] (src/global/mail_conf_*.c) src/net/http src/a/b.class src/trivial-rewrite/x.c."
	want := []string{"src/util/attr.h", "src/global/mail_params.[hc]", "src/global/mail_conf_*.c", "src/trivial-rewrite/x.c"}
	if got := reference.FindAllString(text, -1); !slices.Equal(got, want) {
		t.Errorf("references %q, want %q", got, want)
	}
	for text, want := range map[string]bool{
		"postfix: msg.c msg_fatal": true, "postfix: src/util/msg.c msg_fatal, msg.h": false, "postfix: MSG_LOGGER": false,
	} {
		if got := bare.MatchString(text); got != want {
			t.Errorf("%q is bare: %v, want %v", text, got, want)
		}
	}
}
