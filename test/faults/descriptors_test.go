package faults_test

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// descriptors are files in the place of what master gives.
var descriptors = []badInput{
	{"3 closed", fds(3, nil)},
	{"4 closed", fds(4, nil)},
	{"3 to 6 closed", invocation{fds: map[int]opener{3: nil, 4: nil, 5: nil, 6: nil}}},
	{"5 closed", fds(5, nil)},
	{"5 a file", fds(5, plainFile(""))},
	{"5 /dev/null", fds(5, devNull)},
	{"5 a pipe", fds(5, flowPipe(0))},
	{"5 a listening socket", fds(5, otherListener)},
	{"6 closed", fds(6, nil)},
	{"6 a file", fds(6, plainFile(""))},
	{"6 /dev/null", fds(6, devNull)},
	{"6 a pipe", fds(6, flowPipe(0))},
	{"6 a socket that does not listen", fds(6, socket(unix.AF_UNIX, unix.SOCK_STREAM))},
	{"6 an inet socket that is no more", fds(6, socket(unix.AF_INET, unix.SOCK_STREAM))},
	{"6 a datagram socket", fds(6, socket(unix.AF_UNIX, unix.SOCK_DGRAM))},
	{"6 a connected socket", fds(6, connected)},
	{"0 closed", fds(0, nil)},
	{"1 closed", fds(1, nil)},
	{"2 closed", fds(2, nil)},
	{"0 to 2 closed", invocation{fds: map[int]opener{0: nil, 1: nil, 2: nil}}},
	{"0 to 2 closed, t fifo", invocation{fds: map[int]opener{0: nil, 1: nil, 2: nil}, args: []string{"-l", "-t", "fifo"}}},
	{"0 to 6 closed", invocation{fds: map[int]opener{0: nil, 1: nil, 2: nil, 3: nil, 4: nil, 5: nil, 6: nil}}},
	{"1 full", fds(1, device("/dev/full"))},
	{"2 closed, V", invocation{fds: map[int]opener{2: nil}, args: []string{"-V", "-x"}}},
	{"2 full, V", invocation{fds: map[int]opener{2: device("/dev/full")}, args: []string{"-V", "-x"}}},
	{"2 a pipe nobody has, V", invocation{fds: map[int]opener{2: closedPipe}, args: []string{"-V", "-x"}}},
}

func fds(number int, open opener) invocation {
	return invocation{fds: map[int]opener{number: open}}
}

// terminals are what makes a program think that it is run by hand.
var terminals = []badInput{
	{"terminal", fds(0, terminal)},
	{"terminal, V", invocation{fds: map[int]opener{0: terminal}, args: []string{"-V", "-l", "-t", "unix"}}},
	{"terminal, no options", invocation{fds: map[int]opener{0: terminal}, args: []string{}}},
	{"terminal, unknown flag", invocation{fds: map[int]opener{0: terminal}, args: []string{"-x"}}},
	{"terminal, d", invocation{fds: map[int]opener{0: terminal}, args: []string{"-d", "-l", "-t", "unix"}}},
	{"terminal and nothing else", invocation{fds: map[int]opener{0: terminal, 3: nil, 4: nil, 5: nil, 6: nil}, args: []string{}}},
	{"terminal, main.cf missing", invocation{fds: map[int]opener{0: terminal}, prepare: remove("conf/main.cf")}},
}

// oneShots have the client on standard input.
var oneShots = []badInput{
	{"S a request", oneShot(plainFile(lookup))},
	{"S a request that counts", oneShot(plainFile("request=connect\nident=x\n\n"))},
	{"S an unknown request", oneShot(plainFile("request=dance\nident=x\n\n"))},
	{"S two requests", oneShot(plainFile(lookup + lookup))},
	{"S at end of file", oneShot(devNull)},
	{"S half a request", oneShot(plainFile("request=look"))},
	{"S half a list", oneShot(plainFile("request=lookup\n"))},
	{"S garbage", oneShot(plainFile("nonsense\n\n"))},
	{"S with 0 closed", oneShot(nil)},
	{"S 1 closed", invocation{args: []string{"-S"}, fds: map[int]opener{0: plainFile(lookup), 1: nil}}},
	{"S 1 full", invocation{args: []string{"-S"}, fds: map[int]opener{0: plainFile(lookup), 1: device("/dev/full")}}},
	{"S 1 a pipe nobody has", invocation{args: []string{"-S"}, fds: map[int]opener{0: plainFile(lookup), 1: closedPipe}}},
	{"S argument too many", invocation{args: []string{"-S", "extra"}, fds: map[int]opener{0: plainFile(lookup)}}},
	{"S t fifo", invocation{args: []string{"-S", "-t", "fifo"}, fds: map[int]opener{0: plainFile(lookup)}}},
	{"S bad value", invocation{args: []string{"-S", "-o", "max_use=x"}, fds: map[int]opener{0: plainFile(lookup)}}},
}

// oneShot gives nothing but a standard input and output.
func oneShot(in opener) invocation {
	return invocation{args: []string{"-S"}, fds: map[int]opener{0: in, 3: nil, 4: nil, 5: nil, 6: nil}}
}

// logs are logs that do not take what they should.
var logs = []badInput{
	{"log dead", invocation{args: []string{"-x"}, prepare: func(r *rig) error { r.log.stop(); return nil }}},
	{"log socket missing", invocation{args: []string{"-x"}, prepare: remove("queue/public/postlog")}},
	{"log socket missing, V", invocation{args: []string{"-V", "-x"}, prepare: remove("queue/public/postlog")}},
	{"log socket missing, 2 closed", invocation{args: []string{"-x"}, fds: map[int]opener{2: nil}, prepare: remove("queue/public/postlog")}},
	{"log socket missing, 2 full", invocation{
		args: []string{"-x"}, fds: map[int]opener{2: device("/dev/full")}, prepare: remove("queue/public/postlog"),
	}},
	{"log socket missing, serves", invocation{prepare: remove("queue/public/postlog")}},
	{"log socket forbidden", invocation{args: []string{"-x"}, uid: stranger, prepare: chmod("queue/public/postlog", 0o600)}},
	{"log socket a file", invocation{args: []string{"-x"}, env: []string{"POSTLOG_SERVICE=@dir@/conf/main.cf"}}},
	{"log name too long", invocation{args: []string{"-x"}, env: []string{"POSTLOG_SERVICE=/" + longName}}},
	{"log socket elsewhere", invocation{main: map[string]string{"postlog_service_name": "nowhere"}, args: []string{"-t", "unix"}}},
	{"log deaf", invocation{deaf: true, text: manyWarnings(), args: []string{"-x"}}},
}

// manyWarnings are lines for main.cf that make more warnings than a log socket
// holds while nobody reads from it.
func manyWarnings() string {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "max_use = %d\n", i+1)
	}
	return b.String()
}
