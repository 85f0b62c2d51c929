package masterproto

// The descriptors that a master opens for a service process.
// postfix: src/master/master_proto.h
const (
	FlowReadFD  = 3 // MASTER_FLOW_READ
	FlowWriteFD = 4 // MASTER_FLOW_WRITE
	StatusFD    = 5 // MASTER_STATUS_FD
	ListenFD    = 6 // MASTER_LISTEN_FD, the first of one or more
)

// The environment that passes between a master and a service process.
const (
	// EnvGeneration holds the generation of the process, in octal.
	// See ParseGeneration.
	EnvGeneration = "GENERATION"

	// EnvConfig names the configuration directory.
	EnvConfig = "MAIL_CONFIG"

	// EnvVerbose, when set, turns on verbose logging from the first line on.
	EnvVerbose = "MAIL_VERBOSE"

	// EnvDebug, when set, makes the process run debugger_command.
	EnvDebug = "MAIL_DEBUG"

	// EnvLogTag is the log tag to use before main.cf has been read.
	EnvLogTag = "MAIL_LOGTAG"

	// EnvRetiring is set (to "1") by a master that understands Retiring.
	// Stock's master never sets it.
	EnvRetiring = "OSTLER_RETIRING"
)

// The transports of a service, as the second field of master.cf and the
// argument of -t have them. Services compare them without regard to case.
const (
	TransportInet = "inet" // MASTER_XPORT_NAME_INET
	TransportUnix = "unix" // MASTER_XPORT_NAME_UNIX
	TransportPass = "pass" // MASTER_XPORT_NAME_PASS
	TransportFIFO = "fifo" // MASTER_XPORT_NAME_FIFO
	TransportUXDG = "unix-dgram"
)
