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
}
