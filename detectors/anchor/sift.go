package anchor

// sift leaves, in the masks of literals, the bits where the bytes around have
// the hash of a literal and, for short ones, a word begins. text[at] is the first
// byte of the first block; four bytes stand before it.
//
// Candidates are a few in a block and most are none: nothing is decided by a
// branch before one lookup has judged it.
func (f *finder) sift(text []byte, at int, m []masks) {
	w := edgesBefore(text, at)
	x := &f.lits
	for i := range m {
		k := &m[i]
		base := at + i*64
		last, high := w.begin, w.high
		begin := w.next(k)
		two := begin<<1 | last>>63 | k.high&(k.high<<1|high>>63)&x.wideTwo
		k.two &= two | x.freeTwo
		k.three &= begin<<2 | last>>62
		k.four &= begin<<3 | last>>61
		kept := uint64(0)
		for l := k.three | k.four | k.free | k.long; l != 0; l &= l - 1 {
			b := first(l) & 63
			v := before(text, base+b)
			short := k.free >> b
			kept |= (x.windows.has(hashFive(v))&(k.long>>b) |
				x.threes.has(hashThree(v))&(k.three>>b|short) |
				x.fours.has(hashFour(v))&(k.four>>b|short)) << b
		}
		k.three, k.four, k.free, k.long = k.three&kept, k.four&kept, k.free&kept, k.long&kept
		for l := k.long; l != 0; l &= l - 1 {
			b := first(l)
			v, w := before(text, base+b), beginning(text, base+b)
			if x.five.has(hashFive(v))|x.left.has(hashEight(v))|x.right.has(hashEight(w)) == 0 {
				k.long &^= l & -l
			}
		}
	}
}

// edges is what must be known of the last bytes to say where words begin.
type edges struct{ letter, lower, begin, high uint64 }

// next says at which bytes of a block words begin, and forgets the last block.
func (w *edges) next(k *masks) uint64 {
	letter := k.word &^ (k.digit | k.punct) // '_' is the one sign of a word
	lower := letter &^ k.upper
	w.begin = ^(letter & (letter<<1 | w.letter>>63)) | k.upper&(lower<<1|w.lower>>63)
	w.letter, w.lower, w.high = letter, lower, k.high
	return w.begin
}

// edgesBefore looks at the bytes before text[at].
func edgesBefore(text []byte, at int) (w edges) {
	for i := at - 3; i < at; i++ {
		w.begin >>= 1
		if begins(text, i) {
			w.begin |= 1 << 63
		}
	}
	w.high = uint64(text[at-1]) << 56
	if b := text[at-1]; isLetter(b) {
		w.letter = 1 << 63
		if b >= 'a' {
			w.lower = 1 << 63
		}
	}
	return w
}
