// Package stock runs private instances of the Postfix that the host has
// installed, so that tests and benchmarks can put a program of ours in the
// place of one of its daemons and look at the difference.
//
//	func TestLimit(t *testing.T) {
//		stock.Require(t)
//		inst := stock.New(t, stock.Config{
//			Main:   map[string]string{"anvil_rate_time_unit": "1h"},
//			Master: []string{"@addr@:2525 inet n - n - - smtpd"},
//		})
//		inst.Start()
//		conn, err := net.Dial("tcp", inst.ListenAddr(2525))
//		...
//		inst.WaitRecord(5*time.Second, stock.Matching("smtpd", `^disconnect from`))
//	}
//
// # Layout
//
// An instance is one folder, [Instance.Dir]:
//
//	conf/       config_directory: main.cf, master.cf, whatever a test adds
//	queue/      queue_directory, with the folders, owners and modes of the package
//	data/       data_directory
//	log/        mail.log, all that the instance has logged
//
// It belongs to no other instance and shares nothing with the host's own
// Postfix but the programs: its services listen on an address of 127.0.0.0/8
// that was drawn at random. The folder is removed when the test has passed and
// kept, and named in the test's output, when it has failed.
//
// # Logging
//
// The host's syslog is never written. maillog_file is set, and the socket that
// all programs then log to is served by the test itself: records are there as
// soon as they are sent, and no daemon that is stopped with the others can lose
// the last ones. [Config.Postlogd] puts stock's postlogd in that place.
//
// # Processes
//
// master(8) is a child of the test; it is started with a limited lifetime, so
// that a test that dies leaves nothing behind for long. What belongs to an
// instance is told by MAIL_CONFIG in the environment that a process was started
// with, and signals go to such processes by their ids only.
//
// # Concurrency
//
// An [Instance] may be used by several goroutines, but its life cycle ([Instance.Start],
// [Instance.Stop], [Instance.Drain], [Instance.Reload], the setters) by one at a time. Different instances
// are independent, and tests that use them may run in parallel.
//
// Errors end the test by Fatalf: the methods that do so must be called from the
// goroutine of the test, which their comments say by naming no error.
package stock
