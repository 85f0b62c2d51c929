// Package load is a load generator for request and reply protocols, small enough
// to share two cores with the server that it measures.
//
// A closed loop: as many requests as the server answers, each client sending its
// next one when it has the reply.
//
//	g, err := load.Start(load.Plan{
//		Network: "unix", Address: "/var/spool/postfix/private/anvil",
//		Clients:  128,
//		Greeting: []byte("protocol=anvil_protocol\n\n"),
//		Script: func(client int) load.Script {
//			return load.Script{Cycle: []load.Exchange{{Request: request(client), Reply: []byte("status=0\n")}}}
//		},
//	})
//	...
//	before := g.Count()
//	time.Sleep(time.Second)
//	fmt.Println(g.Count()-before, "requests")
//	err = g.Stop()
//
// An open loop, [Open]: requests are due at fixed times whatever the server does,
// and latency counts from the time that a request was due, so that one that had
// to wait behind a late reply shows all of its delay. Idle clients: [Connect].
//
// # Overhead
//
// Clients are sockets in an epoll set that one thread serves (Plan.Threads for more): two
// system calls for each request, no goroutine for a client, no allocation. The
// calls that cannot block go round Go's scheduler. A request is sent by one
// call and must fit into the socket's buffer.
//
// # Concurrency
//
// Generators are independent of each other and may run at the same time. The
// methods of [Generator] may be called from any goroutine.
//
// postfix: src/smtpstone/smtp-source.c (for SMTP, one process, select)
package load
