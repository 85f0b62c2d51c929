package multiserver

import (
	"strings"
	"time"
)

// posixZone is the zone of a TZ that is no zone's name but says the rules
// itself, such as CET-1CEST,M3.5.0,M10.5.0/3, or nil. The C library reads such
// rules; package time does so only at the end of a zone's file, so that one
// without transitions is made up.
func posixZone(tz string) *time.Location {
	tz = strings.TrimPrefix(tz, ":")
	if tz == "" || tz[0] == '/' {
		return nil
	}
	if _, err := time.LoadLocation(tz); err == nil {
		return nil
	}
	// A header (no leap seconds, no transitions, one type, four bytes of names)
	// and its one type; in a file of version 2 both stand twice.
	part := "TZif2" + strings.Repeat("\x00", 15+16) + "\x00\x00\x00\x01\x00\x00\x00\x04" + strings.Repeat("\x00", 6) + "UTC\x00"
	zone, err := time.LoadLocationFromTZData(tz, []byte(part+part+"\n"+tz+"\n"))
	if err != nil {
		return nil
	}
	return zone
}

// useZone makes the process log in the zone that C programs of its environment
// log in.
func useZone(tz string) {
	if zone := posixZone(tz); zone != nil {
		time.Local = zone
	}
}
