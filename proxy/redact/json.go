package redact

import (
	"unicode/utf16"
	"unicode/utf8"
)

// jsonText is where in a document of JSON a Restorer is. Each string is a text of
// its own: where it ends, an address ends. What is no JSON is let through as it is.
type jsonText struct {
	leave func(key []byte) bool

	inString bool
	escape   []byte // raw bytes of an escape that is not whole
	open     []bool // brackets: true of an object
	key      []byte // the last one, as far as it matters
	isKey    bool   // the string is one
	colon    bool   // the next string is no key
	left     int    // brackets that were open where the value of a key to be left began; -1 to leave all that follows
	leaving  bool
}

const (
	// maxJSONDepth is how many brackets are remembered; behind a deeper one nothing is
	// restored.
	maxJSONDepth = 1000
	// maxJSONKey is how much of a key is remembered.
	maxJSONKey = 64
)

// writeJSON reads a piece of a document.
func (r *Restorer) writeJSON(p []byte) {
	j := &r.json
	for _, b := range p {
		if !j.inString {
			j.outside(b)
			r.out = append(r.out, b)
			if b == '"' {
				j.inString = true
				r.place = place{}
			}
			continue
		}
		if len(j.escape) > 0 {
			j.escape = append(j.escape, b)
			r.escape()
			continue
		}
		switch b {
		case '\\':
			j.escape = append(j.escape, b)
		case '"':
			r.flush()
			j.endString()
			r.out = append(r.out, b)
		default:
			r.unit(b, 1)
			r.raw = append(r.raw, b)
		}
	}
	if j.isKey || j.leaving {
		r.flush()
		return
	}
	r.decide(false)
}

// flush decides the end of a string.
func (r *Restorer) flush() {
	if r.json.isKey || r.json.leaving {
		r.out = append(r.out, r.raw...)
		r.text, r.size, r.raw = r.text[:0], r.size[:0], r.raw[:0]
		return
	}
	r.decide(true)
}

// unit adds a byte of the text of a string.
func (r *Restorer) unit(b byte, n uint8) {
	j := &r.json
	if j.isKey && len(j.key) < maxJSONKey {
		j.key = append(j.key, b)
	}
	r.push(b, n)
}

// escape reads an escape once it is whole.
func (r *Restorer) escape() {
	e := r.json.escape
	if e[1] != 'u' {
		b := e[1]
		switch b {
		case 'b':
			b = '\b'
		case 'f':
			b = '\f'
		case 'n':
			b = '\n'
		case 'r':
			b = '\r'
		case 't':
			b = '\t'
		}
		r.whole(b)
		return
	}
	if len(e) < 6 {
		return
	}
	c, ok := hex4(e[2:6])
	if !ok {
		r.whole(0xff)
		return
	}
	if utf16.IsSurrogate(c) { // what stands for it is no part of a token
		r.whole(0xff)
		return
	}
	if c < utf8.RuneSelf {
		r.whole(byte(c))
		return
	}
	r.whole(0xff)
}

// whole takes the escape as one byte of text.
func (r *Restorer) whole(b byte) {
	r.unit(b, uint8(len(r.json.escape)))
	r.raw = append(r.raw, r.json.escape...)
	r.json.escape = r.json.escape[:0]
}

func hex4(b []byte) (c rune, ok bool) {
	for _, d := range b {
		switch {
		case d >= '0' && d <= '9':
			c = c<<4 | rune(d-'0')
		case d|0x20 >= 'a' && d|0x20 <= 'f':
			c = c<<4 | rune(d|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return c, true
}

// outside reads what stands between strings.
func (j *jsonText) outside(b byte) {
	switch b {
	case '{', '[':
		if len(j.open) == maxJSONDepth {
			j.leaving, j.left = true, -1 // where it is, is not known any more
			return
		}
		j.open, j.colon = append(j.open, b == '{'), false
	case '}', ']':
		if len(j.open) > 0 {
			j.open = j.open[:len(j.open)-1]
		}
		if j.leaving && len(j.open) <= j.left {
			j.leaving = false
		}
	case ',':
		j.colon = false
		if j.leaving && len(j.open) == j.left {
			j.leaving = false
		}
	case ':':
		j.colon = true
		if !j.leaving && j.leave != nil && j.leave(j.key) {
			j.leaving, j.left = true, len(j.open)
		}
	case '"':
		j.isKey = !j.colon && len(j.open) > 0 && j.open[len(j.open)-1]
		if j.isKey {
			j.key = j.key[:0]
		}
	}
}

func (j *jsonText) endString() {
	j.inString, j.isKey = false, false
}
