package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// inWord is [detectors.Needs.Open] of a detector whose findings begin in the word
// of their anchor.
func inWord([]byte) int { return 0 }

// openName is the length of the small words that end text: a name may begin with
// them whose capital is not there yet.
func openName(text []byte) int {
	return len(text) - sequence.SmallBefore(text, len(text))
}

// openAddress is the length of what ends text that an address may begin with
// whose street is not there yet: a number, or words with capitals and what joins
// them, a few of them.
func openAddress(text []byte) int {
	text = text[max(0, len(text)-addressLeft):]
	at, first := len(text), len(text)
	for words := 0; words < 8 && at > 0; words++ {
		for at > 0 && (text[at-1] <= ' ' || text[at-1] == ',') {
			at--
		}
		s := at
		for s > 0 && text[s-1] > ' ' {
			s--
		}
		w := bytes.TrimLeft(text[s:at], "(\"'")
		switch {
		case len(w) == 0:
			return len(text) - first
		case isUpper(w[0]) || w[0] >= 0xC3 || bytes.ContainsAny(w, "0123456789"):
			first = s
		case words > 0 && !joinsNames(w): // the word at the end has not ended, perhaps
			return len(text) - first
		}
		at = s
	}
	return len(text) - first
}

// Peek implements [detectors.Peeker]: most capitals begin a word that is no name.
func (p *personPass) Peek(v detectors.View, h anchor.Hit, _ detectors.Confidence) (start int, open bool) {
	at := v.At - 1
	if h.Kind == anchor.KindLiteral {
		at = v.At - len(capitals[h.ID])
	}
	if at = wordStart(v.Text, at); at < 0 {
		return 0, false
	}
	w, ok := sequence.ReadWord(v.Text, at)
	if ok && w.End+2 >= len(v.Text) {
		return sequence.SmallBefore(v.Text, at), true // it may go on
	}
	return sequence.SmallBefore(v.Text, at), ok && w.MayStand() && sequence.Start(v.Text, at)
}

// joinsNames knows the small words inside names of streets.
func joinsNames(w []byte) bool {
	switch string(w) {
	case "de", "la", "le", "les", "du", "des", "den", "der", "dem", "di", "da", "do", "dos", "della", "del", "dei", "van", "von", "vom", "of", "the", "al", "el", "los", "las", "am", "im", "an", "in", "zu", "zum", "zur", "aan", "op", "ul.", "al.", "os.", "pl.", "rue", "a", "y", "e", "et", "und", "and":
		return true
	}
	return false
}
