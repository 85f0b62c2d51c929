package dict

import (
	"context"
	"fmt"
	"unicode/utf8"

	"ostler/dict/casefold"
)

// keyed is what Open puts in front of each driver's table: it folds and checks
// keys, checks values, and makes sure that each error has a class.
//
// postfix: src/util/dict_utf8.c
type keyed struct {
	Table

	// Static after construction.
	info  Info
	types *Types
}

// malformed is stock's description of text that is not UTF-8.
const malformed = "malformed UTF-8 or invalid codepoint"

func (k *keyed) Lookup(ctx context.Context, key string) (string, bool, error) {
	utf8Active := k.info.Flags&UTF8Active != 0
	if utf8Active && !utf8.ValidString(key) {
		k.types.Warn(fmt.Sprintf("%s: non-UTF-8 key \"%s\": %s", k.info, key, malformed))
		return "", false, nil
	}
	folded := key
	if k.info.Flags.folds(k.info.Flags) {
		folded = casefold.Fold(key, utf8Active)
	}
	value, found, err := k.Table.Lookup(ctx, folded)
	if err != nil {
		return "", false, Classify(err)
	}
	if found && utf8Active && !utf8.ValidString(value) {
		text := fmt.Sprintf("%s: key \"%s\": non-UTF-8 value \"%s\": %s", k.info, key, value, malformed)
		k.types.Warn(text)
		return "", false, &Error{Class: ErrConfig, Text: text}
	}
	return value, found, nil
}
