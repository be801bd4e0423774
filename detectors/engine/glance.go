package engine

import "github.com/promptgate/promptgate/detectors"

// A glance is a [detectors.Beside] that is asked fast: most anchors are refused
// by a byte next to them, before a view of them is made. The zero value refuses
// none.
type glance struct {
	size           int32
	off            [2]int32
	before, behind [2]uint8 // numbers of sets
	at             [2]uint8
}

// maxSets bounds the sets that an engine tells apart; set 0 holds every byte and
// stands for those beyond.
const maxSets = 256

// besides is the sets of bytes of all glances: by byte, a bit for each set.
type besides struct {
	has     [256][maxSets / 64]uint64
	numbers map[detectors.Bytes]uint8
}

// add makes the glance for b, of a part that sees left bytes before an anchor's
// end and right behind it. What it would not see is not asked.
func (x *besides) add(b *detectors.Beside, left, right int) (g glance) {
	if b == nil {
		return g
	}
	if b.Size > 0 && b.Size < left {
		g.size = int32(b.Size)
		for k := range 2 {
			g.before[k] = x.number(b.Before[k])
		}
	}
	if right > 0 {
		for k := range 2 {
			g.behind[k] = x.number(b.Behind[k])
		}
	}
	for k, off := range b.Off {
		if off >= -left && off < right {
			g.off[k], g.at[k] = int32(off), x.number(b.At[k])
		}
	}
	return g
}

// begins reports whether nothing comes of literal k inside a word, or nothing but a
// word begins with it: it may be left to package anchor where words begin.
func begins(n *detectors.Needs, k int) bool {
	l := n.Literals[k]
	if l.Begins || len(l.Text) == 2 && l.Text[0] < 0x80 && (l.Text[0]|0x20 < 'a' || l.Text[0]|0x20 > 'z') {
		return true
	}
	if k >= len(n.LiteralBeside) || n.LiteralBeside[k] == nil {
		return false
	}
	before := &n.LiteralBeside[k].Before
	for b := byte('A'); b <= 'Z'; b++ {
		if before[0].Has(b) || before[0].Has(b|0x20) || before[1].Has(b) {
			return false
		}
	}
	return true
}

func (x *besides) number(set detectors.Bytes) uint8 {
	if x.numbers == nil {
		x.numbers = map[detectors.Bytes]uint8{{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}: 0}
	}
	n, ok := x.numbers[set]
	if ok {
		return n
	}
	if len(x.numbers) == maxSets {
		return 0
	}
	n = uint8(len(x.numbers))
	x.numbers[set] = n
	for b := range 256 {
		if set.Has(byte(b)) {
			x.has[b][n>>6] |= 1 << (n & 63)
		}
	}
	return n
}

func (x *besides) in(set, b uint8) bool {
	return set == 0 || x.has[b][set>>6]>>(set&63)&1 == 1
}

// refuses reports whether the bytes around text[:end] show that nothing comes of
// an anchor that ends there. What lies outside text is taken to fit.
func (x *besides) refuses(g *glance, text []byte, end int) bool {
	if uint(end) < uint(len(text)) && !x.in(g.behind[capital(text, end-1)], text[end]) {
		return true
	}
	if i := end - int(g.size); g.size > 0 && i > 0 && !x.in(g.before[capital(text, i)], text[i-1]) {
		return true
	}
	for k, off := range g.off {
		if i := end + int(off); uint(i) < uint(len(text)) && !x.in(g.at[k], text[i]) {
			return true
		}
	}
	return false
}

// capital returns 1 if text[i] is a capital, else 0.
func capital(text []byte, i int) int {
	if uint(i) < uint(len(text)) && text[i] >= 'A' && text[i] <= 'Z' {
		return 1
	}
	return 0
}
