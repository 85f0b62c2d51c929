// Package masterproto is the contract between a process manager and the
// service processes that it starts: which descriptors a process finds open,
// what its environment says, what it reports back, how it draws flow-control
// tokens and how a connection is handed from one service to another.
//
// Both sides import this package, so that neither can drift: the skeleton
// (package multiserver) is the service side, a master is the other one.
//
// # Descriptors
//
// A service process starts with
//
//	0, 1, 2   whatever the master has, mostly /dev/null
//	3         flow-control tokens, read end of a pipe (FlowReadFD)
//	4         flow-control tokens, write end of the pipe (FlowWriteFD)
//	5         status channel, one end of a stream socket pair (StatusFD)
//	6 ...     the listening sockets of the service (ListenFD)
//
// The open file behind 3, 4 and 6... is shared with the master and with every
// sibling, and so are its flags: a process that clears O_NONBLOCK there
// clears it for all. The open file behind 5 is shared with the siblings.
//
// # Status
//
// Nothing is ever sent to the process on the status channel. End of file there
// means that the master has gone, or wants this process to go. The process
// writes Status messages to it, each in one piece.
//
// # Concurrency
//
// All functions may be called from several goroutines at the same time; they
// keep no state.
//
// # Differences from stock
//
// One addition: a master that sets EnvRetiring understands the third
// availability, Retiring. A master that does not set it never hears of it.
//
// postfix: src/master/master_proto.h, src/master/master_proto.c,
// src/master/mail_flow.c, src/util/pass_accept.c, src/util/unix_recv_fd.c
package masterproto
