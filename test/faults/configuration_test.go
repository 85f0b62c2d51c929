package faults_test

import (
	"os"

	"ostler/test/stock"
)

// configurations are the ways to get main.cf wrong.
var configurations = []badInput{
	{"int is text", mainCf("max_use", "many")},
	{"int with text behind", mainCf("max_use", "5x")},
	{"int empty", mainCf("max_use", "")},
	{"int too small", mainCf("max_use", "0")},
	{"int too large", mainCf("default_process_limit", "99999999999999999999")},
	{"long is text", mainCf("message_size_limit", "ten")},
	{"bool is text", mainCf("soft_bounce", "maybe")},
	{"bool empty", mainCf("soft_bounce", "")},
	{"nbool is text", mainCf("smtputf8_enable", "maybe")},
	{"time with a bad unit", mainCf("max_idle", "5y")},
	{"time negative", mainCf("max_idle", "-5s")},
	{"time is text", mainCf("anvil_rate_time_unit", "long")},
	{"time too small", mainCf("anvil_rate_time_unit", "0")},
	{"time too large", mainCf("anvil_status_update_time", "9999999w")},
	{"time zero", mainCf("anvil_status_update_time", "0s")},
	{"time over its maximum", mainCf("in_flow_delay", "11s")},
	{"string empty", mainCf("queue_directory", "")},
	{"expansion truncated", mainCf("max_use", "${five")},
	{"expansion malformed", mainCf("max_use", "${five?{5}:6}")},
	{"expansion of itself", mainCf("syslog_name", "$syslog_name")},
	{"expansion malformed, of the service", mainCf("anvil_rate_time_unit", "${x?{1s}:2s}")},
	{"mail_owner unknown", mainCf("mail_owner", "nobodyhere")},
	{"mail_owner is root", mainCf("mail_owner", "root")},
	{"setgid_group unknown", mainCf("setgid_group", "nobodyhere")},
	{"setgid_group is the owner's", mainCf("setgid_group", "postfix")},
	{"default_privs unknown", mainCf("default_privs", "nobodyhere")},
	{"default_privs is the owner", mainCf("default_privs", "postfix")},
	{"myhostname malformed", mainCf("myhostname", "bad_host..name")},
	{"relayhost is this host", mainCf("relayhost", "$myhostname")},
	{"myorigin of two words", mainCf("myorigin", "a.example, b.example")},
	{"compatibility_level malformed", mainCf("compatibility_level", "three")},
	{"syslog_facility unknown", mainCf("syslog_facility", "letters")},
	{"maillog_file elsewhere", mainCf("maillog_file", "/etc/log")},
	{"inet_protocols unknown", mainCf("inet_protocols", "ipv9")},
	{"inet_interfaces of no host", mainCf("inet_interfaces", "192.0.2.1")},
	{"mynetworks_style unknown", invocation{main: map[string]string{"mynetworks_style": "planet", "mynetworks": stock.Unset}}},
	{"postlog_service_name is long", mainCf("postlog_service_name", longName)},
	{"queue_directory missing", mainCf("queue_directory", "@dir@/nowhere")},
	{"queue_directory is a file", mainCf("queue_directory", "@dir@/conf/main.cf")},
	{"line without equals", invocation{text: "max_use 5\n"}},
	{"line without a name", invocation{text: "= 5\n"}},
	{"line of one word", invocation{text: "nonsense\n"}},
	{"line twice", invocation{text: "max_use = 5\nmax_use = 6\n"}},
	{"line without a newline", invocation{text: "max_use = x"}},
	{"line with a null byte", invocation{text: "max_use = 5\x00x\n"}},
	{"first line begins with blanks", invocation{prepare: func(r *rig) error {
		text, err := os.ReadFile(r.inst.Path("conf/main.cf"))
		if err != nil {
			return err
		}
		return r.inst.WriteFile("conf/main.cf", "  lost = line\n"+string(text))
	}}},
	{"main.cf missing", invocation{prepare: remove("conf/main.cf")}},
	{"main.cf is a folder", invocation{prepare: func(r *rig) error {
		if err := os.Remove(r.inst.Path("conf/main.cf")); err != nil {
			return err
		}
		return os.Mkdir(r.inst.Path("conf/main.cf"), 0o755)
	}}},
	{"main.cf unreadable", invocation{uid: stranger, prepare: chmod("conf/main.cf", 0o600)}},
	{"folder unreadable", invocation{uid: stranger, prepare: chmod("conf", 0o700)}},
}

// environments are wrong variables, and a wrong user.
var environments = []badInput{
	{"MAIL_CONFIG names nothing", invocation{env: []string{"MAIL_CONFIG=@dir@/elsewhere"}}},
	{"MAIL_CONFIG names a file", invocation{env: []string{"MAIL_CONFIG=@dir@/conf/main.cf"}}},
	{"MAIL_CONFIG empty", invocation{env: []string{"MAIL_CONFIG="}}},
	{"MAIL_CONFIG relative", invocation{env: []string{"MAIL_CONFIG=../nowhere"}}},
	{"GENERATION is text", invocation{env: []string{"GENERATION=seven"}}},
	{"GENERATION empty", invocation{env: []string{"GENERATION="}}},
	{"GENERATION negative", invocation{env: []string{"GENERATION=-1"}}},
	{"GENERATION is not octal", invocation{env: []string{"GENERATION=18"}}},
	{"GENERATION too large", invocation{env: []string{"GENERATION=7777777777777777777777777"}}},
	{"stranger, c", invocation{uid: stranger, args: []string{"-l", "-t", "unix", "-c"}}},
	{"stranger, u", invocation{uid: stranger, args: []string{"-l", "-t", "unix", "-u"}}},
}

// stranger is a user id that nothing else has.
const stranger = 60123

func mainCf(name, value string) invocation {
	return invocation{main: map[string]string{name: value}}
}

func remove(name string) func(r *rig) error {
	return func(r *rig) error { return os.RemoveAll(r.inst.Path(name)) }
}

func chmod(name string, mode os.FileMode) func(r *rig) error {
	return func(r *rig) error { return os.Chmod(r.inst.Path(name), mode) }
}
