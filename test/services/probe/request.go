package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"ostler/multiserver"
)

var errRequest = errors.New("malformed request")

// handle is the framed form: req is a whole request, or what a client has left.
func (p *probe) handle(c *multiserver.Conn, req []byte) error {
	if c.EOF() {
		return fmt.Errorf("%w: %q", errRequest, req)
	}
	var reply bytes.Buffer
	err := p.perform(c, string(req), &reply)
	if _, writeErr := c.Write(reply.Bytes()); writeErr != nil {
		return writeErr
	}
	return err
}

// serve is the raw form. It reads a byte at a time, as whoever must leave
// descriptors alone that come later.
func (p *probe) serve(c *multiserver.Conn) error {
	var req []byte
	for {
		var b [1]byte
		if _, err := c.Read(b[:]); err != nil {
			return err
		}
		req = append(req, b[0])
		if n, _, err := multiserver.BlankLine(req, 0); n > 0 || err != nil {
			break
		}
	}
	return p.handle(c, req)
}

// perform does the lines of a request, and appends the reply. An error ends the
// connection, after what was answered so far.
func (p *probe) perform(c *multiserver.Conn, req string, reply *bytes.Buffer) error {
	for line := range strings.Lines(strings.TrimSuffix(req, "\n")) {
		line = strings.TrimSuffix(line, "\n")
		answer, err := p.do(c, line)
		if err != nil {
			return err
		}
		reply.WriteString(answer + "\n")
	}
	reply.WriteString("\n")
	return nil
}

// do does one line.
func (p *probe) do(c *multiserver.Conn, line string) (answer string, err error) {
	if verb, value, ok := strings.Cut(line, "="); ok {
		return line, p.set(c, verb, value)
	}
	verb, name, _ := strings.Cut(line, " ")
	switch verb {
	case "pid":
		return fmt.Sprintf("pid=%d", os.Getpid()), nil
	case "service":
		return "service=" + c.Server().ServiceName(), nil
	case "args":
		return listed("args", c.Server().Args())
	case "attrs":
		attrs, _ := c.Data.(map[string]string)
		return listed("attrs", attrs)
	case "env":
		value, ok := os.LookupEnv(name)
		return named(line, value, ok), nil
	case "param":
		value, ok := p.params[name]
		return named(line, value, ok), nil
	}
	return p.act(c, line)
}

// act does a line that changes something.
func (p *probe) act(c *multiserver.Conn, line string) (answer string, err error) {
	switch line {
	case "drain":
		if err := c.Server().Drain(); err != nil {
			return fmt.Sprintf("drain=%v", err), nil
		}
	case "retire":
		c.Server().Retire()
	case "bye":
		if err := c.Close(); err != nil {
			return "", err
		}
	case "panic":
		panic("as asked for")
	case "crash":
		// Ends with the process.
		go panic("crash as asked for")
		select {}
	default:
		return "", fmt.Errorf("%w: %q", errRequest, line)
	}
	return line + "=ok", nil
}

// set does a line of the form verb=value.
func (p *probe) set(c *multiserver.Conn, verb, value string) error {
	switch verb {
	case "echo":
		return nil
	case "log":
		c.Server().Log().Infof("%s", value)
		return nil
	case "sleep":
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("%w: %w", errRequest, err)
		}
		time.Sleep(d)
		return nil
	}
	return fmt.Errorf("%w: %q", errRequest, verb)
}

// named is a line with the value of what it asks for.
func named(line, value string, ok bool) string {
	if !ok {
		return line + " unset"
	}
	return line + "=" + value
}

// listed is a value as JSON.
func listed(name string, value any) (string, error) {
	text, err := json.Marshal(value)
	return name + "=" + string(text), err
}
