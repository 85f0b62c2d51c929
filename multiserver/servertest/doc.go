// Package servertest runs a service in a test as Postfix's master(8) would run
// it: as a process of its own, with master's command line, environment and
// descriptors, with a main.cf, with somebody who reads its log and its status
// messages, and with a master that reloads or dies when the test says so.
//
// It is to package multiserver what net/http/httptest is to net/http. A test
// needs no second program: the test binary runs again as the service.
//
//	func TestMain(m *testing.M) {
//		servertest.Main(m, map[string]func() *multiserver.Server{
//			"policy": NewServer,
//		})
//	}
//
//	func TestReload(t *testing.T) {
//		svc := servertest.Start(t, servertest.Config{Server: "policy"})
//		conn := svc.Dial()
//		fmt.Fprint(conn, "request=smtpd_access_policy\n\n")
//		reply := make([]byte, len("action=DUNNO\n\n"))
//		if _, err := io.ReadFull(conn, reply); err != nil {
//			t.Fatal(err)
//		}
//		svc.Reload()
//		if state := svc.Wait(); !state.Success() {
//			t.Errorf("after a reload: %v", state)
//		}
//	}
//
// # What a process finds
//
// Descriptors 0, 1 and 2 are /dev/null, 3 and 4 the flow-control pipe, 5 the
// status channel, 6 and up the listening sockets, which are there before the
// process is: a client may connect at once. The working directory is the queue
// directory, a folder that lives as long as the test. main.cf in the folder
// beside it says what the test's Config says, with user names that exist on the
// host, whether Postfix is installed or not. Its date is put back, because a
// main.cf that was written just now holds up whoever reads it. Nothing of the
// test's environment is passed on but what Config.Env, the time zone and Go's
// own debugging variables say, so that a test means the same everywhere.
//
// Records go to a postlog socket that the test reads, also those written before
// main.cf was read and those from within the jail; see Service.Log. They are
// shown when the test has failed.
//
// # A fake master
//
// Unlike master, the kit starts processes only when the test says so: one in
// Start, further ones in Spawn. It listens on all sockets all the time, so that
// a client may connect while there is no process, and is served by the next.
//
// # The end
//
// When the test ends, clients made by Dial are closed, master goes, and every
// process has to leave by itself with exit status 0 within Config.Timeout.
// Whatever does not, or ended badly before without the test having asked for it
// by Wait, is an error of the test.
//
// # Concurrency
//
// The methods of a Service and a Process may be called by several goroutines at
// the same time, but those that end the test when something fails (Dial, Pass,
// Status, Logged, Wait, Spawn) only by the test's own, as testing.T.FailNow says.
//
// # Differences from stock
//
// Postfix has no such kit. From its master this one differs in that processes
// have a process group of their own and the umask of the test.
//
// postfix: src/master/master_spawn.c, src/master/master_ent.c,
// src/master/master_proto.h
package servertest
