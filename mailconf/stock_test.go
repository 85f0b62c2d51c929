package mailconf_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ostler/mailconf"
)

var update = flag.Bool("update", false, "record the vectors in testdata again, from the Postfix that is installed")

// vector is what stock does with one main.cf. It was recorded from
// "postmap -v -v", which reads main.cf and evaluates the generic parameters as
// a daemon does, and tells each step.
type vector struct {
	MainCF string   `json:"main.cf"`
	Log    []string `json:"log"` // without the program's name; DIR is the folder
}

// vectorFile is a file of vectors, with the machine on which they were made.
type vectorFile struct {
	// Loading: only what is logged while main.cf is read counts.
	Loading bool `json:"loading"`
	// Preamble comes before each main.cf, so that the vectors do not depend on
	// the machine's name and addresses.
	Preamble string            `json:"preamble"`
	Users    map[string][2]int `json:"users"` // uid, gid
	Groups   map[string]int    `json:"groups"`
	// Baseline is the whole log for the preamble alone. What is in it is left
	// out of the vectors.
	Baseline []string  `json:"baseline"`
	Vectors  []*vector `json:"vectors"`
}

func readVectors(t *testing.T, name string) *vectorFile {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	file := new(vectorFile)
	if err := json.Unmarshal(data, file); err != nil {
		t.Fatal(err)
	}
	if *update {
		record(t, file)
		out, err := os.Create(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := errors.Join(enc.Encode(file), out.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// record runs stock for each vector. Stock sleeps for a second after a fatal
// error, so many run side by side.
func record(t *testing.T, file *vectorFile) {
	t.Helper()
	if _, err := exec.LookPath("postmap"); err != nil {
		t.Skip("no postmap: cannot record")
	}
	system := mailconf.SystemHost()
	for name := range file.Users {
		user, err := system.UserByName(name)
		if err != nil {
			t.Fatalf("user %s: %v", name, err)
		}
		file.Users[name] = [2]int{user.UID, user.GID}
	}
	for name := range file.Groups {
		group, err := system.GroupByName(name)
		if err != nil {
			t.Fatalf("group %s: %v", name, err)
		}
		file.Groups[name] = group.GID
	}
	if !file.Loading {
		file.Baseline = stockLog(t, file.Preamble)
	}
	var wg sync.WaitGroup
	slots := make(chan bool, 16)
	for _, v := range file.Vectors {
		slots <- true
		wg.Add(1)
		// Ends by itself; waited for below.
		go func() {
			defer wg.Done()
			v.Log = file.reduce(stockLog(t, file.Preamble+v.MainCF))
			<-slots
		}()
	}
	wg.Wait()
}

// reduce leaves out what does not count.
func (f *vectorFile) reduce(log []string) []string {
	if f.Loading {
		for i, line := range log {
			if strings.HasPrefix(line, "dict_lookup: ") {
				return log[:i]
			}
		}
		return log
	}
	seen := make(map[string]bool)
	for _, line := range f.Baseline {
		seen[line] = true
	}
	return slices.DeleteFunc(log, func(line string) bool { return seen[line] })
}

// stockLog returns what stock logs about a main.cf, sifted.
func stockLog(t *testing.T, text string) []string {
	dir := writeConfig(t, text)
	cmd := exec.Command("postmap", "-v", "-v", "-q", "key", "static:value")
	cmd.Env = []string{"MAIL_CONFIG=" + dir, "PATH=" + os.Getenv("PATH")}
	out, _ := cmd.CombinedOutput()
	var log []string
	for line := range strings.Lines(string(out)) {
		if line, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "postmap: "); ok {
			log = sift(log, line, dir)
		}
	}
	return log
}

// sift appends a line if it is of interest.
func sift(log []string, line, dir string) []string {
	kind, _, _ := strings.Cut(line, ":")
	switch kind {
	case "warning", "fatal", "panic", "dict_load_fp", "dict_update", "dict_lookup", "mac_parse", "dict_eval", "name_mask", "mynetworks_core":
	default:
		return log
	}
	if strings.HasPrefix(line, "dict_update: process_id") {
		return log
	}
	return append(log, strings.ReplaceAll(line, dir, "DIR"))
}

// writeConfig makes a folder with a main.cf that is not hot.
func writeConfig(t *testing.T, text string) string {
	dir := t.TempDir()
	path := filepath.Join(dir, "main.cf")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Error(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Error(err)
	}
	return dir
}

// ourLog is stockLog for this package.
func ourLog(t *testing.T, text string, host mailconf.Host) []string {
	dir := writeConfig(t, text)
	var log []string
	add := func(line string) { log = sift(log, shown(line), dir) }
	conf, err := mailconf.Read(dir, mailconf.Options{
		Warn:  func(text string) { add("warning: " + text) },
		Trace: func(_ int, text string) { add(text) },
	})
	if err == nil {
		_, err = conf.InitParams(host)
	}
	if err != nil {
		add("fatal: " + err.Error())
	}
	return log
}

// shown replaces what stock's log does not show as it is. As long as it has not
// read smtputf8_enable that is all but printable ASCII.
func shown(line string) string {
	out := []byte(line)
	for i, c := range out {
		if c < ' ' || c > '~' {
			out[i] = '?'
		}
	}
	return string(out)
}

// difference returns the first difference of two logs, or "". Our warnings
// about a file come after it has been read, stock's among the trace.
func difference(ours, stock []string) string {
	oursLoading, ours := splitLoading(ours)
	stockLoading, stock := splitLoading(stock)
	for _, pair := range [][2][]string{{oursLoading, stockLoading}, {ours, stock}} {
		for i := range max(len(pair[0]), len(pair[1])) {
			if our, want := at(pair[0], i), at(pair[1], i); our != want {
				return fmt.Sprintf("line %d:\n ours: %s\nstock: %s", i, our, want)
			}
		}
	}
	return ""
}

func splitLoading(log []string) (loading, rest []string) {
	for _, line := range log {
		if strings.HasPrefix(line, "dict_load_fp: ") {
			loading = append(loading, line)
		} else {
			rest = append(rest, line)
		}
	}
	return loading, rest
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// TestVectors replays what stock did with some hundred main.cf files: the
// settings found, each lookup, expansion and default stored, in order, the
// warnings and the fatal error.
func TestVectors(t *testing.T) {
	for _, name := range []string{"files.json", "expand.json", "values.json"} {
		file := readVectors(t, name)
		host := newFakeHost(file)
		if len(file.Vectors) == 0 {
			t.Errorf("%s: no vectors", name)
		}
		if !file.Loading {
			t.Run(name+" baseline", func(t *testing.T) {
				if d := difference(ourLog(t, file.Preamble, host), file.Baseline); d != "" {
					t.Error(d)
				}
			})
		}
		for i, v := range file.Vectors {
			t.Run(name+strconv.Itoa(i), func(t *testing.T) {
				if d := difference(file.reduce(ourLog(t, file.Preamble+v.MainCF, host)), v.Log); d != "" {
					t.Errorf("%s\nmain.cf:\n%s", d, v.MainCF)
				}
			})
		}
	}
}

// fakeHost is a machine in memory.
type fakeHost struct {
	name       string
	users      []mailconf.User
	groups     []mailconf.Group
	interfaces []netip.Prefix
	addresses  map[string][]netip.Addr
	files      map[string]string
	supports   map[bool]error
}

func newFakeHost(file *vectorFile) *fakeHost {
	h := &fakeHost{
		name:       "fake",
		interfaces: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")},
		addresses:  map[string][]netip.Addr{"localhost": {netip.MustParseAddr("127.0.0.1")}},
	}
	if file != nil {
		for name, ids := range file.Users {
			h.users = append(h.users, mailconf.User{Name: name, UID: ids[0], GID: ids[1]})
		}
		for name, gid := range file.Groups {
			h.groups = append(h.groups, mailconf.Group{Name: name, GID: gid})
		}
	}
	return h
}

func (h *fakeHost) Hostname() (string, error) { return h.name, nil }
func (h *fakeHost) PID() int                  { return 4711 }

func (h *fakeHost) UserByName(name string) (mailconf.User, error) {
	return find(h.users, func(u mailconf.User) bool { return u.Name == name })
}

func (h *fakeHost) UserByID(uid int) (mailconf.User, error) {
	return find(h.users, func(u mailconf.User) bool { return u.UID == uid })
}

func (h *fakeHost) GroupByName(name string) (mailconf.Group, error) {
	return find(h.groups, func(g mailconf.Group) bool { return g.Name == name })
}

func (h *fakeHost) GroupByID(gid int) (mailconf.Group, error) {
	return find(h.groups, func(g mailconf.Group) bool { return g.GID == gid })
}

func find[T any](list []T, match func(T) bool) (T, error) {
	for _, one := range list {
		if match(one) {
			return one, nil
		}
	}
	var none T
	return none, fmt.Errorf("fake: %w", mailconf.ErrNotFound)
}

func (h *fakeHost) Groups(_ string, gid int) ([]int, error) { return []int{gid}, nil }
func (h *fakeHost) Supports(ipv6 bool) error                { return h.supports[ipv6] }

func (h *fakeHost) Interfaces() ([]netip.Prefix, error) { return h.interfaces, nil }

func (h *fakeHost) Addresses(name string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{addr}, nil
	}
	return h.addresses[name], nil
}

func (h *fakeHost) FirstLine(path string) (string, error) {
	text, ok := h.files[path]
	if !ok {
		return "", errors.New("cannot open file: No such file or directory")
	}
	line, _, _ := strings.Cut(text, "\n")
	return line, nil
}
