package anchor

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// literals compares, exactly, what the kernel thinks a literal's window.
type literals struct {
	two, short, long index
	words            []word // of the literals longer than eight bytes
	reach            int    // most bytes of a literal behind its window, at most maxReach
}

// maxReach bounds the bytes of a literal behind its window: so many bytes of
// old text are looked at again with each piece.
const maxReach = 56

// An index finds the literals whose window has a hash.
type index struct {
	there [1024]uint64 // one bit for each of the 65536 hashes
	first [4096]int32  // hash>>4 → 1 + place in entries of the first literal; 0 = none
	list  []entry
}

// An entry is one literal in a chain.
type entry struct {
	tail  word  // the last eight bytes, or fewer
	next  int32 // 1 + place of the next literal with this hash; 0 = none
	first int32 // place in words of the bytes before tail
	words int32
	id    uint32
	size  int16
	after int16 // bytes behind the window
}

// A word matches eight bytes w if w&mask == val. Letters of a folded literal
// have 0xdf in mask: for them, and only them, that is caselessness.
type word struct{ val, mask uint64 }

func (w word) matches(v uint64) bool { return v&w.mask == w.val }

// wordOf makes the word of the last eight bytes of s; bytes it lacks match all.
func wordOf(s string, fold bool) (w word) {
	for i := range min(8, len(s)) {
		b, m := s[len(s)-1-i], byte(0xff)
		if fold && b|0x20 >= 'a' && b|0x20 <= 'z' {
			m = 0xdf
		}
		w.val |= uint64(b&m) << (56 - 8*i)
		w.mask |= uint64(m) << (56 - 8*i)
	}
	return w
}

// Hashes of the last two, three and five of eight bytes, caseless and more.
const spread = 0x9e3779b97f4a7c15

func hashTwo(v uint64) uint64   { return (v | 0x20<<56 | 0x20<<48) >> 48 * spread >> 48 }
func hashShort(v uint64) uint64 { return (v>>40 | 0x202020) * spread >> 48 }
func hashLong(v uint64) uint64  { return (v>>24 | 0x2020202020) * spread >> 48 }

func (x *index) add(h uint64, e entry) {
	x.there[h>>6] |= 1 << (h & 63)
	x.list = append(x.list, e)
	// Behind the others of its chain: ids of equal literals come in order.
	at := &x.first[h>>4]
	for *at != 0 {
		at = &x.list[*at-1].next
	}
	*at = int32(len(x.list))
}

func (x *index) has(h uint64) bool { return x.there[h>>6&1023]>>(h&63)&1 != 0 }

// addLiterals fills the tables of the path and the indexes.
func (s *Set) addLiterals(ls []Literal) {
	order := make([]int, len(ls))
	for i := range order {
		order[i] = i
	}
	// Shorter first: a long literal can choose a window whose pairs are there already.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(ls[a].Text), len(ls[b].Text)) })
	var p pairSets
	for _, i := range order {
		l := ls[i]
		e := entry{tail: wordOf(l.Text, l.Fold), id: uint32(i), size: int16(len(l.Text)), first: int32(len(s.lits.words))}
		for rest := l.Text; len(rest) > 8; e.words++ {
			rest = rest[:len(rest)-8]
			s.lits.words = append(s.lits.words, wordOf(rest, l.Fold))
		}
		switch len(l.Text) {
		case 2:
			p.add(l.Text, pairTwo)
			s.lits.two.add(hashTwo(windowOf(l.Text)), e)
		case 3, 4:
			p.addShort(l.Text)
			s.lits.short.add(hashShort(windowOf(l.Text)), e)
		default:
			w := p.window(l.Text)
			p.addLong(l.Text[w : w+longWindow])
			e.after = int16(len(l.Text) - w - longWindow)
			s.lits.reach = max(s.lits.reach, int(e.after))
			s.lits.long.add(hashLong(windowOf(l.Text[:w+longWindow])), e)
		}
	}
	switch s.path {
	case AVX512:
		s.wide = newTables512(&s.prop, &p)
	case AVX2:
		s.half = newTables256(&s.prop, &p)
	default:
		s.pair = p.pairTable()
	}
}

// windowOf returns the last eight bytes of s, zeros before them.
func windowOf(s string) (v uint64) {
	for i := range min(8, len(s)) {
		v |= uint64(s[len(s)-1-i]) << (56 - 8*i)
	}
	return v
}

// before returns the eight bytes that end behind text[i].
func before(text []byte, i int) uint64 { return binary.LittleEndian.Uint64(text[i-7 : i+1 : i+1]) }

// verify appends a hit for each literal of the chain that stands where its
// window ends at text[i] and that ends in text[from:]. off is the offset of
// text[0] in the whole text. Hits from n on are kept in order.
func (s *Set) verify(x *index, h uint64, text []byte, i, from, off int, hits []Hit, n int) []Hit {
	for at := x.first[h>>4&4095]; at != 0; {
		e := &x.list[at-1]
		at = e.next
		k := i + int(e.after)
		if k < from || k >= len(text) || !e.tail.matches(before(text, k)) || off+k+1 < int(e.size) {
			continue
		}
		same := true
		for j, w := range s.lits.words[e.first : e.first+e.words] {
			if !w.matches(before(text, k-8*j-8)) {
				same = false
				break
			}
		}
		if same {
			hits = insert(hits, n, Hit{End: off + k + 1, ID: e.id})
		}
	}
	return hits
}

// insert appends h and moves it before the hits of hits[n:] that come after it:
// those of literals found by a window before their end.
func insert(hits []Hit, n int, h Hit) []Hit {
	hits = append(hits, h)
	for i := len(hits) - 1; i > n && precedes(h, hits[i-1]); i-- {
		hits[i-1], hits[i] = h, hits[i-1]
	}
	return hits
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

func first(m uint64) int { return bits.TrailingZeros64(m) }
