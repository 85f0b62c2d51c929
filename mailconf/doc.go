// Package mailconf reads Postfix's main.cf as Postfix 3.7 reads it and turns
// its parameters into typed values.
//
// Usage, in the order in which a service process starts:
//
//	conf, err := mailconf.Read(mailconf.Dir(os.Getenv), mailconf.Options{
//		Warn:   func(text string) { log.Warningf("%s", text) },
//		Preset: []mailconf.Setting{{Name: mailconf.ProcessName, Value: "anvil"}},
//	})
//	...                                           // fatal: err.Error()
//	err = conf.Override("max_idle=10s")           // each -o of the command line
//	conf.Set(mailconf.ServiceName, "anvil")
//	params, err := conf.InitParams(mailconf.SystemHost())
//	err = conf.Load(mailconf.Table{               // the service's own parameters
//		mailconf.Time("anvil_rate_time_unit", "60s", time.Second, 0, &unit),
//	})
//
// # What is read
//
// A configuration is one dictionary of raw strings, mail_dict. Reading main.cf
// only fills it; nothing is expanded, and names that nobody knows are allowed.
// A parameter is expanded and converted when a table that names it is loaded.
// If it is not set, its default is stored into the dictionary at that moment,
// so that $name in a parameter that is loaded later sees it and in one that is
// loaded earlier does not: the order of tables and of the parameters in them
// is part of the behaviour.
//
// Lines: a line that starts with white space continues the one before it;
// empty lines and lines whose first non-blank is "#" are dropped, also inside a
// continued line; "name = value" with both sides trimmed; no quoting. The last
// of several settings of one name wins, with a warning if the values differ.
//
// Expansion ($name, ${name?text}, ${{a} == {b} ? {c} : {d}} and the others) is
// described at [Config.Expand], the eight parameter classes at [Class].
//
// # Errors
//
// An error that stock logs as "fatal: TEXT" is an *[Error] whose Error method
// returns TEXT, byte for byte. Warnings go to [Options.Warn] in stock's order.
//
// # Concurrency
//
// A Config is not safe for concurrent use: it is filled while a process starts,
// by one goroutine. Params and the targets of tables are plain variables.
//
// # Differences from stock
//
//   - A file that is read again because it is hot is read into a fresh
//     dictionary, and only the last reading warns about duplicate names. Stock
//     reads over the old values: it keeps what has been deleted meanwhile and
//     repeats the warnings.
//   - Expansion is bounded in work (64 MiB of text looked at), result (16 MiB)
//     and depth, also inside the operands of comparisons, where stock counts
//     depth from zero again and overflows its stack.
//   - A main.cf of more than 16 MiB is refused.
//   - User, group and host names are looked up in /etc/passwd, /etc/group and
//     /etc/hosts; getent(1) is asked, for at most 10 seconds, where these do not
//     have the name.
//
// postfix: src/global/mail_conf.c, src/global/mail_params.c, src/util/dict.c,
// postconf(5).
package mailconf
