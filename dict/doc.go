// Package dict is Postfix's notion of a lookup table: something that is named
// type:name in a configuration, is asked for a key and answers with a value,
// with "not found", or with an error that is neither.
//
// The drivers behind the types are packages of their own (ostler/dict/static,
// ostler/dict/inline, ...). A program registers those that it wants with a
// [Types] value that it owns; nothing is registered by being linked in:
//
//	types := dict.NewTypes(dict.Options{
//		UTF8:  smtputf8Enable,
//		Fatal: daemonTableOpenErrorIsFatal,
//		Warn:  func(text string) { log.Warningf("%s", text) },
//		Error: func(text string) { log.Errorf("%s", text) },
//	}, static.Driver(), inline.Driver())
//	table, err := types.Open("inline:{ {x = y}, a = b }", dict.FoldFixed|dict.UTF8Request)
//	...                                          // fatal: err.Error()
//	value, found, err := table.Lookup(ctx, "x")  // "y", true, nil
//
// # Errors
//
// A lookup that could not be made is never "not found". Its error wraps
// [ErrRetry] (a temporary failure: the same lookup may succeed later) or
// [ErrConfig] (a fault in the configuration or in the table's data). Clients of
// Postfix answer both with a temporary error.
//
// Opening hardly ever fails. Where stock carries on with a surrogate, Open does:
// it reports the reason as an error (not a warning: stock counts these, and gives
// up at the 13th) and returns a table whose every operation warns
// "type:name is unavailable. REASON" and fails with ErrRetry. Open itself fails for a
// specification that is not of the form type:name, and, if Options.Fatal is set,
// for everything; the text is then the one that stock logs as fatal.
//
// # Keys
//
// Drivers see keys as they are to be compared. Open puts the following in front of
// each driver, as stock does:
//
//   - [FoldFixed] and [FoldPattern] fold the case of keys for tables of fixed
//     strings and of patterns: by Unicode's full folding with UTF8 in force,
//     otherwise ASCII letters only.
//   - UTF8 is in force if Options.UTF8 is set and the flags have [UTF8Request]. A
//     key that is not UTF-8 is then not found, with a warning; a value that is not
//     UTF-8 is an ErrConfig, with a warning.
//
// # Concurrency
//
// Types: registration first, by one goroutine; after that everything may be used
// by any number of goroutines. Tables are safe for concurrent use.
//
// # Differences from stock
//
//   - A key that is not UTF-8 is a temporary error in every surrogate. Stock's
//     surrogates of known types say "not found".
//   - Values from files (DICT_FLAG_SRC_RHS_IS_FILE), updates and iteration are not
//     there yet.
//
// postfix: src/util/dict.h, src/util/dict_open.c, src/util/dict_utf8.c,
// src/util/dict_surrogate.c, DATABASE_README
package dict
