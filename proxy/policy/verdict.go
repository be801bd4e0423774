package policy

import (
	"slices"

	"github.com/promptgate/promptgate/detectors"
)

// decision puts together what the matched rules ask for.
func (s *survey) decision() Decision {
	d := Decision{Due: s.due, Tenancy: s.use.tenancy, Risk: s.use.risk}
	best, matched, edits := -1, 0, 0
	for i := range s.p.rules {
		if !s.state[i].matched {
			continue
		}
		r := &s.p.rules[i]
		matched++
		d.Intended = max(d.Intended, s.gateOf(i))
		g, edit := s.effective(i)
		d.Gate = max(d.Gate, g)
		if edit {
			edits += s.listed(i)
		}
		d.Alert = d.Alert || r.alert
		if s.acknowledged(i) {
			d.Acknowledged = append(d.Acknowledged, r.id)
		}
		if best < 0 || s.outranks(i, best) {
			best = i
		}
	}
	if s.stricter > 0 && d.Intended > Coach {
		d.Stricter = s.p.stricters[s.stricter-1].id
	}
	for i := range s.p.exceptions {
		if s.waive[i].used {
			d.Exceptions = append(d.Exceptions, s.p.exceptions[i].id)
			d.Gate, d.Intended = max(d.Gate, Log), max(d.Intended, Log)
		}
	}
	d.Would = d.Intended.EnforcedIn(s.m.Direction)
	if d.Gate < Coach {
		d.Add = s.obligations()
	}
	if best < 0 {
		if len(d.Exceptions) > 0 {
			d.Rule = d.Exceptions[0]
		}
		return d
	}
	r := &s.p.rules[best]
	d.Rule, d.Reason, d.Guidance, d.Note = r.id, r.reason, r.guidance, r.note
	if gap := s.gap(best); gap > 0 {
		d.Gap = s.m.Gaps[gap-1].Cause
	}
	d.Rules = s.names(matched)
	d.Controls = s.controls()
	d.Deciding = s.deciding(best)
	d.Redact = s.redactions(edits)
	if d.Gate == Coach {
		s.coaching(&d)
	}
	if d.Alert {
		d.Flagged = s.flagged()
	}
	return d
}

// outranks reports whether matched rule i explains the decision better than j:
// by what it does, then by what it would do, then by its place in the file.
func (s *survey) outranks(i, j int) bool {
	gi, ei := s.effective(i)
	gj, ej := s.effective(j)
	a, b := &s.p.rules[i], &s.p.rules[j]
	switch {
	case gi != gj:
		return gi > gj
	case ei != ej:
		return ei
	case a.gate != b.gate:
		return a.gate > b.gate
	case a.redacts() != b.redacts():
		return a.redacts()
	}
	return i < j
}

// names are the ids of the matched rules, sorted.
func (s *survey) names(n int) []string {
	out := make([]string, 0, n)
	for _, i := range s.p.byID {
		if s.state[i].matched {
			out = append(out, s.p.rules[i].id)
		}
	}
	return out
}

// controls are the control ids of the matched rules, sorted and unique.
func (s *survey) controls() []string {
	var room [256]bool
	marks := room[:]
	if len(s.p.controls) > len(room) {
		marks = make([]bool, len(s.p.controls))
	}
	n := 0
	for i := range s.p.rules {
		if !s.state[i].matched {
			continue
		}
		for _, c := range s.p.rules[i].controls {
			if !marks[c] {
				marks[c] = true
				n++
			}
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]string, 0, n)
	for c, id := range s.p.controls {
		if marks[c] {
			out = append(out, id)
		}
	}
	return out
}

// deciding are the indexes of the findings that rule i takes.
func (s *survey) deciding(i int) []int {
	n := s.listed(i)
	if n == 0 {
		return nil
	}
	out := make([]int, 0, n)
	for j := range s.m.Findings {
		if s.takesFinding(i, j) {
			out = append(out, j)
		}
	}
	return out
}

// redactions are the edits of every matched rule, each finding once; n bounds
// their number. Of several rules the strictest operator wins.
func (s *survey) redactions(n int) []Redaction {
	if n = min(n, len(s.m.Findings)); n == 0 {
		return nil
	}
	out := make([]Redaction, 0, n)
	for j := range s.m.Findings {
		f, k := &s.m.Findings[j], s.kind(j)
		rank := s.p.severityOf(f, k)
		found, op := false, mask
		for _, c := range k.clauses {
			if !s.tally[c].holds {
				continue
			}
			i := s.p.floors[c].rule
			h := &s.p.heads[i]
			if !h.edits || found && h.most <= op || !s.state[i].matched || !s.takesOf(c, f, k, rank) {
				continue
			}
			found = true
			if h.same {
				op = max(op, h.most)
			} else {
				op = max(op, s.p.rules[i].operatorFor(f.Type))
			}
		}
		if found {
			out = append(out, Redaction{Finding: j, Operator: op.String()})
		}
	}
	return out
}

// flagged are the causes that matched alerting rules name, in the order of the
// table, each once.
func (s *survey) flagged() []detectors.Cause {
	var out []detectors.Cause
	for i := range s.m.Gaps {
		if c := s.m.Gaps[i].Cause; s.alerts(c) && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, s.p.compareCauses)
	return out
}

// alerts reports whether a matched rule, or the built-in one, flags the cause.
func (s *survey) alerts(cause detectors.Cause) bool {
	for _, c := range s.p.causes[cause] {
		if r := s.p.floors[c].rule; s.state[r].matched && s.tally[c].holds && s.p.rules[r].alert {
			return true
		}
	}
	return s.p.builtin.gapRule(cause, s.m.Direction) == s.p.builtin.gapFlag && !s.answered(cause)
}

// coaching says what there is to acknowledge.
func (s *survey) coaching(d *Decision) {
	n := 0
	for i := range s.p.rules {
		st := &s.state[i]
		if !st.matched {
			continue
		}
		if g, _ := s.effective(i); g != Coach {
			continue
		}
		st.coaches = true
		n++
		for c := s.p.rules[i].own; c < s.p.rules[i].end; c++ {
			if v := s.p.clauses[c].unacknowledged; v != "" && s.tally[c].holds {
				d.Version = v
			}
		}
	}
	d.Coaching = make([]string, 0, n)
	for i := range s.p.rules {
		if s.state[i].coaches {
			d.Coaching = append(d.Coaching, s.p.rules[i].id)
		}
	}
	if len(s.m.Findings) == 0 {
		return
	}
	d.CoachedOn = make([]int, 0, len(s.m.Findings))
	for j := range s.m.Findings {
		f, k := &s.m.Findings[j], s.kind(j)
		rank := s.p.severityOf(f, k)
		if slices.ContainsFunc(k.clauses, func(c int32) bool {
			return s.tally[c].holds && s.state[s.p.floors[c].rule].coaches && s.takesOf(c, f, k, rank)
		}) {
			d.CoachedOn = append(d.CoachedOn, j)
		}
	}
}
