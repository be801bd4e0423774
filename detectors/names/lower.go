package names

import (
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// lower is the detector of names without capitals, as people type them in chats:
// "my name is maria lopez". It looks only behind words that introduce somebody,
// and takes only what the gazetteer knows.
type lower struct{}

// introductions stand directly before the name.
var introductions = []string{
	"my name's ", "name is ", "patient name: ", "full name: ", "customer name: ", "this is dr. ", "mein name ist ", "ich heiße ", "ich heisse ",
	"je m'appelle ", "mon nom est ", "me llamo ", "mi nombre es ", "mi chiamo ", "il mio nome è ", "meu nome é ", "me chamo ", "ik heet ", "mijn naam is ", "nazywam się ",
}

// lowerRight is a name of four words.
const lowerRight = 64

// Needs implements [detectors.Detector].
func (lower) Needs() detectors.Needs {
	n := detectors.Needs{Left: 32, Right: lowerRight, Open: inWord}
	for _, s := range introductions {
		n.Literals = append(n.Literals, anchor.Literal{Text: s, Fold: true})
		n.LiteralReach = append(n.LiteralReach, detectors.Reach{Behind: lowerRight})
	}
	return n
}

// NewPass implements [detectors.Detector].
func (lower) NewPass() detectors.Pass { return lowerPass{} }

type lowerPass struct{}

func (lowerPass) Reset()                        {}
func (lowerPass) Close(func(detectors.Finding)) {}

// Check implements [detectors.Pass].
func (lowerPass) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) (more int) {
	at, end := v.At, 0
	var given, surname bool
	for n := range 4 {
		w, ok := sequence.ReadWord(v.Text, at)
		if !ok || w.Shape != sequence.Lower {
			break
		}
		if n == 0 {
			if given = w.Info.Given() > 0; !given || w.Info.Class() != gazetteer.None && w.Info.Given() < 2 {
				return 0
			}
			end = w.End
		} else if w.Info.Name() && w.Info.Class() == gazetteer.None && (w.Info.Surname() == 2 || !w.Info.Ordinary()) {
			surname = surname || w.Info.Surname() > 0
			end = w.End
		} else if !sequence.Particle(v.Text[w.Start:w.End]) {
			break
		}
		if w.End >= len(v.Text) || v.Text[w.End] != ' ' {
			break
		}
		at = w.End + 1
	}
	if end == 0 {
		return 0
	}
	e := []detectors.Evidence{{Name: "cue:introduced", Points: 70}}
	if surname {
		e = append(e, detectors.Evidence{Name: "gazetteer:full", Points: fullPoints})
	}
	points := int16(0)
	for _, x := range e {
		points += x.Points
	}
	emit(detectors.Finding{
		Type: TypeName, Rule: "pii.person_name.lower", Confidence: detectors.Confidence(points), Evidence: e,
		Span: detectors.Span{Start: v.Off + v.At, End: v.Off + end},
	})
	return 0
}
