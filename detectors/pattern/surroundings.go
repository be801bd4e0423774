package pattern

// surroundings is the words around a value, found once for all the rules that ask
// for context of it: thirty rules may try one number. It remembers places in the
// text, not the text.
type surroundings struct {
	known      bool
	off, size  int // of the view that the places are of
	start, end int // of the value
	words      []group
	before     int  // words of these that stand before the value
	high       bool // a byte outside ASCII stands around it
}

// around finds the words around [start, end): as many bytes before it as any group
// of context asks for, and behind it.
func (c *check) around(start, end int) *surroundings {
	x := &c.words
	text := c.v.Text
	if x.known && x.off == c.v.Off && x.size == len(text) && x.start == start && x.end == end {
		return x
	}
	*x = surroundings{known: true, off: c.v.Off, size: len(text), start: start, end: end, words: x.words[:0]}
	lo := wordBorder(text, max(0, start-c.d.within), start)
	x.find(text, lo, start)
	x.before = len(x.words)
	hi := borderBefore(text, min(len(text), end+behindBytes), end)
	x.find(text, end, hi)
	x.high = !allASCII(text[lo:hi])
	c.work += (start - lo + hi - end) / readShare
	return x
}

func (x *surroundings) find(text []byte, lo, hi int) {
	for i := lo; i < hi; {
		s, e := nextWord(text[:hi], i)
		if s == e {
			break
		}
		x.words = append(x.words, group{s, e})
		i = e
	}
}

// wordBorder is the first place from lo on, not behind hi, that is not inside a word.
func wordBorder(text []byte, lo, hi int) int {
	for lo > 0 && lo < hi && letterAt(text, lo-1) && letterAt(text, lo) {
		lo++
	}
	return lo
}

// borderBefore is the last place up to hi, not before lo, that is not inside a word.
func borderBefore(text []byte, hi, lo int) int {
	for hi < len(text) && hi > lo && letterAt(text, hi) && letterAt(text, hi-1) {
		hi--
	}
	return hi
}
