package faults_test

import "strings"

// The rows of COMPATIBILITY.md that bad input touches.
const (
	// Stock takes what it finds under the numbers: it waits for ever for a client
	// on its own log socket, sends status messages into it, fails thirteen
	// times to accept, or is told by epoll.
	rowDescriptors = "descriptors that are not a master's"

	// What stock writes to standard error when that is closed goes to the log
	// socket, which has got its number.
	rowClosedStderr = "-V with standard error closed"

	// Stock tells nobody when its log socket is not there; ours tells standard
	// error.
	rowNoLog = "fatal error that the log does not take"

	// Stock waits for room in its log socket, for ever if need be.
	rowDeafLog = "log socket that nobody reads"

	// Stock panics where the one client ends the connection.
	rowOneShotEnd = "-S with less than a request"

	// Stock drops the reply without a word.
	rowOneShotOutput = "-S without a standard output"
)

// An ownWay is what becomes of ours where that is not what becomes of stock's.
type ownWay struct {
	row string
	outcome
}

// ownWays is the one list of such cases, by their names.
var ownWays = map[string]ownWay{
	"s more than there are":            {rowDescriptors, notListening("7")},
	"3 to 6 closed":                    {rowDescriptors, notListening("6")},
	"5 closed":                         {rowDescriptors, notStatus},
	"5 a file":                         {rowDescriptors, notStatus},
	"5 /dev/null":                      {rowDescriptors, notStatus},
	"5 a pipe":                         {rowDescriptors, notStatus},
	"5 a listening socket":             {rowDescriptors, notStatus},
	"6 closed":                         {rowDescriptors, notListening("6")},
	"6 a file":                         {rowDescriptors, notListening("6")},
	"6 /dev/null":                      {rowDescriptors, notListening("6")},
	"6 a pipe":                         {rowDescriptors, notListening("6")},
	"6 a socket that does not listen":  {rowDescriptors, notListening("6")},
	"6 an inet socket that is no more": {rowDescriptors, notListening("6")},
	"6 a datagram socket":              {rowDescriptors, notListening("6")},
	"6 a connected socket":             {rowDescriptors, notListening("6")},
	"0 to 6 closed":                    {rowDescriptors, notListening("6")},

	"2 closed, V": {rowClosedStderr, fatal("invalid option: x")},

	"log dead":                  {rowNoLog, unlogged("invalid option: x")},
	"log socket missing":        {rowNoLog, unlogged("invalid option: x")},
	"log socket forbidden":      {rowNoLog, unlogged("invalid option: x")},
	"log socket a file":         {rowNoLog, unlogged("invalid option: x")},
	"log name too long":         {rowNoLog, unlogged("invalid option: x")},
	"log socket elsewhere":      {rowNoLog, unlogged("service anvil requires a process limit of 1")},
	"queue_directory missing":   {rowNoLog, unlogged(`chdir("@dir@/nowhere"): No such file or directory`)},
	"queue_directory is a file": {rowNoLog, unlogged(`chdir("@dir@/conf/main.cf"): Not a directory`)},
	"postlog_service_name is long": {rowNoLog, fatal("unix_dgram_connect: unix-domain name too long: " +
		"@dir@/queue/public/" + longName)},

	"log deaf": {rowDeafLog, unlogged("invalid option: x")},

	"S at end of file":      {rowOneShotEnd, warned("no request on standard input")},
	"S with 0 closed":       {rowOneShotEnd, warned("no request on standard input")},
	"S half a request":      {rowOneShotEnd, warned("premature end-of-input on anvil socket while reading input attribute value")},
	"S half a list":         {rowOneShotEnd, warned("premature end-of-input on anvil socket while reading input attribute name")},
	"S garbage":             {rowOneShotEnd, warned("unexpected attribute nonsense from anvil socket (expecting: request)")},
	"S 1 closed":            {rowOneShotOutput, outcome{Status: "exit status 0"}},
	"S 1 full":              {rowOneShotOutput, warned("write /dev/stdout: No space left on device")},
	"S 1 a pipe nobody has": {rowOneShotOutput, warned("write /dev/stdout: Broken pipe")},
}

// ident is what stands before the records of a program under test.
const ident = "postfix/" + program + ": "

// longName makes any path too long for a socket.
var longName = strings.Repeat("x", 200)

func fatal(text string) outcome {
	return outcome{Status: "exit status 1", Log: []string{ident + "fatal: " + text}}
}

// unlogged is a fatal error that goes to standard error.
func unlogged(text string) outcome {
	return outcome{Status: "exit status 1", Stderr: ident + "fatal: " + text + "\n"}
}

// warned is an end that is no failure.
func warned(text string) outcome {
	return outcome{Status: "exit status 0", Log: []string{ident + "warning: " + text}}
}

const byMaster = ": this program is to be started by master(8), or with --listen"

func notListening(fd string) outcome {
	return fatal("descriptor " + fd + " is not a listening socket" + byMaster)
}

var notStatus = fatal("descriptor 5 is not a status channel" + byMaster)
