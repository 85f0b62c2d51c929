package masterproto_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ostler/masterproto"
)

// TestStatusBytes has the message that was seen from stock.
func TestStatusBytes(t *testing.T) {
	taken := masterproto.Status{PID: 9258, Generation: 7, Availability: masterproto.Taken}
	want := []byte{0x2a, 0x24, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}
	if got := taken.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	back, err := masterproto.ParseStatus(want)
	if err != nil || back != taken {
		t.Errorf("%+v and %v", back, err)
	}
	for _, n := range []int{0, 11, 13} {
		if _, err := masterproto.ParseStatus(make([]byte, n)); !errors.Is(err, masterproto.ErrStatusSize) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// pair makes two connected stream sockets.
func pair(t *testing.T) (a, b *os.File) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b = os.NewFile(uintptr(fds[0]), "a"), os.NewFile(uintptr(fds[1]), "b")
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func number(f *os.File) (fd int) {
	raw, _ := f.SyscallConn()
	raw.Control(func(n uintptr) { fd = int(n) })
	return fd
}

func TestSendStatus(t *testing.T) {
	master, child := pair(t)
	s := masterproto.Status{PID: 1, Generation: 2, Availability: masterproto.Avail}
	// Blocking, as a master hands it out: still nothing may wait.
	if err := unix.SetNonblock(number(child), false); err != nil {
		t.Fatal(err)
	}
	sent := 0
	var err error
	for err == nil && sent < 1<<20 {
		if err = masterproto.SendStatus(number(child), s); err == nil {
			sent++
		}
	}
	if !errors.Is(err, masterproto.ErrStatusFull) {
		t.Fatalf("after %d messages: %v", sent, err)
	}
	buf := make([]byte, masterproto.StatusSize)
	for range sent {
		if _, err := io.ReadFull(master, buf); err != nil {
			t.Fatal(err)
		}
		if got, err := masterproto.ParseStatus(buf); err != nil || got != s {
			t.Fatalf("%+v and %v", got, err)
		}
	}
	master.Close()
	if err := masterproto.SendStatus(number(child), s); !errors.Is(err, masterproto.ErrMasterGone) {
		t.Errorf("without a master: %v", err)
	}
}

func TestGeneration(t *testing.T) {
	for text, want := range map[string]uint32{
		"0": 0, "1": 1, "7": 7, "10": 8, "177": 127, "18": 1, "9": 0, "37777777777": 1<<32 - 1,
		"777777777777777777777777777": 1<<32 - 1,
	} {
		if got, err := masterproto.ParseGeneration(text); err != nil || got != want {
			t.Errorf("%q is %d and %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", " 1", "-1", "+1", "1x", "0x1"} {
		if _, err := masterproto.ParseGeneration(text); err == nil || err.Error() != "bad generation: "+text {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzGeneration(f *testing.F) {
	f.Add(uint32(8))
	f.Fuzz(func(t *testing.T, gen uint32) {
		if got, err := masterproto.ParseGeneration(masterproto.FormatGeneration(gen)); err != nil || got != gen {
			t.Errorf("%d becomes %d and %v", gen, got, err)
		}
	})
}

func TestTokens(t *testing.T) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p[0])
	if err := masterproto.GetToken(p[0]); !errors.Is(err, masterproto.ErrNoToken) {
		t.Errorf("from an empty pipe: %v", err)
	}
	if n, err := masterproto.PutTokens(p[1], 3); n != 3 || err != nil {
		t.Errorf("put %d and %v", n, err)
	}
	if err := masterproto.GetToken(p[0]); err != nil {
		t.Error(err)
	}
	if n, err := masterproto.CountTokens(p[0]); n != 2 || err != nil {
		t.Errorf("%d are left, and %v", n, err)
	}
	if n, err := masterproto.PutTokens(p[1], 1<<20); n <= 0 || n >= 1<<20 || err != nil {
		t.Errorf("a full pipe takes %d and %v", n, err)
	}
	unix.Close(p[1])
	if err := masterproto.GetToken(-1); err == nil || errors.Is(err, masterproto.ErrNoToken) {
		t.Errorf("no pipe at all: %v", err)
	}
}

func TestPass(t *testing.T) {
	attrs := map[string]string{"client_address": "192.0.2.55", "client_port": "12345"}
	for _, want := range []map[string]string{attrs, nil} {
		sender, receiver := pair(t)
		passed, kept := pair(t)
		if err := masterproto.SendPass(sender, number(passed), want); err != nil {
			t.Fatal(err)
		}
		if _, err := sender.Write([]byte("more")); err != nil {
			t.Fatal(err)
		}
		fd, got, err := masterproto.ReceivePass(receiver)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) || (want == nil) != (got == nil) || got["client_port"] != want["client_port"] {
			t.Errorf("attributes %v, want %v", got, want)
		}
		if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
			t.Error("the descriptor is not close-on-exec")
		}
		unix.Write(fd, []byte("x"))
		unix.Close(fd)
		if _, err := kept.Read(make([]byte, 1)); err != nil {
			t.Errorf("the connection is not the one that was passed: %v", err)
		}
		rest := make([]byte, 9)
		if n, _ := receiver.Read(rest); string(rest[:n]) != "more" {
			t.Errorf("%q is left, want all that came behind the list", rest[:n])
		}
	}
}

// TestPassBroken: no descriptor stays open whatever goes wrong.
func TestPassBroken(t *testing.T) {
	before := openFiles(t)
	for name, test := range map[string]struct {
		send func(s *os.File, fd int)
		want error
	}{
		"nothing":       {func(*os.File, int) {}, masterproto.ErrPassDescriptor},
		"no descriptor": {func(s *os.File, _ int) { s.Write([]byte{0}) }, masterproto.ErrPassDescriptor},
		"two descriptors": {func(s *os.File, fd int) {
			unix.Sendmsg(number(s), []byte{0}, unix.UnixRights(fd, fd), nil, 0)
		}, masterproto.ErrPassDescriptor},
		"fifty descriptors": {func(s *os.File, fd int) {
			many := make([]int, 50)
			for i := range many {
				many[i] = fd
			}
			unix.Sendmsg(number(s), []byte{0}, unix.UnixRights(many...), nil, 0)
		}, masterproto.ErrPassDescriptor},
		"no list":      {func(s *os.File, fd int) { masterproto.SendFD(s, fd) }, masterproto.ErrPassAttributes},
		"half a list":  {func(s *os.File, fd int) { masterproto.SendFD(s, fd); s.Write([]byte("a\x00b")) }, masterproto.ErrPassAttributes},
		"a large list": {func(s *os.File, fd int) { masterproto.SendFD(s, fd); s.Write([]byte(strings.Repeat("a", 70<<10))) }, masterproto.ErrPassAttributes},
	} {
		sender, receiver := pair(t)
		passed, kept := pair(t)
		test.send(sender, number(passed))
		sender.Close()
		fd, attrs, err := masterproto.ReceivePass(receiver)
		if fd != -1 || attrs != nil || !errors.Is(err, test.want) {
			t.Errorf("%s: %d, %v, %v", name, fd, attrs, err)
		}
		for _, f := range []*os.File{receiver, passed, kept} {
			f.Close()
		}
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d descriptors are open, before there were %d", after, before)
	}
}

// FuzzReceivePass: whatever a sender puts behind the descriptor, it is an answer
// or an error, and the descriptor is closed with the latter.
func FuzzReceivePass(f *testing.F) {
	f.Add([]byte("client_address\x00192.0.2.1\x00\x00"))
	f.Add([]byte("{\x00a\x00b\x00}\x00\x00"))
	f.Fuzz(func(t *testing.T, list []byte) {
		if len(list) > 1<<12 {
			return
		}
		sender, receiver := pair(t)
		passed, kept := pair(t)
		if masterproto.SendFD(sender, number(passed)) != nil {
			t.Fatal("cannot send")
		}
		sender.Write(list)
		sender.Close()
		passed.Close()
		fd, attrs, err := masterproto.ReceivePass(receiver)
		if (err == nil) != (fd >= 0) || err != nil && attrs != nil {
			t.Fatalf("%d, %v, %v", fd, attrs, err)
		}
		if err == nil {
			unix.Close(fd)
		}
		if n, err := kept.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("the connection is still open somewhere: %d, %v", n, err)
		}
	})
}

func openFiles(t *testing.T) int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}
