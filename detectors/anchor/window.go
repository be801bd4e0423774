package anchor

// pairSets collects which pairs of classes the windows are made of. Each bit
// of a cell is one set of the pair table.
type pairSets [32][32]uint32

func (p *pairSets) add(pair string, set int) { p[classOf(pair[0])][classOf(pair[1])] |= 1 << set }

// addWindow adds the pairs of w to the sets from first on.
func (p *pairSets) addWindow(w string, first int) {
	for i := range len(w) - 1 {
		p.add(w[i:], first+i)
	}
}

// addFree adds a literal of three or four bytes; before one of three stands
// anything.
func (p *pairSets) addFree(s string) {
	if len(s) == 4 {
		p.addWindow(s, setFree)
		return
	}
	p.addWindow(s, setFree+1)
	for i := range p {
		p[i][classOf(s[0])] |= 1 << setFree
	}
}

// A chooser places the windows of long literals so that few places in text are
// candidates: it knows how often each pair follows on another, and what the sets
// let through already.
type chooser struct {
	sets   pairSets
	follow [32][32]float64 // probability of the second class behind the first
	share  [32]float64     // probability of a class
	lots   [lots]lot
}

// A lot is what the sets of one lot of literals let through.
type lot struct {
	ahead  [longWindow][32]float64 // of text that passes the sets before a place of the window and has a class there
	behind [longWindow][32]float64 // of text that has a class at a place, to pass the sets behind it
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
	for k := range c.lots {
		c.weigh(k)
	}
	return c
}

// weigh updates what is known of a lot.
func (c *chooser) weigh(k int) {
	l := &c.lots[k]
	l.ahead[0] = c.share
	for i := range l.behind[4] {
		l.behind[4][i] = 1
	}
	for j := range 4 {
		set, last := setLong+4*k+j, setLong+4*k+3-j
		l.ahead[j+1], l.behind[3-j] = [32]float64{}, [32]float64{}
		for a := range 32 {
			for b, f := range c.follow[a] {
				l.ahead[j+1][b] += l.ahead[j][a] * f * weight(c.sets[a][b]>>set)
				l.behind[3-j][a] += f * weight(c.sets[a][b]>>last) * l.behind[4-j][b]
			}
		}
	}
}

func weight(member uint32) float64 {
	if member&1 != 0 {
		return 1
	}
	return later
}

// window chooses the lot of s, and where in s its window of five bytes stands,
// and adds its pairs to the sets.
func (c *chooser) window(s string) int {
	low := max(0, len(s)-longWindow-maxReach)
	best, at, in := 0.0, -1, 0
	for k := range c.lots {
		for w := low; w+longWindow <= len(s); w++ {
			if cost := c.cost(k, s[w:]); at < 0 || cost < best {
				best, at, in = cost, w, k
			}
		}
	}
	if best > 0 { // otherwise all its pairs are there
		c.sets.addWindow(s[at:at+longWindow], setLong+4*in)
		c.weigh(in)
	}
	return at
}

// cost is how much more of text passes the sets of a lot once w's window is there.
func (c *chooser) cost(k int, w string) (cost float64) {
	l := &c.lots[k]
	for j := range 4 {
		a, b := classOf(w[j]), classOf(w[j+1])
		if c.sets[a][b]>>(setLong+4*k+j)&1 == 0 {
			cost += l.ahead[j][a] * c.follow[a][b] * l.behind[j+1][b]
		}
	}
	return cost
}

// each calls f for each pair of classes of each set.
func (p *pairSets) each(f func(set int, a, b byte)) {
	for a := range p {
		for b := range p[a] {
			for set := range sets {
				if p[a][b]>>set&1 != 0 {
					f(set, byte(a), byte(b))
				}
			}
		}
	}
}

// pairTable writes the sets out for the portable kernel.
func (p *pairSets) pairTable() *pairTable {
	t := new(pairTable)
	for i := range t.class {
		t.class[i] = classOf(byte(i))
	}
	for i := range t.sets {
		t.sets[i] = p[i>>5][i&31]
	}
	return t
}
