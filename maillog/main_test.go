package maillog_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// child names the environment variable that makes the test binary play a
// program that logs and ends; see exit_test.go and jail_test.go.
const child = "MAILLOG_TEST_CHILD"

func TestMain(m *testing.M) {
	time.Local = time.UTC // recorded records were written with TZ=UTC
	if role := os.Getenv(child); role != "" {
		os.Exit(playChild(role))
	}
	before := openFiles()
	status := m.Run()
	if status == 0 {
		if leak := leaks(before); leak != "" {
			fmt.Fprintln(os.Stderr, leak)
			status = 1
		}
	}
	os.Exit(status)
}

// leaks describes goroutines of this package that still run and descriptors
// that were not open before.
func leaks(before map[string]string) string {
	var found []string
	for range 100 { // a closed writer may need a moment to return
		if found = goroutines(); len(found) == 0 {
			break
		}
		runtime.Gosched()
		time.Sleep(10 * time.Millisecond)
	}
	for fd, name := range openFiles() {
		if before[fd] == "" && strings.HasPrefix(name, "socket:") {
			found = append(found, "descriptor "+fd+" is still open: "+name)
		}
	}
	return strings.Join(found, "\n\n")
}

func goroutines() (found []string) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "maillog.(*queue).write") {
			found = append(found, "leaked "+stack)
		}
	}
	return found
}

func openFiles() map[string]string {
	files := map[string]string{}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return files
	}
	for _, entry := range entries {
		if name, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil {
			files[entry.Name()] = name
		}
	}
	return files
}
