package anchor

import "math/bits"

// A run follows one run of ones from mask to mask.
type run struct{ open uint32 } // ones at the end of what was seen, not above MaxRun

// reached returns the bits at which a run of ones in the n bits of m becomes
// least long, and remembers the run that is open behind them.
func (r *run) reached(m uint64, n, least int) uint64 {
	if m == 0 {
		r.open = 0
		return 0
	}
	w := m // ones that begin so many ones, a power of two not above least
	for have := 1; have*2 <= least; have *= 2 {
		w &= w >> have
	}
	head := bits.TrailingZeros64(^m) // ones that continue the open run; n at most, m has no bit from n on
	open := int(r.open)
	if w != 0 || head+open >= least || head >= n {
		return r.long(m, n, least, open, head)
	}
	r.open = uint32(bits.LeadingZeros64(^(m << (64 - n))))
	return 0
}

// long is reached where a run may be long enough, which is rare in text.
func (r *run) long(m uint64, n, least, open, head int) (out uint64) {
	if open < least && open+head >= least {
		out = 1 << (least - open - 1)
	}
	if head >= n {
		r.open = uint32(min(open+n, MaxRun))
		return out
	}
	r.open = uint32(bits.LeadingZeros64(^(m << (64 - n))))
	m &^= 1<<head - 1
	// Ones that end least ones: each step doubles what a bit stands for.
	w, have := m, 1
	for ; have*2 <= least; have *= 2 {
		w &= w << have
	}
	w &= w << (least - have)
	return out | w&^(w<<1)
}

// runs is what the kinds other than literals need to know of earlier bytes.
type runs struct {
	digits, token run
	digit, word   uint8 // the last byte was one: 0 or 1
	upper         uint8 // which of the last three bytes were, the last in bit 2
	escape        uint8 // the last byte may begin an escape: 0 or 1
}

// events says at which of 64 bytes a hit of each kind ends.
type events struct {
	digits, token, at, iban, caps, escape, wide uint64
}

func (e *events) any() uint64 { return e.digits | e.token | e.at | e.iban | e.caps | e.escape | e.wide }

// events finds the hits in n bytes that have the masks m.
func (s *Set) events(r *runs, m *masks, n int) (e events) {
	if s.kinds[KindDigits] {
		e.digits = r.digits.reached(m.digit|m.sep&(m.digit<<1|uint64(r.digit)), n, s.minDigits)
	}
	if s.kinds[KindToken] {
		e.token = r.token.reached(m.token, n, s.minToken)
	}
	if s.kinds[KindAt] {
		e.at = m.at
	}
	if s.kinds[KindIBAN] {
		u := uint64(r.upper)
		e.iban = m.digit & (m.digit<<1 | uint64(r.digit)) & (m.upper<<2 | u>>1) & (m.upper<<3 | u)
	}
	if s.kinds[KindCaps] {
		e.caps = m.upper &^ ((m.word|m.high)<<1 | uint64(r.word))
	}
	if s.kinds[KindEscape] {
		e.escape = (m.escape<<1 | uint64(r.escape)) & (^uint64(0) >> (64 - n))
		r.escape = uint8(m.escape >> (n - 1) & 1)
	}
	if s.kinds[KindWide] {
		e.wide = m.high
	}
	r.digit = uint8(m.digit >> (n - 1) & 1)
	r.word = uint8((m.word | m.high) >> (n - 1) & 1)
	if n >= 3 {
		r.upper = uint8(m.upper >> (n - 3) & 7)
	} else {
		r.upper = uint8((m.upper<<3 | uint64(r.upper)) >> n & 7)
	}
	return e
}

// sift leaves in e only what begins a character and what an escape may begin with.
// text[at] is the first of the bytes that e is of.
func (e *events) sift(text []byte, at int) {
	for l := e.escape; l != 0; l &= l - 1 {
		if i := at + first(l); !escapes(text[i-1], text[i]) {
			e.escape &^= l & -l
		}
	}
	for l := e.wide; l != 0; l &= l - 1 {
		if text[at+first(l)] < 0xC2 { // continues a character, or none
			e.wide &^= l & -l
		}
	}
}

// escapes reports whether an escape may begin with a and b; a is one of % \ & =.
func escapes(a, b byte) bool {
	digit, letter := b >= '0' && b <= '9', isLetter(b)
	switch a {
	case '%':
		return digit || b|0x20 >= 'a' && b|0x20 <= 'f'
	case '\\':
		return b == 'u' || b == 'x'
	case '&':
		return digit || letter || b == '#'
	}
	return digit || b >= 'A' && b <= 'F' || b == '\n' || b == '\r'
}
