package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// A cue is what announces a name; it gives the finding its rule.
type cue struct {
	name   string // of the rule: "titled", "labelled", …; "prose" when there is none
	weight weight
	named  bool // a label with the word name
}

// near is the Near of a class.
func near(c gazetteer.Class) sequence.Near { return sequence.Near(c) }

// findCue looks at what stands beside a chain. label is what holds for the
// text: a JSON key, a column's header.
func findCue(c *sequence.Chain, text []byte, label string) cue {
	switch c.Left {
	case near(gazetteer.Title):
		switch first := &c.Words[0]; {
		case bytes.Equal(text[first.Start:first.End], []byte("Public")): // GNU General Public License
			return cue{}
		case c.LeftWord.Shape == sequence.Lower && c.LeftWord.Letters <= 3 && text[c.LeftWord.End] != '.', // sig Signal, mr Reader: code declares so
			abbreviates(text[c.LeftWord.Start:c.LeftWord.End]) && (first.Info.Surname() == 0 || first.Info.Ordinary()): // MS Word, Rev Switch
			return cue{name: "titled", weight: weak}
		}
		return cue{name: "titled", weight: strong}
	case near(gazetteer.Named):
		if alsoCalled(text, c.LeftWord.Start) {
			return cue{name: "introduced", weight: weak}
		}
		return cue{name: "introduced", weight: strong}
	case near(gazetteer.Is):
		switch c.Left2(text) {
		case near(gazetteer.Label):
			return cue{name: "introduced", weight: strong}
		}
		if introduces(text, c.LeftEnd) {
			return cue{name: "introduced", weight: strong}
		}
	case near(gazetteer.Greeting):
		if ends(c.Right) {
			return cue{name: "greeted", weight: strong}
		}
		return cue{name: "greeted", weight: weak}
	case near(gazetteer.Label), near(gazetteer.Relation), near(gazetteer.JobTitle):
		if c.LeftWord.Shape != sequence.Lower && c.Right == near(gazetteer.My) { // Uncle Tom's Cabin
			return cue{name: "role", weight: weak}
		}
		if c.Left2(text) != near(gazetteer.Label) && labelPart(text[c.LeftWord.Start:c.LeftWord.End]) == partName { // "the name Elizabeth"
			return cue{name: "role", weight: weak}
		}
		return cue{name: "role", weight: strong}
	case sequence.NearBorder:
		if w, named := labelWeight([]byte(label)); w > no {
			return cue{"labelled", w, named}
		}
		if addressBlock(c, text) {
			return cue{name: "signed", weight: weak}
		}
	case sequence.NearLine, sequence.NearBlank, sequence.NearComma, sequence.NearDash, sequence.NearStop:
		if w := signs(c, text); w > no {
			return cue{name: "signed", weight: w}
		}
	}
	if w, named := labelled(c, text); w > no {
		return cue{"labelled", w, named}
	}
	if contact(c, text) {
		return cue{name: "contact", weight: strong}
	}
	switch c.Left {
	case near(gazetteer.Reach):
		return cue{name: "role", weight: weak}
	case near(gazetteer.By):
		if n := c.Left2(text); n == near(gazetteer.Said) || n == near(gazetteer.Reach) { // signed by
			return cue{name: "role", weight: weak}
		}
	case sequence.NearLine, sequence.NearBlank:
		if addressBlock(c, text) {
			return cue{name: "signed", weight: weak}
		}
	}
	switch c.Right {
	case near(gazetteer.Said), near(gazetteer.My), near(gazetteer.Near):
		return cue{name: "role", weight: weak}
	case sequence.NearComma, sequence.NearOpen:
		if n := c.Right2(text); n == sequence.NearNumber || n == near(gazetteer.JobTitle) || n == near(gazetteer.Near) || n == near(gazetteer.Relation) {
			return cue{name: "role", weight: weak}
		}
	}
	return cue{name: "prose", weight: no}
}

// abbreviates reports whether a title without its point is as often something
// else: a company, a revision, a category of letters.
func abbreviates(title []byte) bool {
	switch string(title) {
	case "MS", "Rev", "REV", "Lt", "LT", "Gen", "GEN", "Col", "COL", "Sig", "Hon", "St", "Fr", "Sr", "Pr", "Cpl", "Sgt", "DR", "MR":
		return true
	}
	return false
}

// alsoCalled reports whether "called" or "named", which begins at i, tells what
// else a thing is called.
func alsoCalled(text []byte, i int) bool {
	before := bytes.TrimRight(text[max(0, i-8):i], " -")
	return bytes.HasSuffix(before, []byte("also")) || bytes.HasSuffix(before, []byte("so"))
}

// ends reports whether a greeting ends with this.
func ends(n sequence.Near) bool {
	switch n {
	case sequence.NearComma, sequence.NearLine, sequence.NearBlank, sequence.NearStop, sequence.NearColon, sequence.NearBorder, sequence.NearDash:
		return true
	}
	return false
}

// introduces reports whether the words that end at text[end] are those with
// which somebody tells a name: "I am", "this is", "ich bin", "c'est".
func introduces(text []byte, end int) bool {
	from := max(0, end-16)
	var buf [32]byte
	t := fold(buf[:0], text[from:end])
	for _, s := range [...]string{"i am", "im", "this is", "hier ist", "ich bin", "je suis", "soy", "io sono", "eu sou", "aqui e", "ik ben", "dit is", "jestem", "name is", "tu spricht", "speaking is"} {
		if bytes.HasSuffix(t, []byte(s)) && (len(t) == len(s) || !labelLetter(t[len(t)-len(s)-1])) {
			return true
		}
	}
	return false
}

// maxSignature is how far behind a closing a name may stand, in bytes.
const maxSignature = 64

// signs looks whether the chain stands behind a closing, alone in its line:
//
//	Best regards,
//	Maria Lopez
//
// or "Thanks, Maria" where the text or the line ends. Any short line that ends
// with a comma may be a closing: that is weak.
func signs(c *chain, text []byte) weight {
	if !ends(c.Right) || c.Right == sequence.NearStop || c.Right == sequence.NearColon {
		return no
	}
	i, lines, comma := c.LeftAt, 0, false
	for ; i > 0; i-- {
		switch text[i-1] {
		case '\n':
			lines++
			continue
		case ',':
			comma = true
			continue
		case '-', ' ', '\r', '!', '.':
			continue
		}
		break
	}
	if c.Left == sequence.NearComma {
		comma = true
	}
	end := i
	for i > 0 && text[i-1] != '\n' && end-i < maxSignature {
		i--
	}
	words, closing := 0, false
	for at := i; at < end; {
		if !labelLetter(text[at]) {
			if text[at] == '.' || text[at] == '!' || text[at] == '?' {
				words, closing = 0, false // the last sentence counts
			}
			at++
			continue
		}
		w, ok := sequence.ReadWord(text[:end], at)
		if !ok {
			return no
		}
		words++
		closing = closing || w.Info.Class() == gazetteer.Closing
		at = w.End
	}
	switch {
	case c.Left == sequence.NearComma && (c.Right == sequence.NearComma || words > 4):
		return no
	case closing && words <= 5:
		return strong
	case comma && words > 0 && words <= 4 && c.Left != sequence.NearComma && c.Right != sequence.NearComma:
		return weak
	}
	return no
}

// A chain is a [sequence.Chain] with what cues ask of it.
type chain = sequence.Chain

// contact reports whether an e-mail address follows: "Maria Lopez <m.lopez@…",
// "Maria Lopez (m.lopez@…".
func contact(c *chain, text []byte) bool {
	if c.Right != sequence.NearTag && c.Right != sequence.NearOpen && c.Right != sequence.NearComma && c.Right != sequence.NearBar {
		return false
	}
	i := c.RightAt + 1
	for i < len(text) && i < c.RightAt+4 && (text[i] == ' ' || text[i] == '\n') {
		i++
	}
	for k := i; k < len(text) && k < i+40; k++ {
		switch b := text[k]; {
		case b == '@':
			return k > i+1 && k+1 < len(text) && labelLetter(text[k+1])
		case !labelLetter(b) && (b < '0' || b > '9') && b != '.' && b != '_' && b != '-' && b != '+':
			return false
		}
	}
	return false
}

// addressBlock reports whether the chain is a line of its own above a street
// with a number or a telephone number.
func addressBlock(c *chain, text []byte) bool {
	if c.Right != sequence.NearLine {
		return false
	}
	digits := 0
	for i := c.RightAt; i < len(text) && i < c.RightAt+48 && text[i] != '\n'; i++ {
		if text[i] >= '0' && text[i] <= '9' {
			digits++
		}
	}
	return digits > 0
}

// labelled looks for a label before the chain: "Patient: ", "\"full_name\": \"",
// "**Name:** ", "| Kunde | ".
func labelled(c *chain, text []byte) (w weight, named bool) {
	i := c.Begin()
	marks, colon, cell, lines := 0, false, false, 0 // a tab divides cells, in one line
	for i > 0 && c.Begin()-i < 16 {
		b := text[i-1]
		switch b {
		case ':', '=', '|', '>':
			colon = true
			marks++
		case '\t':
			cell = true
			marks++
		case '"', '\'', '*', '`', '-', '(', '[':
			marks++
		case '\n':
			if lines++; lines > 1 || !colon && marks > 0 {
				return no, false
			}
		case ' ', '\r':
		default:
			goto found
		}
		i--
	}
found:
	if i == 0 || !colon && (!cell || lines > 0) {
		return no, false
	}
	if !labelLetter(text[i-1]) && text[i-1] != ')' {
		return no, false
	}
	end := i
	if bytes.HasSuffix(text[:end], []byte("<family")) { // of fonts
		return no, false
	}
	for i > 0 && end-i < maxLabel {
		b := text[i-1]
		if !labelLetter(b) && b != '_' && b != ' ' && b != '-' && b != '\'' && b != '/' && b != '(' && b != ')' && b != '.' {
			break
		}
		if b == '.' && i < end && text[i] == ' ' { // a sentence ended there
			break
		}
		i--
	}
	return labelWeight(bytes.TrimSpace(text[i:end]))
}
