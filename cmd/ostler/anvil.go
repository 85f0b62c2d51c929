package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"ostler/mailconf"
	"ostler/service/anvil"
)

const anvilHelp = `usage: ostler anvil REQUEST [flags] IDENT

Sends one request to a running anvil, Postfix's own or ours, and prints the
reply, one attribute a line. IDENT is what Postfix calls a client of a service,
such as smtp:192.0.2.1.

requests that count nothing:
  lookup         all numbers of IDENT
  newtls_status  new TLS sessions in the present time unit
requests that count, as if a session of IDENT had done it:
  connect        a connection; it is taken back when this program ends (--hold)
  message        a message delivery request
  recipient      a recipient
  newtls         a TLS session that was not resumed
  auth           an AUTH command
  tlstr          a TLS trace event (Postfix 3.12)
  disconnect     the end of a connection; anvil takes it only from where the
                 connection was registered, so that from here it changes nothing
An IDENT that anvil does not know is connected by message, recipient, newtls, auth
and tlstr too, for as long as this program runs.

The exit status is 0, 1 if anvil cannot be reached or refuses, 2 if the command
line makes no sense.
`

// anvilRequest is what the command line asks for.
type anvilRequest struct {
	verb, ident  string
	dir, socket  string
	hold, within time.Duration
}

// runAnvil is ostler anvil.
func runAnvil(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var q anvilRequest
	fs := q.flags()
	if ok, status := q.parse(fs, args, stdout, stderr); !ok {
		return status
	}
	ask, ok := anvilVerbs()[q.verb]
	if !ok || fs.NArg() != 1 {
		if !ok {
			fmt.Fprintf(stderr, "ostler anvil: unknown request %q\n", q.verb)
		}
		fmt.Fprint(stderr, "usage: ostler anvil REQUEST [flags] IDENT (ostler help anvil tells more)\n")
		return exitUsage
	}
	q.ident = fs.Arg(0)
	if err := q.send(ctx, ask, stdout); err != nil {
		fmt.Fprintf(stderr, "ostler anvil: %v\n", err)
		return exitFailed
	}
	return exitOK
}

func (q *anvilRequest) flags() *flag.FlagSet {
	fs := newFlags("anvil", anvilHelp)
	fs.StringVar(&q.dir, "c", "", "config `directory` of the Postfix instance (default MAIL_CONFIG or /etc/postfix)")
	fs.StringVar(&q.socket, "s", "", "`address` of anvil: a path, unix:PATH or inet:HOST:PORT (default private/anvil in the queue directory)")
	fs.DurationVar(&q.hold, "hold", 0, "how long connect keeps the connection, such as 30s")
	fs.DurationVar(&q.within, "timeout", 10*time.Second, "how long anvil may take")
	return fs
}

// parse takes the flags before and after the request's name.
func (q *anvilRequest) parse(fs *flag.FlagSet, args []string, stdout, stderr io.Writer) (ok bool, status int) {
	if ok, status := parse(fs, args, stdout, stderr); !ok {
		return false, status
	}
	if fs.NArg() == 0 {
		fs.Usage()
		return false, exitUsage
	}
	q.verb = fs.Arg(0)
	return parse(fs, fs.Args()[1:], stdout, stderr)
}

// send makes the request, prints the reply, and holds the connection.
func (q *anvilRequest) send(ctx context.Context, ask anvilVerb, stdout io.Writer) error {
	path, err := q.path()
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, q.within)
	defer cancel()
	c, err := anvil.Dial(within, path)
	if err != nil {
		return err
	}
	defer c.Close()
	reply, err := ask(within, c, q.ident)
	switch {
	case errors.Is(err, anvil.ErrRefused):
		fmt.Fprintln(stdout, "status -1")
		return err
	case err != nil:
		return err
	}
	fmt.Fprint(stdout, "status 0\n", reply)
	if q.verb == "connect" && q.hold > 0 {
		select {
		case <-time.After(q.hold):
		case <-ctx.Done():
		}
	}
	return nil
}

// path tells where anvil listens.
func (q *anvilRequest) path() (string, error) {
	if q.socket != "" {
		return q.socket, nil
	}
	dir := q.dir
	if dir == "" {
		dir = mailconf.Dir(os.Getenv)
	}
	conf, err := mailconf.Read(dir, mailconf.Options{})
	if err != nil {
		return "", err
	}
	var queue string
	table := mailconf.Table{mailconf.Str("queue_directory", "/var/spool/postfix", 1, 0, &queue)}
	if err := conf.Load(table); err != nil {
		return "", err
	}
	return filepath.Join(queue, anvil.Class, anvil.Service), nil
}

// An anvilVerb makes one request and returns the lines to print after status.
type anvilVerb func(ctx context.Context, c *anvil.Client, ident string) (string, error)

func anvilVerbs() map[string]anvilVerb {
	return map[string]anvilVerb{
		"connect":       anvilConnect,
		"disconnect":    anvilDisconnect,
		"message":       anvilRate((*anvil.Client).Message),
		"recipient":     anvilRate((*anvil.Client).Recipient),
		"newtls":        anvilRate((*anvil.Client).NewTLS),
		"newtls_status": anvilRate((*anvil.Client).NewTLSStatus),
		"auth":          anvilRate((*anvil.Client).Auth),
		"tlstr":         anvilRate((*anvil.Client).TLSTrace),
		"lookup":        anvilLookup,
	}
}

func anvilConnect(ctx context.Context, c *anvil.Client, ident string) (string, error) {
	count, rate, err := c.Connect(ctx, ident)
	return fmt.Sprintf("count %d\nrate %d\n", count, rate), err
}

func anvilDisconnect(ctx context.Context, c *anvil.Client, ident string) (string, error) {
	return "", c.Disconnect(ctx, ident)
}

func anvilRate(ask func(*anvil.Client, context.Context, string) (int, error)) anvilVerb {
	return func(ctx context.Context, c *anvil.Client, ident string) (string, error) {
		rate, err := ask(c, ctx, ident)
		return fmt.Sprintf("rate %d\n", rate), err
	}
}

// anvilLookup names the number that 3.12 sends as a second auth for what it is.
func anvilLookup(ctx context.Context, c *anvil.Client, ident string) (string, error) {
	n, traces, err := c.Lookup(ctx, ident)
	text := fmt.Sprintf("count %d\nrate %d\nmail %d\nrcpt %d\nnewtls %d\nauth %d\n", n.Count,
		n.Rates[anvil.Connections], n.Rates[anvil.Messages], n.Rates[anvil.Recipients],
		n.Rates[anvil.NewTLS], n.Rates[anvil.Auths])
	if traces {
		text += fmt.Sprintf("tlstr %d\n", n.Rates[anvil.TLSTraces])
	}
	return text, err
}
