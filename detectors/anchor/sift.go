package anchor

// sift leaves, in the masks of literals, the bits where the bytes around have
// the hash of a literal. text[at] is the first byte of the first block.
//
// Candidates are a few in a block and most are none: nothing is decided by a
// branch before one lookup has judged it.
func (f *finder) sift(text []byte, at int, m []masks) {
	for i := range m {
		k := &m[i]
		base := at + i*64
		kept := uint64(0)
		for l := k.long; l != 0; l &= l - 1 {
			b := first(l)
			kept |= f.lits.windows.has(hashFive(before(text, base+b))) << (b & 63)
		}
		k.long = kept
		for l := kept; l != 0; l &= l - 1 {
			b := first(l)
			v, w := before(text, base+b), beginning(text, base+b)
			if f.lits.five.has(hashFive(v))|f.lits.left.has(hashEight(v))|f.lits.right.has(hashEight(w)) == 0 {
				k.long &^= l & -l
			}
		}
		kept = 0
		for l := k.short; l != 0; l &= l - 1 {
			b := first(l)
			kept |= f.lits.tails.has(hashThree(before(text, base+b))) << (b & 63)
		}
		k.short = kept
	}
}
