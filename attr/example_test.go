package attr_test

import (
	"bufio"
	"fmt"
	"net"

	"ostler/attr"
)

// A server reads a request that it holds in memory and writes the reply.
func Example() {
	req := []byte("request=connect\nident=smtpd:192.0.2.1\n\n")
	if n, _, _ := attr.Plain.Frame(req, 0); n != len(req) {
		fmt.Println("not a whole request")
		return
	}

	var request, ident []byte
	r := attr.NewReader(attr.Plain, req, "anvil socket")
	r.Warn = func(format string, args ...any) { fmt.Printf("warning: "+format+"\n", args...) }
	status := -1
	if r.Scan(attr.Strict, attr.Bytes("request", &request), attr.Bytes("ident", &ident)) == 2 {
		fmt.Printf("%s %s\n", request, ident)
		status = 0
	}

	w := attr.NewWriter(attr.Plain, make([]byte, 0, 100))
	w.Int("status", status)
	w.Int("count", 1)
	w.End()
	fmt.Printf("%q\n", w.Bytes())
	// Output:
	// connect smtpd:192.0.2.1
	// "status=0\ncount=1\n\n"
}

// With Strict, what is missing or was not asked for is told in stock's words.
func ExampleReader_Scan() {
	var address string
	r := attr.NewReader(attr.Null, []byte("request\x00query\x00\x00"), "verify socket")
	r.Warn = func(format string, args ...any) { fmt.Printf("warning: "+format+"\n", args...) }
	fmt.Println(r.Scan(attr.Strict, attr.Str("address", &address)))
	// Output:
	// warning: unexpected attribute request from verify socket (expecting: address)
	// 0
}

// The rest of a request may depend on its first attribute.
func ExampleFlags_more() {
	var request, address string
	r := attr.NewReader(attr.Null, []byte("request\x00query\x00address\x00a@example.com\x00\x00"), "verify socket")
	if r.Scan(attr.Strict|attr.More, attr.Str("request", &request)) == 1 && request == "query" {
		fmt.Println(r.Scan(attr.Strict, attr.Str("address", &address)), address)
	}
	// Output: 1 a@example.com
}

// A client reads one reply at a time from its connection.
func ExampleReadList() {
	client, server := net.Pipe()
	defer client.Close()
	go func() { // ends when it has written, or client is closed
		defer server.Close()
		w := attr.NewWriter(attr.Plain, nil)
		w.Str("protocol", "anvil_protocol")
		w.End()
		server.Write(w.Bytes())
	}()

	reply, err := attr.ReadList(bufio.NewReader(client), attr.Plain, nil, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := attr.NewReader(attr.Plain, reply, "private/anvil")
	fmt.Println(r.Scan(attr.Strict, attr.StrEq("protocol", "anvil_protocol")) == 0)
	// Output: true
}
