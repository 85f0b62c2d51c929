package mailconf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ostler/mailconf"
)

// BenchmarkStart is what a daemon does with its configuration: it reads a
// main.cf of 500 lines and evaluates the generic parameters.
func BenchmarkStart(b *testing.B) {
	var text strings.Builder
	text.WriteString("compatibility_level = 3.6\nmyhostname = mail.example.com\nmail_owner = root\n")
	for i := range 500 {
		fmt.Fprintf(&text, "parameter_number_%d = $myhostname, ${mydomain?value}\n    continued %d\n# comment\n", i/2, i)
	}
	dir := b.TempDir()
	path := filepath.Join(dir, "main.cf")
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		b.Fatal(err)
	}
	host := mailconf.SystemHost()
	b.ReportAllocs()
	for b.Loop() {
		conf, err := mailconf.Read(dir, mailconf.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := conf.Override("mail_owner=postfix"); err != nil {
			b.Fatal(err)
		}
		if _, err := conf.InitParams(host); err != nil && !strings.Contains(err.Error(), "unknown") {
			b.Fatal(err)
		}
	}
}
