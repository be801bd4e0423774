package anchor

// pairSets collects which pairs of classes the windows are made of. Each bit
// of a cell is one set of the pair table.
type pairSets [32][32]byte

func (p *pairSets) add(pair string, set byte) { p[classOf(pair[0])][classOf(pair[1])] |= set }

func (p *pairSets) addShort(s string) {
	n := len(s)
	p.add(s[n-2:], pairShort0)
	p.add(s[n-3:], pairShort1)
	if n == 4 {
		p.add(s, pairShort2)
		return
	}
	for i := range p {
		p[i][classOf(s[0])] |= pairShort2
	}
}

func (p *pairSets) addLong(w string) {
	for i, set := range []byte{pairLong3, pairLong2, pairLong1, pairLong0} {
		p.add(w[i:], set)
	}
}

// window chooses where in s the window of five bytes stands: where it is rare
// in text and adds least to the sets.
func (p *pairSets) window(s string) int {
	best, at := 0.0, -1
	for w := max(0, len(s)-longWindow-maxReach); w+longWindow <= len(s); w++ {
		cost, rare := 0.0, 1.0
		for i, set := range []byte{pairLong3, pairLong2, pairLong1, pairLong0} {
			a, b := s[w+i], s[w+i+1]
			f := frequency(a) * frequency(b)
			if p[classOf(a)][classOf(b)]&set == 0 {
				cost += f
			}
			rare *= frequency(a)
		}
		cost += 300 * rare * frequency(s[w+4])
		if at < 0 || cost < best {
			best, at = cost, w
		}
	}
	return at
}

// frequency estimates how often a byte, of either case, stands in English text
// and code.
func frequency(b byte) float64 {
	const letters = "etaoinshrdlcumwfgypbvkjxqz"
	const permille = "\x60\x46\x41\x3d\x3a\x39\x35\x28\x36\x24\x20\x1c\x16\x18\x0e\x14\x11\x0f\x13\x10\x0a\x08\x04\x04\x03\x03"
	switch {
	case b == ' ':
		return 0.15
	case b|0x20 >= 'a' && b|0x20 <= 'z':
		for i := range letters {
			if letters[i] == b|0x20 {
				return float64(permille[i]) / 1000
			}
		}
	}
	return 0.01
}

// each calls f for each pair of classes of each set.
func (p *pairSets) each(f func(set int, a, b byte)) {
	for a := range p {
		for b := range p[a] {
			for set := range 8 {
				if p[a][b]>>set&1 != 0 {
					f(set, byte(a), byte(b))
				}
			}
		}
	}
}

// pairTable writes the sets out for every pair of bytes.
func (p *pairSets) pairTable() *[1 << 16]byte {
	t := new([1 << 16]byte)
	for i := range t {
		t[i] = p[classOf(byte(i))][classOf(byte(i>>8))]
	}
	return t
}
