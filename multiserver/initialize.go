package multiserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ostler/mailconf"
	"ostler/maillog"
	"ostler/masterproto"
)

// The initialisation of a process, in the order of stock. Each step returns an
// error whose text stock has for it; it is logged as fatal.
// postfix: src/master/multi_server.c multi_server_main

// startLogging logs with what the environment offers, until main.cf is read.
func (s *process) startLogging(argv []string) {
	early := 0 // -v is not heard of until main.cf has been read
	if _, set := s.env.lookup(masterproto.EnvVerbose); set {
		early = 1
		s.opts.verbose++
	}
	program := "unknown"
	if len(argv) > 0 {
		program = argv[0]
	}
	if s.standalone() {
		format := maillog.Terminal
		if s.opts.json {
			format = maillog.JSON
		}
		s.log = maillog.ToWriter(os.Stderr, maillog.Options{Program: program, PID: s.report.pid, Format: format})
	} else {
		s.log = maillog.New(maillog.Options{Program: program, PID: s.report.pid})
	}
	s.log.SetVerbose(early)
	if s.verbose() {
		s.log.Infof("daemon started")
	}
}

// configure reads main.cf, the command line and the generic parameters.
func (s *process) configure(optErr error) error {
	conf, err := s.readConfig()
	if err != nil {
		return err
	}
	s.conf = conf
	s.log.SetVerbose(s.opts.verbose)
	if s.opts.stderr {
		s.log.SetStderr(true)
	}
	// An option in error ends the process where stock comes to it: the options
	// before it have been seen.
	if err := errors.Join(s.opts.override(conf), optErr); err != nil {
		return first(err)
	}
	conf.Set("service_name", s.opts.name)
	if s.params, err = conf.InitParams(s.env.host); err != nil {
		return err
	}
	if err := s.reconfigureLog(); err != nil {
		return err
	}
	return checkVersion(s.params.MailVersion)
}

// first is the first of joined errors: stock dies of one at a time.
func first(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()[0]
	}
	return err
}

// readConfig reads main.cf. By hand there need not be one.
func (s *process) readConfig() (*mailconf.Config, error) {
	warn := func(text string) { s.log.Warningf("%s", text) }
	if s.standalone() && s.env.get(masterproto.EnvConfig) == "" {
		conf := mailconf.New()
		conf.SetWarn(warn)
		conf.Set("process_name", s.opts.program)
		return conf, nil
	}
	dir, set := s.env.lookup(masterproto.EnvConfig)
	if !set {
		dir = mailconf.Dir(s.env.get)
	}
	return mailconf.Read(dir, mailconf.Options{
		Warn:   warn,
		Error:  func(text string) { s.log.Errorf("%s", text) },
		Preset: []mailconf.Setting{{Name: "process_name", Value: s.opts.program}},
		Trace: func(level int, text string) {
			if s.log.Verbose() >= level {
				s.log.Infof("%s", text)
			}
		},
	})
}

func (s *process) reconfigureLog() error {
	if s.standalone() && s.params.MaillogFile != "" {
		if err := s.logToFile(); err != nil {
			return err
		}
	}
	return s.log.Configure(s.logSettings())
}

// standalone says that no master has started this process.
func (s *process) standalone() bool { return s.opts.byHand() || s.systemd != nil }

// logToFile logs to maillog_file directly: by hand there is no postlogd.
func (s *process) logToFile() error {
	if err := maillog.CheckFile(s.params.MaillogFile, s.params.MaillogFilePrefixes); err != nil {
		return err
	}
	format := maillog.Line
	if s.opts.json {
		format = maillog.JSON
	}
	old := s.log
	s.log = maillog.ToFile(s.params.MaillogFile, maillog.Options{Program: s.opts.program, PID: s.report.pid, Format: format})
	s.log.SetVerbose(old.Verbose())
	return old.Close()
}

func (s *process) logSettings() maillog.Settings {
	p := s.params
	return maillog.Settings{
		SyslogName:          p.SyslogName,
		Facility:            p.SyslogFacility,
		MaillogFile:         p.MaillogFile,
		MaillogFilePrefixes: p.MaillogFilePrefixes,
		PostlogSocket:       p.QueueDirectory + "/public/" + p.PostlogServiceName,
		Hostname:            p.MyHostname,
		SMTPUTF8:            p.SMTPUTF8Enable,
		JSON:                s.opts.json,
	}
}

// checkVersion refuses a Postfix whose daemons talk in a way that is not ours:
// before 3.6 they did not announce their protocols.
func checkVersion(version string) error {
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return fmt.Errorf("bad mail_version: %q", version)
	}
	if major < 3 || major == 3 && minor < 6 {
		return fmt.Errorf("mail_version is %s: protocols older than those of Postfix 3.6 are not supported", version)
	}
	return nil
}

// admit checks whether the service may run here, and reads its parameters.
func (s *process) admit() error {
	srv, o := s.srv, &s.opts
	if !o.foreground && !o.oneShot && !o.byHand() && s.systemd == nil && isTerminal(0) {
		s.log.SetStderrName(o.program)
		return fmt.Errorf("do not run this command by hand")
	}
	if err := s.conf.Load(srv.Tables...); err != nil {
		return err
	}
	byMaster := !o.oneShot && !o.byHand() && s.systemd == nil
	switch {
	case srv.Solitary && byMaster && !o.alone:
		return fmt.Errorf("service %s requires a process limit of 1", o.name)
	case srv.Unlimited && byMaster && !o.unlimited:
		return fmt.Errorf("service %s requires a process limit of 0", o.name)
	case srv.Privileged && o.unpriv:
		return fmt.Errorf("service %s requires privileged operation", o.name)
	}
	if err := s.openFilter(); err != nil {
		return err
	}
	if byMaster {
		return o.checkTransport()
	}
	return nil
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}

// debug runs debugger_command, with the process id in it, in a shell.
// postfix: src/global/debug_process.c
func (s *process) debug() error {
	if !s.opts.debug && s.env.get(masterproto.EnvDebug) == "" {
		return nil
	}
	command, ok, err := s.conf.Eval("debugger_command")
	if err != nil {
		return err
	}
	if !ok || command == "" {
		return fmt.Errorf("no debugger_command variable set up")
	}
	s.log.Infof("running: %s", command)
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		s.log.Warningf("debugger_command: %v", err)
	}
	return nil
}

// settle goes to the queue directory, into the jail and to the mail owner, with
// the service's hooks before and after.
func (s *process) settle() error {
	s.bounds()
	standalone := s.standalone()
	if !standalone || s.opts.chroot {
		if err := unix.Chdir(s.params.QueueDirectory); err != nil {
			return fmt.Errorf("chdir(%q): %s", s.params.QueueDirectory, errText(err))
		}
	}
	if hook := s.srv.PreInit; hook != nil {
		if err := hook(s.srv); err != nil {
			return err
		}
	}
	if err := s.initLocal(); err != nil {
		return err
	}
	_ = time.Now().Format(time.RFC822) // reads the time zone's file
	if err := s.confine(); err != nil {
		return err
	}
	s.life.configured(s.limits(standalone))
	if hook := s.srv.PostInit; hook != nil {
		return hook(s.srv)
	}
	return nil
}

// limits are the use and idle limits. By hand there are none unless asked for:
// nobody would start another process.
func (s *process) limits(standalone bool) (maxUse int, maxIdle time.Duration) {
	maxUse, maxIdle = s.params.MaxUse, s.params.MaxIdle
	if origin, _ := s.conf.Origin("max_use"); standalone && origin == mailconf.FromDefault {
		maxUse = 0
	}
	if origin, _ := s.conf.Origin("max_idle"); standalone && origin == mailconf.FromDefault {
		maxIdle = 0
	}
	return maxUse, maxIdle
}

// confine drops what this process and its parent need not have.
func (s *process) confine() error {
	j := confinement{}
	if s.opts.chroot {
		j.Root = s.params.QueueDirectory
	}
	if s.opts.unpriv {
		if s.params.OwnerUID < 0 {
			return fmt.Errorf("unknown user: %s", s.params.MailOwner)
		}
		j.User, j.UID, j.GID = s.params.MailOwner, s.params.OwnerUID, s.params.OwnerGID
		groups, err := s.env.host.Groups(j.User, j.GID)
		if err != nil {
			return fmt.Errorf("initgroups: %s", errText(err))
		}
		j.Groups = groups
	}
	if j.Root != "" {
		s.log.Flush(time.Second) // connects while the path is as it was
	}
	if err := j.enter(); err != nil {
		return err
	}
	if j.Root != "" {
		s.log.EnterJail(j.Root)
	}
	if err := s.parent.confine(j, s.params, s.logSettings()); err != nil {
		return err
	}
	if s.log.Verbose() > 1 {
		s.log.Infof("chroot %s user %s", orNone(j.Root), orNone(j.User))
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// listen has the listeners, from whoever gives them.
func (s *process) listen() (files []*os.File, err error) {
	switch {
	case s.systemd != nil:
		return s.systemd.listeners, nil
	case s.opts.byHand():
		return s.listenByHand()
	}
	files, err = s.inherited()
	if err != nil {
		return nil, err
	}
	s.underMaster = true
	s.report.fd = masterproto.StatusFD
	return files, nil
}

// readGeneration reads what master calls this process by.
func (s *process) readGeneration() error {
	text, set := s.env.lookup(masterproto.EnvGeneration)
	if !set {
		return nil
	}
	gen, err := masterproto.ParseGeneration(text)
	if err != nil {
		return err
	}
	s.report.generation = gen
	if s.verbose() {
		s.log.Infof("process generation: %s (%o)", text, gen)
	}
	return nil
}

// handleSignals sets up what stock's dispositions come to.
func (s *process) handleSignals() {
	signal.Notify(s.signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
}
