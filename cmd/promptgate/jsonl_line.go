package main

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// A textLine is one line of scan --jsonl: {"id": any JSON value, "text": string}.
type textLine struct {
	id   []byte // as it stands in the line; nil when there is none
	text []byte // unescaped
}

// Why a line is not one. They hold nothing of the line.
var (
	errNoObject = errors.New(`not a JSON object such as {"id": 1, "text": "..."}`)
	errNoText   = errors.New(`no string under "text"`)
)

// maxNesting bounds arrays and objects inside a line.
const maxNesting = 1000

// decodeLine reads one line. Other keys are skipped; of equal ones the last
// counts, as in encoding/json. The text aliases p or scratch, which is returned
// grown. Bytes that are not UTF-8 are kept, so that offsets are those of the
// line; a lone surrogate becomes U+FFFD.
func decodeLine(p, scratch []byte) (l textLine, grown []byte, err error) {
	d := lineDecoder{p: p, scratch: scratch[:0]}
	if !d.object(&l) {
		return textLine{}, d.scratch, errNoObject
	}
	if !d.hasText {
		return textLine{id: l.id}, d.scratch, errNoText
	}
	return l, d.scratch, nil
}

// A lineDecoder walks over one line. Its methods return false for bad syntax.
type lineDecoder struct {
	p       []byte
	i       int
	scratch []byte
	hasText bool
}

func (d *lineDecoder) object(l *textLine) bool {
	if !d.next('{') {
		return false
	}
	if d.next('}') {
		return d.end()
	}
	for {
		if d.space(); d.i >= len(d.p) || d.p[d.i] != '"' {
			return false
		}
		key, ok := d.str()
		if !ok {
			return false
		}
		// key may alias scratch, which the value overwrites only after this.
		isID, isText := string(key) == "id", string(key) == "text"
		if !d.next(':') {
			return false
		}
		d.space()
		start := d.i
		switch {
		case isText && d.i < len(d.p) && d.p[d.i] == '"':
			if l.text, ok = d.str(); !ok {
				return false
			}
			d.hasText = true
		default:
			if !d.skip() {
				return false
			}
			if isText {
				d.hasText = false
			}
		}
		if isID {
			l.id = d.p[start:d.i]
		}
		if d.next(',') {
			continue
		}
		return d.next('}') && d.end()
	}
}

func (d *lineDecoder) space() {
	for d.i < len(d.p) && (d.p[d.i] == ' ' || d.p[d.i] == '\t' || d.p[d.i] == '\r' || d.p[d.i] == '\n') {
		d.i++
	}
}

// next passes white space and then c.
func (d *lineDecoder) next(c byte) bool {
	d.space()
	if d.i < len(d.p) && d.p[d.i] == c {
		d.i++
		return true
	}
	return false
}

func (d *lineDecoder) end() bool {
	d.space()
	return d.i == len(d.p)
}

// skip passes one value of any kind.
func (d *lineDecoder) skip() bool {
	depth := 0
	for {
		if d.space(); d.i >= len(d.p) {
			return false
		}
		switch c := d.p[d.i]; c {
		case '"':
			if !d.skipString() {
				return false
			}
		case '{', '[':
			if depth++; depth > maxNesting {
				return false
			}
			d.i++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return false
			}
			d.i++
		case ',', ':':
			if depth == 0 {
				return false
			}
			d.i++
			continue
		default:
			start := d.i
			for d.i < len(d.p) && bare(d.p[d.i]) {
				d.i++
			}
			if d.i == start {
				return false
			}
		}
		if depth == 0 {
			return true
		}
	}
}

// bare reports whether c may stand in a number, true, false or null.
func bare(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

func (d *lineDecoder) skipString() bool {
	d.i++
	for {
		d.i += plainRun(d.p[d.i:])
		if d.i >= len(d.p) || d.p[d.i] < 0x20 {
			return false
		}
		if d.p[d.i] == '"' {
			d.i++
			return true
		}
		d.i += 2 // a backslash and what it escapes
		if d.i > len(d.p) {
			return false
		}
	}
}

// str reads a string. Without escapes it is a part of the line.
func (d *lineDecoder) str() ([]byte, bool) {
	d.i++
	n := plainRun(d.p[d.i:])
	if d.i+n >= len(d.p) {
		return nil, false
	}
	if d.p[d.i+n] == '"' {
		s := d.p[d.i : d.i+n]
		d.i += n + 1
		return s, true
	}
	from := len(d.scratch)
	for {
		n := plainRun(d.p[d.i:])
		d.scratch = append(d.scratch, d.p[d.i:d.i+n]...)
		if d.i += n; d.i >= len(d.p) {
			return nil, false
		}
		switch d.p[d.i] {
		case '"':
			d.i++
			return d.scratch[from:len(d.scratch):len(d.scratch)], true
		case '\\':
			if !d.escape() {
				return nil, false
			}
		default: // a control character
			return nil, false
		}
	}
}

// escape appends what the escape at the cursor stands for.
func (d *lineDecoder) escape() bool {
	if d.i+1 >= len(d.p) {
		return false
	}
	c := d.p[d.i+1]
	d.i += 2
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r, ok := d.hex4(d.i)
		if !ok {
			return false
		}
		d.i += 4
		if utf16.IsSurrogate(r) {
			low, ok := rune(0), false
			if d.i+1 < len(d.p) && d.p[d.i] == '\\' && d.p[d.i+1] == 'u' {
				low, ok = d.hex4(d.i + 2)
			}
			if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
				d.i += 6
			} else {
				r = utf8.RuneError
			}
		}
		d.scratch = utf8.AppendRune(d.scratch, r)
		return true
	default:
		return false
	}
	d.scratch = append(d.scratch, c)
	return true
}

func (d *lineDecoder) hex4(at int) (rune, bool) {
	if at+4 > len(d.p) {
		return 0, false
	}
	var r rune
	for _, c := range d.p[at : at+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// plainRun is the number of bytes before the first quote, backslash or control
// character, or len(p). Eight bytes a step: a borrow can only make a false hit
// above a true one, so the lowest is right.
func plainRun(p []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(p); i += 8 {
		x := binary.LittleEndian.Uint64(p[i:])
		quote, back := x^ones*'"', x^ones*'\\'
		hit := ((x-ones*0x20)&^x | (quote-ones)&^quote | (back-ones)&^back) & highs
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(p); i++ {
		if c := p[i]; c < 0x20 || c == '"' || c == '\\' {
			return i
		}
	}
	return i
}
