package multiserver

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestPosixZone compares with date(1), which asks the C library.
func TestPosixZone(t *testing.T) {
	for _, tz := range []string{"XYZ5", "JST-9", "EST5EDT4,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", ":EST7"} {
		zone := posixZone(tz)
		if zone == nil {
			t.Errorf("%s is no zone", tz)
			continue
		}
		for _, when := range []string{"2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z"} {
			cmd := exec.Command("date", "-d", when, "+%F %T")
			cmd.Env = append(os.Environ(), "TZ="+tz)
			want, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			at, _ := time.Parse(time.RFC3339, when)
			if got := at.In(zone).Format(time.DateTime); got != strings.TrimSpace(string(want)) {
				t.Errorf("%s, %s is %s, want %s", tz, when, got, want)
			}
		}
	}
	for _, tz := range []string{"", "/etc/localtime", "UTC", "Europe/Paris"} {
		if posixZone(tz) != nil {
			t.Errorf("%q is taken for a rule", tz)
		}
	}
}
