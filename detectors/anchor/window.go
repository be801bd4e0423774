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

// A chooser places the windows of long literals so that few places in text are
// candidates: it knows how often each pair follows on another, and what the sets
// let through already.
type chooser struct {
	sets   pairSets
	follow [32][32]float64 // probability of the second class behind the first
	share  [32]float64     // probability of a class
	ahead  [5][32]float64  // of text that passes the sets before a place of the window and has a class there
	behind [5][32]float64  // of text that has a class at a place, to pass the sets behind it
}

// later is the weight of a pair that is in no set yet: some literal to come may
// put it there.
const later = 0.15

func newChooser() *chooser {
	c := new(chooser)
	for a := range byte(32) {
		for b := range byte(32) {
			c.share[a] += frequency(a, b)
		}
		for b := range byte(32) {
			c.follow[a][b] = frequency(a, b) / c.share[a]
		}
	}
	return c
}

// weigh updates ahead and behind.
func (c *chooser) weigh() {
	c.ahead[0] = c.share
	for i := range c.behind[4] {
		c.behind[4][i] = 1
	}
	for j := range 4 {
		set, last := byte(pairLong3)<<j, byte(pairLong0)>>j
		c.ahead[j+1], c.behind[3-j] = [32]float64{}, [32]float64{}
		for a := range 32 {
			for b, f := range c.follow[a] {
				c.ahead[j+1][b] += c.ahead[j][a] * f * weight(c.sets[a][b]&set)
				c.behind[3-j][a] += f * weight(c.sets[a][b]&last) * c.behind[4-j][b]
			}
		}
	}
}

func weight(member byte) float64 {
	if member != 0 {
		return 1
	}
	return later
}

// window chooses where in s the window of five bytes stands and adds its pairs
// to the sets.
func (c *chooser) window(s string) int {
	c.weigh()
	low := max(0, len(s)-longWindow-maxReach)
	best, at := 0.0, -1
	for w := low; w+longWindow <= len(s); w++ {
		cost := 0.0
		for j := range 4 {
			a, b := classOf(s[w+j]), classOf(s[w+j+1])
			if c.sets[a][b]&(pairLong3<<j) == 0 {
				cost += c.ahead[j][a] * c.follow[a][b] * c.behind[j+1][b]
			}
		}
		if at < 0 || cost < best {
			best, at = cost, w
		}
	}
	c.sets.addLong(s[at : at+longWindow])
	return at
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
