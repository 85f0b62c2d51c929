package multiserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"ostler/multiserver"
)

// newGreeter tells a client what it knows of it, before the client says
// anything.
func newGreeter() *multiserver.Server {
	return with(func(s *multiserver.Server) { s.PostAccept = greet })
}

func greet(c *multiserver.Conn, attrs map[string]string) error {
	var text strings.Builder
	text.WriteString("hello")
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		fmt.Fprintf(&text, " %s=%s", name, attrs[name])
	}
	c.WriteString(text.String() + "\n")
	if attrs["client_name"] == "unwanted" {
		return multiserver.ErrDisconnect
	}
	return nil
}

func newNetstring() *multiserver.Server {
	return &multiserver.Server{
		Frame: multiserver.Netstrings,
		Handle: func(c *multiserver.Conn, req []byte) error {
			_, err := c.Write(req)
			return err
		},
	}
}

// newSwap is the raw form: E and four bytes are sent back, F with a descriptor
// brings the descriptor back.
func newSwap() *multiserver.Server {
	return &multiserver.Server{
		MayDrain: true,
		Serve: func(c *multiserver.Conn) error {
			var verb [1]byte
			if _, err := c.Read(verb[:]); err != nil {
				return err
			}
			switch verb[0] {
			case 'E':
				data := make([]byte, 4)
				if _, err := io.ReadFull(c, data); err != nil {
					return err
				}
				_, err := c.Write(data)
				return err
			case 'F':
				fd, err := c.RecvFD()
				if err != nil {
					return err
				}
				defer unix.Close(fd)
				return c.SendFD(fd)
			case 'P':
				panic("spoilt request")
			}
			c.WriteString("what?\n")
			return c.Close()
		},
		PreDisconnect: func(c *multiserver.Conn) { c.Server().Log().Infof("raw client gone") },
	}
}

func newRawGreeter() *multiserver.Server {
	s := newSwap()
	s.PostAccept = greet
	return s
}

// newHTTP runs a server of the standard library.
func newHTTP() *multiserver.Server {
	return &multiserver.Server{
		ServeListener: func(l net.Listener) error {
			srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "%s %s", r.Method, r.URL.Path)
			})}
			err := srv.Serve(l)
			srv.Shutdown(context.Background())
			return ignoreClosed(err)
		},
		Exit: func(s *multiserver.Server) { s.Log().Infof("exit hook") },
	}
}

func ignoreClosed(err error) error {
	if strings.Contains(fmt.Sprint(err), net.ErrClosed.Error()) {
		return nil
	}
	return err
}

// newLineServer is a small server as many have written it.
func newLineServer() *multiserver.Server {
	return &multiserver.Server{
		ServeListener: func(l net.Listener) error {
			var open sync.WaitGroup
			defer open.Wait()
			for {
				conn, err := l.Accept()
				if err != nil {
					return ignoreClosed(err)
				}
				open.Go(func() {
					defer conn.Close()
					for lines := bufio.NewScanner(conn); lines.Scan(); {
						fmt.Fprintln(conn, lines.Text())
					}
				})
			}
		},
	}
}

// newOwner tells who it is and where.
func newOwner() *multiserver.Server {
	return &multiserver.Server{
		Frame: multiserver.Lines,
		Handle: func(c *multiserver.Conn, req []byte) error {
			dir, err := os.Getwd()
			fmt.Fprintln(c, os.Getuid(), os.Getgid(), dir, err)
			return nil
		},
	}
}
