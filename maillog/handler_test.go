package maillog_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ostler/maillog"
)

func TestHandler(t *testing.T) {
	var out strings.Builder
	o := options(environment{})
	o.Format = maillog.Line
	l := maillog.ToWriter(&out, o)
	log := slog.New(l.Handler())
	log.Debug("not logged")
	log.Info("plain")
	log.Warn("values", "a", 1, "b", "two words", "c", "", "d", errors.New("x=y"), "e", time.Second)
	log.Error("time", slog.Time("at", fixedTime()))
	with := log.With("a", 1).WithGroup("g").With("b", 2)
	with.Info("groups", slog.Group("h", "c", 3, slog.Group("", "d", 4)), slog.Attr{}, slog.Group("empty"))
	log.WithGroup("").Info("no\ngroup", "k", "line\nbreak")
	with.With("one", 1).Info("first")
	with.With("two", 2).Info("second")
	l.SetVerbose(1)
	log.Debug("logged")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		_, text, _ := strings.Cut(line, "anvil[123]: ")
		got = append(got, strings.TrimSuffix(text, "\n"))
	}
	want := []string{
		"plain",
		`warning: values a=1 b="two words" c="" d="x=y" e=1s`,
		"error: time at=2026-11-03T08:04:20.123456789Z",
		"groups a=1 g.b=2 g.h.c=3 g.h.d=4",
		`no?group k="line\nbreak"`,
		"first a=1 g.b=2 g.one=1",
		"second a=1 g.b=2 g.two=2",
		"logged",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A library may log any number of errors; the two levels above end the process.
func TestHandlerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		var e exits
		l := maillog.ToWriter(&out, e.options(time.Now()))
		log := slog.New(l.Handler())
		for range 20 {
			log.Error("x")
		}
		if len(e.events) != 0 {
			t.Fatal("ended by errors")
		}
		log.Log(t.Context(), maillog.LevelFatal, "the %end", "a", 1)
		log.Log(t.Context(), maillog.LevelPanic, "not logged")
		_ = l.Close()
		if !strings.HasSuffix(out.String(), "error: x\nanvil: fatal: the %end a=1\n") {
			t.Errorf("got %q", out.String())
		}
		if want := []string{"exit 1 after 1s", "abort 0 after 2s"}; fmt.Sprint(e.events) != fmt.Sprint(want) {
			t.Errorf("got %q, want %q", e.events, want)
		}
	})
}

func TestHandlerKeepsTime(t *testing.T) {
	var out strings.Builder
	o := options(environment{})
	o.Format = maillog.Line
	l := maillog.ToWriter(&out, o)
	r := slog.NewRecord(fixedTime().AddDate(0, 1, 10), slog.LevelInfo, "x", 0)
	if err := l.Handler().Handle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "Dec 13 08:04:20 amnesiac anvil[123]: x\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
