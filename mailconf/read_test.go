package mailconf_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ostler/mailconf"
)

func TestDir(t *testing.T) {
	for _, tt := range []struct{ env, want string }{{"", "/etc/postfix"}, {"/srv/x", "/srv/x"}} {
		got := mailconf.Dir(func(name string) string {
			if name != "MAIL_CONFIG" {
				t.Errorf("asked for %s", name)
			}
			return tt.env
		})
		if got != tt.want {
			t.Errorf("Dir with %q: %q, want %q", tt.env, got, tt.want)
		}
	}
}

// The texts were seen from postmap 3.7.11.
func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "folder/main.cf"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := mailconf.Read(dir, mailconf.Options{})
	if want := "open " + dir + "/main.cf: No such file or directory"; err == nil || err.Error() != want {
		t.Errorf("missing file: %v, want %s", err, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v is not fs.ErrNotExist", err)
	}
	_, err = mailconf.Read(dir+"/folder", mailconf.Options{})
	if want := "read " + dir + "/folder/main.cf: Is a directory"; err == nil || err.Error() != want {
		t.Errorf("folder: %v, want %s", err, want)
	}
}

func TestReadTooLarge(t *testing.T) {
	dir := writeConfig(t, "a = 1\n")
	if err := os.Truncate(dir+"/main.cf", 16<<20+1); err != nil {
		t.Fatal(err)
	}
	_, err := mailconf.Read(dir, mailconf.Options{})
	if want := "read " + dir + "/main.cf: File too large"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestReadPresets(t *testing.T) {
	dir := writeConfig(t, "process_name = other\n")
	var warnings []string
	conf, err := mailconf.Read(dir, mailconf.Options{
		Warn:   func(text string) { warnings = append(warnings, text) },
		Preset: []mailconf.Setting{{Name: mailconf.ProcessName, Value: "anvil"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{dir + "/main.cf, line 1: overriding earlier entry: process_name=anvil"}
	if !slices.Equal(warnings, want) {
		t.Errorf("warnings %q, want %q", warnings, want)
	}
	for name, want := range map[string]string{mailconf.ConfigDirectory: dir, mailconf.ProcessName: "other"} {
		if got, ok := conf.Lookup(name); got != want || !ok {
			t.Errorf("%s = %q %v, want %q", name, got, ok, want)
		}
	}
	if conf.Directory() != dir || conf.Path() != dir+"/main.cf" {
		t.Errorf("Directory %q, Path %q", conf.Directory(), conf.Path())
	}
}

// writeNow writes a file that is modified now, by the test's clock.
func writeNow(t *testing.T, path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Error(err)
	}
	if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
		t.Error(err)
	}
}

// A file that was changed less than a second before the reading started is read
// again, from scratch, until it has cooled down.
func TestReadHotFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		write := func(text string) { writeNow(t, dir+"/main.cf", text) }
		write("a = 1\nb = 1\nb = 2\n")
		slept := 0
		var warnings []string
		conf, err := mailconf.Read(dir, mailconf.Options{
			Warn: func(text string) { warnings = append(warnings, text) },
			Sleep: func(d time.Duration) {
				if d != 300*time.Millisecond {
					t.Errorf("sleeps %v", d)
				}
				if slept++; slept == 3 {
					write("c = 1\nc = 2\n")
				}
				time.Sleep(d)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := conf.Lookup("a"); ok {
			t.Error("a setting that was deleted meanwhile is still there")
		}
		if c, _ := conf.Lookup("c"); c != "2" {
			t.Errorf("c = %q", c)
		}
		if len(warnings) != 1 || !strings.HasSuffix(warnings[0], "line 2: overriding earlier entry: c=1") {
			t.Errorf("warnings %q", warnings)
		}
		// Hot while mtime >= start of reading - 1 s, in whole seconds.
		if slept < 6 || slept > 12 {
			t.Errorf("slept %d times", slept)
		}
	})
}

// A file from the future is not hot, as in stock.
func TestReadFutureFile(t *testing.T) {
	dir := writeConfig(t, "a = 1\n")
	future := time.Now().Add(time.Hour)
	if err := os.Chtimes(dir+"/main.cf", future, future); err != nil {
		t.Fatal(err)
	}
	_, err := mailconf.Read(dir, mailconf.Options{Sleep: func(time.Duration) { t.Fatal("slept") }})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadUntrusted(t *testing.T) {
	trusted := writeConfig(t, " x\nbad line\nmulti_instance_directories = /a, /b\nalternate_config_directories = /c\n")
	dir := writeConfig(t, "a = 1\n")
	var told []string
	opts := mailconf.Options{
		Untrusted:  func() bool { return true },
		TrustedDir: trusted,
		Error:      func(text string) { told = append(told, text) },
	}
	_, err := mailconf.Read(dir, opts)
	want := `specify "alternate_config_directories = ` + dir + `" or "multi_instance_directories = ` + dir + `" in ` + trusted + "/main.cf"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if want := []string{"unauthorized configuration directory name: " + dir}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if err := os.WriteFile(trusted+"/main.cf", []byte("alternate_config_directories = /x "+dir+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := mailconf.Read(dir, opts); err != nil {
		t.Error(err)
	}
	if err := os.Remove(trusted + "/main.cf"); err != nil {
		t.Fatal(err)
	}
	_, err = mailconf.Read(dir, opts)
	if want := "open file " + trusted + "/main.cf: No such file or directory"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The texts were seen from anvil 3.7.11.
func TestOverride(t *testing.T) {
	for _, tt := range []struct{ arg, name, value, problem string }{
		{"a=b", "a", "b", ""},
		{" a =\t b ", "a", "b", ""},
		{"a=", "a", "", ""},
		{"a==b", "a", "=b", ""},
		{"a=$b", "a", "$b", ""},
		{"foo", "", "", "missing '=' after attribute name"},
		{"a b=c", "", "", "missing '=' after attribute name"},
		{"=x", "", "", "missing attribute name"},
		{"", "", "", "missing attribute name"},
		{" ", "", "", "missing attribute name"},
	} {
		conf := mailconf.New()
		err := conf.Override(tt.arg)
		if tt.problem != "" {
			if want := `invalid "-o ` + tt.arg + `" option value: ` + tt.problem; err == nil || err.Error() != want {
				t.Errorf("Override(%q) = %v, want %s", tt.arg, err, want)
			}
			continue
		}
		value, ok := conf.Lookup(tt.name)
		if err != nil || value != tt.value || !ok {
			t.Errorf("Override(%q) = %v; %s = %q %v", tt.arg, err, tt.name, value, ok)
		}
	}
}

func TestOrigin(t *testing.T) {
	conf, err := mailconf.Parse("a = 1\n\n# x\nb =\n 2\nc = 3\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	conf.Set("d", "4")
	if err := conf.Override("c=5"); err != nil {
		t.Fatal(err)
	}
	var e int
	if err := conf.Load(mailconf.Table{mailconf.Int("e", 5, 0, 0, &e)}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		origin mailconf.Origin
		line   int
	}{
		{"a", mailconf.FromFile, 1}, {"b", mailconf.FromFile, 4}, {"c", mailconf.FromOverride, 0},
		{"d", mailconf.FromProcess, 0}, {"e", mailconf.FromDefault, 0}, {"f", mailconf.FromNowhere, 0},
	} {
		if origin, line := conf.Origin(tt.name); origin != tt.origin || line != tt.line {
			t.Errorf("Origin(%s) = %v, %d", tt.name, origin, line)
		}
	}
	names := slices.Sorted(conf.Names)
	if got := strings.Join(names, ""); got != "abcde" {
		t.Errorf("Names: %s", got)
	}
}
