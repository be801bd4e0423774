package anchor

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// literals compares, exactly, what the kernel thinks a literal's window.
type literals struct {
	two, three index
	four       index
	five       index  // by the five bytes of the window
	left       index  // by eight bytes that end with the window
	right      index  // by eight bytes that begin with the window
	windows    hashes // by the window alone, of every long literal
	threes     few    // by the last three bytes, of literals of three
	fours      few    // by the last four bytes, of literals of four
	words      []word // literals that their window does not decide
	freeTwo    uint64 // all ones if one of two bytes need not begin a word
	wideTwo    uint64 // all ones if one of two bytes outside ASCII need not
	reach      int    // most bytes of a literal behind its window, at most maxReach
}

// maxReach bounds the bytes of a literal behind its window: so many bytes of
// old text are looked at again with each piece.
const maxReach = 56

// behind is how many of the eight bytes that begin with a window are behind it.
const behind = 8 - longWindow

// hashes is a set of hashes: one bit for each of 65536.
type hashes [1024]uint64

func (x *hashes) add(h uint64) { x[h>>6] |= 1 << (h & 63) }

// has returns 1 if h may be in the set, else 0.
func (x *hashes) has(h uint64) uint64 { return x[h>>6&1023] >> (h & 63) & 1 }

// few is a set of some hundred hashes: one bit for each of 8192.
type few [128]uint64

func (x *few) add(h uint64) { x[h>>9&127] |= 1 << (h >> 3 & 63) }

// has returns 1 if h may be in the set, else 0.
func (x *few) has(h uint64) uint64 { return x[h>>9&127] >> (h >> 3 & 63) & 1 }

// An index finds the literals whose window has a hash.
type index struct {
	there hashes
	first [4096]int32 // hash>>4 → 1 + place in list of the first literal; 0 = none
	list  []entry
}

// An entry is one literal in a chain.
type entry struct {
	seen  word   // the bytes that are looked up, or those before too
	next  int32  // 1 + place of the next literal with this hash; 0 = none
	first int32  // place in literals.words
	id    uint32 // the hit's
	begin bool   // it must begin a word
	words uint8  // how many words, from the literal's end; 0 = seen is all
	size  uint8
	after uint8 // bytes behind the window
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

// Hashes of the last two, three, four, five and eight of eight bytes, caseless and more.
const (
	spread   = 0x9e3779b97f4a7c15
	caseless = 0x2020202020202020
)

func hashTwo(v uint64) uint64   { return (v | caseless) >> 48 * spread >> 48 }
func hashThree(v uint64) uint64 { return (v | caseless) >> 40 * spread >> 48 }
func hashFour(v uint64) uint64  { return (v | caseless) >> 32 * spread >> 48 }
func hashFive(v uint64) uint64  { return (v | caseless) >> 24 * spread >> 48 }
func hashEight(v uint64) uint64 { return (v | caseless) * spread >> 48 }

func (x *index) add(h uint64, e entry) {
	x.there.add(h)
	x.list = append(x.list, e)
	at := &x.first[h>>4]
	for *at != 0 {
		at = &x.list[*at-1].next
	}
	*at = int32(len(x.list))
}

// has returns 1 if a literal may have the hash h, else 0.
func (x *index) has(h uint64) uint64 { return x.there.has(h) }

// addLiterals fills the tables of the path and the indexes.
func (s *Set) addLiterals(ls []Literal) {
	order := make([]int, len(ls))
	for i := range order {
		order[i] = i
	}
	// Shorter first: a long literal can choose a window whose pairs are there already.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(ls[a].Text), len(ls[b].Text)) })
	c := newChooser()
	p := &c.sets
	for _, i := range order {
		l := ls[i]
		end := len(l.Text) // of the window
		seen := end        // of the bytes that are looked up
		var x *index
		var hash func(uint64) uint64
		switch {
		case end == 2:
			p.add(l.Text, setTwo)
			x, hash = &s.lits.two, hashTwo
			switch {
			case l.Begins:
			case l.Text[0] >= 0x80 && l.Text[1] >= 0x80:
				s.lits.wideTwo = ^uint64(0)
			default:
				s.lits.freeTwo = ^uint64(0)
			}
		case end == 3:
			x, hash = &s.lits.three, hashThree
			s.lits.threes.add(hashThree(wordOf(l.Text, false).val))
			if l.Begins {
				p.addWindow(l.Text, setThree)
			} else {
				p.addFree(l.Text)
			}
		case end == 4:
			x, hash = &s.lits.four, hashFour
			s.lits.fours.add(hashFour(wordOf(l.Text, false).val))
			if l.Begins {
				p.addWindow(l.Text, setFour)
			} else {
				p.addFree(l.Text)
			}
		default:
			end = c.window(l.Text) + longWindow
			s.lits.windows.add(hashFive(wordOf(l.Text[:end], false).val))
			switch seen = end; {
			case end+behind <= len(l.Text):
				seen += behind
				x, hash = &s.lits.right, hashEight
			case end >= 8:
				x, hash = &s.lits.left, hashEight
			default:
				x, hash = &s.lits.five, hashFive
			}
		}
		e := entry{
			seen: wordOf(l.Text[:seen], l.Fold), id: uint32(i), size: uint8(len(l.Text)), begin: l.Begins,
			after: uint8(len(l.Text) - end), first: int32(len(s.lits.words)),
		}
		if seen < len(l.Text) || seen > 8 {
			for rest := l.Text; len(rest) > 0; rest = rest[:max(0, len(rest)-8)] {
				s.lits.words = append(s.lits.words, wordOf(rest, l.Fold))
				e.words++
			}
		}
		s.lits.reach = max(s.lits.reach, int(e.after))
		x.add(hash(wordOf(l.Text[:seen], false).val), e)
	}
	switch s.path {
	case AVX512:
		s.wide = newTables512(&s.prop, p)
	case AVX2:
		s.half = newTables256(&s.prop, p)
	default:
		s.pair = p.pairTable()
	}
}

// before returns the eight bytes that end behind text[i].
func before(text []byte, i int) uint64 { return binary.LittleEndian.Uint64(text[i-7 : i+1 : i+1]) }

// beginning returns the eight bytes that begin with the window that ends at text[i].
// Near the end of the text, where no literal can go on so far, they are others.
func beginning(text []byte, i int) uint64 { return before(text, min(i+behind, len(text)-1)) }

// verify reports each literal of the chain of h that has its window's end at
// text[i], was looked up by v, and ends in text[from:]. off is the offset of
// text[0] in the whole text.
func (f *finder) verify(x *index, h, v uint64, text []byte, i, from, off int) {
	for at := x.first[h>>4&4095]; at != 0; {
		e := &x.list[at-1]
		at = e.next
		if !e.seen.matches(v) {
			continue
		}
		k := i + int(e.after)
		if k < from || k >= len(text) || off+k+1 < int(e.size) {
			continue
		}
		same := true
		for j, w := range f.lits.words[e.first:][:e.words] {
			if !w.matches(before(text, k-8*j)) {
				same = false
				break
			}
		}
		if same && (!e.begin || begins(text, k+1-int(e.size))) {
			f.report(Hit{End: off + k + 1, ID: e.id})
		}
	}
}

// begins reports whether text[i], which has a byte before it, begins a word.
func begins(text []byte, i int) bool {
	a, b := text[i-1], text[i]
	if !isLetter(a) || !isLetter(b) {
		return true
	}
	return a >= 'a' && b <= 'Z'
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
