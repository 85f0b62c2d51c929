package maillog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// faults are the calls of a system in which some fail; events tells which were
// made.
type faults struct {
	socketErr, dialErr, openErr []error // of the first calls; then none
	sendErr, writeErr           []error
	part                        int // how much a send or write takes, 0: all
	events                      []string
	out                         strings.Builder
}

func pop(errs *[]error) error {
	if len(*errs) == 0 {
		return nil
	}
	err := (*errs)[0]
	*errs = (*errs)[1:]
	return err
}

func (f *faults) calls() *calls {
	take := func(b []byte, err error) (int, error) {
		if err != nil {
			return -1, err
		}
		if f.part > 0 {
			b = clip(b, f.part)
		}
		return f.out.Write(b)
	}
	note := func(s string) { f.events = append(f.events, s) }
	return &calls{
		socket: func(kind int) (int, error) {
			note(map[int]string{unix.SOCK_DGRAM: "dgram", unix.SOCK_STREAM: "stream"}[kind])
			return 7, pop(&f.socketErr)
		},
		dial:  func(int, string) error { note("dial"); return pop(&f.dialErr) },
		send:  func(_ int, b []byte) (int, error) { note("send"); return take(b, pop(&f.sendErr)) },
		open:  func(string) (int, error) { note("open"); return 8, pop(&f.openErr) },
		write: func(_ int, b []byte) (int, error) { note("write"); return take(b, pop(&f.writeErr)) },
		poll:  func(int, time.Duration) bool { return true },
		close: func(int) { note("close") },
	}
}

func (f *faults) log() string { return strings.Join(f.events, " ") }

func plain(b []byte, r *record) []byte { return append(b, r.text...) }

func TestSocketSinkFaults(t *testing.T) {
	again := func(errs ...error) []error { return errs }
	tests := []struct {
		name   string
		faults faults
		stream bool
		want   []error // of the sends
		events string
		out    string
	}{
		{"good", faults{}, false, again(nil, nil), "dgram dial send send", "textmore"},
		{"no socket", faults{dialErr: again(unix.ENOENT)}, false, again(unix.ENOENT, nil),
			"dgram dial close dgram dial send", "more"},
		{"interrupted", faults{dialErr: again(unix.EINTR), sendErr: again(unix.EINTR)}, false, again(nil),
			"dgram dial dial send send", "text"},
		{"too many open files", faults{socketErr: again(unix.EMFILE)}, false, again(unix.EMFILE, nil),
			"dgram dgram dial send", "more"},
		{"full", faults{sendErr: again(unix.EAGAIN)}, false, again(errFull, nil), "dgram dial send send", "text"},
		{"too big", faults{sendErr: again(unix.EMSGSIZE)}, false, again(errLost, nil), "dgram dial send send", "more"},
		{"dead at once", faults{sendErr: again(unix.ECONNREFUSED)}, false, again(unix.ECONNREFUSED, nil),
			"dgram dial send close dgram dial send", "more"},
		{"restarted", faults{sendErr: again(nil, unix.ECONNREFUSED)}, false, again(nil, nil),
			"dgram dial send send close dgram dial send", "textmore"},
		{"disconnected", faults{sendErr: again(nil, unix.ENOTCONN)}, false, again(nil, nil),
			"dgram dial send send close dgram dial send", "textmore"},
		{"restarted, no descriptor", faults{sendErr: again(nil, unix.EPIPE), socketErr: again(nil, unix.EMFILE)}, false,
			again(nil, unix.EMFILE), "dgram dial send send close dgram", "text"},
		{"stays dead", faults{sendErr: again(nil, unix.EPIPE, unix.EPIPE)}, false, again(nil, unix.EPIPE),
			"dgram dial send send close dgram dial send close", "text"},
		{"stream", faults{dialErr: again(unix.EPROTOTYPE)}, true, again(nil, nil),
			"dgram dial close stream dial send send", "text\x00more\x00"},
		{"stream in parts", faults{dialErr: again(unix.EPROTOTYPE), part: 2, sendErr: again(nil, unix.EAGAIN)}, true,
			again(errFull, nil), "dgram dial close stream dial send send send send", "text\x00"},
		{"stream breaks", faults{dialErr: again(unix.EPROTOTYPE, nil, unix.EPROTOTYPE), part: 3, sendErr: again(nil, nil, nil, unix.EPIPE)}, true,
			again(nil, nil), "dgram dial close stream dial send send send send close dgram dial close stream dial send send",
			"text\x00mormore\x00"},
		{"no stream for postlog", faults{dialErr: again(unix.EPROTOTYPE)}, false, again(unix.EPROTOTYPE),
			"dgram dial close", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &test.faults
			s := newSocketSink(f.calls(), func() string { return "/dev/log" }, plain)
			s.stream = test.stream
			next := []string{"text", "more"}
			for i, want := range test.want {
				text := next[min(i, 1)]
				if i > 0 && test.want[i-1] == errFull {
					text = next[0]
				}
				if got := s.send(&record{text: []byte(text)}); got != want {
					t.Errorf("send %d: got %v, want %v", i, got, want)
				}
			}
			if f.log() != test.events || f.out.String() != test.out {
				t.Errorf("calls %q, want %q; sent %q, want %q", f.log(), test.events, f.out.String(), test.out)
			}
		})
	}
}

// The line that a full disk has cut in two is not started again, and what the
// socket takes in its place leaves nothing behind.
func TestFallbackFaults(t *testing.T) {
	f := &faults{part: 3, writeErr: []error{nil, unix.ENOSPC}, dialErr: []error{unix.ENOENT, unix.ENOENT, unix.ENOENT}}
	s := newSocketSink(f.calls(), func() string { return "" }, plain)
	s.fallback = newFileSink(f.calls(), "/log", plain)
	one, two := &record{text: []byte("0123456")}, &record{text: []byte("ab")}
	if err := s.send(one); err != unix.ENOSPC {
		t.Errorf("got %v, want ENOSPC", err)
	}
	if err := s.send(one); err != nil || f.out.String() != "0123456\n" {
		t.Errorf("got %v, wrote %q", err, f.out.String())
	}
	f.writeErr = []error{nil, unix.ENOSPC}
	f.out.Reset()
	f.part = 1
	if err := s.send(two); err != unix.ENOSPC {
		t.Errorf("got %v, want ENOSPC", err)
	}
	f.part = 0
	if err := s.send(two); err != nil || f.out.String() != "aab" {
		t.Errorf("got %v, sent %q", err, f.out.String())
	}
	s.close()
	f.dialErr = []error{unix.ENOENT}
	if err := s.send(two); err != nil || f.out.String() != "aabab\n" {
		t.Errorf("got %v, wrote %q", err, f.out.String())
	}
	s.close()
}

// A closed standard error takes nothing and holds up nobody.
func TestStderrFaults(t *testing.T) {
	for _, gone := range []error{unix.EBADF, unix.EPIPE, unix.EIO} {
		f := &faults{writeErr: []error{gone}}
		s := newStderrSink(f.calls(), plain)
		if err := s.send(&record{text: []byte("x")}); err != errLost {
			t.Errorf("%v: got %v", gone, err)
		}
		if err := s.send(&record{text: []byte("y")}); err != nil || f.out.String() != "y\n" {
			t.Errorf("got %v, wrote %q", err, f.out.String())
		}
		s.close()
		if f.log() != "write write" {
			t.Errorf("calls %q", f.log())
		}
	}
	f := &faults{}
	sys := f.calls()
	sys.poll = func(int, time.Duration) bool { return false }
	s := newStderrSink(sys, plain)
	if err := s.send(&record{text: []byte("x")}); err != errFull || f.log() != "" {
		t.Errorf("a full pipe: got %v, calls %q", err, f.log())
	}
}

func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full:", err)
	}
	s := newFileSink(systemCalls(), "/dev/full", plain)
	if err := s.send(&record{text: []byte("x")}); err != unix.ENOSPC {
		t.Errorf("got %v, want ENOSPC", err)
	}
	s.close()
}

func TestOpenLog(t *testing.T) {
	dir := t.TempDir()
	fifo, link := filepath.Join(dir, "fifo"), filepath.Join(dir, "link")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", link); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		want error
	}{
		{filepath.Join(dir, "new"), nil},
		{filepath.Join(dir, "new"), nil},
		{"/dev/null", nil},
		{link, nil},
		{dir, unix.EISDIR},
		{filepath.Join(dir, "no/dir"), unix.ENOENT},
		{fifo, unix.ENXIO}, // nobody reads: no wait for it
	}
	for _, test := range tests {
		fd, err := openLog(test.path)
		if err != test.want {
			t.Errorf("%s: got %v, want %v", test.path, err, test.want)
		}
		if err == nil {
			_ = unix.Close(fd)
		}
	}
}
