package anchor

import "math/bits"

// A tally is a block being counted.
type tally struct {
	len                                            uint16
	digit, upper, token, punct, newline, high, ctl uint16
	alnum                                          uint16
}

// add counts n bytes with the masks m.
func (t *tally) add(m *masks, n int) {
	ones := func(v uint64) uint16 { return uint16(bits.OnesCount64(v)) }
	t.len += uint16(n)
	t.digit += ones(m.digit)
	t.upper += ones(m.upper)
	t.token += ones(m.token)
	t.punct += ones(m.punct)
	t.newline += ones(m.newline)
	t.high += ones(m.high)
	t.ctl += ones(m.ctl)
	t.alnum += ones(m.token &^ m.punct)
}

// block is the finished count of the block that ends at end.
func (t *tally) block(end int) Block {
	return Block{
		Off: end - int(t.len), Len: int(t.len),
		Digit: t.digit, Upper: t.upper, Token: t.token, Punct: t.punct, Newline: t.newline,
		Space: t.len - t.alnum - t.punct - t.newline - t.high - t.ctl, High: t.high, Ctl: t.ctl,
	}
}

// cut returns the part of m from bit lo up to bit hi, moved to bit 0.
func (m *masks) cut(lo, hi int) masks {
	c := func(v uint64) uint64 { return v << (64 - hi) >> (64 - hi + lo) }
	return masks{
		digit: c(m.digit), upper: c(m.upper), token: c(m.token), punct: c(m.punct),
		newline: c(m.newline), high: c(m.high), ctl: c(m.ctl),
	}
}

// count adds n bytes that begin at offset at to the block counters.
func (f *finder) count(t *tally, m *masks, n, at int) {
	room := BlockSize - int(t.len)
	if n < room {
		t.add(m, n)
		return
	}
	part := m.cut(0, room)
	t.add(&part, room)
	f.blocks = append(f.blocks, t.block(at+room))
	*t = tally{}
	if n > room {
		part = m.cut(room, n)
		t.add(&part, n-room)
	}
}
