package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
)

// outranks reports whether a, overlapping b, has b dropped (law L6). That a text is
// source code says nothing of the values in it, and they nothing of that.
func outranks(a, b *detectors.Finding) bool {
	if isCode(a) != isCode(b) {
		return false
	}
	if x, y := a.Confidence.Level(), b.Confidence.Level(); x != y {
		return x > y
	}
	if x, y := a.Span.Len(), b.Span.Len(); x != y {
		return x > y
	}
	if a.Rule != b.Rule {
		return a.Rule < b.Rule
	}
	return len(a.Layers) < len(b.Layers) // the same, read twice
}

func isCode(f *detectors.Finding) bool { return strings.HasPrefix(string(f.Type), "source_code.") }

func byStart(a, b detectors.Finding) int {
	return cmp.Or(a.Span.Start-b.Span.Start, a.Span.End-b.Span.End, cmp.Compare(a.Rule, b.Rule))
}

// A contest holds findings until it is known whether another outranks them.
//
// Whether f is dropped depends on what overlaps f, itself dropped or not: it is
// known as soon as no finding can come that begins before f ends. Hence a chain
// of overlaps, however long, keeps no more than what the longest finding in it
// reaches over.
type contest struct {
	list  []contender
	first []int // first[i] is the least start in list[i:]
	open  int   // contenders not decided
}

type contender struct {
	detectors.Finding
	decided bool // told or dropped; it may still outrank others
}

func (c *contest) add(f detectors.Finding) {
	c.list = append(c.list, contender{Finding: f})
	c.open++
}

// holds reports whether the same was found already.
func (c *contest) holds(f *detectors.Finding) bool {
	return slices.ContainsFunc(c.list, func(g contender) bool {
		return g.Rule == f.Rule && g.Span == f.Span && len(g.Layers) == len(f.Layers)
	})
}

// start is where the first open finding begins, or limit if that is less.
func (c *contest) start(limit int) int {
	if c.open == 0 {
		return limit
	}
	for i := range c.list {
		if f := &c.list[i]; !f.decided {
			limit = min(limit, f.Span.Start)
		}
	}
	return limit
}

// settle decides every finding that ends at or before upto and reports, ordered
// by (End, Start, Rule), those that nothing outranks. No finding that begins
// before next may come later: what ends there is forgotten.
func (c *contest) settle(upto, next int, report func(detectors.Finding)) {
	if len(c.list) == 0 {
		return
	}
	if c.open > 0 {
		if c.earliestEnd() > upto {
			return
		}
		c.sort()
		for i := range c.list {
			f := &c.list[i]
			if f.Span.End > upto {
				break
			}
			if f.decided {
				continue
			}
			f.decided = true
			c.open--
			if !c.outranked(i) {
				report(f.Finding)
			}
		}
	}
	next = c.start(next)
	c.list = slices.DeleteFunc(c.list, func(f contender) bool { return f.decided && f.Span.End <= next })
}

func (c *contest) earliestEnd() int {
	end := math.MaxInt
	for i := range c.list {
		if f := &c.list[i]; !f.decided {
			end = min(end, f.Span.End)
		}
	}
	return end
}

// sort orders the list by end, so that what overlaps a finding stands behind
// the first that ends after its start.
func (c *contest) sort() {
	slices.SortStableFunc(c.list, func(a, b contender) int {
		return cmp.Or(a.Span.End-b.Span.End, a.Span.Start-b.Span.Start, cmp.Compare(a.Rule, b.Rule))
	})
	c.first = slices.Grow(c.first[:0], len(c.list))[:len(c.list)]
	least := math.MaxInt
	for i := len(c.list) - 1; i >= 0; i-- {
		least = min(least, c.list[i].Span.Start)
		c.first[i] = least
	}
}

func (c *contest) outranked(i int) bool {
	f := &c.list[i].Finding
	k, _ := slices.BinarySearchFunc(c.list, f.Span.Start+1, func(g contender, end int) int { return g.Span.End - end })
	for ; k < len(c.list) && c.first[k] < f.Span.End; k++ {
		if g := &c.list[k].Finding; g.Span.Start < f.Span.End && outranks(g, f) {
			return true
		}
	}
	return false
}

func (c *contest) reset() {
	clear(c.list)
	c.list, c.open = c.list[:0], 0
}
