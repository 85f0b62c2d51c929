package multiserver_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ostler/multiserver/servertest"
)

// everyForm is engines with both kinds of sockets.
func everyForm(t *testing.T, test func(t *testing.T, c servertest.Config)) {
	t.Parallel()
	for _, transport := range []string{"unix", "inet"} {
		t.Run(transport, func(t *testing.T) {
			engines(t, func(t *testing.T, env []string) {
				test(t, servertest.Config{Server: "verbs", Transport: transport, Env: env})
			})
		})
	}
}

// leaves runs a process up to the moment at which it has to go, with requests in
// the sockets of its clients, and expects that all are answered.
func leaves(t *testing.T, c servertest.Config, leave func(svc *servertest.Service)) *servertest.Process {
	svc := servertest.Start(t, c)
	var idle, asking []*client
	for range 10 {
		c := dial(t, svc)
		c.ask("hello")
		idle = append(idle, c)
	}
	for range 10 {
		c := dial(t, svc)
		c.ask("hello")
		asking = append(asking, c)
	}
	p := svc.Process()
	thaw := freeze(t, p)
	for i, c := range asking {
		c.send(fmt.Sprintf("request of %d\n", i) + strings.Repeat("more\n", 40) + "size 1000000\n")
	}
	leave(svc)
	thaw()
	for i, c := range asking {
		c.expect(fmt.Sprintf("request of %d", i))
		for range 40 {
			c.expect("more")
		}
		c.expect(strings.Repeat("x", 1000000))
		c.ends()
		c.Close()
	}
	for _, c := range idle {
		c.ends()
		c.Close()
	}
	return p
}

// TestReload: whatever clients had sent is answered, and nobody's connection is
// reset.
func TestReload(t *testing.T) {
	everyForm(t, func(t *testing.T, c servertest.Config) {
		p := leaves(t, c, func(svc *servertest.Service) { svc.Reload() })
		succeeded(t, p)
	})
}

// TestTerm: so it is on SIGTERM, after which the process dies of the signal, as
// master expects.
func TestTerm(t *testing.T) {
	everyForm(t, func(t *testing.T, c servertest.Config) {
		p := leaves(t, c, func(svc *servertest.Service) { svc.Process().Signal(syscall.SIGTERM) })
		ws := p.Wait().Sys().(syscall.WaitStatus)
		if !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
			t.Errorf("process ended: %v, want signal: terminated", p.Wait())
		}
	})
}

// TestMasterGone: and when master dies.
func TestMasterGone(t *testing.T) {
	engines(t, func(t *testing.T, env []string) {
		p := leaves(t, servertest.Config{Server: "verbs", Env: env}, func(svc *servertest.Service) { svc.KillMaster() })
		succeeded(t, p)
	})
}

// TestLeaveInHandler: a handler that runs as the process has to go is waited
// for, and its answer arrives.
func TestLeaveInHandler(t *testing.T) {
	everyForm(t, func(t *testing.T, conf servertest.Config) {
		svc := servertest.Start(t, conf)
		c, opener := dial(t, svc), dial(t, svc)
		c.send("wait\nhello\n")
		until(t, "the handler runs", func() bool { return strings.HasPrefix(opener.ask("waiting"), "1 ") })
		thaw := freeze(t, svc.Process())
		opener.send("open\n")
		svc.Reload()
		thaw()
		opener.expect("opened")
		c.expect("waited")
		c.expect("hello")
		c.ends()
		c.Close()
		opener.ends()
		opener.Close()
		succeeded(t, svc.Process())
	})
}

// TestReloadUnderLoad: clients that behave as stock's, one request at a time,
// while process after process goes. On a unix-domain socket a request that was
// sent is answered; over the network the connection may end instead, but it is
// never reset.
func TestReloadUnderLoad(t *testing.T) {
	everyForm(t, func(t *testing.T, c servertest.Config) {
		svc := servertest.Start(t, c)
		crowd := newCrowd(t, svc.Addrs()[0], 12)
		for range 6 {
			crowd.served()
			p := svc.Process()
			svc.Reload()
			svc.Spawn()
			succeeded(t, p)
		}
		crowd.stop()
	})
}

// crowd is some clients, each of which asks one question after the other.
type crowd struct {
	t        *testing.T
	quit     chan struct{}
	once     sync.Once
	clients  sync.WaitGroup
	answered []atomic.Int64 // by client
}

func newCrowd(t *testing.T, addr net.Addr, n int) *crowd {
	d := &crowd{t: t, quit: make(chan struct{}), answered: make([]atomic.Int64, n)}
	for i := range d.answered {
		d.clients.Go(func() {
			if err := askUntil(d.quit, addr, func() { d.answered[i].Add(1) }); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	t.Cleanup(d.stop)
	return d
}

// served waits until every client has had some more answers.
func (d *crowd) served() {
	d.t.Helper()
	for i := range d.answered {
		before := d.answered[i].Load()
		until(d.t, "every client is served", func() bool { return d.answered[i].Load() >= before+10 })
	}
}

func (d *crowd) stop() {
	d.once.Do(func() { close(d.quit) })
	d.clients.Wait()
}

// askUntil is a client: it keeps its connection, and makes a new one when a
// request could not be sent.
func askUntil(stop <-chan struct{}, addr net.Addr, answered func()) error {
	var conn net.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	reply := make([]byte, len("question\n"))
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		if conn == nil {
			var err error
			if conn, err = net.Dial(addr.Network(), addr.String()); err != nil {
				return err
			}
			conn.SetDeadline(time.Now().Add(servertest.DefaultTimeout))
		}
		_, err := io.WriteString(conn, "question\n")
		if err == nil {
			_, err = io.ReadFull(conn, reply)
			if err == io.EOF && addr.Network() == "unix" {
				return errors.New("a request that was sent has no answer")
			}
		}
		switch {
		case err == nil:
			answered()
		case errors.Is(err, io.EOF), errors.Is(err, unix.EPIPE):
			conn.Close()
			conn = nil
		default:
			return err
		}
	}
}

// TestUnaccepted: clients that no process has accepted are the next one's.
func TestUnaccepted(t *testing.T) {
	everyForm(t, func(t *testing.T, conf servertest.Config) {
		svc := servertest.New(t, conf)
		early := dial(t, svc)
		early.send("early\n")
		svc.Spawn()
		early.expect("early")
		svc.Reload()
		early.ends()
		early.Close()
		succeeded(t, svc.Process())
		late := dial(t, svc)
		late.send("late\n")
		svc.Spawn()
		late.expect("late")
	})
}
