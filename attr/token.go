package attr

import "bytes"

// noByte is what the functions below return in the place of the byte that ended
// a token when none did, and the reader has warned. (VSTREAM_EOF)
const noByte = -1

// What stock calls the two kinds of token in its messages.
const (
	nameToken  = "input attribute name"
	valueToken = "input attribute value"
)

// readName reads a name and the byte that ends it: the separator, or the
// terminator if there is no value. In the null encoding there is one such byte
// for all. The name is a view that the next read may overwrite.
func (r *Reader) readName() ([]byte, int) {
	switch r.enc {
	case Null:
		return r.readString(nameToken)
	case Plain:
		return r.readUntil('=', nameToken)
	}
	tok, sep := r.readBase64(nameToken)
	r.scratch = r.scratch[:len(r.scratch)-len(tok)]
	return tok, sep
}

// readValue reads a value. In the base64 encoding it may end with ':' instead of
// the newline.
func (r *Reader) readValue() ([]byte, int) {
	switch r.enc {
	case Null:
		return r.readString(valueToken)
	case Plain:
		return r.readLine(valueToken)
	}
	return r.readBase64(valueToken)
}

// skipValue skips what follows a name that nobody asked for. In the null encoding
// the end of the data brings a warning here, and another one when the next name
// is read; stock has it so.
func (r *Reader) skipValue(sep int) {
	if r.enc == Null {
		r.readString(valueToken)
		return
	}
	if sep == '\n' {
		return
	}
	if i := bytes.IndexByte(r.data[r.pos:], '\n'); i >= 0 {
		r.pos += i + 1
	} else {
		r.pos = len(r.data)
	}
}

// readString reads a token of the null encoding.
func (r *Reader) readString(context string) ([]byte, int) {
	rest := r.data[r.pos:]
	i := bytes.IndexByte(rest, 0)
	if i < 0 {
		r.pos = len(r.data)
		// Stock looks at the last byte, as a signed char, and takes 255 for the
		// end of file.
		if n := len(rest); n == 0 || rest[n-1] == 0xff {
			r.premature(context)
		} else {
			r.warn("unexpected end-of-input from %s while reading %s", r.stream, context)
		}
		return nil, noByte
	}
	r.pos += i + 1
	if r.Verbose != nil {
		r.gotToken(context, rest[:i])
	}
	return rest[:i], 0
}

// readLine reads the rest of a line of the plain encoding.
func (r *Reader) readLine(context string) ([]byte, int) {
	rest := r.data[r.pos:]
	i := bytes.IndexByte(rest, '\n')
	if i < 0 {
		r.pos = len(r.data)
		r.premature(context)
		return nil, noByte
	}
	r.pos += i + 1
	if r.Verbose != nil {
		r.gotToken(context, rest[:i])
	}
	return rest[:i], '\n'
}

// readUntil reads up to the separator or the end of the line. Names are short,
// so a plain loop it is.
func (r *Reader) readUntil(separator byte, context string) ([]byte, int) {
	rest := r.data[r.pos:]
	for i, c := range rest {
		if c == separator || c == '\n' {
			r.pos += i + 1
			if r.Verbose != nil {
				r.gotToken(context, rest[:i])
			}
			return rest[:i], int(c)
		}
	}
	r.pos = len(r.data)
	r.premature(context)
	return nil, noByte
}

// readBase64 reads and decodes a token of the base64 encoding.
func (r *Reader) readBase64(context string) ([]byte, int) {
	rest := r.data[r.pos:]
	i := bytes.IndexAny(rest, ":\n")
	if i < 0 {
		r.pos = len(r.data)
		r.premature(context)
		return nil, noByte
	}
	r.pos += i + 1
	tok, ok := r.decode(rest[:i])
	if !ok {
		r.warn("malformed base64 data from %s: %s", r.stream, clipped(rest[:i]))
		return nil, noByte
	}
	if r.Verbose != nil {
		r.gotToken(context, tok)
	}
	return tok, int(rest[i])
}

// decode decodes base64 text into the scratch memory. If that is too small for it,
// it is replaced (views of the old one stay good) by one that is large enough for
// all the rest of the data.
func (r *Reader) decode(text []byte) ([]byte, bool) {
	if r.scratch == nil || cap(r.scratch)-len(r.scratch) < len(text)/4*3 {
		r.scratch = make([]byte, 0, (len(r.data)-r.pos+len(text))/4*3+3)
	}
	start := len(r.scratch)
	out, ok := decodeBase64(r.scratch, text)
	if !ok {
		return nil, false
	}
	r.scratch = out
	return out[start:len(out):len(out)], true
}

func (r *Reader) premature(context string) {
	what := "premature end-of-input"
	if r.Timeout {
		what = "timeout"
	}
	r.warn("%s on %s while reading %s", what, r.stream, context)
}

func (r *Reader) gotToken(context string, tok []byte) {
	text := string(cstring(tok))
	if text == "" {
		text = "(end)"
	}
	r.Verbose("%s: %s", context, text)
}

// cstring returns what C sees of b: everything before the first NUL.
func cstring(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// clipped returns what stock's warnings show of a malformed value ("%.100s").
func clipped(b []byte) string {
	b = cstring(b)
	return string(b[:min(len(b), 100)])
}
