package mailconf

import "math"

// strtol converts the start of s as strtol(3) does with base 10: blanks, a
// sign, digits. rest is what follows, all of s if there is no number; ok is
// false if the number does not fit, and n is then the nearest that does.
func strtol(s string) (n int64, rest string, ok bool) {
	i := span(s, space)
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	start := i
	ok = true
	for ; i < len(s) && isDigit(s[i]); i++ {
		digit := int64(s[i] - '0')
		// Negative numbers reach one further, so count downwards.
		if ok && n >= (math.MinInt64+digit)/10 {
			n = n*10 - digit
		} else {
			ok = false
		}
	}
	if i == start {
		return 0, s, true
	}
	switch {
	case ok && negative:
	case ok && n == math.MinInt64, !ok && !negative:
		n, ok = math.MaxInt64, false
	case !ok:
		n = math.MinInt64
	default:
		n = -n
	}
	return n, s[i:], ok
}

// parseLong converts a whole string to a number of 64 bits.
func parseLong(s string) (int64, bool) {
	n, rest, ok := strtol(s)
	return n, ok && s != "" && rest == ""
}

// parseBool converts yes and no, in any case.
func parseBool(s string) (value, ok bool) {
	if equalFoldASCII(s, "yes") {
		return true, true
	}
	return false, equalFoldASCII(s, "no")
}

// parseTime converts a number and one unit to seconds. What follows the unit
// is ignored, and a missing number is 0: both as in stock.
//
// postfix: src/global/conv_time.c
func parseTime(s string, defaultUnit byte) (seconds int, ok bool) {
	n, rest, ok := strtol(s)
	if s == "" || !ok || n < 0 || n > math.MaxInt32 {
		return 0, false
	}
	unit := defaultUnit
	if rest != "" {
		unit = rest[0]
	}
	factor := unitSeconds(unit)
	if factor == 0 || factor > 1 && n >= math.MaxInt32/factor {
		return 0, false
	}
	return int(n * factor), true
}

// unitSeconds returns the length of a unit of time, 0 if there is none of that
// name.
func unitSeconds(unit byte) int64 {
	switch unit {
	case 's':
		return 1
	case 'm':
		return 60
	case 'h':
		return 60 * 60
	case 'd':
		return 24 * 60 * 60
	case 'w':
		return 7 * 24 * 60 * 60
	}
	return 0
}
