package mailconf

import (
	"errors"
	"syscall"
	"time"
)

// DefaultDir is where main.cf and master.cf are if the environment does not say
// otherwise.
const DefaultDir = "/etc/postfix"

// maxFileSize bounds main.cf, in bytes.
const maxFileSize = 16 << 20

// coolDown is how long Read waits before it reads a hot file again.
const coolDown = 300 * time.Millisecond

// Options are the choices for Read. The zero value is ready for use.
type Options struct {
	// Warn gets the text of each warning, without "warning: ". It stays with
	// the configuration (see SetWarn). Nil drops them.
	Warn func(text string)
	// Error gets what stock logs as "error: " before a fatal error. Nil: Warn.
	Error func(text string)
	// Trace is as for SetTrace.
	Trace func(level int, text string)
	// Preset is stored into the dictionary before the file is read, after
	// config_directory: process_name belongs here.
	Preset []Setting
	// Now and Sleep are the clock for the hot-file rule. Nil: time.Now,
	// time.Sleep.
	Now   func() time.Time
	Sleep func(time.Duration)
	// Untrusted tells if the process runs set-id, so that another directory
	// than DefaultDir must be named in DefaultDir's main.cf. Nil: compare real
	// and effective ids.
	Untrusted func() bool
	// TrustedDir replaces DefaultDir in that check, for tests. "": DefaultDir.
	TrustedDir string
}

// Read reads dir/main.cf. A file that was modified less than about a second
// ago may still be in the making: Read then sleeps 0.3 seconds and reads it
// again from scratch, until it has cooled down; nothing else makes it block.
// The errors are stock's fatal ones (*Error): a file that cannot be opened or
// read (errors.Is with the system's error works) and lines that are not
// settings.
//
// postfix: src/global/mail_conf.c mail_conf_suck, src/util/dict.c
// dict_load_file_xt
func Read(dir string, opts Options) (*Config, error) {
	opts.fillIn()
	if dir != opts.TrustedDir && opts.Untrusted() {
		if err := checkDirectory(dir, opts); err != nil {
			return nil, err
		}
	}
	for before := opts.Now().Unix(); ; {
		c, warnings, mtime, err := readOnce(dir, opts)
		after := opts.Now().Unix()
		if err == nil && !(mtime < before-1 || mtime > after) {
			if opts.Trace != nil {
				opts.Trace(2, "pausing to let "+c.path+" cool down")
			}
			opts.Sleep(coolDown)
			before = after
			continue
		}
		for _, text := range warnings {
			opts.Warn(text)
		}
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

func (o *Options) fillIn() {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Error == nil {
		o.Error = o.Warn
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = time.Sleep
	}
	if o.Untrusted == nil {
		o.Untrusted = runsSetID
	}
	if o.TrustedDir == "" {
		o.TrustedDir = DefaultDir
	}
}

// readOnce reads the file once into a fresh dictionary. The warnings are kept
// back: if the file is hot they belong to a state that does not count.
func readOnce(dir string, opts Options) (c *Config, warnings []string, mtime int64, err error) {
	c = &Config{
		dir:     dir,
		path:    dir + "/main.cf",
		entries: make(map[string]entry, 256),
		warn:    opts.Warn,
		trace:   opts.Trace,
	}
	if opts.Trace != nil {
		opts.Trace(2, "dict_register: "+dictName+" 1")
	}
	c.Set(ConfigDirectory, dir)
	for _, s := range opts.Preset {
		c.Set(s.Name, s.Value)
	}
	text, mtime, err := readFile(c.path, maxFileSize)
	if err != nil {
		return nil, nil, 0, err
	}
	err = c.parse(text, func(text string) { warnings = append(warnings, text) })
	return c, warnings, mtime, err
}

// readFile returns the contents and the modification time (in seconds) of a
// file. It does not use os.File: that would hand what is not a regular file to
// the runtime's poller, which then opens descriptors that a service process
// has other plans for.
func readFile(path string, limit int) (text string, mtime int64, err error) {
	fd, err := retry(func() (int, error) { return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return "", 0, causef(err, "open %s", path)
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return "", 0, causef(err, "fstat %s", path)
	}
	buf := make([]byte, 0, 512+max(0, min(st.Size, int64(limit))))
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := retry(func() (int, error) { return syscall.Read(fd, buf[len(buf):cap(buf)]) })
		if err == nil && len(buf)+n > limit {
			err = syscall.EFBIG
		}
		if err != nil {
			return "", 0, causef(err, "read %s", path)
		}
		if n <= 0 {
			return string(buf), st.Mtim.Sec, nil
		}
		buf = buf[:len(buf)+n]
	}
}

// retry repeats a system call that a signal has interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
