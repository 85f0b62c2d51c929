package attr

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// invalid marks, in base64Values, bytes outside the alphabet.
const invalid = 0xff

// base64Values holds the six bits that a byte of base64 text stands for.
var base64Values = func() (values [256]byte) {
	for i := range values {
		values[i] = invalid
	}
	for i := range len(base64Alphabet) {
		values[base64Alphabet[i]] = byte(i)
	}
	return values
}()

// appendBase64 appends the base64 text of src to dst, padded, in one line.
//
// postfix: src/util/base64_code.c
func appendBase64[T string | []byte](dst []byte, src T) []byte {
	for ; len(src) >= 3; src = src[3:] {
		v := uint(src[0])<<16 | uint(src[1])<<8 | uint(src[2])
		dst = append(dst, base64Alphabet[v>>18&63], base64Alphabet[v>>12&63],
			base64Alphabet[v>>6&63], base64Alphabet[v&63])
	}
	switch len(src) {
	case 1:
		v := uint(src[0])
		return append(dst, base64Alphabet[v>>2], base64Alphabet[v<<4&63], '=', '=')
	case 2:
		v := uint(src[0])<<8 | uint(src[1])
		return append(dst, base64Alphabet[v>>10], base64Alphabet[v>>4&63], base64Alphabet[v<<2&63], '=')
	}
	return dst
}

// decodeBase64 appends what src stands for to dst. It is as strict, and as lax,
// as stock: the length must be a multiple of four and there may be nothing
// outside the alphabet, but all ends at the first '=' in the third or fourth
// place of a group, whatever follows; spare bits are not looked at.
//
// postfix: src/util/base64_code.c
func decodeBase64(dst, src []byte) ([]byte, bool) {
	if len(src)%4 != 0 {
		return dst, false
	}
	for ; len(src) >= 4; src = src[4:] {
		a, b := base64Values[src[0]], base64Values[src[1]]
		if a == invalid || b == invalid {
			return dst, false
		}
		dst = append(dst, a<<2|b>>4)
		if src[2] == '=' {
			break
		}
		c := base64Values[src[2]]
		if c == invalid {
			return dst, false
		}
		dst = append(dst, b<<4|c>>2)
		if src[3] == '=' {
			break
		}
		d := base64Values[src[3]]
		if d == invalid {
			return dst, false
		}
		dst = append(dst, c<<6|d)
	}
	return dst, true
}
