package decode

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// A Finder looks for hidden characters in a text that grows at its end. It
// remembers where it last saw each of the bytes that can begin one, so that the
// whole text is searched once. The zero value is ready for a new text; it holds
// no text. Not safe for concurrent use.
type Finder struct {
	// By kind: % \ & = and bytes ≥ 0x80, and separators that set characters apart.
	next [6]int // absolute offset of the next, or of the end of what was searched
	seen [6]bool

	rows  []stretch // where digits may be set apart
	lines []stretch // where line breaks may cut numbers and keys
	// Absolute offsets, ascending: where long runs of token bytes begin and heads
	// of keys end.
	tokens, heads []int
}

// Next returns the first hidden character at or after text[i], whose absolute
// offset is base+i. Unless the text ends (eof), places within Context of the end
// are left for later: ok is false then and at is where to go on.
func (f *Finder) Next(text []byte, base, i int, eof bool, buf []byte) (at int, c Change, ok bool) {
	limit := len(text)
	if !eof {
		limit = max(i, len(text)-Context)
	}
	for i < limit {
		least := limit
		for k := range f.next {
			n := f.next[k] - base
			if n < i || !f.seen[k] && n < limit {
				n = f.find(k, text, base, i, limit)
			}
			least = min(least, n)
		}
		if least >= limit {
			return limit, c, false
		}
		if f.seen[apartKind] && f.next[apartKind] == base+least {
			c, ok = f.unit(text, base, least, buf)
		} else {
			c, ok = Unit(text, least, buf)
		}
		if ok {
			return least, c, true
		}
		i = least + 1
	}
	return limit, c, false
}

// Reset makes the finder ready for another text; it keeps its room.
func (f *Finder) Reset() {
	*f = Finder{rows: f.rows[:0], lines: f.lines[:0], tokens: f.tokens[:0], heads: f.heads[:0]}
}

const (
	starters  = "%\\&="
	apartKind = 5
)

// unit is what stands at text[i], where characters are set apart or a value is
// wrapped.
func (f *Finder) unit(text []byte, base, i int, buf []byte) (c Change, ok bool) {
	if text[i] == '\n' || text[i] == '\r' {
		if c, ok = f.wrap(text, base, i, buf); ok {
			return c, true
		}
	}
	return Change{1, buf[:0], Spaced}, true
}

// find is the index in text of the next byte of kind k at or after i, or limit.
func (f *Finder) find(k int, text []byte, base, i, limit int) int {
	from := max(i, min(f.next[k]-base, limit))
	if f.seen[k] {
		from = i
	}
	if k == apartKind {
		n := f.findApart(text, base, from, limit)
		f.seen[k], f.next[k] = n < limit, base+n
		return n
	}
	for {
		n := -1
		switch {
		case k == 1:
			n = indexEscape(text[from:limit], text[limit:])
		case k < len(starters):
			n = bytes.IndexByte(text[from:limit], starters[k])
		default:
			n = indexHigh(text[from:limit])
		}
		if n < 0 {
			f.seen[k], f.next[k] = false, base+limit
			return limit
		}
		from += n
		if promising(text, from) {
			f.seen[k], f.next[k] = true, base+from
			return from
		}
		from++
	}
}

// promising looks one byte ahead: most of these bytes stand in ordinary text.
func promising(text []byte, i int) bool {
	if text[i] >= 0x80 {
		return true
	}
	if i+1 >= len(text) {
		return false
	}
	switch b := text[i+1]; text[i] {
	case '%':
		return hexDigit(b) >= 0
	case '\\':
		return b == 'u' || b == 'x'
	case '&':
		return b == '#' || isAlnum(b)
	default:
		return b < 'a' && hexDigit(b) >= 0 || b == '\n' || b == '\r'
	}
}

// indexEscape is the index in p of the first backslash that u or x follows, in p
// or at the start of rest, or -1. Text in JSON is full of other escapes.
func indexEscape(p, rest []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := bytes.IndexByte(p, '\\')
	if i < 0 {
		return -1
	}
	for ; i+9 <= len(p); i += 8 {
		w := binary.LittleEndian.Uint64(p[i+1:])
		b := binary.LittleEndian.Uint64(p[i:]) ^ '\\'*ones
		u, x := b|(w^'u'*ones), b|(w^'x'*ones) // a byte is zero where both match
		if m := ((u-ones)&^u | (x-ones)&^x) & high; m != 0 {
			return i + bits.TrailingZeros64(m)/8 // the first such byte is no artefact of a borrow
		}
	}
	for ; i < len(p); i++ {
		if p[i] != '\\' {
			continue
		}
		next := rest
		if i+1 < len(p) {
			next = p[i+1:]
		}
		if len(next) > 0 && (next[0] == 'u' || next[0] == 'x') {
			return i
		}
	}
	return -1
}

// indexHigh is the index of the first byte ≥ 0x80, or -1.
func indexHigh(p []byte) int {
	const high = 0x8080808080808080
	i := 0
	for ; i+32 <= len(p); i += 32 {
		a := binary.LittleEndian.Uint64(p[i:]) | binary.LittleEndian.Uint64(p[i+8:])
		b := binary.LittleEndian.Uint64(p[i+16:]) | binary.LittleEndian.Uint64(p[i+24:])
		if (a|b)&high != 0 {
			break
		}
	}
	for ; i < len(p); i++ {
		if p[i] >= 0x80 {
			return i
		}
	}
	return -1
}
