package pattern

import (
	"cmp"
	"slices"

	"github.com/promptgate/promptgate/detectors"
)

// maxSightings bounds the signals kept per text; what comes later is not
// counted, what was seen stays.
const maxSightings = 4096

// onlyNamed is what a conjunction loses whose person is no more than a name.
const onlyNamed = -5

// A sighting is a word of a signal.
type sighting struct {
	rule, signal int
	start, end   int // in the text
}

// sight notes a signal's word if it stands as a word of its own.
func (p *pass) sight(v detectors.View, n int, u use) {
	s, e := v.At-n, v.At
	if s < 0 || len(p.signals) >= maxSightings {
		return
	}
	left := s == 0 || !isWord(v.Text[s-1]) || !isWord(v.Text[s])
	right := e >= len(v.Text) || !isWord(v.Text[e]) || !isWord(v.Text[e-1])
	if !right && v.Text[e]|0x20 == 's' && (e+1 >= len(v.Text) || !isWord(v.Text[e+1])) {
		right = true
	}
	if !left || !right {
		return
	}
	p.signals = append(p.signals, sighting{u.rule.index, u.signal, v.Off + s, v.Off + e})
	if u.rule.src.Person {
		p.sightName(v, s, e)
	}
}

// Close implements [detectors.Pass]: conjunctions need the whole text.
func (p *pass) Close(emit func(detectors.Finding)) {
	if len(p.signals) == 0 {
		return
	}
	slices.SortFunc(p.signals, func(a, b sighting) int {
		return cmp.Or(a.rule-b.rule, a.start-b.start, b.end-a.end)
	})
	slices.SortFunc(p.persons, func(a, b detectors.Span) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	for i := 0; i < len(p.signals); {
		j := i
		for j < len(p.signals) && p.signals[j].rule == p.signals[i].rule {
			j++
		}
		p.conjunction(p.d.rules[p.signals[i].rule], p.signals[i:j], emit)
		i = j
	}
}

// conjunction looks for places where enough different signals, and a person if
// the rule wants one, stand within the rule's distance; it reports each place once.
func (p *pass) conjunction(r *rule, list []sighting, emit func(detectors.Finding)) {
	for i := 0; i < len(list); {
		span := detectors.Span{Start: list[i].start, End: list[i].end}
		have := make([]bool, len(r.src.Signals))
		kinds, next := 0, i
		for j := i; j < len(list) && list[j].end-list[i].start <= r.src.Within; j++ {
			if j > i && list[j].start < list[j-1].end && list[j].end <= list[j-1].end {
				next = j + 1
				continue // a word inside a longer one
			}
			if !have[list[j].signal] {
				have[list[j].signal] = true
				kinds++
			}
			span.End = max(span.End, list[j].end)
			next = j + 1
		}
		person, named := false, false
		if r.src.Person {
			person = near(p.persons, span, r.src.Within)
			named = !person && near(p.names, span, r.src.Within)
		}
		if kinds < r.src.MinSignals || r.src.Person && !person && !named {
			i++
			continue
		}
		total := r.base
		evidence := []detectors.Evidence{{Name: "signals", Points: r.base}}
		extra := 0
		for k, h := range have {
			if !h {
				continue
			}
			points := int16(r.src.Signals[k].Adjust)
			if points == 0 && extra >= r.src.MinSignals {
				points = 6
			}
			extra++
			total += points
			evidence = append(evidence, detectors.Evidence{Name: "signal:" + r.src.Signals[k].Name, Points: points})
		}
		switch {
		case person:
			evidence = append(evidence, detectors.Evidence{Name: "person"})
		case named:
			total += onlyNamed
			evidence = append(evidence, detectors.Evidence{Name: "name", Points: onlyNamed})
		}
		if most := int16(r.src.Cap); most > 0 && total > most {
			total = most
		}
		if detectors.Confidence(total) >= detectors.Low {
			emit(detectors.Finding{Type: r.typ, Rule: r.id, Span: span, Confidence: detectors.Confidence(total), Evidence: evidence, Late: true})
		}
		i = next
	}
}

// near reports whether one of list stands within n bytes of span.
func near(list []detectors.Span, span detectors.Span, n int) bool {
	for _, s := range list {
		if s.Start <= span.End+n && s.End >= span.Start-n {
			return true
		}
	}
	return false
}
