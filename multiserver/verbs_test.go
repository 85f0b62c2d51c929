package multiserver_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ostler/multiserver"
)

// verbs is a service that does what its clients say, a line at a time. What it
// does not know it sends back.
type verbs struct {
	waiting, mostWaiting atomic.Int32 // handlers in wait
	handled              atomic.Int32 // requests
	gone, goneTwice      atomic.Int32 // calls of PreDisconnect
	open                 sync.Once
	waited               chan struct{}
	loops, loopsAtOnce   atomic.Int32
	inLoop, hangLoop     atomic.Bool
}

// seen is in Conn.Data.
type seen struct{ gone int }

func newVerbs() *multiserver.Server {
	v := &verbs{waited: make(chan struct{})}
	return &multiserver.Server{
		Frame:         multiserver.Lines,
		Handle:        v.handle,
		PreDisconnect: v.preDisconnect,
		Exit:          func(s *multiserver.Server) { s.Log().Infof("exit hook") },
		MayDrain:      true,
	}
}

// with is newVerbs with something changed.
func with(change func(s *multiserver.Server)) *multiserver.Server {
	s := newVerbs()
	change(s)
	return s
}

func newSmall() *multiserver.Server {
	return with(func(s *multiserver.Server) { s.MaxRequest, s.MaxReply = 1000, 1<<20 })
}

func newHoard() *multiserver.Server {
	return with(func(s *multiserver.Server) { s.MaxMemory = 1 << 20 })
}

// newFew opens the gate when it finds a file of the name open as a client comes:
// no handler might be free to do so.
func newFew() *multiserver.Server {
	v := &verbs{waited: make(chan struct{})}
	return &multiserver.Server{
		Frame:       multiserver.Lines,
		Handle:      v.handle,
		MaxHandlers: 4,
		PreAccept: func(*multiserver.Server) {
			if _, err := os.Stat("open"); err == nil {
				v.openGate()
			}
		},
	}
}

func newCrowded() *multiserver.Server {
	return with(func(s *multiserver.Server) { s.MaxClients = 3 })
}

func newFlow() *multiserver.Server {
	return with(func(s *multiserver.Server) { s.InFlowDelay = true })
}

func newSolitary() *multiserver.Server {
	return with(func(s *multiserver.Server) { s.Solitary = true })
}

// newShy is a service that leaves clients to the next process once there is a
// file of the name stop.
func newShy() *multiserver.Server {
	return with(func(s *multiserver.Server) {
		s.PreAccept = func(s *multiserver.Server) {
			if _, err := os.Stat("stop"); err == nil {
				s.Retire()
			}
		}
	})
}

func (v *verbs) handle(c *multiserver.Conn, req []byte) error {
	v.handled.Add(1)
	if c.EOF() {
		fmt.Fprintf(c, "unfinished %s\n", req)
		return nil
	}
	if c.Data == nil {
		c.Data = &seen{}
	}
	verb, arg, _ := strings.Cut(strings.TrimSuffix(string(req), "\n"), " ")
	switch verb {
	case "wait":
		v.wait(c)
	case "waiting":
		fmt.Fprintln(c, v.waiting.Load(), v.mostWaiting.Load())
	case "open":
		v.openGate()
		c.WriteString("opened\n")
	case "hold": // until the client is cut or gone
		<-c.Context().Done()
	case "handled":
		fmt.Fprintln(c, v.handled.Load())
	case "gone":
		fmt.Fprintln(c, v.gone.Load(), v.goneTwice.Load())
	case "size":
		n, _ := strconv.Atoi(arg)
		c.WriteString(strings.Repeat("x", n))
		_, err := c.WriteString("\n")
		return err
	case "flushed":
		c.WriteString("first\n")
		c.Flush()
		v.wait(c)
	default:
		return v.end(c, verb, string(req))
	}
	return nil
}

// end has the verbs that end something.
func (v *verbs) end(c *multiserver.Conn, verb, req string) error {
	switch verb {
	case "error":
		return errors.New("no such thing")
	case "bye":
		c.WriteString("good bye\n")
		return multiserver.ErrDisconnect
	case "close":
		c.WriteString("closing\n")
		return c.Close()
	case "fatal":
		c.Server().Log().Fatalf("asked for it")
	case "panic":
		c.WriteString("half a reply")
		panic("spoilt request")
	case "crash":
		go func() {
			var nowhere *int
			*nowhere = 1
		}()
		select {}
	case "maps":
		crashMaps()
	default:
		v.about(c, verb, req)
	}
	return nil
}

// about has the verbs about the process, and the echo.
func (v *verbs) about(c *multiserver.Conn, verb, req string) {
	s := c.Server()
	switch verb {
	case "drain":
		fmt.Fprintln(c, s.Drain())
	case "retire":
		s.Retire()
		c.WriteString("retiring\n")
	case "pid":
		fmt.Fprintln(c, os.Getpid())
	case "name":
		fmt.Fprintln(c, s.ServiceName(), s.Args())
	case "wake":
		for range 20 {
			go s.Wake()
		}
		c.WriteString("woken\n")
	case "loops":
		fmt.Fprintln(c, v.loops.Load(), v.loopsAtOnce.Load())
	case "hangloop":
		v.hangLoop.Store(true)
		c.WriteString("hanging\n")
	default:
		c.WriteString(req)
	}
}

// wait blocks until somebody says open.
func (v *verbs) wait(c *multiserver.Conn) {
	n := v.waiting.Add(1)
	for most := v.mostWaiting.Load(); n > most && !v.mostWaiting.CompareAndSwap(most, n); {
		most = v.mostWaiting.Load()
	}
	c.Server().Log().Infof("%d waiting", n)
	<-v.waited
	v.waiting.Add(-1)
	c.WriteString("waited\n")
}

func (v *verbs) openGate() { v.open.Do(func() { close(v.waited) }) }

// crashMaps is what the runtime cannot survive and no recover can catch.
func crashMaps() {
	m := map[int]int{}
	for range 8 {
		go func() {
			for i := 0; ; i++ {
				m[i%8] = i
			}
		}()
	}
	select {}
}

func (v *verbs) preDisconnect(c *multiserver.Conn) {
	v.gone.Add(1)
	if s, ok := c.Data.(*seen); ok {
		if s.gone++; s.gone > 1 {
			v.goneTwice.Add(1)
		}
	}
}

// newLooper is verbs with a Loop that finds out whether it runs beside itself.
func newLooper() *multiserver.Server {
	v := &verbs{waited: make(chan struct{})}
	return &multiserver.Server{
		Frame:  multiserver.Lines,
		Handle: v.handle,
		Loop: func(s *multiserver.Server) time.Duration {
			if v.inLoop.Swap(true) {
				v.loopsAtOnce.Add(1)
			}
			v.loops.Add(1)
			if v.hangLoop.Load() {
				select {}
			}
			v.inLoop.Store(false)
			return -1
		},
	}
}

// newTicker has a Loop that wants to be called again soon, and a life without
// any client.
func newTicker() *multiserver.Server {
	calls := 0
	return with(func(s *multiserver.Server) {
		s.Loop = func(s *multiserver.Server) time.Duration {
			if calls++; calls == 20 {
				s.Log().Infof("called %d times", calls)
				return -1
			}
			return time.Millisecond
		}
	})
}
