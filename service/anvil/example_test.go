package anvil_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"ostler/multiserver"
	"ostler/service/anvil"
)

// A policy service that lets each client send at most 100 messages a minute.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := anvil.Dial(ctx, "/var/spool/postfix/private/anvil")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	rate, err := c.Message(ctx, anvil.Ident("policy", "192.0.2.1"))
	if err != nil {
		log.Fatal(err)
	}
	if rate > 100 {
		fmt.Println("action=defer_if_permit too many messages")
	}
}

// The whole of anvil(8).
func ExampleNewServer() {
	multiserver.Main(anvil.NewServer())
}

// A State by itself counts without Postfix.
func ExampleState() {
	s := anvil.NewState(time.Minute, nil)
	var session anvil.Peer
	count, rate := s.Connect(&session, []byte("imap:192.0.2.1"))
	fmt.Println(count, rate)
	s.Leave(&session)
	n, known := s.Lookup([]byte("imap:192.0.2.1"))
	fmt.Println(n.Count, n.Rates[anvil.Connections], known)
	// Output:
	// 1 1
	// 0 1 true
}
