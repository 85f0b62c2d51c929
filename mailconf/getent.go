package mailconf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"
)

// getentPath is the program that asks the C library's name services, which a
// Go program cannot do itself.
const getentPath = "/usr/bin/getent"

const (
	getentTimeout = 10 * time.Second
	maxAnswer     = 1 << 20 // bytes
)

// getent returns the lines that getent(1) prints for keys of a database. The
// error is ErrNotFound if it has none, or if there is no such program. It
// blocks for at most 10 seconds.
func getent(database string, keys ...string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), getentTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, getentPath, append([]string{"--", database}, keys...)...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.WaitDelay = time.Second
	answer := limited{max: maxAnswer}
	cmd.Stdout = &answer
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("cannot look up %s in the %s database: %s: no answer within %v", keys, database, getentPath, getentTimeout)
	case errors.As(err, &exit) && exit.ExitCode() == 2, errors.Is(err, fs.ErrNotExist):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("cannot look up %s in the %s database: %s: %w", keys, database, getentPath, err)
	}
	return strings.Split(strings.TrimRight(answer.String(), "\n"), "\n"), nil
}

// limited is a buffer that refuses more than max bytes.
type limited struct {
	bytes.Buffer
	max int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.max {
		return 0, errors.New("answer too long")
	}
	return l.Buffer.Write(p)
}
