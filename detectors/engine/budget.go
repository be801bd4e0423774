package engine

import "github.com/promptgate/promptgate/detectors"

// A Budget bounds the work spent on one text, in units of about a tenth of a
// microsecond. What counts is the same on every machine and for every cut of the
// text; time is looked at elsewhere. With all that is shipped prose uses some 130
// units a KiB, logs 220, near hits glued together 1,300.
type Budget struct {
	// Base is what a text of any length may use; 0 means 1,000,000.
	Base int
	// PerKB is what each KiB of text adds; 0 means 2,000.
	PerKB int
}

// What work costs beside what a [detectors.Meter] tells. The view of a first
// check has a fixed size and is left after a few bytes as a rule; one that asked
// for more reads it.
const (
	checkCost   = 1
	findingCost = 16
	viewShare   = 64 // bytes of a longer view or of a block for one unit more
)

func (b Budget) orDefault() Budget {
	if b.Base <= 0 {
		b.Base = 1_000_000
	}
	if b.PerKB <= 0 {
		b.PerKB = 2_000
	}
	return b
}

// at is what may have been used by the time the text is looked at as far as off.
func (b Budget) at(off int) int { return b.Base + off>>10*b.PerKB }

// spend counts n units of work at an offset and reports whether they were
// there. When they are not, the rest of the text is a gap, told once.
func (s *Scanner) spend(n, off int) bool {
	s.used += n
	if s.spent || s.used <= s.engine.budget.at(off) {
		return !s.spent
	}
	s.spent = true
	g := detectors.Gap{Cause: detectors.CauseWorkBudget}
	if s.whole {
		s.gaps = append(s.gaps, g)
	}
	if s.o.Gap != nil {
		s.o.Gap(g)
	}
	return false
}
