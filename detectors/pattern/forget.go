package pattern

import (
	"slices"
	"sort"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/rules"
)

// Signals ask for a person close to them, and are judged when the text ends. A
// table of addresses has a person on each line: those that no signal stands near,
// nor can any more, are forgotten.
const (
	fewPersons = 4096 // kept without a look
	nearby     = 2 * rules.MaxWithin
	behindHand = 64 << 10 // how far signals may come behind persons: what a check may wait for
)

// addPerson notes an identifier of a person.
func (p *pass) addPerson(s detectors.Span) {
	p.persons = append(p.persons, s)
	if len(p.persons) < max(fewPersons, p.manyPersons) {
		return
	}
	p.persons = slices.DeleteFunc(p.persons, func(o detectors.Span) bool {
		if o.End > s.Start-nearby-behindHand {
			return false
		}
		i := sort.Search(len(p.signals), func(i int) bool { return p.signals[i].end >= o.Start-nearby })
		return i == len(p.signals) || p.signals[i].start > o.End+nearby
	})
	p.manyPersons = 2 * len(p.persons)
}
