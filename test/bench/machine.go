package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"ostler/test/stock"
)

// printMachine says where and how it is measured.
func printMachine(out io.Writer, opts options) {
	fmt.Fprintf(out, "machine: %d cores (%s), %s, load %s; %s; stock: Postfix %s\n",
		runtime.NumCPU(), processor(), kernel(), loadAverage(), runtime.Version(), postfixVersion())
	fmt.Fprintf(out, "medians of %d rounds, closed loops %v, open loops %v\n\n", opts.rounds, opts.window, 3*opts.window)
}

// unknown stands for what cannot be found out: the figures are as good without.
const unknown = "unknown"

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return unknown
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
}

func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// loadAverage is that of the last minute: what else the machine was doing.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return unknown
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}

func postfixVersion() string {
	out, err := exec.Command(filepath.Join(stock.CommandDirectory, "postconf"), "-dh", "mail_version").Output()
	if err != nil {
		return unknown
	}
	return strings.TrimSpace(string(out))
}
