package policy

import (
	"slices"

	"github.com/promptgate/promptgate/detectors"
)

// Decide says what happens to a message. It is a pure function, total and
// monotone: a finding, total or gap more never makes the decision looser, and
// their order does not matter but for the indexes it is told in. It allocates
// the slices of the Decision and nothing else, up to 256 rules and clauses, 64
// exceptions, and 64 different values that a rule counts.
func (p *Policy) Decide(m Message) Decision {
	var tallies [256]tally
	var states [256]state
	var waivers [64]waiver
	var kinds [64]*kind
	s := survey{p: p, m: &m, tally: tallies[:], state: states[:], waive: waivers[:], kinds: kinds[:min(len(m.Findings), len(kinds))]}
	if len(p.clauses) > len(tallies) { // there are as many clauses as rules, or more
		s.tally, s.state = make([]tally, len(p.clauses)), make([]state, len(p.rules))
	}
	if len(p.exceptions) > len(waivers) {
		s.waive = make([]waiver, len(p.exceptions))
	}
	s.use = p.usage(&m)
	s.mode = p.modeFor(&m)
	for i := range p.exceptions {
		e := &p.exceptions[i]
		s.waive[i].active = !expired(e.expires, m.Time) && e.scope.holds(&s)
	}
	for i := range p.stricters {
		if s.stricter == 0 && p.stricters[i].scope.holds(&s) {
			s.stricter = i + 1
		}
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
	tally []tally  // of each clause
	state []state  // of each rule
	waive []waiver // of each exception
	kinds []*kind  // of the first findings: types are looked up once

	use      usage
	mode     mode
	stricter int // 1 + index of what makes it one step stricter

	due   bool // a redacting rule matched
	edits bool // one that is not in monitor mode did
}

// A tally is what one clause saw of the message.
type tally struct {
	listed  int32 // findings that it takes
	gap     int32 // 1 + index of the first gap it names, in the order of the table
	counted int   // findings that it takes, by the totals
	with    bool  // its "with" is fulfilled
	holds   bool
}

// A state is what came of a rule.
type state struct {
	matched bool
	waived  bool  // an exception kept it from matching
	coaches bool  // it asks for an acknowledgement
	gap     int32 // 1 + index of a gap that it answers beside those of its clauses
}

// A waiver is an exception in one message.
type waiver struct{ active, used bool }

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
		for _, c := range k.clauses {
			if s.takesOf(c, f, k, rank) {
				s.tally[c].listed++
			}
		}
		if f.Confidence >= detectors.Medium {
			s.with(k)
		}
	}
}

// waives reports whether an exception takes a finding out of the count of a rule.
func (s *survey) waives(rule int32, f *Finding, k *kind, rank severity) bool {
	out := false
	for _, i := range s.p.rules[rule].exceptions {
		e := &s.p.exceptions[i]
		if w := &s.waive[i]; w.active && e.finds && e.filter.takesType(f.Type, k.group) && e.filter.takes(f, rank) {
			w.used, out = true, true
		}
	}
	return out
}

// countTotals counts what the capped list may not hold.
func (s *survey) countTotals() {
	for i := range s.m.Totals {
		t := &s.m.Totals[i]
		if t.Count <= 0 {
			continue
		}
		k := s.p.kindOf(t.Type)
		for _, c := range k.clauses {
			if s.takesTotalOf(int(c), t, k) {
				s.tally[c].counted += t.Count
			}
		}
		if t.Level >= detectors.Medium {
			s.with(k)
		}
	}
}

// takesTotalOf reports whether clause c counts a total of a kind that it takes.
// An exception from some findings of the type leaves the list alone to count.
func (s *survey) takesTotalOf(c int, t *Total, k *kind) bool {
	cl := &s.p.clauses[c]
	if !cl.takesTotal(t, k.severity) {
		return false
	}
	for _, i := range s.p.rules[cl.rule].exceptions {
		e := &s.p.exceptions[i]
		if w := &s.waive[i]; w.active && e.finds && e.filter.takesType(t.Type, k.group) && t.Level >= e.filter.confidence.Level() {
			return false
		}
	}
	return true
}

func (s *survey) with(k *kind) {
	for _, c := range k.with {
		s.tally[c].with = true
	}
}

func (s *survey) countGaps() {
	for i := range s.m.Gaps {
		for _, c := range s.p.causes[s.m.Gaps[i].Cause] {
			s.sawGap(&s.tally[c].gap, i)
		}
	}
}

// sawGap keeps the gap whose cause stands first in the table.
func (s *survey) sawGap(at *int32, i int) {
	if *at == 0 || s.p.compareCauses(s.m.Gaps[i].Cause, s.m.Gaps[*at-1].Cause) < 0 {
		*at = int32(i + 1)
	}
}

// match finds the rules that hold: those that ask whether an edit is due last.
func (s *survey) match() {
	for i := range s.p.heads {
		if h := &s.p.heads[i]; h.editDue || s.fails(h.own) || !s.matches(i) {
			continue
		}
		if r := &s.p.rules[i]; r.redacts() {
			s.due = true
			s.edits = s.edits || !r.monitor && s.mode > monitorMode
		}
	}
	if !s.due {
		return
	}
	for i := range s.p.heads {
		if h := &s.p.heads[i]; h.editDue && !s.fails(h.own) {
			s.matches(i)
		}
	}
}

// fails reports whether clause c waits for a finding or a gap that is not there.
func (s *survey) fails(c int32) bool {
	least, t := &s.p.floors[c], &s.tally[c]
	return least.finds && t.listed == 0 && t.counted == 0 || least.gaps && t.gap == 0
}

// matches reports whether rule i matches, and marks the clauses that hold.
func (s *survey) matches(i int) bool {
	r := &s.p.rules[i]
	if !s.holds(r.own) || r.end == r.own+1 && !s.p.clauses[r.own].conditional() {
		return false // without conditions: a built-in rule on gaps, which answerGaps matches
	}
	some := r.any == r.own+1
	for c := r.own + 1; c < r.any; c++ {
		some = s.holds(c) || some // all of them: each tells what it takes
	}
	if !some {
		return false
	}
	for c := r.any; c < r.end; c++ {
		if !s.holds(c) {
			return false
		}
	}
	for _, x := range r.exceptions {
		if w := &s.waive[x]; w.active && !s.p.exceptions[x].finds {
			w.used, s.state[i].waived = true, true
		}
	}
	s.state[i].matched = !s.state[i].waived
	return s.state[i].matched
}

// holds reports whether every condition of clause c holds, the cheap ones first.
func (s *survey) holds(c int32) bool {
	if s.fails(c) {
		return false
	}
	least, t := &s.p.floors[c], &s.tally[c]
	if least.finds && (max(int(t.listed), t.counted) < least.least || least.with && !t.with) {
		return false
	}
	if least.plain {
		t.holds = true
		return true
	}
	cl := &s.p.clauses[c]
	t.holds = cl.holdsOn(s) &&
		(cl.distinct <= 1 || s.distinct(int(c), cl.distinct)) &&
		(cl.persons <= 1 || s.persons(int(c), cl.persons)) &&
		(cl.sum == 0 || s.sums(int(c), cl.sum)) &&
		(cl.daily == 0 || s.spent(int(c), cl.daily))
	return t.holds
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

// answered reports whether a matched rule is about nothing but the gap, or would
// be but for an exception. A rule that also waits for findings does not count:
// what it leaves open keeps the built-in answer, so that one finding more cannot
// loosen a decision.
func (s *survey) answered(c detectors.Cause) bool { return s.answeredBy(c, false) }

// answeredDue reports whether a matched rule is about the gap when edits are due.
func (s *survey) answeredDue(c detectors.Cause) bool { return s.answeredBy(c, true) }

func (s *survey) answeredBy(cause detectors.Cause, due bool) bool {
	for _, c := range s.p.causes[cause] {
		f := &s.p.floors[c]
		r := &s.p.rules[f.rule]
		if st := &s.state[f.rule]; s.tally[c].holds && (st.matched || st.waived) && !r.finds && s.p.heads[f.rule].editDue == due {
			return true
		}
	}
	return false
}

func (s *survey) answerGap(r int32, i int) {
	s.sawGap(&s.state[r].gap, i)
	s.state[r].matched = true
}

// gap is 1 + the index of the first gap that rule i is about, or 0.
func (s *survey) gap(i int) int {
	out := s.state[i].gap
	for c := s.p.rules[i].own; c < s.p.rules[i].end; c++ {
		if t := &s.tally[c]; t.holds && t.gap > 0 {
			s.sawGap(&out, int(t.gap-1))
		}
	}
	return int(out)
}

// listed is how many findings rule i takes, at most.
func (s *survey) listed(i int) (n int) {
	for c := s.p.rules[i].own; c < s.p.rules[i].end; c++ {
		if t := &s.tally[c]; t.holds && s.p.floors[c].finds {
			n += int(t.listed)
		}
	}
	return min(n, len(s.m.Findings))
}

// gateOf is the gate that rule i asks for: with search, connectors or agents on,
// as the policy says, one step stricter.
func (s *survey) gateOf(i int) Gate {
	g := s.p.rules[i].gate
	if s.stricter > 0 && g >= Coach && g < Block {
		return g + 1
	}
	return g
}

// effective is what a matched rule does once monitor mode is taken into account.
func (s *survey) effective(i int) (g Gate, edits bool) {
	r := &s.p.rules[i]
	g = s.gateOf(i)
	switch {
	case r.monitor, s.mode == monitorMode, (s.p.heads[i].editDue || int32(i) == s.p.builtin.unedited) && !s.edits:
		// The edit that could not be made would not have been made either.
		return min(g, Log), false
	case s.mode == coachMode:
		g = min(g, Coach)
	}
	if g == Coach && s.acknowledged(i) {
		g = Log
	}
	return g.EnforcedIn(s.m.Direction), r.redacts()
}

// acknowledged reports whether the sender has acknowledged rule i for this message.
func (s *survey) acknowledged(i int) bool {
	return len(s.m.Acknowledged) > 0 && slices.Contains(s.m.Acknowledged, s.p.rules[i].id)
}

// takesFinding reports whether rule i takes finding j, by a clause that holds.
func (s *survey) takesFinding(i, j int) bool {
	for c := s.p.rules[i].own; c < s.p.rules[i].end; c++ {
		if s.tally[c].holds && s.takes(int(c), j) {
			return true
		}
	}
	return false
}

// takes reports whether clause c counts finding j.
func (s *survey) takes(c, j int) bool {
	f, k := &s.m.Findings[j], s.kind(j)
	return slices.Contains(k.clauses, int32(c)) && s.takesOf(int32(c), f, k, s.p.severityOf(f, k))
}

// takesOf reports whether clause c counts a finding of a kind that it takes.
func (s *survey) takesOf(c int32, f *Finding, k *kind, rank severity) bool {
	least := &s.p.floors[c]
	return f.Confidence >= least.confidence && rank >= least.severity &&
		!(least.picky && (!s.p.clauses[c].takes(f, k, rank) || s.waives(least.rule, f, k, rank)))
}
