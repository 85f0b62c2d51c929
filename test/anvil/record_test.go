package anvil_test

import (
	"bytes"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"ostler/test/dialogue"
	"ostler/test/stock"
)

// recordedAddr stands in recorded idents for the address of the instance.
const recordedAddr = "127.9.9.9"

// behind is the service name of the anvil that a recorder stands before.
const behind = "anvil-behind"

// recorder stands between the clients of an instance and its anvil, and writes
// down what they say.
type recorder struct {
	dial func() (*net.UnixConn, error)
	addr string
	wait sync.WaitGroup

	mu       sync.Mutex // held for a request and its reply: they are recorded in one order
	d        dialogue.Dialogue
	outcomes []dialogue.Outcome
	clients  []*net.UnixConn // Guarded by mu; by connection number - 1.
	servers  []*net.UnixConn // Guarded by mu; nil when closed.
}

// record serves private/anvil of an instance until stop is called.
func record(t *testing.T, inst *stock.Instance) (r *recorder, stop func()) {
	t.Helper()
	path := inst.Socket("private/anvil")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	r = &recorder{addr: inst.Addr, dial: func() (*net.UnixConn, error) { return inst.Dial("private/" + behind) }}
	// Ended by the close of l; stop waits.
	r.wait.Go(func() {
		for {
			conn, err := l.AcceptUnix()
			if err != nil {
				return
			}
			// Ended by the close of conn; stop waits.
			r.wait.Go(func() {
				if err := r.serve(conn); err != nil {
					t.Errorf("recorder: %v", err)
				}
			})
		}
	})
	return r, func() { l.Close(); r.finish(); r.wait.Wait() }
}

// add appends a step and what it has brought.
func (r *recorder) add(conn int, op dialogue.Op, data []byte, o dialogue.Outcome) {
	data = bytes.ReplaceAll(data, []byte(r.addr), []byte(recordedAddr))
	r.d.Steps = append(r.d.Steps, dialogue.Step{Conn: conn, Op: op, Data: data})
	r.outcomes = append(r.outcomes, o)
}

// serve passes on the requests of one client.
func (r *recorder) serve(client *net.UnixConn) error {
	defer client.Close()
	r.mu.Lock()
	server, err := r.dial()
	if err != nil {
		r.mu.Unlock()
		return err
	}
	r.clients, r.servers = append(r.clients, client), append(r.servers, server)
	number := len(r.clients)
	greeting, err := readWhole(server)
	r.add(number, dialogue.Open, nil, dialogue.Outcome{Got: greeting})
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err := client.Write(greeting); err != nil {
		return err
	}
	for {
		request, err := readWhole(client)
		if err != nil {
			return nil // gone, or finish has closed it
		}
		r.mu.Lock()
		if _, err = server.Write(request); err == nil {
			var reply []byte
			reply, err = readWhole(server)
			r.add(number, dialogue.Send, request, dialogue.Outcome{Got: reply})
			_, _ = client.Write(reply)
		}
		r.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// finish ends all connections, in the order of their numbers.
func (r *recorder) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, server := range r.servers {
		_ = server.CloseWrite()
		rest, _ := readWhole(server)
		r.add(i+1, dialogue.End, nil, dialogue.Outcome{Got: rest, Fate: dialogue.EOF})
		server.Close()
		r.clients[i].Close()
	}
}

// readWhole reads one attribute list, or what there is before the end.
func readWhole(conn *net.UnixConn) ([]byte, error) {
	var all []byte
	buf := make([]byte, 4096)
	for !dialogue.PlainList(all) {
		_ = conn.SetReadDeadline(time.Now().Add(limit))
		n, err := conn.Read(buf)
		all = append(all, buf[:n]...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}
