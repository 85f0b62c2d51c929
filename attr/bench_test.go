package attr_test

import (
	"testing"

	"ostler/attr"
)

// anvilRequest is what smtpd sends for each connection, in each encoding.
func anvilRequest(enc attr.Encoding) []byte {
	w := attr.NewWriter(enc, nil)
	w.Str("request", "connect")
	w.Str("ident", "smtpd:192.0.2.1")
	w.End()
	return w.Bytes()
}

// serve does what a server does with a request, and gives the reply.
func serve(enc attr.Encoding, req, buf []byte) []byte {
	n, _, _ := enc.Frame(req, 0)
	if n != len(req) {
		return nil
	}
	var request, ident []byte
	r := attr.NewReader(enc, req, "anvil socket")
	if r.Scan(attr.Strict, attr.Bytes("request", &request), attr.Bytes("ident", &ident)) != 2 ||
		string(request) != "connect" || len(ident) == 0 {
		return nil
	}
	w := attr.NewWriter(enc, buf[:0])
	w.Int("status", 0)
	w.Int("count", 1)
	w.Int("rate", 17)
	w.End()
	return w.Bytes()
}

// read does what a client does with the reply.
func read(enc attr.Encoding, reply []byte) bool {
	var status, count, rate int
	r := attr.NewReader(enc, reply, "private/anvil")
	return r.Scan(attr.Strict, attr.Int("status", &status), attr.Int("count", &count),
		attr.Int("rate", &rate)) == 3 && status == 0 && count == 1 && rate == 17
}

func BenchmarkServe(b *testing.B) {
	for _, enc := range encodings {
		b.Run(enc.String(), func(b *testing.B) {
			req, buf := anvilRequest(enc), make([]byte, 0, 256)
			b.ReportAllocs()
			for b.Loop() {
				buf = serve(enc, req, buf)
			}
			if !read(enc, buf) {
				b.Fatal("wrong reply")
			}
		})
	}
}

func BenchmarkFrame(b *testing.B) {
	for _, enc := range encodings {
		b.Run(enc.String(), func(b *testing.B) {
			req := anvilRequest(enc)
			b.ReportAllocs()
			for b.Loop() {
				if n, _, _ := enc.Frame(req, 0); n != len(req) {
					b.Fatal(n)
				}
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	for _, enc := range encodings {
		b.Run(enc.String(), func(b *testing.B) {
			req := anvilRequest(enc)
			r := attr.NewReader(enc, req, "anvil socket")
			b.ReportAllocs()
			for b.Loop() {
				var request, ident []byte
				r.Reset(req)
				if r.Scan(attr.Strict, attr.Bytes("request", &request), attr.Bytes("ident", &ident)) != 2 {
					b.Fatal("broken")
				}
			}
		})
	}
}

func BenchmarkReadReply(b *testing.B) {
	for _, enc := range encodings {
		b.Run(enc.String(), func(b *testing.B) {
			reply := serve(enc, anvilRequest(enc), nil)
			b.ReportAllocs()
			for b.Loop() {
				if !read(enc, reply) {
					b.Fatal("broken")
				}
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, enc := range encodings {
		b.Run(enc.String(), func(b *testing.B) {
			buf := make([]byte, 0, 256)
			b.ReportAllocs()
			for b.Loop() {
				w := attr.NewWriter(enc, buf[:0])
				w.Int("status", 0)
				w.Int("count", 1)
				w.Int("rate", 17)
				w.End()
				buf = w.Bytes()
			}
		})
	}
}
