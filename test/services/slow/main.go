// Command slow is a service whose requests say how long they are to take, for
// tests and benchmarks of the skeleton:
//
//	slow unix - - n - 1 ../../../../opt/ostler/build/slow
//
// A request is one line and an empty line, or the empty line alone. The reply is
// the request:
//
//	sleep=5ms   the handler sleeps first
//	burn=50ms   the handler uses that much processor time first
//
// A duration is what [time.ParseDuration] takes. Anything else ends the
// connection, with a warning.
//
// The processor time is that of an idle machine at the speed at which this one
// was found to run when the service started: a fixed amount of work, which takes
// longer where processors are shared.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"ostler/multiserver"
)

func main() { multiserver.Main(newServer()) }

// newServer returns the service.
func newServer() *multiserver.Server {
	var burn burner
	return &multiserver.Server{
		Frame:    multiserver.BlankLine,
		PostInit: func(*multiserver.Server) error { burn = calibrate(); return nil },
		Handle: func(c *multiserver.Conn, req []byte) error {
			if err := perform(req, time.Sleep, burn.spend); err != nil {
				return err
			}
			_, err := c.Write(req)
			return err
		},
	}
}

var errRequest = errors.New("malformed request")

// perform does what a request asks for.
func perform(req []byte, sleep, burn func(time.Duration)) error {
	if string(req) == "\n" {
		return nil
	}
	line, ok := bytes.CutSuffix(req, []byte("\n\n"))
	if !ok {
		return fmt.Errorf("%w: %q", errRequest, req)
	}
	name, value, _ := bytes.Cut(line, []byte("="))
	d, err := time.ParseDuration(string(value))
	if err != nil || d < 0 {
		return fmt.Errorf("%w: %q", errRequest, req)
	}
	switch string(name) {
	case "sleep":
		sleep(d)
	case "burn":
		burn(d)
	default:
		return fmt.Errorf("%w: %q", errRequest, req)
	}
	return nil
}
