package attr_test

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"ostler/attr"
)

func TestReadList(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name, data string
		limit      int
		want       string
		err        error
	}{
		{"one", "a\x00b\x00\x00", 0, "a\x00b\x00\x00", nil},
		{"empty list", "\x00\x00", 0, "\x00", nil},
		{"two", "a\x00b\x00\x00c\x00d\x00\x00", 0, "a\x00b\x00\x00", nil},
		{"at the limit", "a\x00b\x00\x00rest", 5, "a\x00b\x00\x00", nil},
		{"over the limit", "a\x00b\x00\x00rest", 4, "a\x00b\x00", attr.ErrTooLarge},
		{"end of file", "", 0, "", io.EOF},
		{"early end of file", "a\x00b", 0, "a\x00b", io.ErrUnexpectedEOF},
	}
	for _, test := range tests {
		for _, buffered := range []bool{false, true} {
			src := strings.NewReader(test.data)
			var r io.Reader = src
			br := bufio.NewReaderSize(iotest.HalfReader(src), 16)
			if buffered {
				r = br
			}
			got, err := attr.ReadList(r, attr.Null, make([]byte, 3, 8), test.limit)
			if string(got) != test.want || !errors.Is(err, test.err) {
				t.Errorf("%s, buffered %v: %q, %v", test.name, buffered, got, err)
			}
			if left := src.Len() + br.Buffered(); left != len(test.data)-len(test.want) {
				t.Errorf("%s, buffered %v: %d bytes left", test.name, buffered, left)
			}
		}
	}
	for _, r := range []io.Reader{iotest.ErrReader(broken), bufio.NewReader(iotest.ErrReader(broken))} {
		if _, err := attr.ReadList(r, attr.Plain, nil, 0); !errors.Is(err, broken) {
			t.Error(err)
		}
	}
}

// TestReadListSlow: readers that give a byte at a time, nothing at times, or the
// error with the last byte.
func TestReadListSlow(t *testing.T) {
	const list = "a=b\ncc=dd\n\n"
	for _, wrap := range []func(io.Reader) io.Reader{
		iotest.OneByteReader, iotest.DataErrReader,
		func(r io.Reader) io.Reader { return &stutter{r: r} },
	} {
		for _, r := range []io.Reader{
			wrap(strings.NewReader(list)), bufio.NewReader(wrap(strings.NewReader(list))),
		} {
			if got, err := attr.ReadList(r, attr.Plain, nil, 0); string(got) != list || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		}
	}
}

// stutter reads nothing every other time.
type stutter struct {
	r   io.Reader
	odd bool
}

func (s *stutter) Read(b []byte) (int, error) {
	if s.odd = !s.odd; s.odd {
		return 0, nil
	}
	return s.r.Read(b)
}

// TestReadListKeepsNothing: two lists from one buffered reader.
func TestReadListKeepsNothing(t *testing.T) {
	br := bufio.NewReader(strings.NewReader("a=1\n\nb=2\n\n"))
	var buf []byte
	for _, want := range []string{"a=1\n\n", "b=2\n\n"} {
		var err error
		if buf, err = attr.ReadList(br, attr.Plain, buf, 0); err != nil || string(buf) != want {
			t.Errorf("%q, %v", buf, err)
		}
	}
	if _, err := attr.ReadList(br, attr.Plain, buf, 0); err != io.EOF {
		t.Error(err)
	}
}
