package anchor

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
	// The first blocks are looked at in a copy that has the tail before them;
	// from there on the piece itself has enough bytes before each position.
	var stage [lookback + head + ahead]byte
	copy(stage[lookback-len(c.tail):], c.tail[:])
	n := copy(stage[lookback:], p)
	text, to := stage[:lookback+n], lookback+n
	if n < len(p) {
		to = lookback + head
	}
	if s.lits.reach > 0 && base > 0 {
		f.again(text, base-lookback)
	}
	f.scan(c, text, base-lookback, lookback, to)
	if n < len(p) {
		f.scan(c, p, base, head, len(p))
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

// again looks once more at the last bytes before text[lookback:], for literals
// whose window stands there and whose end does not.
func (f *finder) again(text []byte, off int) {
	const at = lookback - 64
	var m [1]masks
	f.classifyPart(text, at, lookback, &m)
	for l := m[0].long &^ (1<<(64-maxReach) - 1); l != 0; l &= l - 1 {
		f.long(text, at+first(l), lookback, off)
	}
}

// scan finds what ends in text[at:to]; a literal that has its window there and
// ends behind to is found too. off is the offset of text[0].
func (f *finder) scan(c *Carry, text []byte, off, at, to int) {
	from := at
	var m [batch]masks
	for at < to {
		n := min((to-at)/64, batch)
		size := 64
		if n > 0 {
			f.classify(text, at, m[:n])
		} else {
			n, size = 1, to-at
			f.classifyPart(text, at, to, (*[1]masks)(m[:1]))
		}
		for i := range m[:n] {
			f.block(c, &m[i], text, at+i*64, size, from, off)
		}
		at += (n-1)*64 + size
	}
}

// classifyPart classifies the part of a block text[at:to].
func (f *finder) classifyPart(text []byte, at, to int, m *[1]masks) {
	var pad [kernelReach + 64]byte
	copy(pad[:], text[at-kernelReach:to])
	f.classify(pad[:], kernelReach, m[:])
	m[0].keep(to - at)
}

// block finds what ends in the size bytes at text[at:], which have the masks m.
func (f *finder) block(c *Carry, m *masks, text []byte, at, size, from, off int) {
	e := f.events(&c.runs, m, size)
	if f.Set.blocks {
		f.count(&c.tally, m, size, off+at)
	}
	for any := m.two | m.short | m.long | e.any(); any != 0; any &= any - 1 {
		i := first(any)
		bit := uint64(1) << i
		i += at
		if m.two&bit != 0 {
			if h := hashTwo(before(text, i)); f.lits.two.has(h) {
				f.hits = f.verify(&f.lits.two, h, text, i, from, off, f.hits, f.floor)
			}
		}
		if m.short&bit != 0 {
			if h := hashShort(before(text, i)); f.lits.short.has(h) {
				f.hits = f.verify(&f.lits.short, h, text, i, from, off, f.hits, f.floor)
			}
		}
		if m.long&bit != 0 {
			f.long(text, i, from, off)
		}
		if e.any()&bit != 0 {
			f.report(&e, bit, off+i+1)
		}
	}
}

// long verifies the long literals whose window may end at text[i].
func (f *finder) long(text []byte, i, from, off int) {
	if h := hashLong(before(text, i)); f.lits.long.has(h) {
		f.hits = f.verify(&f.lits.long, h, text, i, from, off, f.hits, f.floor)
	}
}

// report appends the hits of e at one bit.
func (f *finder) report(e *events, bit uint64, end int) {
	if e.digits&bit != 0 {
		f.hits = insert(f.hits, f.floor, Hit{End: end, Kind: KindDigits})
	}
	if e.token&bit != 0 {
		f.hits = insert(f.hits, f.floor, Hit{End: end, Kind: KindToken})
	}
	if e.at&bit != 0 {
		f.hits = insert(f.hits, f.floor, Hit{End: end, Kind: KindAt})
	}
	if e.iban&bit != 0 {
		f.hits = insert(f.hits, f.floor, Hit{End: end, Kind: KindIBAN})
	}
	if e.caps&bit != 0 {
		f.hits = insert(f.hits, f.floor, Hit{End: end, Kind: KindCaps})
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

// keep clears the bits from n on.
func (m *masks) keep(n int) {
	k := ^uint64(0) >> (64 - n)
	for _, p := range [...]*uint64{
		&m.two, &m.short, &m.long, &m.digit, &m.sep, &m.token, &m.at, &m.upper,
		&m.punct, &m.ctl, &m.word, &m.newline, &m.high,
	} {
		*p &= k
	}
}
