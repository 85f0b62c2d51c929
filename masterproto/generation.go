package masterproto

import (
	"fmt"
	"strconv"
)

// ParseGeneration reads the value of EnvGeneration: octal digits, without a
// prefix. As in stock any decimal digit is let through, but 8 or 9 ends the
// number. An empty or other text is an error, whose text is stock's.
// postfix: src/master/multi_server.c multi_server_main
func ParseGeneration(text string) (uint32, error) {
	if text == "" {
		return 0, fmt.Errorf("bad generation: %s", text)
	}
	octal := len(text)
	for i, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("bad generation: %s", text)
		}
		if c > '7' && i < octal {
			octal = i
		}
	}
	// Out of range, ParseUint gives the largest number, as strtoul(3) does.
	gen, _ := strconv.ParseUint("0"+text[:octal], 8, 64)
	return uint32(gen), nil
}

// FormatGeneration is the text of a generation for EnvGeneration.
func FormatGeneration(gen uint32) string {
	return strconv.FormatUint(uint64(gen), 8)
}
