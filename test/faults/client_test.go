package faults_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// dialLimited connects and sets the limit for what follows, up to the next ask.
func dialLimited(network, address string) (net.Conn, error) {
	conn, err := net.DialTimeout(network, address, limit)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// expect reads what the other side has to say.
func expect(conn net.Conn, want string) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(conn, got)
	if err != nil {
		return fmt.Errorf("after %q: %w", got[:n], err)
	}
	if string(got) != want {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	return nil
}

// ask sends a request and wants a reply, within the limit.
func ask(conn net.Conn, request, reply string) error {
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return err
	}
	return expect(conn, reply)
}

// goodClient is one that anvil has greeted.
func goodClient(network, address string) (net.Conn, error) {
	conn, err := dialLimited(network, address)
	if err != nil {
		return nil, err
	}
	if err := expect(conn, greeting); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// count makes anvil count the n-th message of a client.
func count(conn net.Conn, n int) error {
	return ask(conn, "request=message\nident=good\n\n", fmt.Sprintf("status=0\nrate=%d\n\n", n))
}

// unfinished is a request that goes on for n bytes and does not end.
func unfinished(n int) string {
	const head = "request="
	return head + strings.Repeat("x", n-len(head))
}
