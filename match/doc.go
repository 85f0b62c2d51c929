// Package match is Postfix's match lists: the syntax of mydestination, mynetworks,
// relay_domains and many other parameters that say which strings, domains or
// addresses something applies to.
//
//	list, err := match.NewDomains(match.Options{
//		Name:   "relay_domains",
//		Types:  types,
//		Parent: true, // the name is in parent_domain_matches_subdomains
//	}, "example.com, !secret.example.org, .example.org, cdb:/etc/postfix/relays")
//	...                                                 // fatal: err.Error()
//	yes, err := list.Match(ctx, "mail.example.com")
//
// # Patterns
//
// Patterns are separated by commas or white space, except inside { }. The first
// one that matches decides:
//
//	!pattern     the opposite of what pattern decides; more "!" may follow
//	/file/name   the patterns in the file, one or more a line; a line that
//	             starts with "#" is skipped. "!" applies to each of them
//	type:name    matches if the table has the key, whatever the value
//	other text   depends on the kind of list, without regard to case
//
// [Strings] match the whole text. [Domains] match the whole name and, with
// Options.Parent, names below it; without, ".example.com" matches names below
// example.com, but not that name. A table of fixed strings is asked for the parent
// domains, too. [Addrs] match an address, [address], network/bits or [network]/bits;
// IPv6 addresses need the brackets, a colon would otherwise make them a table.
// [NameAddrs] match a host by name or by address, both against each pattern.
//
// # Errors
//
// A match that could not be decided is an error and never "no". It wraps
// [dict.ErrRetry] or [dict.ErrConfig], and its text is stock's: "NAME: TYPE:NAME: table
// lookup problem", or what is wrong with a network pattern. Lists do not log it:
// where stock uses MATCH_FLAG_RETURN the caller logs a warning, elsewhere it ends
// the program.
//
// Unusable files and tables do not make the list unusable: they are reported through
// dict.Types and every match that gets as far is an error (see [dict.Types.Open]).
// New functions fail where stock has no such grace: for "!" without a pattern, for
// "type:" without a name, for a file that can be opened and not read. Files are read
// once, at construction.
//
// # Concurrency
//
// Lists do not change after construction, all methods but Close may be called by any
// number of goroutines. Match blocks as long as the tables do, until its context ends.
//
// # Differences from stock
//
//   - The files of one list are limited in number (1,000) and size (256 MiB
//     together), so that a file that includes itself ends. What is above counts as a
//     file that cannot be opened. Stock runs out of descriptors or memory.
//   - A list opens each of its tables once, but lists do not share tables yet.
//   - Network masks above 255 are a bad mask length, too. Stock's wrap around: /264 is
//     /8 there.
//
// postfix: src/util/match_list.c, src/util/match_ops.c, src/util/cidr_match.c,
// src/global/string_list.c, src/global/domain_list.c, src/global/addr_match_list.c,
// src/global/namadr_list.c
package match
