// Package dictionary finds the words and phrases of a company, up to a hundred
// thousand of them, in one pass over the text.
//
// Terms go in, a [Set] comes out; text goes in, the places where a term stands
// come out. It knows neither rules nor confidence, and whether a place is the
// border of a word is for others to say.
//
// # How it works
//
// An automaton (coregx/ahocorasick) over all terms would have a state for each of
// their bytes, half a gigabyte for a hundred thousand names. It is made of their
// heads instead: as many bytes as tell a term from its neighbours in the alphabet,
// fewer when all heads together would take more than [maxTable]. Where a head
// stands, the terms that begin with it are compared.
//
// The library keeps no state between two calls, so each call looks again at as
// many bytes before the new text as the longest term has; what ended there was
// found before. That depends on nothing but the text:
//
//	LAW: for every way of cutting a text into pieces, the concatenated hits are equal.
package dictionary

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coregx/ahocorasick"
)

// Bounds of a [Set].
const (
	MaxTerm  = 80      // bytes of a term
	MaxTerms = 100_000 // terms
)

const (
	maxTable = 32 << 20 // bytes of the automaton; about twice that while it is made
	minHead  = 6        // bytes that a head has, if its term does
)

// A Term is what is looked for. Case is ignored unless Exact; a space stands for
// any one of space, tab, line break.
type Term struct {
	Text  string
	Exact bool
}

// A Hit is a place where a term stands: text[Start:End]. Term is its place in the
// list that the set was made of.
type Hit struct{ Start, End, Term int }

// A Set is immutable and safe for concurrent use.
type Set struct {
	heads   *ahocorasick.Automaton
	buckets []bucket
	terms   []entry
	longest int
}

// A bucket is the terms that begin with one head: entries[from:to], by length.
type bucket struct{ from, to int32 }

// An entry is a folded text and the terms that have it.
type entry struct {
	folded string
	exact  string // as written; "" when case does not matter
	term   int32
}

// Compile makes a set. Of equal terms each is found.
func Compile(terms []Term) (*Set, error) {
	if len(terms) == 0 || len(terms) > MaxTerms {
		return nil, fmt.Errorf("dictionary: %d terms, want 1 to %d", len(terms), MaxTerms)
	}
	s := &Set{terms: make([]entry, len(terms))}
	for i, t := range terms {
		if len(t.Text) == 0 || len(t.Text) > MaxTerm {
			return nil, fmt.Errorf("dictionary: term %d has %d bytes, want 1 to %d", i, len(t.Text), MaxTerm)
		}
		e := entry{folded: string(fold(nil, []byte(t.Text))), term: int32(i)}
		if t.Exact {
			e.exact = t.Text
		}
		s.terms[i] = e
		s.longest = max(s.longest, len(t.Text))
	}
	slices.SortFunc(s.terms, func(a, b entry) int { return cmp.Or(cmp.Compare(a.folded, b.folded), cmp.Compare(a.term, b.term)) })
	cut := headLengths(s.terms)
	var heads [][]byte
	for i := 0; i < len(s.terms); {
		head := s.terms[i].folded[:cut[i]]
		j := i + 1
		for j < len(s.terms) && cut[j] == cut[i] && s.terms[j].folded[:cut[j]] == head {
			j++
		}
		heads = append(heads, []byte(head))
		s.buckets = append(s.buckets, bucket{int32(i), int32(j)})
		i = j
	}
	var err error
	// The library's numbering of classes overflows at 255 different bytes (v0.3.0);
	// folded text has 227 at the most.
	s.heads, err = ahocorasick.NewBuilder().AddPatterns(heads).Build()
	if err != nil {
		return nil, fmt.Errorf("dictionary: %w", err)
	}
	return s, nil
}

// headLengths says how many bytes of each term, in alphabetical order, go into
// the automaton.
func headLengths(terms []entry) []int {
	want := make([]int, len(terms))
	before := 0 // bytes in common with the term before
	longest := 0
	var seen [256]bool
	classes := 1 // all other bytes
	for i, t := range terms {
		for j := range len(t.folded) {
			if b := t.folded[j]; !seen[b] {
				seen[b] = true
				classes++
			}
		}
		next := 0
		if i+1 < len(terms) {
			next = common(t.folded, terms[i+1].folded)
		}
		want[i] = min(len(t.folded), max(minHead, max(before, next)+1))
		longest = max(longest, want[i])
		before = next
	}
	row := 4 // bytes of a state: a number for each class, a power of two of them
	for row < 4*classes {
		row *= 2
	}
	most := longest
	for ; most > 2 && row*nodes(terms, want, most) > maxTable; most-- {
	}
	for i := range want {
		want[i] = min(want[i], most)
	}
	return want
}

// nodes counts the states for heads of at most so many bytes.
func nodes(terms []entry, want []int, most int) int {
	n, last := 1, ""
	for i, t := range terms {
		head := t.folded[:min(want[i], most)]
		n += len(head) - common(last, head)
		last = head
	}
	return n
}

func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// Open returns how many of the last bytes of text some term begins with, as far as
// they go: what may still become one. text must hold the last Longest bytes of what
// is known, or all of it.
func (s *Set) Open(text []byte) int {
	var buf [MaxTerm + utf8.UTFMax]byte
	lo := max(0, len(text)-s.longest)
	for lo > 0 && !utf8.RuneStart(text[lo]) && len(text)-lo < len(buf) {
		lo--
	}
	tail := fold(buf[:0], text[lo:])
	for i := range tail {
		rest := tail[i:]
		k := sort.Search(len(s.terms), func(k int) bool { return s.terms[k].folded >= string(rest) })
		if k < len(s.terms) && strings.HasPrefix(s.terms[k].folded, string(rest)) {
			return len(rest)
		}
	}
	return 0
}

// Longest is the number of bytes of the longest term: text before the new one that
// Find must be shown.
func (s *Set) Longest() int { return s.longest }

// Find appends the terms that end in text[from:], ordered by end, then start, then
// term. text must hold Longest bytes before from, or begin where the text begins.
// buf is scratch; it is returned grown.
func (s *Set) Find(buf, text []byte, from int, hits []Hit) ([]Hit, []byte) {
	lo := max(0, from-s.longest)
	for lo > 0 && lo > from-s.longest-utf8.UTFMax && !utf8.RuneStart(text[lo]) {
		lo-- // a rune is folded whole
	}
	buf = fold(buf[:0], text[lo:])
	first := len(hits)
	for _, m := range s.heads.FindAllOverlapping(buf) {
		b := s.buckets[m.PatternID]
		for i := b.from; i < b.to; i++ {
			e := &s.terms[i]
			end := m.Start + len(e.folded)
			if end > len(buf) || lo+end <= from || string(buf[m.Start:end]) != e.folded {
				continue
			}
			if e.exact == "" || same(text[lo+m.Start:lo+end], e.exact) {
				hits = append(hits, Hit{lo + m.Start, lo + end, int(e.term)})
			}
		}
	}
	slices.SortFunc(hits[first:], func(a, b Hit) int {
		return cmp.Or(a.End-b.End, a.Start-b.Start, a.Term-b.Term)
	})
	return hits, buf
}

// same reports whether text is the term as written, but for its white space.
func same(text []byte, term string) bool {
	for i, b := range text {
		if b != term[i] && (term[i] != ' ' || !isSpace(b)) {
			return false
		}
	}
	return true
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// fold appends p in lower case, each rune in as many bytes as it had: what has no
// small letter of the same length stays. White space becomes a space.
func fold(dst, p []byte) []byte {
	from := len(dst)
	dst = append(dst, p...)
	out := dst[from:]
	for i := 0; i < len(out); {
		b := out[i]
		if b < utf8.RuneSelf {
			if b-'A' <= 'Z'-'A' {
				out[i] = b | 0x20
			} else if b <= '\r' && isSpace(b) {
				out[i] = ' '
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(out[i:])
		if low := lower(r); low != r && utf8.RuneLen(low) == n {
			utf8.EncodeRune(out[i:], low)
		}
		i += n
	}
	return dst
}

func lower(r rune) rune {
	if r == 'ς' { // at the end of words
		return 'σ'
	}
	return unicode.ToLower(r)
}
