package mailconf

import (
	"strings"
	"syscall"
)

// runsSetID tells if the environment and the command line may come from
// somebody with fewer rights than the process has.
//
// postfix: src/util/unsafe.c
func runsSetID() bool {
	if syscall.Getuid() == 0 && syscall.Geteuid() == 0 {
		return false
	}
	return syscall.Geteuid() != syscall.Getuid() || syscall.Getegid() != syscall.Getgid()
}

// checkDirectory makes sure that the trusted main.cf names dir as another
// configuration directory.
//
// postfix: src/global/mail_conf.c mail_conf_checkdir
func checkDirectory(dir string, opts Options) error {
	path := opts.TrustedDir + "/main.cf"
	text, _, err := readFile(path, maxFileSize)
	if err != nil {
		cause := err.(*Error).Cause
		if strings.HasPrefix(err.Error(), "open ") {
			return causef(cause, "open file %s", path)
		}
		return causef(cause, "read file %s", path)
	}
	lines := logicalLines{path: path, rest: text, warn: opts.Warn}
	for {
		line, _, ok := lines.next()
		if !ok {
			break
		}
		name, value, problem := splitSetting(beforeNUL(line))
		if problem != "" || name != "alternate_config_directories" && name != "multi_instance_directories" {
			continue
		}
		for _, listed := range words(value, commaSpace) {
			if listed == dir {
				return nil
			}
		}
	}
	opts.Error("unauthorized configuration directory name: " + dir)
	return fatalf("specify \"alternate_config_directories = %s\" or \"multi_instance_directories = %s\" in %s", dir, dir, path)
}
