package pattern

import (
	"regexp/syntax"
	"sync"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
)

// A matcher matches one expression at a given place, never later.
//
// Expressions that are a row of byte classes with counts, in which no count can
// take what the next class needs, are matched here (a prefix and a run of
// characters: most keys). All others run in RE2, compiled when first needed: as
// bytes if nothing but ASCII and "anything else" occurs in them, otherwise as
// UTF-8 on a copy in which each invalid byte is one 0x1A. A [dfa] goes before
// RE2 where there is one: it rejects at once, and knows all but groups.
type matcher struct {
	expr   string
	elems  []elem
	bytes  bool
	heads  []byteSet // what the first bytes of a match may be, by position
	probes []byteSet // the same, farther

	parsed  *syntax.Regexp
	dfaOnce sync.Once
	dfa     *dfa // nil if the expression has none

	re    lazyRE2
	value int // group number of the value, 0 for the whole match
}

// An elem is min to max bytes of a class.
type elem struct {
	set      byteSet
	min, max int // max < 0: no bound but the match's length
	value    bool
}

type byteSet [4]uint64

func (s *byteSet) has(b byte) bool { return s[b>>6]>>(b&63)&1 == 1 }

// digits are the bits of '0' to '9' in the first word.
const digits = 0x3FF << '0'

func (s *byteSet) hasDigit() bool   { return s[0]&digits != 0 }
func (s *byteSet) onlyDigits() bool { return s[0]&^digits|s[1]|s[2]|s[3] == 0 }

func (s *byteSet) add(b byte) { s[b>>6] |= 1 << (b & 63) }
func (s *byteSet) addAll(t byteSet) {
	for i := range s {
		s[i] |= t[i]
	}
}

// setOf is the set of the bytes of s.
func setOf(s string) (set byteSet) {
	for i := range len(s) {
		set.add(s[i])
	}
	return set
}

// meet returns the bytes that are in both sets.
func meet(s, t byteSet) byteSet {
	return byteSet{s[0] & t[0], s[1] & t[1], s[2] & t[2], s[3] & t[3]}
}

func (s *byteSet) meets(t *byteSet) bool {
	return s[0]&t[0]|s[1]&t[1]|s[2]&t[2]|s[3]&t[3] != 0
}

func newMatcher(expr string) (*matcher, error) {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	m := &matcher{expr: expr, parsed: parsed, bytes: byteSafe(parsed)}
	if m.bytes {
		m.elems, _ = elements(parsed)
	}
	if m.probes, err = heads(parsed, m.bytes, maxProbes); err != nil {
		return nil, err
	}
	m.heads = m.probes[:min(len(m.probes), maxHeads)]
	for i, name := range parsed.CapNames() {
		if name == "value" {
			m.value = i
		}
	}
	return m, nil
}

// at matches at text[start:], at most limit bytes. end < 0 means no match. need
// is the number of bytes behind start without which that is not certain, work what
// it cost, in units of a [detectors.Meter].
func (m *matcher) at(text []byte, start, limit int) (end int, value detectors.Span, need, work int) {
	stop := min(start+limit, len(text))
	if m.elems != nil {
		end, value, need = m.walk(text, start, stop, limit)
		return end, value, need, 0
	}
	if !m.begins(text, start) {
		return -1, value, 0, 0
	}
	work = dfaCost
	if d := m.automaton(); d != nil {
		end, open := d.at(text, start, limit)
		if open {
			need = limit
		}
		if end < 0 || m.value == 0 {
			return end, detectors.Span{Start: start, End: end}, need, work
		}
		stop = end // RE2 says only where in the match the value is
	} else if start+limit > len(text) {
		need = limit
	}
	window := text[start:stop]
	if !m.bytes {
		window = validUTF8(window)
	}
	work += re2Cost + len(window)/re2Share
	loc := m.find(window)
	if loc == nil {
		return -1, value, need, work
	}
	value = detectors.Span{Start: start + loc[0], End: start + loc[1]}
	if g := 2 * (m.value + 1); m.value > 0 && loc[g] >= 0 {
		value = detectors.Span{Start: start + loc[g], End: start + loc[g+1]}
	}
	return start + loc[1], value, need, work
}

// begins reports whether a match may begin at text[start:]: false is certain,
// however the text goes on.
func (m *matcher) begins(text []byte, start int) bool {
	for i := range m.heads {
		if start+i >= len(text) {
			return true
		}
		if !m.heads[i].has(text[start+i]) {
			return false
		}
	}
	return true
}

func (m *matcher) automaton() *dfa {
	m.dfaOnce.Do(func() {
		if m.bytes {
			m.dfa = newDFA(m.parsed)
		}
		m.parsed = nil
	})
	return m.dfa
}

// walk matches the row of classes.
func (m *matcher) walk(text []byte, start, stop, limit int) (end int, value detectors.Span, need int) {
	i := start
	value = detectors.Span{Start: -1}
	for k := range m.elems {
		e := &m.elems[k]
		j := i
		lim := stop
		if e.max >= 0 && i+e.max < lim {
			lim = i + e.max
		}
		for j < lim && e.set.has(text[j]) {
			j++
		}
		if j == len(text) && j < start+limit && (e.max < 0 || j-i < e.max) {
			need = limit // the view ends inside: it may go on
		}
		if j-i < e.min {
			return -1, detectors.Span{}, need
		}
		if e.value {
			if value.Start < 0 {
				value.Start = i
			}
			value.End = j
		}
		i = j
	}
	if value.Start < 0 {
		value = detectors.Span{Start: start, End: i}
	}
	return i, value, need
}

// validUTF8 replaces every invalid byte by one 0x1A, so that offsets hold.
func validUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := append([]byte(nil), b...)
	for i := 0; i < len(out); {
		r, n := utf8.DecodeRune(out[i:])
		if r == utf8.RuneError && n <= 1 {
			out[i] = 0x1A
		}
		i += max(n, 1)
	}
	return out
}

// byteSafe reports whether an expression means the same on bytes as on text:
// every class and literal is ASCII, or a class that takes all other runes.
func byteSafe(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return re.Op == syntax.OpWordBoundary || re.Op == syntax.OpNoWordBoundary
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r >= utf8.RuneSelf {
				return false
			}
		}
	case syntax.OpCharClass:
		_, ok := classSet(re.Rune)
		return ok
	}
	for _, s := range re.Sub {
		if !byteSafe(s) {
			return false
		}
	}
	return true
}

// classSet is a class as bytes. Folding adds U+017F and U+212A to s and k: they
// are dropped, as RE2 does on bytes.
func classSet(runes []rune) (set byteSet, ok bool) {
	for i := 0; i+1 < len(runes); i += 2 {
		lo, hi := runes[i], runes[i+1]
		if lo == hi && (lo == 0x17F || lo == 0x212A) {
			continue
		}
		if hi >= 0x80 {
			if lo > 0x80 || hi < utf8.MaxRune {
				return set, false
			}
			hi = 0xFF
		}
		for b := lo; b <= hi; b++ {
			set.add(byte(b))
		}
	}
	return set, true
}

// elements is an expression as a row of classes, if it is one and greedy
// matching from left to right is exact for it.
func elements(re *syntax.Regexp) ([]elem, bool) {
	var row []elem
	if !flatten(re, false, &row) || len(row) == 0 {
		return nil, false
	}
	for i, e := range row {
		if e.min == e.max {
			continue
		}
		for j := i + 1; j < len(row); j++ {
			if e.set.meets(&row[j].set) {
				return nil, false
			}
			if row[j].min > 0 {
				break
			}
		}
	}
	return row, true
}

func flatten(re *syntax.Regexp, value bool, row *[]elem) bool {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return true
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			var e elem
			e.set.add(byte(r))
			if re.Flags&syntax.FoldCase != 0 && isLetter(byte(r)) {
				e.set.add(byte(r) ^ 0x20)
			}
			e.min, e.max, e.value = 1, 1, value
			*row = append(*row, e)
		}
		return true
	case syntax.OpCharClass:
		set, _ := classSet(re.Rune)
		*row = append(*row, elem{set: set, min: 1, max: 1, value: value})
		return true
	case syntax.OpCapture:
		return flatten(re.Sub[0], value || re.Name == "value", row)
	case syntax.OpConcat:
		for _, s := range re.Sub {
			if !flatten(s, value, row) {
				return false
			}
		}
		return true
	case syntax.OpRepeat, syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		lo, hi := re.Min, re.Max
		switch re.Op {
		case syntax.OpStar:
			lo, hi = 0, -1
		case syntax.OpPlus:
			lo, hi = 1, -1
		case syntax.OpQuest:
			lo, hi = 0, 1
		}
		if re.Flags&syntax.NonGreedy != 0 {
			return false
		}
		var one []elem
		if !flatten(re.Sub[0], value, &one) || len(one) != 1 || one[0].min != 1 || one[0].max != 1 {
			return false
		}
		one[0].min, one[0].max = lo, hi
		*row = append(*row, one[0])
		return true
	}
	return false
}
