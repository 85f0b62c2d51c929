package maillog_test

import (
	"io"
	"net"
	"path/filepath"
	"testing"

	"ostler/maillog"
)

// A record whose arguments need no boxing costs the caller no allocation.
func TestInfofAllocates(t *testing.T) {
	l := maillog.ToWriter(io.Discard, options(environment{}))
	defer l.Close()
	l.Infof("%s", "warm up") // starts the writer
	l.Flush(patience)
	got := testing.AllocsPerRun(100, func() { l.Debugf("not %s", "logged") })
	if got != 0 {
		t.Errorf("Debugf allocates %v times when it does not log", got)
	}
	args := []any{"some", "text"}
	// The queue's buffer grows at times, and a collection may empty the pool.
	if got := testing.AllocsPerRun(1000, func() { l.Infof("%s %s", args...) }); got > 1 {
		t.Errorf("Infof allocates %v times", got)
	}
}

func BenchmarkInfof(b *testing.B) {
	l := maillog.ToWriter(io.Discard, options(environment{}))
	defer l.Close()
	args := []any{"192.0.2.1", "smtp"}
	b.ReportAllocs()
	for b.Loop() {
		l.Infof("client %s service %s", args...)
	}
}

// BenchmarkSocket is the rate at which a reader with the kernel's ten records
// of queue gets lines.
func BenchmarkSocket(b *testing.B) {
	path := filepath.Join(b.TempDir(), "postlog")
	conn := listen(b, path)
	l := newLogger(b, options(environment{"POSTLOG_SERVICE": path}))
	l.Infof("warm up")
	receive(b, conn)
	buffer := make([]byte, 4096)
	read := func(conn net.Conn) {
		if _, err := conn.Read(buffer); err != nil {
			b.Fatal(err)
		}
	}
	unread := 0
	for b.Loop() {
		l.Infof("client %s service %s", "192.0.2.1", "smtp")
		if unread++; unread == 1000 {
			for ; unread > 0; unread-- {
				read(conn)
			}
		}
	}
	for ; unread > 0; unread-- {
		read(conn)
	}
}
