package content

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// A unit is the smallest run of raw bytes that stands for text of its own: one
// escape, or one byte that stands for itself.
type unit struct {
	raw, text int // lengths
	out       [utf8.UTFMax]byte
	bad       bool // no escape of the syntax; it stands for itself
}

// special returns the offset of the first byte of raw that may begin an
// escape, len(raw) when there is none.
func (q Quote) special(raw []byte) int {
	n := -1
	switch q {
	case JSONString, HeaderString:
		return backslash(raw)
	case FormValue:
		for i, c := range raw {
			if c == '%' || c == '+' {
				return i
			}
		}
	case Percent:
		n = bytes.IndexByte(raw, '%')
	case QuotedPrintable:
		n = bytes.IndexByte(raw, '=')
	}
	if n < 0 {
		return len(raw)
	}
	return n
}

// unit decodes the escape that begins raw.
func (q Quote) unit(raw []byte) unit {
	switch q {
	case JSONString:
		return jsonUnit(raw)
	case HeaderString: // RFC 9110 §5.6.4; browsers leave a lone backslash as it is
		if len(raw) > 1 && (raw[1] == '"' || raw[1] == '\\') {
			return one(2, raw[1])
		}
	case FormValue:
		if raw[0] == '+' {
			return one(1, ' ')
		}
		if c, ok := hexByte(raw); ok {
			return one(3, c)
		}
	case Percent:
		if c, ok := hexByte(raw); ok {
			return one(3, c)
		}
	case QuotedPrintable: // RFC 2045 §6.7: "=" at the end of a line joins it to the next
		if c, ok := hexByte(raw); ok {
			return one(3, c)
		}
		if len(raw) > 1 && raw[1] == '\n' {
			return unit{raw: 2}
		}
		if len(raw) > 2 && raw[1] == '\r' && raw[2] == '\n' {
			return unit{raw: 3}
		}
	}
	u := one(1, raw[0])
	u.bad = true
	return u
}

func one(raw int, c byte) unit { return unit{raw: raw, text: 1, out: [utf8.UTFMax]byte{c}} }

// shortEscape is what a backslash and c stand for, 0 when that is no escape of
// two characters.
func shortEscape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

func jsonUnit(raw []byte) unit {
	if len(raw) > 1 {
		if c := shortEscape(raw[1]); c != 0 {
			return one(2, c)
		}
		if r := hexRune(raw); r >= 0 {
			return jsonRune(raw, r)
		}
	}
	u := one(1, '\\')
	u.bad = true
	return u
}

// jsonRune decodes \uXXXX, or two of them when they are a surrogate pair. A
// surrogate alone is U+FFFD.
func jsonRune(raw []byte, r rune) unit {
	u := unit{raw: 6}
	if utf16.IsSurrogate(r) {
		pair := utf8.RuneError
		if low := hexRune(raw[6:]); low >= 0 {
			pair = utf16.DecodeRune(r, low)
		}
		if r = pair; pair != utf8.RuneError {
			u.raw = 12
		}
	}
	u.text = utf8.EncodeRune(u.out[:], r)
	return u
}

// hexRune reads \uXXXX at the head of raw, or returns -1.
func hexRune(raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	r := rune(0)
	for _, c := range raw[2:6] {
		d, ok := hexDigit(c)
		if !ok {
			return -1
		}
		r = r<<4 | rune(d)
	}
	return r
}

// hexByte reads the two digits behind the first byte of raw.
func hexByte(raw []byte) (byte, bool) {
	if len(raw) < 3 {
		return 0, false
	}
	a, ok := hexDigit(raw[1])
	b, ok2 := hexDigit(raw[2])
	return a<<4 | b, ok && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// appendText appends the text of raw to dst; bad says that an escape was none
// of the syntax.
func (q Quote) appendText(dst, raw []byte) (text []byte, bad bool) {
	for len(raw) > 0 {
		var n int
		var b bool
		dst, n, b = q.appendPiece(dst, raw)
		bad = bad || b
		raw = raw[n:]
	}
	return dst, bad
}

// appendPiece appends about pieceSize bytes of text to dst and returns how many
// raw bytes they came from.
func (q Quote) appendPiece(dst, raw []byte) (text []byte, n int, bad bool) {
	if q == JSONString {
		return appendJSON(dst, raw)
	}
	stop := min(len(raw), pieceSize)
	for n < stop {
		run := q.special(raw[n:stop])
		dst = append(dst, raw[n:n+run]...)
		if n += run; n == stop {
			break
		}
		u := q.unit(raw[n:])
		dst = append(dst, u.out[:u.text]...)
		bad = bad || u.bad
		n += u.raw
	}
	return dst, n, bad
}

// appendJSON is appendPiece for the strings of JSON. It copies eight bytes at a
// time while it looks for a backslash in them: dst always has room for eight
// more, and text is never longer than what it stands for.
func appendJSON(dst, raw []byte) (text []byte, n int, bad bool) {
	stop := min(len(raw), pieceSize)
	k := len(dst)
	dst = slices.Grow(dst, stop+16)
	dst = dst[:cap(dst)]
	for n < stop {
		if n+8 <= len(raw) {
			x := binary.LittleEndian.Uint64(raw[n:])
			binary.LittleEndian.PutUint64(dst[k:], x)
			m := matches(x, '\\')
			if m == 0 {
				n, k = n+8, k+8
				continue
			}
			i := bits.TrailingZeros64(m) / 8
			n, k = n+i, k+i
		} else if raw[n] != '\\' {
			dst[k] = raw[n]
			n, k = n+1, k+1
			continue
		}
		if n+1 < len(raw) {
			if c := shortEscape(raw[n+1]); c != 0 {
				dst[k] = c
				n, k = n+2, k+1
				continue
			}
		}
		u := jsonUnit(raw[n:])
		k += copy(dst[k:], u.out[:u.text])
		n += u.raw
		bad = bad || u.bad
	}
	return dst[:k], n, bad
}

// appendQuoted appends text written as q wants it. Numbers and tokens get
// quotes of their own: they are replaced whole.
func (q Quote) appendQuoted(dst, text []byte) []byte {
	switch q {
	case Plain:
		return append(dst, text...)
	case JSONNumber:
		return append(JSONString.appendQuoted(append(dst, '"'), text), '"')
	case HeaderToken:
		return append(HeaderString.appendQuoted(append(dst, '"'), text), '"')
	}
	for _, c := range text {
		dst = q.appendByte(dst, c)
	}
	return dst
}

func (q Quote) appendByte(dst []byte, c byte) []byte {
	switch q {
	case JSONString:
		switch {
		case c == '"' || c == '\\':
			return append(dst, '\\', c)
		case c == '\n':
			return append(dst, '\\', 'n')
		case c < ' ':
			return fmt.Appendf(dst, `\u%04x`, c)
		}
	case HeaderString:
		switch {
		case c == '"' || c == '\\':
			return append(dst, '\\', c)
		case c < ' ' || c == 0x7f: // cannot stand in a header at all
			return append(dst, '_')
		}
	case FormValue:
		if c == ' ' {
			return append(dst, '+')
		}
		if !unreserved(c) {
			return fmt.Appendf(dst, "%%%02X", c)
		}
	case Percent:
		if !unreserved(c) {
			return fmt.Appendf(dst, "%%%02X", c)
		}
	case QuotedPrintable:
		if c == '=' || c < ' ' && c != '\t' || c >= 0x7f { // the end of a line too: a boundary might stand behind it
			return fmt.Appendf(dst, "=%02X", c)
		}
	}
	return append(dst, c)
}

// unreserved are the characters that stand for themselves in every
// percent-encoded syntax (RFC 3986 §2.3).
func unreserved(c byte) bool {
	return letter(c) || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// whole reports whether an edit at q replaces all of a value: part of a number
// with a name in it would be neither number nor string.
func (q Quote) whole() bool { return q == JSONNumber || q == HeaderToken }
