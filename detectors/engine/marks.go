package engine

import (
	"sort"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// marked reports whether a finding of an anchor, which is shown text from lo to
// hi, may touch a mark. What lies beyond that first view is not looked at: it
// may not be known yet.
func (s *Scanner) marked(en *entry, lo, hi int, ended bool) bool {
	first, last := en.end, en.end
	if en.kind == anchor.KindDigits {
		text := s.window[lo-s.base : hi-s.base]
		for first > lo && inNumber(text[first-1-lo]) {
			first--
		}
		for last < hi && inNumber(text[last-lo]) {
			last++
		}
	}
	s.marks.pass(lo)
	first -= en.use.reach.Before + beside
	last += en.use.reach.Behind + beside
	if en.use.reach == (detectors.Reach{}) || first < lo && lo > 0 || last >= hi && !ended {
		return true
	}
	return s.marks.touch(first, last)
}

// marks are where hidden characters of a region stand, in the order of the text.
type marks struct {
	list   []detectors.Span
	words  []int // ends of those that hide a part of a word
	passed int   // of list: no anchor reaches them any more
}

func (m *marks) add(s detectors.Span, word bool) {
	m.list = append(m.list, s)
	if word {
		m.words = append(m.words, s.End)
	}
}

// pass forgets what lies before the text that is shown from lo on.
func (m *marks) pass(lo int) {
	for m.passed < len(m.list) && m.list[m.passed].End+beside < lo {
		m.passed++
	}
	if m.passed > 4096 {
		m.list = append(m.list[:0], m.list[m.passed:]...)
		m.passed = 0
	}
	if n := len(m.words); n > 8192 {
		i := min(sort.SearchInts(m.words, lo-wordReach), n-1)
		m.words = append(m.words[:0], m.words[i:]...)
	}
}

// touch reports whether a mark lies in [first, last], or a word with one not
// far before.
func (m *marks) touch(first, last int) bool {
	list := m.list[m.passed:]
	if i := sort.Search(len(list), func(i int) bool { return list[i].End >= first }); i < len(list) && list[i].Start <= last {
		return true
	}
	i := sort.SearchInts(m.words, last+1)
	return i > 0 && m.words[i-1] >= first-wordReach
}

func (m *marks) reset() { m.list, m.words, m.passed = m.list[:0], m.words[:0], 0 }

func inNumber(b byte) bool { return isDigit(b) || b == ' ' || b == '-' || b == '.' || b == '/' }
