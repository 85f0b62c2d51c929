package multiserver

import (
	"errors"
	"os"
	"syscall"
	"time"

	"ostler/masterproto"
)

// ErrCannotDrain is returned by Drain when the service did not ask for it
// (MayDrain), when nobody would start a successor (by hand, one-shot, or under
// systemd), and before PostInit has returned.
var ErrCannotDrain = errors.New("this process cannot drain")

// leaveLimit is how long a process that leaves goes on with what its clients
// have sent. It is less than the 5 seconds after which "postfix stop" kills.
const leaveLimit = 4 * time.Second

const (
	// fatalLimit is leaveLimit of a process that has come to a fatal error.
	fatalLimit = 700 * time.Millisecond

	// lingerLimit is how long a process that leaves waits for clients over the
	// network to get their replies: short enough for those who wait for the next
	// process. What is still on its way then, the kernel goes on sending.
	lingerLimit = 400 * time.Millisecond

	// lingerTick is how often it looks whether they have.
	lingerTick = 10 * time.Millisecond
)

// serve runs a process that has been initialised until its end, and returns its
// exit status. It is the owner goroutine: it decides when the process leaves,
// and runs Loop.
func (s *process) serve() int {
	s.own()
	reason, _ := s.life.why()
	if reason == fatalReason {
		select {} // lastWords does what is to be done, and Fatalf ends the process
	}
	if s.verbose() {
		s.log.Infof("%s -- exiting", reason)
	}
	s.notify("STOPPING=1")
	s.finish(leaveLimit)
	if s.died == nil && s.srv.Exit != nil {
		s.srv.Exit(s.srv)
	}
	s.removeSockets()
	return 0
}

// removeSockets removes what --listen has made.
func (s *process) removeSockets() {
	for _, path := range s.unlink {
		os.Remove(path)
	}
}

// fatalReason is the reason of an exit after a fatal error.
const fatalReason = "fatal error"

// lastWords is called by a fatal error, on whatever goroutine it has come to:
// clients that have nothing to do with it have their answers in the second that
// such a process lives on. The goroutine that it has come from does not go on: it
// may be an acceptor, which finish waits for, or be in a turn.
func (s *process) lastWords() {
	s.life.left(fatalReason)
	done := make(chan struct{})
	// Ends with the process at the latest.
	go func() {
		s.finish(fatalLimit)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(fatalLimit):
	}
	s.removeSockets()
}

// own waits for events until the process has to leave.
func (s *process) own() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	beat := s.beatEvery()
	for nextBeat := time.Duration(0); ; {
		if now := s.uptime(); now >= nextBeat {
			s.beat(now)
			nextBeat = now + beat
		}
		wait := nextBeat - s.uptime()
		if s.srv.Loop != nil {
			wait = sooner(wait, s.srv.Loop(s.srv))
		}
		leave, idle := s.life.next(time.Now())
		if leave {
			return
		}
		wait = sooner(sooner(wait, idle), s.report.retry(s.uptime()))
		timer.Reset(wait)
		select {
		case <-s.wakeups:
		case <-timer.C:
		case sig := <-s.signals:
			s.signalled(sig)
		}
	}
}

// sooner is the shorter of two waits, where negative ones are endless.
func sooner(a, b time.Duration) time.Duration {
	if b < 0 || a >= 0 && a < b {
		return a
	}
	return b
}

// signalled ends the process as the signal would, but for what clients have
// sent. By hand and under systemd it is an ordinary end.
func (s *process) signalled(sig os.Signal) {
	if s.underMaster {
		s.died = sig
	}
	s.life.left("signal: " + sig.String())
}

// finish stops accepting, lets clients have their answers, and closes. The
// first call does it, with its limit.
func (s *process) finish(most time.Duration) {
	if s.finishing.Swap(true) {
		return
	}
	s.stopAccepting()
	done := make(chan struct{})
	// Ends when the last connection has gone, or with the process.
	go func() {
		// A sender that stalls must not keep the others from leaving.
		stop := time.AfterFunc(lingerLimit, s.closePassing)
		s.handshakes.Wait()
		stop.Stop()
		s.engine.leave()
		s.engine.wait()
		close(done)
	}()
	limit := time.NewTimer(most)
	defer limit.Stop()
	tick := time.NewTicker(lingerTick)
	defer tick.Stop()
	for waiting := true; waiting; {
		select {
		case <-tick.C:
			s.clients.severLingering(s.uptime(), lingerLimit)
		case <-done:
			waiting = false
		case <-limit.C:
			waiting = false
		}
	}
	s.cancel()
}

// stopAccepting closes the listeners. Clients that nobody has accepted are the
// next process's.
func (s *process) stopAccepting() {
	// Whoever comes second must not go on before the acceptors have ended.
	s.stopping.Lock()
	defer s.stopping.Unlock()
	s.room.close()
	s.mu.Lock()
	acceptors := s.acceptors
	s.acceptors = nil
	s.mu.Unlock()
	for _, a := range acceptors {
		a.stop()
	}
	s.life.listenersClosed()
}

// drain is Server.Drain.
func (s *process) drain() error {
	if !s.srv.MayDrain || s.parent == nil && !s.countsOut() {
		return ErrCannotDrain
	}
	if _, phase := s.life.why(); phase == starting {
		return ErrCannotDrain
	}
	if !s.life.drainAsked() {
		return nil
	}
	if s.preAccepting.Load() {
		// It may be PreAccept that asks, on the goroutine of an acceptor, which
		// endDrain waits for. Ends when PreAccept has returned.
		go s.endDrain()
		return nil
	}
	s.endDrain()
	return nil
}

// endDrain lets master start a successor.
func (s *process) endDrain() {
	s.stopAccepting()
	if s.countsOut() {
		s.report.retire()
	} else {
		s.log.Flush(time.Second)
		if err := s.parent.drained(); err != nil {
			s.log.Warningf("cannot leave the parent of the service process: %v", err)
			s.retire("parent has gone")
		}
		s.log.SetPID(s.env.pid)
	}
	s.wake()
}

// countsOut says that master understands that a process retires.
func (s *process) countsOut() bool {
	return s.underMaster && s.env.get(masterproto.EnvRetiring) != ""
}

// exit ends the process with a status, or by the signal that has ended it.
func (s *process) exit(status int) int {
	s.log.Flush(time.Second)
	if sig, ok := s.died.(syscall.Signal); ok {
		dieOf(sig)
	}
	return status
}
