package engine

import (
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/decode"
)

// decode reads the runs that are whole.
func (s *Scanner) decode(text []byte, ended bool) {
	l := &s.layers
	for len(l.runs) > 0 && !l.spent {
		start := l.runs[0]
		if start < l.read {
			l.runs, l.open = l.runs[1:], 0
			continue
		}
		if l.open > 0 && !ended && s.seen-start < decode.MaxUnit {
			for l.open < s.seen && goesOn(text[l.open-s.base]) {
				l.open++
			}
			if l.open == s.seen {
				return // looking again would show nothing new
			}
		}
		d, ok, more := l.runner.Decode(text, start-s.base, ended)
		if more {
			if l.open = 0; s.seen-start >= 2*decode.MinRun+32 {
				l.open = s.seen
			}
			return
		}
		l.runs, l.open = l.runs[1:], 0
		if !ok {
			continue
		}
		unit := detectors.Span{Start: d.Start + s.base, End: d.End + s.base}
		l.read = unit.End
		if d.End-d.Start == decode.MaxUnit { // the run goes on in another unit
			l.runs = slices.Insert(l.runs, 0, unit.End)
		}
		s.readUnit(unit, d)
	}
	if len(l.runs) == 0 {
		l.runs = l.room[:0]
	}
}

func goesOn(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '+' || b == '/' || b == '-' || b == '_' || b == '\n' || b == '\r'
}

// readUnit scans what one unit of a run holds. All that is found in it stands
// where the unit stands.
func (s *Scanner) readUnit(unit detectors.Span, d decode.Decoded) {
	where := s.outside(unit)
	inner := s.engine.NewScanner(Options{Floor: s.o.Floor, Label: s.label(unit.Start + 1)})
	inner.depth = s.depth + 1
	found, gaps := inner.scan(d.Text)
	s.charge(inner.work()+len(d.Text)/viewShare, unit.End)
	inner.Release()
	for _, g := range gaps {
		s.gap(g.Cause)
	}
	if d.Err != nil {
		s.gap(detectors.CauseDecodeBomb)
	}
	for i := range found {
		f := found[i]
		if s.o.Matched != nil {
			s.o.Matched(where)
		}
		f.Span, f.Layers = where, slices.Clone(f.Layers)
		for k := len(d.Layers) - 1; k >= 0; k-- {
			f.Layers = slices.Insert(f.Layers, 0, string(d.Layers[k]))
		}
		if f.Late {
			s.addLate(f)
		} else if !s.again(f) {
			s.contest.add(f)
		}
	}
}

// flushLayers decides what is hidden at the end of the text as if it ended
// here, on a copy: the text of the last reach bytes and of runs that are open is
// read once more by itself. Layers go on as if nothing had been.
// What begins before next, an offset outside, was found before.
func (s *Scanner) flushLayers(text []byte, next int) {
	l := &s.layers
	if !s.layered() || l.spent || l.region == nil && len(l.runs) == 0 && !l.finder.Undecided(text, s.base, l.next-s.base) {
		return
	}
	from := max(s.part, l.next-reach)
	if len(l.runs) > 0 {
		from = min(from, l.runs[0])
	}
	inner := s.engine.NewScanner(Options{Floor: s.o.Floor, Label: s.label(from + 1), Found: func(f detectors.Finding) {
		if f.Late || len(f.Layers) == 0 || f.Span.Start == 0 && from > s.part {
			return
		}
		f.Span = s.outside(detectors.Span{Start: from + f.Span.Start, End: from + f.Span.End})
		if f.Span.Start < next || s.contest.holds(&f) || s.again(f) {
			return
		}
		if s.o.Matched != nil {
			s.o.Matched(f.Span)
		}
		s.contest.add(f)
	}})
	inner.depth, inner.region = s.depth, s.region
	for at := from; at < s.seen; {
		to := s.seen
		for _, b := range s.labels {
			if b.from > at && b.from < to {
				to = b.from
			}
		}
		inner.Write(text[at-s.base : to-s.base])
		if at = to; at < s.seen {
			inner.Label(s.label(at + 1))
		}
	}
	inner.Close()
	s.charge(inner.work(), s.seen)
	inner.Release()
}

// remembers reports whether layers may still find what a Flush has told.
func (s *Scanner) remembers() bool {
	l := &s.layers
	return s.layered() && !l.spent && (l.region != nil || len(l.runs) > 0 || l.next <= s.flushed+s.breaks)
}
