package dict

import "context"

// surrogate stands for a table that could not be opened.
type surrogate struct {
	// Static after construction.
	info   Info
	reason string
	types  *Types
}

// Lookup warns and fails.
func (s *surrogate) Lookup(context.Context, string) (string, bool, error) {
	text := s.info.String() + " is unavailable. " + s.reason
	s.types.Warn(text)
	return "", false, &Error{Class: ErrRetry, Text: text}
}

func (s *surrogate) Info() Info { return s.info }

func (s *surrogate) Close() error { return nil }
