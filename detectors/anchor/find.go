package anchor

import "math/bits"

// Sizes of what Find looks at together.
const (
	lookback = MaxLiteral + 8 // bytes that must stand before a position: the longest literal, in whole words
	ahead    = 64             // bytes behind a block in which a literal may still end; not below maxReach
	head     = 192            // bytes at the start of a piece that are looked at in a copy; not below lookback
	batch    = 16             // blocks of 64 bytes a kernel classifies at once
)

// A Carry is all that survives between two pieces of a text. The zero value
// is the start of a text. It holds the text's last bytes and must not be logged.
type Carry struct {
	tail  [MaxLiteral]byte // the last bytes, the last one last
	seen  int              // length of the text so far
	runs  runs
	tally tally
}

// Find looks at the next piece p of the text that c follows, base bytes of
// which were looked at before, and appends the hits that end in p, and the
// blocks that p completes. It does not allocate if there is room in both.
// A Carry belongs to one goroutine; a Set may serve many.
func (s *Set) Find(c *Carry, p []byte, base int, hits []Hit, blocks []Block) ([]Hit, []Block) {
	if len(p) == 0 {
		return hits, blocks
	}
	f := finder{Set: s, hits: hits, blocks: blocks, floor: len(hits)}
	if len(p) <= head+ahead {
		f.small(c, p, base)
	} else {
		f.large(c, p, base)
	}
	if k := len(c.tail) - len(p); k > 0 {
		copy(c.tail[:], c.tail[len(p):])
		copy(c.tail[k:], p)
	} else {
		copy(c.tail[:], p[-k:])
	}
	c.seen = base + len(p)
	return f.hits, f.blocks
}

// Finish ends the text that c follows: it appends the last, short block, if
// there is one, and makes c the start of another text.
func (s *Set) Finish(c *Carry, blocks []Block) []Block {
	if c.tally.len > 0 {
		blocks = append(blocks, c.tally.block(c.seen))
	}
	*c = Carry{}
	return blocks
}

// A finder is one call of Find.
type finder struct {
	*Set
	hits   []Hit
	blocks []Block
	floor  int // hits before this one were there already
}

// A stage is the start of a piece with the tail before it, where the piece
// itself has not enough bytes before each position.
type stage [lookback + head + ahead]byte

// small looks at a piece that fits a stage; its frame on the stack is small.
//
//go:noinline
func (f *finder) small(c *Carry, p []byte, base int) {
	var st stage
	copy(st[lookback-len(c.tail):], c.tail[:])
	n := copy(st[lookback:], p)
	var m [(head + ahead) / 64]masks
	f.again(st[:lookback+n], base-lookback, m[:1])
	f.scan(c, st[:lookback+n], base-lookback, lookback, lookback+n, m[:])
}

// large looks at the start of a piece in a stage and then at the piece itself.
//
//go:noinline
func (f *finder) large(c *Carry, p []byte, base int) {
	var st stage
	copy(st[lookback-len(c.tail):], c.tail[:])
	copy(st[lookback:], p)
	var m [batch]masks
	f.again(st[:], base-lookback, m[:1])
	f.scan(c, st[:], base-lookback, lookback, lookback+head, m[:])
	f.scan(c, p, base, head, len(p), m[:])
}

// again looks once more at the last bytes before text[lookback:], for literals
// whose window stands there and whose end does not.
func (f *finder) again(text []byte, off int, m []masks) {
	if f.lits.reach == 0 || off+lookback == 0 {
		return
	}
	const at = lookback - 64
	f.classifyPart(text, at, lookback, m)
	for l := m[0].long >> (64 - f.lits.reach) << (64 - f.lits.reach); l != 0; l &= l - 1 {
		f.long(text, at+first(l), lookback, off)
	}
}

// scan finds what ends in text[at:to]; a literal that has its window there and
// ends behind to is found too. off is the offset of text[0]; m is room for
// masks.
func (f *finder) scan(c *Carry, text []byte, off, at, to int, m []masks) {
	from := at
	for at < to {
		n := min((to-at)/64, len(m))
		size := 64
		if n > 0 {
			f.classify(text, at, m[:n])
		} else {
			n, size = 1, to-at
			f.classifyPart(text, at, to, m)
		}
		f.sift(text, at, m[:n])
		for i := range m[:n] {
			f.block(c, &m[i], text, at+i*64, size, from, off)
		}
		at += (n-1)*64 + size
	}
}

// classifyPart classifies the part of a block text[at:to] into m[0].
func (f *finder) classifyPart(text []byte, at, to int, m []masks) {
	var pad [kernelReach + 64]byte
	copy(pad[:], text[at-kernelReach:to])
	f.classify(pad[:], kernelReach, m[:1])
	m[0].keep(to - at)
}

// block finds what ends in the size bytes at text[at:], which have the masks m.
func (f *finder) block(c *Carry, m *masks, text []byte, at, size, from, off int) {
	e := f.events(&c.runs, m, size)
	if f.Set.blocks {
		f.count(&c.tally, m, size, off+at)
	}
	if e.escape|e.wide != 0 {
		e.sift(text, at)
	}
	any := e.any()
	for all := m.two | m.three | m.four | m.free | m.long | any; all != 0; all &= all - 1 {
		bit := all & -all
		i := at + first(all)
		if m.two&bit != 0 {
			v := before(text, i)
			f.verify(&f.lits.two, hashTwo(v), v, text, i, from, off)
		}
		if (m.three|m.free)&bit != 0 {
			v := before(text, i)
			f.verify(&f.lits.three, hashThree(v), v, text, i, from, off)
		}
		if (m.four|m.free)&bit != 0 {
			v := before(text, i)
			f.verify(&f.lits.four, hashFour(v), v, text, i, from, off)
		}
		if m.long&bit != 0 {
			f.long(text, i, from, off)
		}
		if any&bit != 0 {
			f.reportAt(&e, bit, off+i+1)
		}
	}
}

// long verifies the long literals whose window may end at text[i].
func (f *finder) long(text []byte, i, from, off int) {
	v := before(text, i)
	if h := hashFive(v); f.lits.five.has(h) != 0 {
		f.verify(&f.lits.five, h, v, text, i, from, off)
	}
	h := hashEight(v)
	if f.lits.left.has(h) != 0 {
		f.verify(&f.lits.left, h, v, text, i, from, off)
	}
	v = beginning(text, i)
	if h = hashEight(v); f.lits.right.has(h) != 0 {
		f.verify(&f.lits.right, h, v, text, i, from, off)
	}
}

// report appends h and moves it before the hits of this call that come after
// it: those of literals whose window stands before their end.
func (f *finder) report(h Hit) {
	f.hits = append(f.hits, h)
	for i := len(f.hits) - 1; i > f.floor && precedes(h, f.hits[i-1]); i-- {
		f.hits[i-1], f.hits[i] = h, f.hits[i-1]
	}
}

func precedes(a, b Hit) bool {
	if a.End != b.End {
		return a.End < b.End
	}
	if a.Kind != b.Kind {
		return a.Kind < b.Kind
	}
	return a.ID < b.ID
}

// reportAt reports the hits of e at one bit.
func (f *finder) reportAt(e *events, bit uint64, end int) {
	if e.digits&bit != 0 {
		f.report(Hit{End: end, Kind: KindDigits})
	}
	if e.token&bit != 0 {
		f.report(Hit{End: end, Kind: KindToken})
	}
	if e.at&bit != 0 {
		f.report(Hit{End: end, Kind: KindAt})
	}
	if e.iban&bit != 0 {
		f.report(Hit{End: end, Kind: KindIBAN})
	}
	if e.caps&bit != 0 {
		f.report(Hit{End: end, Kind: KindCaps})
	}
	if e.escape&bit != 0 {
		f.report(Hit{End: end, Kind: KindEscape})
	}
	if e.wide&bit != 0 {
		f.report(Hit{End: end, Kind: KindWide})
	}
}

func first(m uint64) int { return bits.TrailingZeros64(m) }
