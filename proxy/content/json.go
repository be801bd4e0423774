package content

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// jsonReader reads JSON from bytes held whole, one token a call, with raw
// offsets. It keeps what a decoder would fold away: duplicate keys, their order,
// escapes. It takes what others take beyond RFC 8259: a byte order mark, NaN and
// Infinity (Python), control characters and unknown escapes inside strings. Where
// the text is none of that it returns tokenBad and stays there.
type jsonReader struct {
	b     []byte
	i     int    // offset of the next byte
	comma int    // offset of the comma before the last token, if there was one
	stack []byte // open brackets
	deep  int    // how many brackets may be open
	want  want
}

// want is what the grammar asks for next.
type want uint8

const (
	wantValue   want = iota
	wantElement      // the first element or ]
	wantMember       // the first key or }
	wantKey          // a key behind a comma
	wantNext         // a comma or the closing bracket
	wantEnd          // the value is complete
)

// A token is one key, scalar or bracket. Strings and keys span what stands
// between the quotes.
type token struct {
	kind       tokenKind
	start, end int
	escaped    bool // the string holds a backslash
}

type tokenKind uint8

const (
	tokenBad tokenKind = iota // start is where the grammar was left
	tokenEnd                  // behind the value; start is the offset after it
	tokenKey
	tokenString
	tokenNumber
	tokenWord // true, false, null, NaN, Infinity
	tokenOpen
	tokenClose
)

// reset makes r read one value from b[i:].
func (r *jsonReader) reset(b []byte, i, deep int) {
	*r = jsonReader{b: b, i: i, comma: -1, stack: r.stack[:0], deep: deep}
	if i == 0 && bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		r.i = 3
	}
}

// next returns the next token of the value.
func (r *jsonReader) next() token {
	for {
		r.i = space(r.b, r.i)
		if r.want == wantEnd {
			return token{kind: tokenEnd, start: r.i, end: r.i}
		}
		if r.i == len(r.b) {
			return r.bad(r.i)
		}
		c := r.b[r.i]
		switch r.want {
		case wantNext:
			if c == ',' {
				r.comma = r.i
				r.i++
				r.want = wantValue
				if r.stack[len(r.stack)-1] == '{' {
					r.want = wantKey
				}
				continue
			}
			return r.close(c)
		case wantMember, wantKey:
			if c == '"' {
				return r.key()
			}
			if r.want == wantMember {
				return r.close(c)
			}
			return r.bad(r.i)
		case wantElement:
			if c == ']' {
				return r.close(c)
			}
		}
		return r.value(c)
	}
}

func (r *jsonReader) bad(at int) token { return token{kind: tokenBad, start: at, end: at} }

func (r *jsonReader) close(c byte) token {
	if c != '}' && c != ']' || r.stack[len(r.stack)-1] != c-2 { // '[' + 2 = ']', '{' + 2 = '}'
		return r.bad(r.i)
	}
	r.stack = r.stack[:len(r.stack)-1]
	r.i++
	r.done()
	return token{kind: tokenClose, start: r.i - 1, end: r.i}
}

// done notes that a value is complete.
func (r *jsonReader) done() {
	r.want = wantNext
	if len(r.stack) == 0 {
		r.want = wantEnd
	}
}

func (r *jsonReader) key() token {
	start := r.i
	end, escaped := stringEnd(r.b, start+1)
	if end < 0 {
		return r.bad(start)
	}
	i := space(r.b, end+1)
	if i == len(r.b) || r.b[i] != ':' {
		return r.bad(start)
	}
	r.i = i + 1
	r.want = wantValue
	return token{tokenKey, start + 1, end, escaped}
}

func (r *jsonReader) value(c byte) token {
	start := r.i
	switch {
	case c == '"':
		end, escaped := stringEnd(r.b, start+1)
		if end < 0 {
			return r.bad(start)
		}
		r.i = end + 1
		r.done()
		return token{tokenString, start + 1, end, escaped}
	case c == '{' || c == '[':
		if len(r.stack) == r.deep {
			return r.bad(start)
		}
		r.stack = append(r.stack, c)
		r.i++
		r.want = wantMember
		if c == '[' {
			r.want = wantElement
		}
		return token{kind: tokenOpen, start: start, end: r.i}
	}
	if n := number(r.b[start:]); n > 0 {
		r.i += n
		r.done()
		return token{kind: tokenNumber, start: start, end: r.i}
	}
	for _, w := range [...]string{"true", "false", "null", "NaN", "Infinity", "-Infinity"} {
		if len(r.b)-start >= len(w) && string(r.b[start:start+len(w)]) == w {
			r.i += len(w)
			r.done()
			return token{kind: tokenWord, start: start, end: r.i}
		}
	}
	return r.bad(start)
}

// skip reads over what remains of the value that t began and returns the
// offset behind it, or -1 when it does not end.
func (r *jsonReader) skip(t token) int {
	switch t.kind {
	case tokenOpen:
		for depth := 1; depth > 0; {
			switch t = r.next(); t.kind {
			case tokenOpen:
				depth++
			case tokenClose:
				depth--
			case tokenBad:
				return -1
			}
		}
		return t.end
	case tokenString:
		return t.end + 1
	}
	return t.end
}

// validJSON reports whether b is one JSON value and nothing else, an object or
// an array that nests at most deep brackets.
func (r *jsonReader) validJSON(b []byte, deep int) bool {
	r.reset(b, 0, deep)
	t := r.next()
	if t.kind != tokenOpen || r.skip(t) < 0 {
		return false
	}
	return space(b, r.i) == len(b)
}

// space returns the offset of the first byte at or after i that is no JSON white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// nearby is how many bytes are searched eight at a time before a search goes
// over to bytes.IndexByte, which is faster by far but slow to start: chat texts
// have an escape every 60 to 80 bytes.
const nearby = 64

// stringEnd returns the offset of the quote that closes the string whose text
// begins at i, or -1. Each byte is searched at most twice.
func stringEnd(b []byte, i int) (end int, escaped bool) {
	q := -1 // a quote that is known to be the next one
	for {
		stop := min(i+nearby, len(b)-7)
		for i < stop {
			x := binary.LittleEndian.Uint64(b[i:])
			if m := matches(x, '"') | matches(x, '\\'); m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			return -1, escaped
		}
		if b[i] != '"' && b[i] != '\\' {
			if q < i {
				n := bytes.IndexByte(b[i:], '"')
				if n < 0 {
					return -1, escaped
				}
				q = i + n
			}
			if n := bytes.IndexByte(b[i:q], '\\'); n >= 0 {
				i += n
			} else {
				i = q
			}
		}
		if b[i] == '"' {
			return i, escaped
		}
		escaped = true
		i += 2
	}
}

// matches has the high bit set of each byte of x that is c, at least of the
// lowest one; those above it may be wrong.
func matches(x uint64, c byte) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	x ^= ones * uint64(c)
	return (x - ones) &^ x & highs
}

// backslash returns the offset of the first backslash in b, len(b) without one.
func backslash(b []byte) int {
	i := 0
	for stop := min(nearby, len(b)-7); i < stop; i += 8 {
		if m := matches(binary.LittleEndian.Uint64(b[i:]), '\\'); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	if n := bytes.IndexByte(b[i:], '\\'); n >= 0 {
		return i + n
	}
	return len(b)
}

// number returns the length of the JSON number that begins b, 0 for none.
func number(b []byte) int {
	i := 0
	if i < len(b) && b[i] == '-' {
		i++
	}
	whole := digits(b, i)
	if whole == i || b[i] == '0' && whole > i+1 {
		return 0
	}
	i = whole
	if i < len(b) && b[i] == '.' {
		f := digits(b, i+1)
		if f == i+1 {
			return 0
		}
		i = f
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		j := i + 1
		if j < len(b) && (b[j] == '+' || b[j] == '-') {
			j++
		}
		e := digits(b, j)
		if e == j {
			return 0
		}
		i = e
	}
	return i
}

// digits returns the offset of the first byte at or after i that is no digit.
func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}
