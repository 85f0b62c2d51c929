package faults_test

// commandLines are the ways to get the command line wrong.
var commandLines = []badInput{
	{"unknown flag", usual("-x")},
	{"unknown flag in a group", usual("-vx")},
	{"unknown flag is a digit", usual("-7")},
	{"unknown flag is a colon", usual("-:")},
	{"unknown flag is no ASCII", usual("-\xc3\xa9")},
	{"unknown long option", usual("--unknown=5")},
	{"help", usual("--help")},
	{"i without an argument", usual("-i")},
	{"m without an argument", usual("-m")},
	{"n without an argument", usual("-n")},
	{"o without an argument", usual("-o")},
	{"s without an argument", usual("-s")},
	{"t without an argument", args("-l", "-t")},
	{"o without equals", usual("-o", "max_use")},
	{"o empty", usual("-o", "")},
	{"o without a name", usual("-o", "=5")},
	{"o of blanks", usual("-o", "  ")},
	{"o with a blank in the name", usual("-o", "max use=5")},
	{"o in braces", usual("-o", "{ max_use = x }")},
	{"o with a bad value", usual("-o", "max_use=x")},
	{"o, then an unknown flag", usual("-o", "syslog_name=other", "-x")},
	{"an unknown flag, then o", usual("-x", "-o", "syslog_name=other")},
	{"o with an unknown parameter", usual("-o", "no_such_parameter=1")},
	{"i with a bad unit", usual("-i", "5x")},
	{"i empty", usual("-i", "")},
	{"i negative", usual("-i", "-5")},
	{"m is text", usual("-m", "five")},
	{"m zero", usual("-m", "0")},
	{"m too large", usual("-m", "99999999999")},
	{"n empty", usual("-n", "")},
	{"s zero", usual("-s", "0")},
	{"s negative", usual("-s", "-1")},
	{"s is text", usual("-s", "two")},
	{"s empty", usual("-s", "")},
	{"s more than there are", usual("-s", "3")},
	{"no t", args("-l")},
	{"t empty", args("-l", "-t", "")},
	{"t fifo", args("-l", "-t", "fifo")},
	{"t unix-dgram", args("-l", "-t", "unix-dgram")},
	{"t is nonsense", args("-l", "-t", "tcp")},
	{"t twice", args("-l", "-t", "fifo", "-t", "unix")},
	{"t in upper case", args("-l", "-t", "UNIX")},
	{"not solitary", args("-t", "unix")},
	{"not solitary, unlimited", args("-z", "-t", "unix", "-n", "other")},
	{"no options at all", args()},
	{"D without a command", usual("-D")},
	{"V, then an unknown flag", usual("-V", "-x")},
	{"an unknown flag, then V", usual("-x", "-V")},
	{"V and a bad value", usual("-V", "-o", "max_use=x")},
	{"V and fifo", args("-V", "-l", "-t", "fifo")},
	{"V and no queue_directory", usual("-V", "-o", "queue_directory=@dir@/nowhere")},
	{"argument too many", usual("extra", "more")},
	{"argument too many, V", usual("-V", "extra")},
	{"argument after --", usual("--", "-x")},
	{"argument is empty", usual("")},
	{"argument is a dash", usual("-")},
}

func args(words ...string) invocation {
	if words == nil {
		words = []string{}
	}
	return invocation{args: words}
}

// usual are the options of a solitary service, before those of a case.
func usual(words ...string) invocation {
	return args(append([]string{"-l", "-t", "unix"}, words...)...)
}
