package attr_test

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ostler/attr"
)

// The files in testdata were recorded from stock Postfix 3.7.11's library (those
// with bool in their name: 3.12's) and hold blocks of lines, strings quoted as in
// Go:
//
//	scan ENCODING [verbose] [utf8]     read this list:
//	in STRING
//	do FLAGS FIELD ...                 one attr_scan call: m missing, e extra, + more,
//	                                   p printable; "[ ... ]" is an ATTR_TYPE_FUNC
//	more                               one attr_scan_more call
//	info STRING, warn STRING           what it logged
//	got NUMBER VALUE ...               what it returned
//	rest STRING                        what was left unread at the end
//
//	print ENCODING [verbose] [more]    write this list:
//	TYPE NAME VALUE                    one attribute
//	out STRING                         what was written
var vectors = flag.String("vectors", "", "replay this file of vectors too")

// block is one vector: its first line and the others.
type block struct {
	line  int
	head  []string
	lines []string
}

func readBlocks(t *testing.T, name string) (blocks []block) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	open := false
	for n := 1; in.Scan(); n++ {
		switch line := in.Text(); {
		case line == "":
			open = false
		case strings.HasPrefix(line, "#"):
		case !open:
			blocks, open = append(blocks, block{line: n, head: strings.Fields(line)}), true
		default:
			b := &blocks[len(blocks)-1]
			b.lines = append(b.lines, line)
		}
	}
	if in.Err() != nil {
		t.Fatal(in.Err())
	}
	return blocks
}

func (b block) encoding(t *testing.T) attr.Encoding {
	for _, enc := range encodings {
		if enc.String() == b.head[1] {
			return enc
		}
	}
	t.Fatalf("line %d: unknown encoding", b.line)
	return 0
}

func (b block) has(word string) bool { return slices.Contains(b.head[2:], word) }

var encodings = []attr.Encoding{attr.Plain, attr.Null, attr.Base64}

func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatalf("testdata: %v %v", files, err)
	}
	if *vectors != "" {
		files = append(files, *vectors)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			blocks := readBlocks(t, file)
			if len(blocks) == 0 {
				t.Fatal("no vectors")
			}
			for _, b := range blocks {
				var got []string
				if b.head[0] == "scan" {
					got = replayScan(t, b)
				} else {
					got = replayPrint(t, b)
				}
				if !slices.Equal(got, b.lines) {
					t.Errorf("line %d: %s\n got:\n%s\nwant:\n%s", b.line, strings.Join(b.head, " "),
						strings.Join(got, "\n"), strings.Join(b.lines, "\n"))
				}
			}
		})
	}
}

// replayScan runs the calls of a block and returns the lines that it should have.
func replayScan(t *testing.T, b block) (lines []string) {
	logLine := func(kind string) attr.Trace {
		return func(format string, args ...any) {
			lines = append(lines, kind+" "+quote(logText(fmt.Sprintf(format, args...), b.has("utf8"))))
		}
	}
	var r attr.Reader
	for _, line := range b.lines {
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "in":
			r = attr.NewReader(b.encoding(t), []byte(unquote(t, rest)), "test")
			r.Warn, r.UTF8 = logLine("warn"), b.has("utf8")
			if b.has("verbose") {
				r.Verbose = logLine("info")
			}
			lines = append(lines, line)
		case "do":
			lines = append(lines, line)
			flags, spec, _ := strings.Cut(rest, " ")
			lines = append(lines, "got "+doScan(&r, parseFlags(flags), strings.Fields(spec)))
		case "more":
			lines = append(lines, line)
			lines = append(lines, "got "+strconv.Itoa(r.More()))
		}
	}
	return append(lines, "rest "+quote(string(r.Rest())))
}

func parseFlags(s string) (flags attr.Flags) {
	for i, letter := range "me+p" {
		if strings.ContainsRune(s, letter) {
			flags |= 1 << i
		}
	}
	return flags
}

// result is the variable behind one field.
type result struct {
	kind  string
	i     int
	l     int64
	s     string
	bytes []byte
	b     bool
	m     map[string]string
}

func (v *result) field(spec string) (f attr.Field, counts bool) {
	kind, name, _ := strings.Cut(spec, ":")
	v.kind, v.i, v.l, v.s, v.bytes = kind, 7777, 7777, "unset", []byte("unset")
	switch kind {
	case "int":
		return attr.Int(name, &v.i), true
	case "long":
		return attr.Long(name, &v.l), true
	case "str":
		return attr.Str(name, &v.s), true
	case "data":
		return attr.Data(name, &v.bytes), true
	case "bool":
		return attr.Bool(name, &v.b), true
	case "hash":
		return attr.Hash(&v.m), true
	}
	name, want, _ := strings.Cut(name, ":")
	return attr.StrEq(name, want), false
}

func (v *result) String() string {
	switch v.kind {
	case "int":
		return strconv.Itoa(v.i)
	case "long":
		return strconv.FormatInt(v.l, 10)
	case "str":
		return quote(v.s)
	case "data":
		// Stock shows what a C program would have left in the variable.
		return quote(string(v.bytes))
	case "bool":
		return strconv.FormatBool(v.b)
	}
	return quoteMap(v.m)
}

// doScan makes the Scan calls that one attr_scan call stands for: more than one
// when there are lists inside the list.
func doScan(r *attr.Reader, flags attr.Flags, spec []string) string {
	var results []*result
	var parts [][]attr.Field // those with an odd index are inner lists
	var wants []int
	part := func() { parts, wants = append(parts, nil), append(wants, 0) }
	part()
	for _, word := range spec {
		if word == "[" || word == "]" {
			part()
			continue
		}
		v := new(result)
		f, counts := v.field(word)
		if v.kind != "streq" {
			results = append(results, v)
		}
		last := len(parts) - 1
		parts[last] = append(parts[last], f)
		if counts {
			wants[last]++
		}
	}
	n := scanParts(r, flags, parts, wants)
	got := strconv.Itoa(n)
	if n >= 0 {
		for _, v := range results {
			got += " " + v.String()
		}
	}
	return got
}

func scanParts(r *attr.Reader, flags attr.Flags, parts [][]attr.Field, wants []int) (count int) {
	if len(parts) == 1 {
		return r.Scan(flags, parts[0]...)
	}
	if len(r.Rest()) == 0 {
		return 0
	}
	for i, fields := range parts {
		f := flags | attr.More
		if i%2 == 0 {
			f |= attr.Continued
		}
		if i == len(parts)-1 {
			f = flags | attr.Continued
		}
		n := r.Scan(f, fields...)
		switch {
		case n < 0 || i%2 == 1 && n != wants[i]:
			return -1
		case i%2 == 1:
			count++
		case n != wants[i]:
			return count + n
		default:
			count += n
		}
	}
	return count
}

// replayPrint writes the list of a block and returns the lines that it should have.
func replayPrint(t *testing.T, b block) (lines []string) {
	var infos []string
	w := attr.NewWriter(b.encoding(t), nil)
	if b.has("verbose") {
		w.Trace = func(format string, args ...any) {
			infos = append(infos, "info "+quote(logText(fmt.Sprintf(format, args...), false)))
		}
	}
	table := false
	for _, line := range b.lines {
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "info", "out":
		default:
			put(t, &w, kind, rest)
			lines = append(lines, line)
			table = table || kind == "hash"
		}
	}
	if !b.has("more") {
		w.End()
	}
	if w.Err() != nil {
		t.Errorf("line %d: %v", b.line, w.Err())
	}
	out := string(w.Bytes())
	if table {
		infos, out = likeStock(infos, out, b)
	}
	return append(append(lines, infos...), "out "+quote(out))
}

// likeStock puts what was said and written into the order of the block, if it is
// the same but for the order, which stock does not define for tables.
func likeStock(infos []string, out string, b block) ([]string, string) {
	var want []string
	wantOut := ""
	for _, line := range b.lines {
		if strings.HasPrefix(line, "info ") {
			want = append(want, line)
		} else if s, ok := strings.CutPrefix(line, "out "); ok {
			wantOut, _ = strconv.Unquote(s)
		}
	}
	if slices.Equal(slices.Sorted(slices.Values(infos)), slices.Sorted(slices.Values(want))) {
		infos = want
	}
	if sameMembers(out, wantOut, b.head[1]) {
		out = wantOut
	}
	return infos, out
}

// sameMembers compares lists by their attributes in sorted order.
func sameMembers(a, b, encoding string) bool {
	split := func(s string) []string {
		if encoding != "null" {
			return slices.Sorted(slices.Values(strings.Split(s, "\n")))
		}
		return slices.Sorted(slices.Values(strings.Split(s, "\x00")))
	}
	return len(a) == len(b) && slices.Equal(split(a), split(b))
}

func put(t *testing.T, w *attr.Writer, kind, rest string) {
	if kind == "hash" {
		w.Hash(parseMap(t, rest))
		return
	}
	if kind == "[" || kind == "]" {
		return
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		t.Fatal(rest, err)
	}
	name, value := unquote(t, quoted), rest[len(quoted)+1:]
	switch kind {
	case "int":
		n, _ := strconv.Atoi(value)
		w.Int(name, n)
	case "long":
		n, _ := strconv.ParseInt(value, 10, 64)
		w.Long(name, n)
	case "str":
		w.Str(name, unquote(t, value))
	case "data":
		w.Data(name, []byte(unquote(t, value)))
	case "bool":
		w.Bool(name, value == "true")
	default:
		t.Fatal("unknown type", kind)
	}
}
