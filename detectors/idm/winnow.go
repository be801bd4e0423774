package idm

import "math/bits"

// base of the polynomial; powers[i] is base to the i-th.
const base = 0xd1342543de82ef95

var powers = func() (p [gram]uint64) {
	p[0] = 1
	for i := 1; i < gram; i++ {
		p[i] = p[i-1] * base
	}
	return p
}()

// distances are the values of an identifier by how many tokens back it last
// stood in the gram; [0] is of one that did not.
var distances = func() (d [gram]uint64) {
	for i := range d {
		d[i] = mix(5<<32 | uint64(i))
	}
	return d
}()

// A chosen is a hash that winnowing chose, and the tokens it is of.
type chosen struct {
	hash         uint64
	from, to     int // ordinals of its first token and of the one behind its last
	bits, bitsTo int // of information in all tokens before from, and before to
	start, end   int // in the text
}

// A winnower chooses among the hashes of a stream of tokens and calls choose for
// each that becomes the least of its window. Without choose it is of no use.
type winnower struct {
	choose func(chosen)
	winnowing
}

// A winnowing is what is known of the stream; its zero value is the beginning.
type winnowing struct {
	n    int // tokens seen
	hash uint64
	bits int // of information in all tokens

	// The last tokens, by ordinal modulo ring.
	values [ring]uint64 // what each adds to the hash
	names  [ring]uint32 // of identifiers
	next   [ring]uint8  // tokens ahead where the same identifier stands; 0 for none
	before [ring]int    // of information before it
	starts [ring]int
	ends   [ring]int
	tags   [2]uint64 // eight bits of the names of the last 16 tokens, the last one lowest

	hashes [ring]uint64 // of the last grams, by the ordinal of their first token
	least  int          // ordinal of the chosen gram
	any    bool
	recent [8]uint64 // of the hashes chosen last
	told   int

	last   [2]uint64  // values of the last tokens, as they came
	threes [64]uint32 // three tokens in a row, by their hash
}

// ring is more than the tokens of a window of grams.
const ring = 32

// token takes one that is no identifier: its value, its information, its place.
func (w *winnower) token(value uint64, information int, start, end int) {
	w.add(value, 0, information, start, end)
}

// name takes an identifier by its hash.
func (w *winnower) name(name uint32, start, end int) {
	value, information := distances[0], 1
	if d := w.back(name); d > 0 {
		value, information = distances[d], 3
		w.next[(w.n-d)&(ring-1)] = uint8(d)
	}
	w.add(value, name, information, start, end)
}

// back is how many tokens ago an identifier last stood in the gram; 0 if it did
// not.
func (w *winnower) back(name uint32) int {
	const ones = 0x0101010101010101
	for k, tags := range w.tags {
		x := tags ^ uint64(name>>24|1)*ones
		for zero := (x - ones) &^ x & (ones << 7); zero != 0; zero &= zero - 1 {
			if d := k*8 + bits.TrailingZeros64(zero)/8 + 1; w.names[(w.n-d)&(ring-1)] == name {
				return d
			}
		}
	}
	return 0
}

func (w *winnower) add(value uint64, name uint32, information, start, end int) {
	n := w.n
	if n >= gram { // the oldest leaves
		old := (n - gram) & (ring - 1)
		w.hash -= w.values[old] * powers[gram-1]
		if ahead := int(w.next[old]); ahead > 0 { // the same identifier is the first of its name now
			later := (n - gram + ahead) & (ring - 1)
			w.hash += (distances[0] - w.values[later]) * powers[gram-1-ahead]
			w.values[later] = distances[0]
		}
	}
	i := n & (ring - 1)
	tag := uint64(0)
	if name != 0 {
		tag = uint64(name>>24 | 1)
	}
	w.tags[1] = w.tags[1]<<8 | w.tags[0]>>56
	w.tags[0] = w.tags[0]<<8 | tag
	w.values[i], w.names[i], w.next[i], w.before[i], w.starts[i], w.ends[i] = value, name, 0, w.bits, start, end
	w.hash = w.hash*base + value
	three := (value*3 ^ w.last[0]*5 ^ w.last[1]*7) * base >> 26
	w.last = [2]uint64{value, w.last[0]}
	if seen := &w.threes[three>>32]; *seen != uint32(three) { // more of the same tells nothing
		*seen = uint32(three)
		w.bits += information
	}
	w.n++
	if w.n >= gram {
		w.minimum(w.n-gram, mix(w.hash))
	}
}

// minimum takes the hash of the gram that begins with the token at an ordinal.
func (w *winnower) minimum(at int, h uint64) {
	w.hashes[at&(ring-1)] = h
	switch {
	case at < window-1:
		return // the first window is not full
	case !w.any || w.least <= at-window: // the least has left
		w.least = at
		for k := at - 1; k > at-window; k-- {
			if w.hashes[k&(ring-1)] < w.hashes[w.least&(ring-1)] {
				w.least = k
			}
		}
	case h > w.hashes[w.least&(ring-1)]:
		return
	default:
		w.least = at
	}
	w.any = true
	first, last := w.least&(ring-1), (w.least+gram-1)&(ring-1)
	h = w.hashes[first]
	for _, r := range w.recent {
		if r == h { // tables and lists: more of the same
			return
		}
	}
	w.recent[w.told&7] = h
	w.told++
	bitsTo := w.bits
	if w.least+gram < w.n {
		bitsTo = w.before[(w.least+gram)&(ring-1)]
	}
	w.choose(chosen{h, w.least, w.least + gram, w.before[first], bitsTo, w.starts[first], w.ends[last]})
}
