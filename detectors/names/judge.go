package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// What a name is worth, in points; see [detectors.Confidence].
const (
	startPoints = 62
	modelPoints = 12 // at most: two for each unit of natural log odds
	fullPoints  = 9  // given name and surname are known
	surePoints  = 13 // … and are nothing else
	partPoints  = 3  // one of them is
	strongCue   = 13
	weakCue     = 5
	publicMost  = 68 // of somebody of public life, in fiction
)

// report judges the name of words [i, end) of the chain.
func (p *personPass) report(v detectors.View, i, end int, q cue, emit func(detectors.Finding)) {
	c := &p.chain
	for end > i+1 && c.Words[end-1].Shape == sequence.Lower { // no name ends in "von"
		end--
	}
	from := c.Words[i].Start
	if i == 0 {
		from = c.From
	} else if q.name != "labelled" {
		q = cue{name: "prose", weight: no} // what announces the chain announces its first name
		switch c.Words[i-1].Info.Class() {
		case gazetteer.JobTitle, gazetteer.Title, gazetteer.Relation, gazetteer.Label:
			q = cue{name: "role", weight: strong}
		}
	}
	text := v.Text[from:c.Words[end-1].End]
	k := knowledge(c.Words[i:end])
	if q.name == "titled" && k.surname { // Frau Koch: the title stands for the given name
		k.any, k.given = true, true
	}
	if k.doubtful || restOfTown(c, v.Text, i) || q.weight < strong && town(c, v.Text, i, end, q) {
		return
	}
	stop := c.Words[end-1].End
	if s := givenBehind(c, v.Text, end, q, k); s > 0 {
		stop, k.given = s, true
	}
	model := int16(max(0, min(p.tagger.Margin(p.model, c.N, i)*2/sequence.Scale, modelPoints)))
	known, part := int16(0), "gazetteer:full"
	switch {
	case k.sure && p.tagger.Tags[i] == sequence.Begin:
		known = surePoints
	case k.given && k.surname:
		known = fullPoints
	case k.any:
		known, part = partPoints, "gazetteer:part"
	}
	company := int16(0)
	switch q.weight {
	case strong:
		company = strongCue
	case weak:
		company = weakCue
	case no:
	}
	points := startPoints + model + known + company
	if detectors.Confidence(points) < detectors.Low {
		return // what follows lowers it
	}
	e := make([]detectors.Evidence, 0, 4)
	add := func(name string, n int16) { e = append(e, detectors.Evidence{Name: name, Points: n}) }
	add("model", model)
	if known > 0 {
		add(part, known)
	}
	if company > 0 {
		add("cue:"+q.name, company)
	}
	most := ceiling(k, q)
	if min(points, most) > publicMost && inPublic(c, v.Text, text, q) {
		most = publicMost
	}
	if q.name != "labelled" && credited(v.Text, from) {
		most = publicMost
	}
	if q.name == "introduced" && k.words == 1 && ordered(c, v.Text) {
		most = publicMost // "Write a scene with a thief called Rosie"
	}
	if company := c.Right == near(gazetteer.Org) && end == c.N && c.RightAt == c.End()+1 && isUpper(v.Text[c.RightAt]); company {
		most = publicMost
	}
	if (c.Long || k.cut) && q.weight < strong || typeface(v.Text[c.Words[end-1].Start:c.Words[end-1].End]) {
		most = publicMost
	}
	if points > most {
		add("most", most-points)
		points = most
	}
	emit(detectors.Finding{
		Type: TypeName, Rule: detectors.RuleID("pii.person_name." + q.name), Confidence: detectors.Confidence(points), Evidence: e,
		Span: detectors.Span{Start: v.Off + from, End: v.Off + stop},
	})
}

// inPublic reports whether a name is that of somebody of public life, or stands
// where one speaks of such or tells a story.
func inPublic(c *chain, text, name []byte, q cue) bool {
	f := figure(titled(c, text, name))
	if f && (q.weight < strong || q.name != "labelled" && q.name != "introduced" && q.name != "contact") {
		return true
	}
	return fiction(c, text) || q.weight < strong && public(c, text)
}

// givenBehind is where a given name ends that stands behind a surname and a comma,
// as labels have it: "Patient: Delgado, Ramona". It is 0 where there is none.
func givenBehind(c *chain, text []byte, end int, q cue, k known) int {
	if q.weight < strong || end != c.N || k.words > 1 || !k.surname && k.given || c.RightAt != c.End() || c.RightAt+2 >= len(text) || text[c.RightAt] != ',' || text[c.RightAt+1] != ' ' {
		return 0
	}
	w, ok := sequence.ReadWord(text, c.RightAt+2)
	if !ok || w.Shape != sequence.Cap && w.Shape != sequence.Caps || w.Info.Given() == 0 {
		return 0
	}
	if i, ok := sequence.ReadWord(text, min(w.End+1, len(text))); ok && text[w.End] == ' ' && i.Shape == sequence.Initial && i.End > i.Start+1 {
		return i.End
	}
	return w.End
}

// ceiling is the most a name can be worth, by what is known of it and what
// announces it.
func ceiling(k known, q cue) int16 {
	full := k.given && k.surname
	switch q.weight {
	case strong:
		switch {
		case q.name == "introduced" && !k.any && k.words == 1: // "called SIGALRM"
			return 70
		case !k.any && (q.name == "role" || q.name == "labelled" && !q.named || k.word), // "our client Northwind Traders", "called Structured Storage"
			q.name == "role" && !full && k.word: // "Client Mem Profile"
			return 71
		case q.name == "introduced" && !full, !k.any:
			return 82
		}
		return 100
	case weak:
		switch {
		case full:
			return 82
		case k.words > 1 && k.any && k.given:
			return 80
		case k.any && (q.name == "greeted" || q.name == "signed" || q.name == "labelled"):
			return 76
		}
		return 71
	case no:
	}
	switch {
	case k.ordinary:
		return 70
	case full:
		return 80
	case k.words > 1 && k.any && k.given: // two surnames are a company: Goldman Sachs
		return 78
	}
	return 70
}

// known is what the gazetteer knows of a name.
type known struct {
	any, given, surname bool // surname: of another word than the given name
	words               int  // without particles
	sure                bool // a given name and surnames that are nothing else
	ordinary            bool // each word is an ordinary word too: Grace Rivers
	cut                 bool // it ends in an abbreviation: "Peer EE", "Sys V"
	word                bool // the last word is an ordinary one and no surname
	doubtful            bool // initials alone, an abbreviation, an office
}

func knowledge(ws []sequence.Word) (k known) {
	givens, surnames, both := 0, 0, 0
	k.ordinary = true
	letters, caps := 0, true // of what is no initial
	for i := range ws {
		w := &ws[i]
		if w.Shape == sequence.Lower {
			continue
		}
		k.words++
		k.ordinary = k.ordinary && w.Shape != sequence.Initial && (w.Info.Ordinary() || w.Info.Class() != gazetteer.None)
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
	k.sure = plain(&ws[0]) && ws[0].Info.Given() > 0 && !ws[0].Info.Place() && len(ws) > 1
	for i := range ws[1:] {
		w := &ws[1+i]
		k.sure = k.sure && (w.Shape == sequence.Lower || w.Shape == sequence.Initial || plain(w) && w.Info.Surname() == 2 && !w.Info.Place())
	}
	last := &ws[len(ws)-1]
	k.word = last.Shape != sequence.Initial && last.Info.Surname() == 0 && last.Info.Given() < 2 && (last.Info.Ordinary() || last.Info.Class() != gazetteer.None)
	k.cut = k.words > 1 && (last.Shape == sequence.Caps && last.Letters <= 3 || last.Shape == sequence.Initial && last.End == last.Start+1)
	k.given = givens > 0 || both > 0
	k.surname = surnames > 0 || both > 1 || both > 0 && givens > 0
	k.doubtful = letters == 0 || caps && (letters <= 3 || !k.any || k.words > 4)
	switch ws[0].Info.Class() {
	case gazetteer.JobTitle, gazetteer.Culture, gazetteer.Org, gazetteer.Place, gazetteer.Product, gazetteer.Fiction:
		k.doubtful = k.doubtful || k.words == 1 && !k.any
	}
	return k
}

// typeface reports whether a name's last word is one with which names of fonts end.
func typeface(w []byte) bool {
	switch string(w) {
	case "Sans", "Serif", "Mono", "Gothic", "Nastaleeq", "UI":
		return true
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

// restOfTown reports whether a name is the end of a place's: "Buenos Aires".
func restOfTown(c *chain, text []byte, i int) bool {
	return i == 0 && c.LeftWord.Shape == sequence.Cap && gazetteer.Word(text[c.LeftWord.Start:c.Words[0].End]).Place()
}

// town reports whether a name is rather that of a place.
func town(c *chain, text []byte, i, end int, q cue) bool {
	if end != i+1 {
		if i == 0 && c.Left == near(gazetteer.The) && c.Words[0].Info.Place() { // the Berlin Wall
			return true
		}
		return gazetteer.Word(text[c.Words[i].Start:c.Words[end-1].End]).Place()
	}
	w := &c.Words[i]
	return w.Info.Place() && (q.weight == no || w.Info.Given() < 2)
}

// titled is the name with the title before it: "Madame Bovary".
func titled(c *chain, text, name []byte) []byte {
	if c.Left == near(gazetteer.Title) && c.From == c.Begin() {
		return text[c.LeftAt : c.From+len(name)]
	}
	return name
}

// credited reports whether the line that goes on at text[i] says whose a work is,
// as licences and headers of source files do for everybody to read.
func credited(text []byte, i int) bool {
	before := text[max(0, i-asking):i]
	if k := bytes.LastIndexByte(before, '\n'); k >= 0 {
		before = before[k+1:]
	}
	for _, w := range [...]string{"opyright", "OPYRIGHT", "©", "(c) 1", "(c) 2", "(C) 1", "(C) 2", "@author", "Signed-off-by", "SPDX-"} {
		if bytes.Contains(before, []byte(w)) {
			return true
		}
	}
	return false
}

// asking is how far before a name the words of its sentence are looked at.
const asking = 100

// public reports whether a name stands where one speaks of public life: the
// words before it ask who that was, or name a work or an office.
func public(c *chain, text []byte) bool {
	for _, n := range [...]sequence.Near{c.Left, c.Left2(text), c.Right, c.Right2(text)} {
		if n == near(gazetteer.Culture) {
			return true
		}
	}
	return sentenceHas(c, text, gazetteer.Who, gazetteer.Culture) || inquires(c, text)
}

// inquires reports whether the sentence begins as questions and tasks of general
// knowledge do: "Why is …", "Explain …", "Warum war …".
func inquires(c *chain, text []byte) bool {
	before := sentence(c, text)
	for len(before) > 0 && !labelLetter(before[0]) {
		before = before[1:]
	}
	w, ok := sequence.ReadWord(before, 0)
	if !ok || len(before) == 0 || w.End-w.Start > 16 {
		return false
	}
	var buf [32]byte
	switch string(fold(buf[:0], before[w.Start:w.End])) {
	case "explain", "describe", "discuss", "analyze", "analyse", "outline", "list", "define", "summarize", "summarise", "compare",
		"erklare", "erlautere", "beschreibe", "vergleiche", "nenne", "explique", "expliquez", "decris", "decrivez", "spiega", "descrivi", "descreva", "beschrijf", "wyjasnij", "opisz", "wymien":
		return true
	case "why", "how", "when", "which", "what", "where", "in",
		"warum", "wie", "wann", "was", "welche", "welcher", "welches", "wo", "pourquoi", "comment", "quand", "quelle", "quel", "quels", "quelles",
		"por", "como", "cuando", "cual", "cuales", "que", "donde", "perche", "come", "quando", "quale", "quali", "cosa", "dove",
		"porque", "qual", "quais", "onde", "waarom", "hoe", "wanneer", "wat", "welk", "waar", "dlaczego", "jak", "kiedy", "jaki", "jaka", "jakie", "gdzie":
		rest := text[c.End():]
		i := bytes.IndexAny(rest, ".?!\n")
		return i >= 0 && rest[i] == '?'
	}
	return false
}

// ordered reports whether the sentence asks for something: its first word does.
func ordered(c *chain, text []byte) bool {
	before := sentence(c, text)
	for len(before) > 0 && !labelLetter(before[0]) {
		before = before[1:]
	}
	w, ok := sequence.ReadWord(before, 0)
	return ok && w.Info.Class() == gazetteer.Verb
}

// sentence is what stands before the chain in its sentence, as far as asking.
func sentence(c *chain, text []byte) []byte {
	before := text[max(0, c.From-asking):c.From]
	if i := bytes.LastIndexAny(before, "\n.?!"); i >= 0 {
		before = before[i+1:]
	}
	return before
}

// fiction reports whether the sentence asks for a story.
func fiction(c *chain, text []byte) bool {
	return sentenceHas(c, text, gazetteer.Fiction, gazetteer.Fiction)
}

// sentenceHas reports whether a word of a class stands before the chain in its
// sentence.
func sentenceHas(c *chain, text []byte, a, b gazetteer.Class) bool {
	before := sentence(c, text)
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
		if k := w.Info.Class(); k == a || k == b {
			return true
		}
		at = w.End
	}
	return false
}
