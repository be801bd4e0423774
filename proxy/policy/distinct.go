package policy

import (
	"slices"

	"github.com/promptgate/promptgate/detectors"
)

// distinct reports whether clause c takes at least n different values. The list
// of findings knows them exactly; where it was cut off, the totals know at
// least as many of each type as one level has.
func (s *survey) distinct(c, n int) bool {
	return s.weigh(c, "", n, false) || s.totals(c, s.m.Totals, n, false)
}

// sums reports whether the different values that clause c takes make at least n
// points.
func (s *survey) sums(c, n int) bool {
	return s.weigh(c, "", n, true) || s.totals(c, s.m.Totals, n, true)
}

// spent reports whether the sender has sent at least n different values that
// clause c takes on this day, this message included.
func (s *survey) spent(c, n int) bool {
	return s.weigh(c, "", n, false) || s.totals(c, s.m.Spent, n, false)
}

// totals adds up, over the types of a list, what one level knows to be different.
func (s *survey) totals(c int, list []Total, n int, points bool) bool {
	sum := 0
	for j := range list {
		t := &list[j]
		if !s.takesTotal(c, t) || s.typeBefore(c, list[:j], t.Type) {
			continue
		}
		most := s.mostDistinct(c, list, t.Type)
		if points {
			most *= s.p.clauses[c].pointsOf(t.Type)
		}
		if sum += most; sum >= n {
			return true
		}
	}
	return false
}

// persons reports whether clause c takes at least n different values of one
// type: ten names and ten addresses are ten persons, not twenty.
func (s *survey) persons(c, n int) bool {
	for j := range s.m.Totals {
		if t := &s.m.Totals[j]; t.Distinct >= n && s.takesTotal(c, t) {
			return true
		}
	}
	done := make([]detectors.InfoType, 0, 32)
	for j := range s.m.Findings {
		f := &s.m.Findings[j]
		if slices.Contains(done, f.Type) || !s.takes(c, j) {
			continue
		}
		if s.weigh(c, f.Type, n, false) {
			return true
		}
		done = append(done, f.Type)
	}
	return false
}

// weigh reports whether clause c takes findings, of one type or of all (""),
// whose different values number at least n, or make n points. A finding without
// a digest counts as a value of its own; with points, one value found as two
// types is two, or their order would matter.
func (s *survey) weigh(c int, of detectors.InfoType, n int, points bool) bool {
	type value struct {
		digest detectors.Digest
		of     detectors.InfoType
	}
	var room [64]value
	seen := room[:0]
	var more map[value]struct{}
	for j := range s.m.Findings {
		f := &s.m.Findings[j]
		if of != "" && f.Type != of || !s.takes(c, j) {
			continue
		}
		v := value{digest: f.Digest}
		if points {
			v.of = f.Type
		}
		switch {
		case f.Digest == detectors.Digest{}:
		case more != nil:
			if _, old := more[v]; old {
				continue
			}
			more[v] = struct{}{}
		case slices.Contains(seen, v):
			continue
		case len(seen) < len(room):
			seen = append(seen, v)
		default:
			more = make(map[value]struct{}, 2*len(room))
			for _, o := range seen {
				more[o] = struct{}{}
			}
			more[v] = struct{}{}
		}
		if points {
			n -= s.p.clauses[c].pointsOf(f.Type)
		} else {
			n--
		}
		if n <= 0 {
			return true
		}
	}
	return false
}

func (s *survey) takesTotal(c int, t *Total) bool {
	k := s.p.kindOf(t.Type)
	return t.Count+t.Distinct > 0 && slices.Contains(k.clauses, int32(c)) && s.takesTotalOf(c, t, k)
}

// typeBefore reports whether a total that clause c takes, of the type, stands in
// the list.
func (s *survey) typeBefore(c int, list []Total, of detectors.InfoType) bool {
	for j := range list {
		if t := &list[j]; t.Type == of && s.takesTotal(c, t) {
			return true
		}
	}
	return false
}

func (s *survey) mostDistinct(c int, list []Total, of detectors.InfoType) (n int) {
	for j := range list {
		if t := &list[j]; t.Type == of && s.takesTotal(c, t) {
			n = max(n, t.Distinct)
		}
	}
	return n
}
