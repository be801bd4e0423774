package content

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// A wideEncoding is UTF-16 or UTF-32 in one byte order; the zero value is none.
type wideEncoding struct {
	size int // bytes a code unit: 2 or 4
	big  bool
	bom  bool // the text begins with a byte order mark
}

func (e wideEncoding) wide() bool { return e.size > 0 }

// encodingOf tells UTF-16 and UTF-32 by a byte order mark or by the zeros that
// ASCII has in them. declared says that b is known to be JSON or text, where two
// characters are proof enough (Python's json.loads goes by them as well); else
// they must go on for a while.
func encodingOf(b []byte, declared bool) wideEncoding {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe, 0, 0}) && len(b)%4 == 0:
		return wideEncoding{4, false, true}
	case bytes.HasPrefix(b, []byte{0, 0, 0xfe, 0xff}):
		return wideEncoding{4, true, true}
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return wideEncoding{2, false, true}
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return wideEncoding{2, true, true}
	case len(b) < 2:
		return wideEncoding{}
	}
	head := b[:min(len(b), 64)]
	if declared {
		head = b[:min(len(b), 4)]
	}
	for _, e := range [...]wideEncoding{{4, false, false}, {4, true, false}, {2, false, false}, {2, true, false}} {
		if e.holdsASCII(head) {
			return e
		}
	}
	return wideEncoding{}
}

// holdsASCII reports whether b is text in e and at least three quarters of it ASCII.
func (e wideEncoding) holdsASCII(b []byte) bool {
	if len(b) < e.size {
		return false
	}
	ascii, units := 0, 0
	for ; len(b) >= e.size; b = b[e.size:] {
		switch c := e.unit(b); {
		case c < ' ' && c != '\n' && c != '\r' && c != '\t' || c > utf8.MaxRune:
			return false
		case c < 0x7f:
			ascii++
		}
		units++
	}
	return ascii*4 >= units*3
}

func (e wideEncoding) order() binary.ByteOrder {
	if e.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (e wideEncoding) unit(b []byte) uint32 {
	if e.size == 4 {
		return e.order().Uint32(b)
	}
	return uint32(e.order().Uint16(b))
}

// decode appends b as UTF-8 to dst. faithful is false when the way back would
// give other bytes: surrogates alone, code points that are none, a cut unit.
func (e wideEncoding) decode(dst, b []byte) (text []byte, faithful bool) {
	faithful = len(b)%e.size == 0
	if e.bom {
		b = b[e.size:]
	}
	for ; len(b) >= e.size; b = b[e.size:] {
		r := rune(e.unit(b))
		if e.size == 2 && utf16.IsSurrogate(r) && len(b) >= 4 {
			if pair := utf16.DecodeRune(r, rune(e.unit(b[2:]))); pair != utf8.RuneError {
				r, b = pair, b[2:]
			}
		}
		if !utf8.ValidRune(r) {
			r, faithful = utf8.RuneError, false
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, faithful
}

// encode is the way back.
func (e wideEncoding) encode(text []byte) ([]byte, error) {
	var out []byte
	add := func(u uint32) {
		var b [4]byte
		if e.size == 4 {
			e.order().PutUint32(b[:], u)
		} else {
			e.order().PutUint16(b[:], uint16(u))
		}
		out = append(out, b[:e.size]...)
	}
	if e.bom {
		add(0xfeff)
	}
	for _, r := range string(text) {
		if e.size == 2 && r > 0xffff {
			hi, lo := utf16.EncodeRune(r)
			add(uint32(hi))
			add(uint32(lo))
			continue
		}
		add(uint32(r))
	}
	return out, nil
}
