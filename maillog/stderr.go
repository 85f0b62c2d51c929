package maillog

// SetStderr turns copies of all records on standard error on or off, in the form
// "tag/program: warning: text". It is what -V asks for. Copies have a queue and
// a writer of their own, so that a terminal that is stopped holds up nobody.
// Turning them off waits for at most a second until they are written.
// postfix: src/util/msg_vstream.c
func (l *Logger) SetStderr(on bool) { l.setStderr(on, "") }

// SetStderrName turns copies on, with name in the place of tag and program: a
// program that refuses to run says so under its plain name.
func (l *Logger) SetStderrName(name string) { l.setStderr(true, name) }

func (l *Logger) setStderr(on bool, name string) {
	if !on {
		if copies := l.stderr.Swap(nil); copies != nil {
			copies.close(lastWords)
		}
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isStderr() {
		return
	}
	s := l.stderrSink(name)
	if copies := l.stderr.Load(); copies != nil {
		copies.setSink(s)
		return
	}
	l.stderr.Store(newQueue(l.o.QueueLimit, l.o.Now, l.identBytes, s))
}

// isStderr reports whether standard error is the destination anyhow.
func (l *Logger) isStderr() bool {
	s, ok := l.main.destination().(*fileSink)
	return ok && s.path == ""
}

// stderrSink returns a sink for standard error. The caller holds mu.
func (l *Logger) stderrSink(name string) sink {
	form := terminalLayout(name)
	if l.json {
		form = jsonLayout
	}
	if l.o.Stderr == nil {
		return newStderrSink(l.sys, form)
	}
	return &writerSink{w: l.o.Stderr, layout: form}
}

// lineLayout is the layout of a destination that holds lines.
func (l *Logger) lineLayout() layout {
	return lineLayout(l.o.Format, l.o.Getenv(envPostlogHostname))
}

// setJSON makes lines JSON objects from now on.
func (l *Logger) setJSON(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !on || l.json {
		return
	}
	l.json = true
	if copies := l.stderr.Load(); copies != nil {
		copies.setSink(l.stderrSink(""))
	}
	if !l.fixed {
		return
	}
	switch s := l.main.destination().(type) {
	case *fileSink:
		lines := newFileSink(s.sys, s.path, jsonLayout)
		if s.path == "" {
			lines = newStderrSink(s.sys, jsonLayout)
		}
		l.main.setSink(lines)
	case *writerSink:
		l.main.setSink(&writerSink{w: s.w, layout: jsonLayout})
	}
}
