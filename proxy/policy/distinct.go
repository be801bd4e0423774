package policy

import (
	"slices"

	"github.com/promptgate/promptgate/detectors"
)

// distinct reports whether rule i takes at least n different values. The list
// of findings knows them exactly; where it was cut off, the totals know at
// least as many of each type as one level has.
func (s *survey) distinct(i, n int) bool {
	if s.differ(i, "", n) {
		return true
	}
	sum := 0
	for j := range s.m.Totals {
		if t := &s.m.Totals[j]; s.takesTotal(i, t) && !s.typeBefore(i, j) {
			sum += s.mostDistinct(i, t.Type)
		}
	}
	return sum >= n
}

// persons reports whether rule i takes at least n different values of one type:
// ten names and ten addresses are ten persons, not twenty.
func (s *survey) persons(i, n int) bool {
	for j := range s.m.Totals {
		if t := &s.m.Totals[j]; t.Distinct >= n && s.takesTotal(i, t) {
			return true
		}
	}
	done := make([]detectors.InfoType, 0, 32)
	for j := range s.m.Findings {
		f := &s.m.Findings[j]
		if slices.Contains(done, f.Type) || !s.takes(i, j) {
			continue
		}
		if s.differ(i, f.Type, n) {
			return true
		}
		done = append(done, f.Type)
	}
	return false
}

// differ reports whether rule i takes at least n findings, of one type or of
// all (""), whose values differ. A finding without a digest counts as a value
// of its own.
func (s *survey) differ(i int, of detectors.InfoType, n int) bool {
	var room [64]detectors.Digest
	seen := room[:0]
	var more map[detectors.Digest]struct{}
	if n > len(room) {
		more = make(map[detectors.Digest]struct{})
	}
	for j := range s.m.Findings {
		f := &s.m.Findings[j]
		if of != "" && f.Type != of || !s.takes(i, j) {
			continue
		}
		switch {
		case f.Digest == detectors.Digest{}:
		case more != nil:
			if _, old := more[f.Digest]; old {
				continue
			}
			more[f.Digest] = struct{}{}
		case slices.Contains(seen, f.Digest):
			continue
		default:
			seen = append(seen, f.Digest)
		}
		if n--; n <= 0 {
			return true
		}
	}
	return false
}

// takes reports whether rule i counts finding j.
func (s *survey) takes(i, j int) bool {
	f, k := &s.m.Findings[j], s.kind(j)
	return s.p.rules[i].takes(f, s.p.severityOf(f, k)) && slices.Contains(k.rules, int32(i))
}

func (s *survey) takesTotal(i int, t *Total) bool {
	k := s.p.kindOf(t.Type)
	return s.p.rules[i].takesTotal(t, k.severity) && slices.Contains(k.rules, int32(i))
}

// typeBefore reports whether a total that rule i takes, of the type of total j,
// stands before it.
func (s *survey) typeBefore(i, j int) bool {
	for k := range j {
		if t := &s.m.Totals[k]; t.Type == s.m.Totals[j].Type && s.takesTotal(i, t) {
			return true
		}
	}
	return false
}

func (s *survey) mostDistinct(i int, of detectors.InfoType) (n int) {
	for j := range s.m.Totals {
		if t := &s.m.Totals[j]; t.Type == of && s.takesTotal(i, t) {
			n = max(n, t.Distinct)
		}
	}
	return n
}
