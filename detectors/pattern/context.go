package pattern

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/promptgate/promptgate/rules"
)

const (
	defaultWithin = 300
	defaultAdjust = 20
	behindBytes   = 100 // context behind a value
)

// A contextGroup is a set of words that say the same about a value.
type contextGroup struct {
	words  map[string][]phrase // by first word, lower case
	pairs  letterPairs         // that these begin with
	parts  []part              // of scripts without spaces: found anywhere
	within int
	adjust int16
}

// A phrase is one entry: the words after the first, and its name.
type phrase struct {
	rest []string
	name *contextName
}

// A part is an entry of a script without spaces.
type part struct {
	text []byte
	name *contextName
}

// A contextName is what an entry is called, in evidence as context and as a label.
type contextName struct{ word, context, label string }

// A sighting of context: names from the rule's vocabulary, never from the text.
type seen struct{ word, second, label *contextName }

func newContext(c rules.Context) contextGroup {
	g := contextGroup{words: make(map[string][]phrase), within: c.Within, adjust: int16(c.Adjust)}
	if g.within == 0 {
		g.within = defaultWithin
	}
	if g.adjust == 0 {
		g.adjust = defaultAdjust
	}
	var words []string
	for _, w := range c.Words {
		if words = append(words, w); unmarked(w) != "" {
			words = append(words, unmarked(w))
		}
	}
	for _, w := range words {
		name := &contextName{w, "context:" + w, "label:" + w}
		if unspaced(w) {
			g.parts = append(g.parts, part{[]byte(w), name})
			continue
		}
		p := phrase{name: name}
		first := ""
		text := []byte(w)
		for i := 0; i < len(text); {
			s, e := nextWord(text, i)
			if s == e {
				break
			}
			lower := strings.ToLower(string(text[s:e]))
			if first == "" {
				first = lower
			} else {
				p.rest = append(p.rest, lower)
			}
			i = e
		}
		if len(first) > 1 || len(p.rest) > 0 {
			g.words[first] = append(g.words[first], p)
			g.pairs.add(first)
		}
	}
	return g
}

// letterPairs is what words begin with: a bit for two letters, by which most
// words of a text are no word of a group. Others than of two ASCII letters are
// taken to be there.
type letterPairs [32]uint32

func (p *letterPairs) add(w string) {
	if len(w) > 1 {
		p[w[0]&31] |= 1 << (w[1] & 31)
	}
}

// has reports whether a word of the set may begin with w.
func (p *letterPairs) has(w []byte) bool {
	return len(w) < 2 || !isLetter(w[0]) || !isLetter(w[1]) || p[w[0]&31]>>(w[1]&31)&1 == 1
}

// letterTriples is letterPairs for three letters: for a set that all assignments
// are held against.
type letterTriples [1024]uint32

func (t *letterTriples) add(w string) {
	switch len(w) {
	case 0, 1:
	case 2: // whatever follows
		for i := range uint32(32) {
			t[uint32(w[0]&31)<<5|uint32(w[1]&31)] |= 1 << i
		}
	default:
		t[uint32(w[0]&31)<<5|uint32(w[1]&31)] |= 1 << (w[2] & 31)
	}
}

// has reports whether a word of the set may begin with w.
func (t *letterTriples) has(w []byte) bool {
	if len(w) < 2 || !isLetter(w[0]) || !isLetter(w[1]) {
		return true
	}
	row := t[uint32(w[0]&31)<<5|uint32(w[1]&31)]
	if len(w) < 3 || !isLetter(w[2]) {
		return row != 0
	}
	return row>>(w[2]&31)&1 == 1
}

// touching are the scripts in which words stand without spaces, or with prefixes
// and particles that touch them.
var touching = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Hebrew}

// unspaced reports whether a word is of such a script.
func unspaced(w string) bool {
	for _, r := range w {
		if unicode.In(r, touching...) {
			return true
		}
	}
	return false
}

// look reads the text around [start, end) and the label.
func (g *contextGroup) look(c *check, start, end int) seen {
	var s seen
	if c.v.Label != "" {
		c.valid = append(c.valid[:0], c.v.Label...)
		var in seen
		for i := 0; i < len(c.valid) && in.second == nil; {
			from, to := nextWord(c.valid, i)
			if from == to {
				break
			}
			g.read(c, c.valid, from, to, &in)
			i = to
		}
		g.readParts(c.valid, &in)
		s.label = in.word
	}
	text := c.v.Text
	around := c.around(start, end)
	lo := wordBorder(text, max(0, start-g.within), start)
	words := around.words[:around.before]
	for len(words) > 0 && words[0].start < lo {
		words = words[1:]
	}
	for _, w := range words {
		if g.read(c, text[:start], w.start, w.end, &s); s.second != nil {
			return s
		}
	}
	if around.high {
		g.readParts(text[lo:start], &s)
	}
	if s.second != nil {
		return s
	}
	hi := borderBefore(text, min(len(text), end+min(behindBytes, g.within/3)), end)
	for _, w := range around.words[around.before:] {
		if w.end > hi {
			break
		}
		if g.read(c, text[:hi], w.start, w.end, &s); s.second != nil {
			return s
		}
	}
	if around.high {
		g.readParts(text[end:hi], &s)
	}
	return s
}

func (s *seen) note(n *contextName) {
	switch {
	case s.word == nil:
		s.word = n
	case s.second == nil && n.word != s.word.word:
		s.second = n
	}
}

// read looks the word text[s:e] up.
func (g *contextGroup) read(c *check, text []byte, s, e int, out *seen) {
	if !g.pairs.has(text[s:e]) {
		return
	}
	if e < len(text) && isUpper(text[e]) { // creditCard: also as one word
		full := e
		for full < len(text) && isAlnum(text[full]) {
			full++
		}
		c.fold = lowerWord(c.fold[:0], text[s:full])
		for _, p := range g.words[string(c.fold)] {
			if len(p.rest) == 0 {
				out.note(p.name)
			}
		}
	}
	c.fold = lowerWord(c.fold[:0], text[s:e])
	w := c.fold
	list := g.words[string(w)]
	if list == nil && len(w) > 3 && w[len(w)-1] == 's' {
		list = g.words[string(w[:len(w)-1])]
	}
	if list == nil {
		if n := len(bytes.TrimRight(w, "0123456789")); n > 1 && n < len(w) {
			list = g.words[string(w[:n])]
		}
	}
	for _, p := range list {
		if _, ok := c.phraseEnd(text, e, p.rest, 3); ok {
			out.note(p.name)
			break
		}
	}
}

// readParts looks for entries that stand anywhere in text.
func (g *contextGroup) readParts(text []byte, out *seen) {
	if len(g.parts) == 0 || allASCII(text) {
		return
	}
	for _, p := range g.parts {
		if bytes.Contains(text, p.text) {
			out.note(p.name)
		}
	}
}

// phraseEnd reports whether the words of rest stand at i, at most gap bytes
// apart, and where they end.
func (c *check) phraseEnd(text []byte, i int, rest []string, gap int) (end int, ok bool) {
	for _, want := range rest {
		s, e := nextWord(text, i)
		if s == e || s-i > gap {
			return i, false
		}
		c.fold = lowerWord(c.fold[:0], text[s:e])
		if string(c.fold) != want {
			return i, false
		}
		i = e
	}
	return i, true
}

// letterAt reports whether text[i] belongs to a word.
func letterAt(text []byte, i int) bool { return isAlnum(text[i]) || text[i] >= 0x80 }

// nextWord finds the next word from i: it begins with a letter, goes on with
// letters and digits, and ends before a capital that follows a small letter
// (cardNumber is two words). s == e means there is none.
func nextWord(text []byte, i int) (s, e int) {
	for i < len(text) {
		b := text[i]
		if isLetter(b) {
			break
		}
		if b >= 0x80 {
			r, n := utf8.DecodeRune(text[i:])
			if unicode.IsLetter(r) {
				break
			}
			i += max(n, 1)
			continue
		}
		i++
	}
	s = i
	for i < len(text) {
		b := text[i]
		switch k := signs[b]; {
		case k&(signLetter|signDigit) != 0:
			if k&signUpper != 0 && i > s && isLower(text[i-1]) {
				return s, i
			}
			i++
		case b >= 0x80:
			r, n := utf8.DecodeRune(text[i:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) {
				return s, i
			}
			i += n
		default:
			return s, i
		}
	}
	return s, i
}

// lowerWord appends w in lower case.
func lowerWord(dst, w []byte) []byte {
	for i := 0; i < len(w); {
		b := w[i]
		if b < 0x80 {
			if isUpper(b) {
				b |= 0x20
			}
			dst = append(dst, b)
			i++
			continue
		}
		r, n := utf8.DecodeRune(w[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += max(n, 1)
	}
	return dst
}

// allASCII reports whether no byte of b is outside ASCII.
func allASCII(b []byte) bool {
	const high = 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&high != 0 {
			return false
		}
	}
	for _, x := range b {
		if x >= 0x80 {
			return false
		}
	}
	return true
}
