package maillog

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Handler returns a handler for log/slog: slog.New(l.Handler()). The text of a
// record is the message followed by its attributes as name=value, in the order
// given, the names of groups before a dot; a value that holds a blank, '=' or
// '"', or is empty, is quoted. The level becomes the severity (SeverityOf), the
// time of the record is kept, the source line is not.
//
// Records of LevelFatal and above end the process as Fatalf and Panicf do, and
// then the time is that of the call. Those of LevelError are not counted: a
// library that logs an error for each failed request must not end the process
// with the 13th. Records below LevelInfo are logged if Verbose is more than 0.
//
// The handler does not block and may be used by several goroutines.
func (l *Logger) Handler() slog.Handler {
	return &handler{log: l}
}

// handler is a slog.Handler. It is not changed after it was made.
type handler struct {
	log    *Logger
	attrs  []byte // " name=value" of WithAttrs
	prefix string // "group." of WithGroup
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= LevelInfo || h.log.Verbose() > 0
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	text := append([]byte(r.Message), h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		text = appendAttr(text, h.prefix, a)
		return true
	})
	severity := SeverityOf(r.Level)
	switch severity {
	case Fatal:
		h.log.Fatalf("%s", text)
	case Panic:
		h.log.Panicf("%s", text)
	default:
		h.log.putAt(r.Time, severity, h.log.identBytes(), clip(text, maxStored))
	}
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = slices.Clip(slices.Clone(h.attrs))
	for _, a := range attrs {
		with.attrs = appendAttr(with.attrs, h.prefix, a)
	}
	return &with
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.prefix += name + "."
	return &with
}

// appendAttr appends " name=value", for a group each of its members.
func appendAttr(b []byte, prefix string, a slog.Attr) []byte {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range value.Group() {
			b = appendAttr(b, prefix, member)
		}
		return b
	}
	if a.Key == "" && value.Equal(slog.Value{}) {
		return b
	}
	b = append(b, ' ')
	b = append(b, prefix...)
	b = append(b, a.Key...)
	b = append(b, '=')
	return appendValue(b, value)
}

func appendValue(b []byte, value slog.Value) []byte {
	var text string
	if value.Kind() == slog.KindTime {
		text = value.Time().Format(time.RFC3339Nano)
	} else {
		text = value.String()
	}
	if text == "" || strings.ContainsAny(text, " =\"\t\r\n") {
		return strconv.AppendQuote(b, text)
	}
	return append(b, text...)
}
