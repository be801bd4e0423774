package anchor

// tables512 is what the AVX-512 kernel reads. A set is 128 bytes: the class of
// the byte before says which four, that of the byte says which bit of the four.
type tables512 struct {
	prev [128]byte // class, times four
	next [128]byte // class / 8
	bit  [128]byte // one bit: class % 8
	prop [128]byte
	sets [sets][128]byte
	test [8][64]byte // bit k in every byte
}

func newTables512(prop *[256]byte, p *pairSets) *tables512 {
	t := new(tables512)
	for i := range 128 {
		c := classOf(byte(i))
		t.prev[i], t.next[i], t.bit[i], t.prop[i] = c<<2, c>>3, 1<<(c&7), prop[i]
	}
	for k := range t.test {
		for i := range t.test[k] {
			t.test[k][i] = 1 << k
		}
	}
	p.each(func(set int, a, b byte) { t.sets[set][a<<2|b>>3] |= 1 << (b & 7) })
	return t
}

// tables256 is what the AVX2 kernel reads: rows of 16 entries, each twice.
// gen/avx2.go says how they are used.
type tables256 struct {
	low7, seventy, sixteen [32]byte // 0x7f, 0x70 and 16 in every byte
	bit                    [2][32]byte
	row, class, prop       [8][32]byte
	sets                   [sets][4][2][32]byte
}

func newTables256(prop *[256]byte, p *pairSets) *tables256 {
	t := new(tables256)
	for i := range 32 {
		t.low7[i], t.seventy[i], t.sixteen[i] = 0x7f, 0x70, 16
		t.bit[i>>3&1][i] = 1 << (i & 7)
		for r := range 8 {
			b := byte(r<<4 | i&15)
			t.row[r][i], t.class[r][i], t.prop[r][i] = byte(r<<4), classOf(b), prop[b]
		}
	}
	p.each(func(set int, a, b byte) {
		for i := b & 15; i < 32; i += 16 {
			t.sets[set][a>>3][b>>4][i] |= 1 << (a & 7)
		}
	})
	return t
}
