package servertest

import (
	"errors"
	"os"
	"testing"

	"ostler/multiserver"
)

// envServer tells the test binary which server to be.
const envServer = "OSTLER_SERVERTEST"

// Main is the body of TestMain: it runs the tests, or, in a process that Start
// or Command has made, the service. servers has a function for each name that
// Config.Server may have; it is called in the new process, so that no two
// processes share anything. Main returns when the tests have run.
func Main(m *testing.M, servers map[string]func() *multiserver.Server) {
	Serve(servers)
	m.Run()
}

// Serve is Main without the tests, for a TestMain that has more to do. In a
// process that is to be a service it does not return; otherwise it returns at
// once. It has to be called before flags are parsed.
func Serve(servers map[string]func() *multiserver.Server) {
	name, set := os.LookupEnv(envServer)
	if !set {
		return
	}
	make, known := servers[name]
	if !known {
		make = func() *multiserver.Server { return unknownServer(name) }
	}
	multiserver.Main(make())
}

// unknownServer is a service that says in the log why there is none.
func unknownServer(name string) *multiserver.Server {
	return &multiserver.Server{
		Frame:   multiserver.Lines,
		Handle:  func(*multiserver.Conn, []byte) error { return multiserver.ErrDisconnect },
		PreInit: func(*multiserver.Server) error { return errors.New("servertest: Main has no server " + name) },
	}
}
