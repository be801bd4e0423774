package engine

import (
	"cmp"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// A digitRun follows a run of digits behind its anchor. Package anchor marks a
// run once, however long; a column of numbers between single spaces would be one
// run, and what stands far behind its anchor would not be looked at.
type digitRun struct {
	open  bool // the run reaches the end of what was seen
	digit bool // its last byte is a digit
	last  int  // where it was marked last
}

// mark adds a hit each DigitsAgain bytes of a run that goes on in p, base bytes
// into the text. hits are those of p, in order, and stay so.
func (r *digitRun) mark(hits []anchor.Hit, p []byte, base int) []anchor.Hit {
	n := len(hits)
	if r.open {
		hits = r.follow(hits, p, 0, base)
	}
	for i := range n {
		if h := hits[i]; h.Kind == anchor.KindDigits {
			at := h.End - base
			*r = digitRun{open: true, digit: isDigit(p[at-1]), last: h.End}
			hits = r.follow(hits, p, at, base)
		}
	}
	if len(hits) > n {
		slices.SortFunc(hits, func(a, b anchor.Hit) int {
			return cmp.Or(a.End-b.End, int(a.Kind)-int(b.Kind), cmp.Compare(a.ID, b.ID))
		})
	}
	return hits
}

// follow reads p from index i on while the run goes on.
func (r *digitRun) follow(hits []anchor.Hit, p []byte, i, base int) []anchor.Hit {
	for ; i < len(p); i++ {
		switch b := p[i]; {
		case isDigit(b):
			r.digit = true
		case r.digit && (b == ' ' || b == '-' || b == '.'):
			r.digit = false
		default:
			r.open = false
			return hits
		}
		if end := base + i + 1; end-r.last == detectors.DigitsAgain {
			hits = append(hits, anchor.Hit{End: end, Kind: anchor.KindDigits})
			r.last = end
		}
	}
	return hits
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
