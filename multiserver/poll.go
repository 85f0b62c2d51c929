package multiserver

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a loop has to do with its epoll set: edge-triggered, so that a connection
// is entered once and changed only while a reply is left over.

// watch makes epoll report what c waits for: always what it sends, and room
// for a reply only while one is left over.
func (l *loop) watch(c *Conn, out bool) {
	if c.watched && c.wantOut == out || !c.watched && c.is(connBlind) {
		return
	}
	op := unix.EPOLL_CTL_MOD
	if !c.watched {
		op = unix.EPOLL_CTL_ADD
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(c.slot), Pad: int32(c.gen)}
	if out {
		ev.Events |= unix.EPOLLOUT
	}
	if err := unix.EpollCtl(l.epfd, op, int(c.fd), &ev); err != nil {
		l.e.s.log.Warningf("cannot watch connection: epoll_ctl: %v", err)
		c.flags |= connClosing
		c.hangUp()
		l.ready.push(c)
		return
	}
	c.watched, c.wantOut = true, out
}

// poll waits for events and makes their connections ready.
func (l *loop) poll() {
	n := l.wait()
	for i := range l.events[:max(n, 0)] {
		ev := &l.events[i]
		if ev.Fd == wakeSlot {
			continue
		}
		c := l.at(uint32(ev.Fd), uint32(ev.Pad))
		if c == nil {
			continue
		}
		if ev.Events&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			c.hangUp()
		}
		if c.state() != parked {
			c.missed = true
			continue
		}
		if ev.Events&(unix.EPOLLHUP|unix.EPOLLERR|unix.EPOLLRDHUP) != 0 {
			c.flags |= connToEnd
		}
		l.ready.push(c)
	}
}

// wait is epoll_wait(2). It blocks only while there is nothing else to do, and
// tells others so before it looks for the last time.
func (l *loop) wait() int {
	if l.ready.len() > 0 || l.noted.Load() || l.waiting.len() > 0 && l.detached.Load() < l.maxDetached {
		return l.epollWait(0)
	}
	timeout := l.timeouts.wait(l.e.s.uptime())
	l.asleep.Store(true)
	if l.noted.Load() {
		timeout = 0
	}
	n := l.epollWait(timeout)
	l.asleep.Store(false)
	l.e.mon.wake() // also after a timeout: what has expired gets a turn
	return n
}

func (l *loop) epollWait(timeout time.Duration) int {
	if timeout == 0 {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epfd),
			uintptr(unsafe.Pointer(&l.events)), uintptr(len(l.events)), 0, 0, 0)
		if errno != 0 {
			return 0
		}
		return int(n)
	}
	msec := -1
	if timeout > 0 {
		msec = int(min((timeout+time.Millisecond-1)/time.Millisecond, 1<<30))
	}
	n, err := unix.EpollWait(l.epfd, l.events[:], msec)
	if err != nil {
		return 0
	}
	return n
}
