package policy

import (
	"github.com/promptgate/promptgate/detectors"
)

// Decide says what happens to a message. It is a pure function, total and
// monotone: a finding, total or gap more never makes the decision looser, and
// their order does not matter but for the indexes it is told in. It allocates
// the slices of the Decision and nothing else, up to 256 rules.
func (p *Policy) Decide(m Message) Decision {
	var tallies [256]tally
	var kinds [64]*kind
	s := survey{p: p, m: &m, tally: tallies[:], kinds: kinds[:min(len(m.Findings), len(kinds))]}
	if len(p.rules) > len(tallies) {
		s.tally = make([]tally, len(p.rules))
	}
	for i := range s.kinds {
		s.kinds[i] = p.kindOf(m.Findings[i].Type)
	}
	s.countFindings()
	s.countTotals()
	s.countGaps()
	s.match()
	s.answerGaps()
	return s.decision()
}

// Final reports whether nothing that may still come can change what is enforced
// for m: the licence to stop reading it. Decisions only become stricter, so it
// is the strictest gate that is final.
func (p *Policy) Final(_ Message, d Decision) bool { return d.Gate == Block }

// A survey is the state of one Decide.
type survey struct {
	p     *Policy
	m     *Message
	tally []tally // of each rule
	kinds []*kind // of the first findings: types are looked up once

	due   bool // a redacting rule matched
	edits bool // one that is not in monitor mode did
}

// A tally is what one rule saw of the message.
type tally struct {
	listed  int  // findings that it takes
	counted int  // findings that it takes, by the totals
	gap     int  // 1 + index of the first gap it names, in the order of the table
	with    bool // its "with" is fulfilled
	matched bool
}

// kind is what the policy knows of finding i.
func (s *survey) kind(i int) *kind {
	if i < len(s.kinds) {
		return s.kinds[i]
	}
	return s.p.kindOf(s.m.Findings[i].Type)
}

func (s *survey) countFindings() {
	for i := range s.m.Findings {
		f, k := &s.m.Findings[i], s.kind(i)
		rank := s.p.severityOf(f, k)
		for _, r := range k.rules {
			least := &s.p.floors[r]
			if f.Confidence < least.confidence || rank < least.severity || least.picky && !s.p.rules[r].takes(f, rank) {
				continue
			}
			s.tally[r].listed++
		}
		if f.Confidence >= detectors.Medium {
			s.with(k)
		}
	}
}

// countTotals counts what the capped list may not hold.
func (s *survey) countTotals() {
	for i := range s.m.Totals {
		t := &s.m.Totals[i]
		if t.Count <= 0 {
			continue
		}
		k := s.p.kindOf(t.Type)
		for _, r := range k.rules {
			if s.p.rules[r].takesTotal(t, k.severity) {
				s.tally[r].counted += t.Count
			}
		}
		if t.Level >= detectors.Medium {
			s.with(k)
		}
	}
}

func (s *survey) with(k *kind) {
	for _, r := range k.with {
		s.tally[r].with = true
	}
}

func (s *survey) countGaps() {
	for i := range s.m.Gaps {
		for _, r := range s.p.causes[s.m.Gaps[i].Cause] {
			s.sawGap(r, i)
		}
	}
}

// sawGap keeps the gap whose cause stands first in the table.
func (s *survey) sawGap(r int32, i int) {
	t := &s.tally[r]
	if t.gap == 0 || s.p.compareCauses(s.m.Gaps[i].Cause, s.m.Gaps[t.gap-1].Cause) < 0 {
		t.gap = i + 1
	}
}

// match finds the rules that hold: those that ask whether an edit is due last.
func (s *survey) match() {
	for i := range s.p.floors {
		if s.p.floors[i].editDue || !s.holds(i) {
			continue
		}
		s.tally[i].matched = true
		if r := &s.p.rules[i]; r.redacts() {
			s.due = true
			s.edits = s.edits || !r.monitor
		}
	}
	if !s.due {
		return
	}
	for i := range s.p.floors {
		if s.p.floors[i].editDue && s.holds(i) {
			s.tally[i].matched = true
		}
	}
}

// holds reports whether every condition of rule i holds, the cheap ones first.
func (s *survey) holds(i int) bool {
	least, t := &s.p.floors[i], &s.tally[i]
	n := max(t.listed, t.counted)
	if least.finds && n == 0 || least.gaps && t.gap == 0 {
		return false
	}
	r := &s.p.rules[i]
	if r.finds && (n < r.least() || len(r.with) > 0 && !t.with) {
		return false
	}
	if !r.conditional() {
		return false // a built-in rule on gaps: answerGaps matches it
	}
	return r.about(s.m) &&
		(r.distinct <= 1 || s.distinct(i, r.distinct)) &&
		(r.persons <= 1 || s.persons(i, r.persons))
}

// answerGaps gives the built-in answer to each gap that no rule is about, and
// to an edit that was due and could not be made.
func (s *survey) answerGaps() {
	for i := range s.m.Gaps {
		c := s.m.Gaps[i].Cause
		if !s.answered(c) {
			s.answerGap(s.p.builtin.gapRule(c, s.m.Direction), i)
		}
		if s.due && stopsEdits(c) && !s.answeredDue(c) {
			s.answerGap(s.p.builtin.unedited, i)
		}
	}
}

// answered reports whether a matched rule is about nothing but the gap. A rule
// that also waits for findings does not count: what it leaves open keeps the
// built-in answer, so that one finding more cannot loosen a decision.
func (s *survey) answered(c detectors.Cause) bool {
	for _, r := range s.p.causes[c] {
		if s.tally[r].matched && !s.p.rules[r].finds && !s.p.rules[r].editDue {
			return true
		}
	}
	return false
}

// answeredDue reports whether a matched rule is about the gap when edits are due.
func (s *survey) answeredDue(c detectors.Cause) bool {
	for _, r := range s.p.causes[c] {
		if s.tally[r].matched && !s.p.rules[r].finds && s.p.rules[r].editDue {
			return true
		}
	}
	return false
}

func (s *survey) answerGap(r int32, i int) {
	s.sawGap(r, i)
	s.tally[r].matched = true
}

// effective is what a matched rule does once monitor mode is taken into account.
func (s *survey) effective(i int) (g Gate, edits bool) {
	r := &s.p.rules[i]
	switch {
	case r.monitor, (r.editDue || int32(i) == s.p.builtin.unedited) && !s.edits:
		// The edit that could not be made would not have been made either.
		return min(r.gate, Log), false
	}
	return r.gate.Enforced(), r.redacts()
}
