package mailconf

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
)

// maxFirstLine bounds what FirstLine reads of a file, in bytes.
const maxFirstLine = 64 << 10

// errSymlink and the other texts of FirstLine are stock's.
var errSymlink = errors.New("file is a symbolic link")

// FirstLine refuses what somebody else may have slipped in: files with several
// hard links, and symbolic links but those of root in a folder of root's.
//
// postfix: src/util/safe_open.c safe_open_exist, src/global/mail_params.c
// read_param_from_file
func (*system) FirstLine(path string) (string, error) {
	fd, err := retry(func() (int, error) { return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return "", stockError("cannot open file: ", err)
	}
	defer syscall.Close(fd)
	if err := checkOpened(fd, path); err != nil {
		return "", err
	}
	var buf []byte
	for len(buf) < maxFirstLine {
		part := make([]byte, 4096)
		n, err := retry(func() (int, error) { return syscall.Read(fd, part) })
		if err != nil {
			return "", stockError("read error: ", err)
		}
		buf = append(buf, part[:n]...)
		if n == 0 || strings.IndexByte(string(part[:n]), '\n') >= 0 {
			break
		}
	}
	line, _, _ := strings.Cut(string(buf), "\n")
	return line, nil
}

// stockError puts stock's words before the system's.
func stockError(text string, err error) error {
	return &Error{Text: text + systemText(err), Cause: err}
}

// checkOpened compares the open file with what its name leads to now.
func checkOpened(fd int, path string) error {
	var open, named syscall.Stat_t
	if err := syscall.Fstat(fd, &open); err != nil {
		return stockError("bad open file status: ", err)
	}
	switch {
	case open.Nlink != 1:
		return fmt.Errorf("file has %d hard links", open.Nlink)
	case open.Mode&syscall.S_IFMT == syscall.S_IFDIR:
		return errors.New("file is a directory")
	}
	if err := syscall.Lstat(path, &named); err != nil {
		return stockError("file status changed unexpectedly: ", err)
	}
	switch {
	case named.Mode&syscall.S_IFMT == syscall.S_IFLNK:
		if named.Uid == 0 && isRootsFolder(filepath.Dir(path)) {
			return nil
		}
		return errSymlink
	case open.Dev != named.Dev || open.Ino != named.Ino || open.Nlink != named.Nlink || open.Mode != named.Mode:
		return errors.New("file status changed unexpectedly")
	}
	return nil
}

// isRootsFolder tells if only root can put names into a folder.
func isRootsFolder(dir string) bool {
	var st syscall.Stat_t
	return syscall.Stat(dir, &st) == nil && st.Uid == 0 && st.Mode&(syscall.S_IWGRP|syscall.S_IWOTH) == 0
}
