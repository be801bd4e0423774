package names

import (
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// How much text is looked at around the capital that begins a name, in bytes.
const (
	nameLeft   = 160
	nameRight  = 48  // shown at once: a name and what stands behind it
	nameMore   = 256 // when there may be one
	article    = 8   // "dell'" and the like before the capital
	smallWords = 32  // "van den" and the like before it
)

// persons is the detector of names.
type persons struct{}

// capitals are those beyond ASCII with which names begin, in UTF-8. They are
// literals: the kind of anchor for capitals knows only ASCII.
var capitals = []string{
	"À", "Á", "Â", "Ã", "Ä", "Å", "Æ", "Ç", "È", "É", "Ê", "Ë", "Ì", "Í", "Î", "Ï", "Ñ", "Ò", "Ó", "Ô", "Õ", "Ö", "Ø", "Ù", "Ú", "Û", "Ü", "Ý", "Þ",
	"Ā", "Ă", "Ą", "Ć", "Č", "Ď", "Đ", "Ē", "Ę", "Ě", "Ğ", "Ģ", "Ī", "İ", "Ķ", "Ļ", "Ľ", "Ł", "Ń", "Ņ", "Ň", "Ő", "Œ", "Ř", "Ś", "Ş", "Š", "Ť", "Ū", "Ů", "Ű", "Ź", "Ż", "Ž", "Ș", "Ț",
}

// Needs implements [detectors.Detector].
func (persons) Needs() detectors.Needs {
	n := detectors.Needs{Kinds: []anchor.Kind{anchor.KindCaps}, Left: nameLeft, Right: nameRight, MaxRight: nameMore, Open: openName}
	reach := detectors.Reach{Before: smallWords, Behind: nameMore}
	n.KindReach[anchor.KindCaps] = reach
	for _, c := range capitals {
		n.Literals = append(n.Literals, anchor.Literal{Text: c})
		n.LiteralReach = append(n.LiteralReach, reach)
	}
	return n
}

// NewPass implements [detectors.Detector].
func (persons) NewPass() detectors.Pass {
	return &personPass{model: sequence.Shipped()}
}

type personPass struct {
	model  *sequence.Model
	chain  chain
	tagger sequence.Tagger
	work   int
}

// Reset implements [detectors.Pass]; nothing is kept between anchors.
func (p *personPass) Reset() { p.work = 0 }

// Close implements [detectors.Pass].
func (p *personPass) Close(func(detectors.Finding)) {}

// Work implements [detectors.Meter].
func (p *personPass) Work() int {
	w := p.work
	p.work = 0
	return w
}

// Check implements [detectors.Pass].
func (p *personPass) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) (more int) {
	at := v.At - 1
	if h.Kind == anchor.KindLiteral {
		at = v.At - len(capitals[h.ID])
	}
	at = wordStart(v.Text, at)
	if at < 0 {
		return 0
	}
	w, ok := sequence.ReadWord(v.Text, at)
	if !ok || !w.MayStand() {
		return 0
	}
	p.work++
	if !sequence.Start(v.Text, at) {
		return 0
	}
	c := &p.chain
	if c.ReadWords(v.Text, w); c.Code {
		return 0
	}
	known := c.Known()
	if left := c.LookBefore(v.Text, v.BOF); !known && !mayAnnounce(left) {
		return 0
	}
	c.LookBehind(v.Text, v.EOF)
	q := findCue(c, v.Text, v.Label)
	if !known && q.weight == no {
		return 0
	}
	if !v.EOF && len(v.Text)-v.At < nameMore {
		return nameMore
	}
	c.LookFar(v.Text)
	p.work += 2 + 2*c.N
	p.tagger.Tag(p.model, c)
	if q.weight == no && wellKnown(c) && p.tagger.Tags[0] == sequence.Out && p.tagger.Tags[c.N-1] == sequence.Out {
		p.report(v, 0, c.N, q, emit)
		return 0
	}
	for i := 0; i < c.N; i++ {
		if p.tagger.Tags[i] == sequence.Begin {
			end := p.tagger.Name(c.N, i)
			p.report(v, i, end, q, emit)
			i = end - 1
		} else if i == 0 && q.weight == strong && (q.name == "titled" && plain(&c.Words[0]) || c.Words[0].Info.Given() == 2 || c.Words[0].Info.Given() > 0 && !c.Words[0].Info.Ordinary()) {
			i = p.tagger.Name(c.N, 0) // announced and known: the model may be wrong
			for i < c.N && i < 3 && plain(&c.Words[i]) && p.tagger.Tags[i] == sequence.Out {
				i++
			}
			p.report(v, 0, i, q, emit)
			i--
		} else if i == 0 && q.weight == strong && q.name == "labelled" && alone(c) {
			if !q.named { // "Attn: Accounts Payable"
				q.weight = weak
			}
			p.report(v, 0, c.N, q, emit)
			return 0
		}
	}
	return 0
}

// mayAnnounce reports whether what stands before words that no list has may
// announce a name.
func mayAnnounce(n sequence.Near) bool {
	switch n {
	case sequence.NearWord, sequence.NearCap, sequence.NearName, sequence.NearNumber, sequence.NearOther, sequence.NearClose, sequence.NearOpen, sequence.NearAt,
		near(gazetteer.The), near(gazetteer.By), near(gazetteer.In), near(gazetteer.Start), near(gazetteer.My), near(gazetteer.Verb), near(gazetteer.Org), near(gazetteer.Place), near(gazetteer.Product), near(gazetteer.Month), near(gazetteer.Demonym), near(gazetteer.Culture), near(gazetteer.Who):
		return false
	}
	return true
}

// wellKnown reports whether a chain is a given name and a surname that are nothing
// else: a name whatever the model says.
func wellKnown(c *chain) bool {
	if c.N != 2 {
		return false
	}
	a, b := &c.Words[0], &c.Words[1]
	return plain(a) && plain(b) && a.Info.Given() > 0 && b.Info.Surname() == 2 && b.Info.Given() == 0 && !a.Info.Place() && !b.Info.Place()
}

// alone reports whether a chain is all there is behind its label, and of words
// that are nothing else.
func alone(c *chain) bool {
	if c.N > 3 || !ends(c.Right) && c.Right != sequence.NearQuote && c.Right != sequence.NearTag && c.Right != sequence.NearBar {
		return false
	}
	for i := range c.N {
		if w := &c.Words[i]; !plain(w) || w.Info.Place() {
			return false
		}
	}
	return true
}

// plain reports whether a word is nothing that the gazetteer knows but a name.
func plain(w *sequence.Word) bool {
	return w.Shape == sequence.Cap && w.Info.Class() == gazetteer.None && !w.Info.Ordinary()
}

// wordStart is where the word begins whose first capital stands at text[at]; it
// is before it for "al-Rashid" and "d'Angelo". It is -1 where the capital stands
// inside a word that began before.
func wordStart(text []byte, at int) int {
	if at == 0 {
		return 0
	}
	switch b := text[at-1]; {
	case labelLetter(b) && b < 0x80, b >= '0' && b <= '9', b == '_':
		return -1
	case b == '-' || b == '\'' || b >= 0x80:
		from := max(0, at-article)
		if w, ok := sequence.WordBefore(text, at+1); ok && w.Start < at && w.Start >= from {
			if w.Shape == sequence.Cap && text[w.Start] >= 'a' {
				return w.Start
			}
			return -1
		} else if ok && w.Start < at {
			return -1
		}
	}
	return at
}
