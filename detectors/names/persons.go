package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// How much text is looked at around the capital that begins a name, in bytes.
const (
	nameLeft  = 160
	nameRight = 48  // shown at once: a name and what stands behind it
	nameMore  = 256 // when there may be one
	article   = 8   // "dell'" and the like before the capital
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
	n := detectors.Needs{Kinds: []anchor.Kind{anchor.KindCaps}, Left: nameLeft, Right: nameRight, MaxRight: nameMore}
	reach := detectors.Reach{Before: article + 2, Behind: nameMore}
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
	if !c.Read(v.Text, at, v.BOF, v.EOF) || c.Code {
		return 0
	}
	known := false
	for i := range c.N {
		known = known || c.Words[i].Info.Name()
	}
	q := findCue(c, v.Text, v.Label)
	if !known && q.weight == no {
		return 0
	}
	if !v.EOF && len(v.Text)-v.At < nameMore {
		return nameMore
	}
	p.work += 2 * c.N
	p.tagger.Tag(p.model, c)
	for i := 0; i < c.N; i++ {
		if p.tagger.Tags[i] != sequence.Begin {
			continue
		}
		end := p.tagger.Name(c.N, i)
		p.report(v, i, end, q, emit)
		i = end - 1
	}
	return 0
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

// report judges the name of words [i, end) of the chain.
func (p *personPass) report(v detectors.View, i, end int, q cue, emit func(detectors.Finding)) {
	c := &p.chain
	for end > i+1 && c.Words[end-1].Shape == sequence.Lower { // no name ends in "von"
		end--
	}
	if i > 0 && q.name != "labelled" {
		q = cue{"prose", no} // what announces the chain announces its first name
	}
	span := detectors.Span{Start: v.Off + c.Words[i].Start, End: v.Off + c.Words[end-1].End}
	text := v.Text[c.Words[i].Start:c.Words[end-1].End]
	k := knowledge(c.Words[i:end])
	if k.doubtful {
		return
	}
	margin := p.tagger.Margin(p.model, c.N, i)
	e := make([]detectors.Evidence, 0, 4)
	points := int16(60)
	add := func(name string, n int16) {
		points += n
		e = append(e, detectors.Evidence{Name: name, Points: n})
	}
	add("model", int16(max(0, min(margin*2/sequence.Scale, 10))))
	switch {
	case k.given && k.surname:
		add("gazetteer:full", 6)
	case k.any:
		add("gazetteer:part", 2)
	}
	switch q.weight {
	case strong:
		add("cue:"+q.name, 13)
	case weak:
		add("cue:"+q.name, 5)
	}
	most := int16(100)
	switch {
	case q.weight == strong && k.any:
	case q.weight == strong && q.name == "introduced" && k.words == 1:
		most = 70
	case q.weight == strong:
		most = 80
	case q.weight == weak && k.given && k.surname:
		most = 82
	case k.words == 1:
		most = 70
	case !k.given || !k.surname:
		most = 72
	default:
		most = 79
	}
	if public(c, v.Text, text) && (q.weight < strong || figure(text) && q.name != "labelled" && q.name != "introduced") {
		most = 68
	}
	if c.Long && q.weight < strong {
		most = 66
	}
	if points > most {
		add("most", most-points)
	}
	emit(detectors.Finding{Type: TypeName, Rule: detectors.RuleID("pii.person_name." + q.name), Span: span, Confidence: detectors.Confidence(points), Evidence: e})
}

// known is what the gazetteer knows of a name.
type known struct {
	any, given, surname bool // surname: of another word than the given name
	words               int  // without particles
	doubtful            bool // initials alone, an abbreviation, an office
}

func knowledge(ws []sequence.Word) (k known) {
	givens, surnames, both := 0, 0, 0
	letters, caps := 0, true // of what is no initial
	for i := range ws {
		w := &ws[i]
		if w.Shape == sequence.Lower {
			continue
		}
		k.words++
		switch g, s := w.Info.Given() > 0, w.Info.Surname() > 0; {
		case w.Shape == sequence.Initial:
			givens++
		case g && s:
			both++
		case g:
			givens++
		case s:
			surnames++
		}
		if w.Shape != sequence.Initial {
			letters += w.Letters
			caps = caps && w.Shape == sequence.Caps
		}
		if w.Info.Name() && (!w.Info.Ordinary() || w.Info.Given() == 2) {
			k.any = true
		}
	}
	k.given = givens > 0 || both > 0
	k.surname = surnames > 0 || both > 1 || both > 0 && givens > 0
	if both == 1 && givens == 0 && surnames > 0 {
		k.given = true
	}
	k.doubtful = letters == 0 || caps && (letters <= 3 || !k.any)
	if c := ws[0].Info.Class(); k.words == 1 && !k.any && (c == gazetteer.JobTitle || c == gazetteer.Culture || c == gazetteer.Org || c == gazetteer.Place || c == gazetteer.Product) {
		k.doubtful = true
	}
	return k
}

// public reports whether a name stands where one speaks of public life: it is
// somebody known, or the words before it ask who that was, or name a work.
func public(c *chain, text, name []byte) bool {
	if figure(name) {
		return true
	}
	for _, n := range [...]sequence.Near{c.Left, c.Left2, c.Right, c.Right2} {
		if n == near(gazetteer.Culture) || n == near(gazetteer.Who) {
			return true
		}
	}
	from := max(0, c.Begin()-60)
	before := text[from:c.Begin()]
	if i := bytes.LastIndexAny(before, "\n.?!"); i >= 0 {
		before = before[i+1:]
	}
	for at := 0; at < len(before); {
		if !labelLetter(before[at]) || at > 0 && labelLetter(before[at-1]) {
			at++
			continue
		}
		w, ok := sequence.ReadWord(before, at)
		if !ok {
			at++
			continue
		}
		switch w.Info.Class() {
		case gazetteer.Who, gazetteer.Culture:
			return true
		}
		at = w.End
	}
	return false
}

// figure reports whether a name, or its first words, is that of somebody known.
func figure(name []byte) bool {
	for {
		if gazetteer.Word(name).Figure() {
			return true
		}
		i := bytes.LastIndexByte(name, ' ')
		if i < 0 {
			return false
		}
		name = name[:i]
	}
}
