package pattern

import (
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/names/gazetteer"
)

// How far from a signal's word a name is looked for, and how often.
const (
	nameBefore = 200
	nameBehind = 120
	nameStep   = 48
)

// sightName looks for a given name and a surname around the word of a signal at
// text[s:e]. Package names judges names; here one is no finding but the other
// half of a conjunction, and it is worth less than an identifier.
func (p *pass) sightName(v detectors.View, s, e int) {
	if at := v.Off + s; at < p.named+nameStep && p.named > 0 {
		return
	}
	p.named = v.Off + s
	text := v.Text[:min(len(v.Text), e+nameBehind)]
	for i := max(0, s-nameBefore); i < len(text); {
		a, b := nextWord(text, i)
		if a == b {
			return
		}
		i = b
		if !isUpper(text[a]) || b-a < 2 || gazetteer.Word(text[a:b]).Given() == 0 || a == 0 && !v.BOF {
			continue
		}
		c, d := nextWord(text, b)
		if c == b+1 && d == c+1 && text[b] == ' ' && d+1 < len(text) && text[d] == '.' { // an initial
			b = d + 1
			c, d = nextWord(text, b)
		}
		if c != b+1 || text[b] != ' ' || d-c < 2 || !isUpper(text[c]) {
			continue
		}
		last := gazetteer.Word(text[c:d])
		if last.Surname() == 0 && (last.Ordinary() || last.Place() || last.Class() != gazetteer.None) || gazetteer.Word(text[a:d]).Figure() {
			continue
		}
		p.names = append(p.names, detectors.Span{Start: v.Off + a, End: v.Off + d})
		return
	}
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
