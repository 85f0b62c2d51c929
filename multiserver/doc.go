// Package multiserver is the skeleton of Postfix daemons that serve many
// clients from one process: everything but what the service does with a request.
//
// # Usage
//
//	func main() {
//		multiserver.Main(&multiserver.Server{
//			Frame: multiserver.BlankLine,
//			Handle: func(c *multiserver.Conn, request []byte) error {
//				_, err := c.WriteString("action=DUNNO\n\n")
//				return err
//			},
//		})
//	}
//
// The program is then started by Postfix's master(8), by one line of master.cf;
// or by hand, with --listen unix:PATH or --listen inet:HOST:PORT, needing neither
// main.cf nor Postfix's users; or by systemd, with its sockets.
//
// # Forms
//
// A framed service (Frame and Handle) says where a request ends, and gets whole
// requests. It is the form to choose: half a request is bytes in a buffer then,
// and an idle client costs some hundred bytes. A raw service (Serve) reads and
// writes by itself, and may pass descriptors. ServeListener is for a program that
// wants a net.Listener.
//
// # Concurrency
//
// Handlers of different clients run at the same time, those of one client never.
// PostAccept, handlers and PreDisconnect of one client run one after the other.
// Loop and PreAccept never run beside themselves; PreInit and PostInit run alone,
// and so does Exit, unless a handler has not ended within 4 seconds. A handler may
// block or compute for long; others are served meanwhile. The context of a client
// (Conn.Context) ends with the connection.
//
// # Rules
//
// A client never sees a connection closed that it could have used: the process
// leaves only when it has answered what has come. One client costs the others
// nothing but its share of stated bounds: the size of a request and of a reply,
// memory for all clients together, clients, handlers. A panic in a handler costs
// its client only.
//
// # Diagnostics
//
// Fatal: what is wrong with the command line, main.cf, descriptors, privileges;
// a process that makes no progress for daemon_timeout. Exit status 1. Error: a
// serious failure of accept(2); the thirteenth is fatal. Warning: a client that
// breaks a bound or a time limit, a panic in a handler, a resource that is short.
//
// # Differences from stock
//
// COMPATIBILITY.md has all. The most important: clients do not wait for each
// other; pipelined requests are answered; under a master that cannot count
// processes out, the process that it knows is a small parent, so that the
// service can drain and a crash leaves a trace in the log; Loop does not run
// after each request.
//
// postfix: src/master/multi_server.c, src/master/mail_server.h,
// src/util/chroot_uid.c, src/util/watchdog.c
package multiserver
