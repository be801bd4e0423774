package sequence

import "github.com/promptgate/promptgate/detectors/names/gazetteer"

// LookBefore notes what stands before the words, the nearest, and returns it.
// Whether the text goes on before what is shown is said by bof.
func (c *Chain) LookBefore(text []byte, bof bool) Near {
	c.bof, c.far = bof, false
	c.From = c.Begin()
	c.Left, c.LeftAt, c.LeftEnd, c.LeftWord = before(text, c.From, bof)
	return c.Left
}

// LookBehind notes what stands behind the words, the nearest, and takes small
// words before them, of which LookBefore knows nothing, to them. Whether the text
// goes on behind what is shown is said by eof.
func (c *Chain) LookBehind(text []byte, eof bool) {
	c.eof = eof
	c.small(text, c.bof)
	c.Right, c.RightAt, c.rightEnd = behind(text, c.End(), eof)
}

// LookFar notes what stands beyond that on both sides, and which words are places.
func (c *Chain) LookFar(text []byte) {
	if c.far {
		return
	}
	c.far = true
	c.left2, c.right2 = c.Left2(text), c.Right2(text)
	c.places(text)
}

// Left2 is what stands before Left.
func (c *Chain) Left2(text []byte) Near {
	n, _, _, _ := before(text, c.LeftAt, c.bof)
	return n
}

// Right2 is what stands behind Right.
func (c *Chain) Right2(text []byte) Near {
	n, _, _ := behind(text, c.rightEnd, c.eof)
	return n
}

// small takes the small words between a title or a label and the chain to it:
// "Frau von Arnim", "Mr. van den Heuvel".
func (c *Chain) small(text []byte, bof bool) {
	from := SmallBefore(text, c.Words[0].Start)
	if from == c.Words[0].Start {
		return
	}
	left, at, end, word := before(text, from, bof)
	if left == Near(gazetteer.Title) || left == NearColon {
		c.From, c.Left, c.LeftAt, c.LeftEnd, c.LeftWord = from, left, at, end, word
	}
}

// SmallBefore is where the particles begin that stand before text[at], at most
// three, the first of which may begin a name: "van den", "De la". It is at where
// there are none. The last of them may lack the blank behind it.
func SmallBefore(text []byte, at int) int {
	first := at
	from := at
	for range 3 {
		end := from
		if end > 0 && text[end-1] == ' ' {
			end--
		} else if end < len(text) || end == 0 { // only the end of a text may cut it
			break
		}
		w, ok := WordBefore(text, end)
		if !ok || w.End != end {
			break
		}
		if big := capitalised(w, text); big || w.Shape == Lower && particle(text[w.Start:w.End]) {
			first = w.Start
		} else if w.Shape != Lower || !follows(text[w.Start:w.End]) {
			break
		}
		from = w.Start
	}
	return first
}

// before is what ends before text[at]: blanks are left out.
func before(text []byte, at int, bof bool) (n Near, start, end int, w Word) {
	i, lines := at, 0
	for i > 0 {
		switch text[i-1] {
		case '\n':
			lines++
		case ' ', '\r':
		case '\t':
			if lines == 0 {
				return NearBar, i - 1, i, w
			}
		default:
			goto stop
		}
		i--
	}
stop:
	switch {
	case lines > 1:
		return NearBlank, i, i, w
	case lines == 1:
		return NearLine, i, i, w
	case i == 0:
		if bof {
			return NearBorder, 0, 0, w
		}
		return NearOther, 0, 0, w
	}
	c := text[i-1]
	if letterBehind(c) || c >= '0' && c <= '9' || c == '_' {
		if w, ok := WordBefore(text, i); ok && w.End == i {
			return nearWord(w), w.Start, i, w
		}
		if c >= '0' && c <= '9' {
			k := i
			for k > 0 && text[k-1] >= '0' && text[k-1] <= '9' {
				k--
			}
			return NearNumber, k, i, w
		}
		if c < 0x80 {
			return NearAt, i - 1, i, w
		}
		k := i - 1
		for k > 0 && i-k < 4 && text[k] < 0xC0 {
			k--
		}
		return wide(text[k:i]), k, i, w
	}
	if c == '.' && i > 1 { // an abbreviation: Mr.
		if w, ok := WordBefore(text, i-1); ok && w.End == i-1 && w.Letters <= 5 && w.Info.Class() == gazetteer.Title {
			return nearWord(w), w.Start, i, w
		}
	}
	return mark(c), i - 1, i, w
}

// behind is what begins behind text[at-1].
func behind(text []byte, at int, eof bool) (n Near, start, end int) {
	i, lines := at, 0
	if i+1 < len(text) && (text[i] == '\'' && text[i+1]|0x20 == 's') {
		return Near(gazetteer.My), i, i + 2 // a possessive
	}
	if i+3 < len(text) && text[i] == 0xE2 && text[i+1] == 0x80 && text[i+2] == 0x99 && text[i+3]|0x20 == 's' {
		return Near(gazetteer.My), i, i + 4
	}
	for i < len(text) {
		switch text[i] {
		case '\n':
			lines++
		case ' ', '\r':
		case '\t':
			if lines == 0 {
				return NearBar, i, i + 1
			}
		default:
			goto stop
		}
		i++
	}
stop:
	switch {
	case lines > 1:
		return NearBlank, i, i
	case lines == 1:
		return NearLine, i, i
	case i >= len(text):
		if eof {
			return NearBorder, i, i
		}
		return NearOther, i, i
	}
	c := text[i]
	if letterAt(text, i) {
		if w, ok := ReadWord(text, i); ok {
			return nearWord(w), i, w.End
		}
		return NearAt, i, i + 1
	}
	if c >= '0' && c <= '9' {
		k := i
		for k < len(text) && text[k] >= '0' && text[k] <= '9' {
			k++
		}
		return NearNumber, i, k
	}
	if c >= 0x80 {
		k := min(i+runeLen(c), len(text))
		return wide(text[i:k]), i, k
	}
	return mark(c), i, i + 1
}

func nearWord(w Word) Near {
	if c := w.Info.Class(); c != gazetteer.None {
		return Near(c)
	}
	switch {
	case w.Shape == Lower:
		return NearWord
	case w.Info.Name():
		return NearName
	}
	return NearCap
}

func mark(c byte) Near {
	switch c {
	case ',', ';':
		return NearComma
	case ':', '=':
		return NearColon
	case '.', '!', '?':
		return NearStop
	case '(', '[', '{':
		return NearOpen
	case ')', ']', '}':
		return NearClose
	case '"', '\'', '*', '`':
		return NearQuote
	case '-':
		return NearDash
	case '|', '/':
		return NearBar
	case '<', '>':
		return NearTag
	case '@', '#', '_', '\\', '$', '%', '&', '~', '^', '+':
		return NearAt
	case 0x1E:
		return NearBorder
	}
	return NearOther
}

// wide is the Near of a mark that is not ASCII.
func wide(r []byte) Near {
	switch string(r) {
	case "“", "”", "„", "«", "»", "‘", "’", "「", "」":
		return NearQuote
	case "–", "—":
		return NearDash
	case "，", "、", "；":
		return NearComma
	case "：", "＝":
		return NearColon
	case "。", "！", "？", "…", "¡", "¿":
		return NearStop
	case "（":
		return NearOpen
	case "）":
		return NearClose
	case "•", "·":
		return NearBlank
	}
	return NearOther
}
