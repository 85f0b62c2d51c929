package mailconf

import (
	"math"
	"strconv"
)

// Level is a compatibility level, encoded so that levels compare as numbers:
// major<<20 | minor<<10 | patch.
//
// postfix: src/global/compat_level.c
type Level int64

// The levels at which defaults changed.
const (
	Level0  Level = 0
	Level1  Level = 1 << 20
	Level2  Level = 2 << 20
	Level36 Level = 3<<20 | 6<<10
)

const (
	levelBits = 10
	levelMask = 1<<levelBits - 1
)

// ParseLevel converts major[.minor[.patch]]. Each is a number as strtol(3)
// takes it; minor and patch are at most 1023. The error is stock's.
func ParseLevel(s string) (Level, error) {
	rest := s
	level := Level(0)
	for i, limit := range [...]int64{math.MaxInt64 >> (2 * levelBits), levelMask, levelMask} {
		n, end, ok := strtol(rest)
		if len(end) == len(rest) || !ok || n < 0 || n > limit {
			break
		}
		level |= Level(n) << (levelBits * (2 - i))
		if end == "" {
			return level, nil
		}
		if end[0] != '.' {
			break
		}
		rest = end[1:]
	}
	return 0, fatalf("malformed compatibility level syntax: \"%s\"", s)
}

// String returns the level as stock prints it: the major number alone up to 2,
// then major.minor, and the patch if it is not 0.
func (l Level) String() string {
	major, minor, patch := int64(l>>(2*levelBits)), int64(l>>levelBits&levelMask), int64(l&levelMask)
	text := strconv.FormatInt(major, 10)
	if major > 2 {
		text += "." + strconv.FormatInt(minor, 10)
		if patch != 0 {
			text += "." + strconv.FormatInt(patch, 10)
		}
	}
	return text
}
