package maillog

// maxText is the number of bytes of a text that are sent, the severity not
// counted. postfix: src/util/msg_logger.c MSG_LOGGER_RECLEN
const maxText = 2000

// printable replaces in place every byte of text that is not printable ASCII
// by '?', and keeps UTF-8 if keepUTF8 is set. What passes for UTF-8 is what it is
// for stock 3.7: a byte that may begin a character, and all the continuation
// bytes behind it, of which there must be one. The length does not change.
// postfix: src/util/printable.c
func printable(text []byte, keepUTF8 bool) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= ' ' && c <= '~':
		case keepUTF8 && c >= 194 && c <= 254 && continues(text, i+1):
			for continues(text, i+1) {
				i++
			}
		default:
			text[i] = '?'
		}
	}
}

// continues says whether text[i] is a continuation byte of UTF-8.
func continues(text []byte, i int) bool { return i < len(text) && text[i]&0xc0 == 0x80 }

// clip cuts text to at most max bytes. Like stock's it counts bytes, and may
// cut a character in two.
func clip(text []byte, max int) []byte {
	if len(text) > max {
		return text[:max]
	}
	return text
}
