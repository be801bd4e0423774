package sequence

import "github.com/promptgate/promptgate/detectors/names/gazetteer"

// MaxWords is how many words of a run of capitalised words are looked at.
const MaxWords = 8

// A Near is what stands beside a chain: a word by its class, or a mark.
type Near uint8

// Words have the Near of their class; these stand for other words and for marks.
const (
	NearName   = Near(gazetteer.Classes) + iota // a capitalised word that may be a name
	NearCap                                     // another capitalised word
	NearWord                                    // another word
	NearNumber                                  // digits
	NearBorder                                  // where the text, or a field of it, begins or ends
	NearLine                                    // the end of a line
	NearBlank                                   // an empty line
	NearComma                                   // , ;
	NearColon                                   // : =
	NearStop                                    // . ! ?
	NearOpen                                    // ( [ {
	NearClose                                   // ) ] }
	NearQuote                                   // quotes, and * ` as they mark words
	NearDash                                    // -
	NearBar                                     // | / and tabs: cells
	NearTag                                     // < >
	NearAt                                      // @ # _ and what only identifiers hold
	NearOther
	Nears
)

// A Chain is a run of words, each after one space, that may hold a name: words
// with a capital, particles between them, initials; with what stands beside it.
type Chain struct {
	Words [MaxWords]Word
	N     int
	Long  bool // it goes on

	Left, Left2   Near // before it, the nearest first
	Right, Right2 Near // behind it
	LeftAt        int  // where Left begins
	LeftEnd       int  // where Left ends
	RightAt       int  // where Right begins
	LeftWord      Word // Left, if it is a word
	From          int  // where the first word begins, or the small ones before it that belong to it

	Place [MaxWords]bool // the words that are a place's name together
	Code  bool           // it stands in an identifier, a path or a call
}

// Start reports whether a chain begins with the word at text[at], a capital or
// initial that begins a word: no other word of a chain stands before it.
func Start(text []byte, at int) bool {
	if at == 0 {
		return true
	}
	if at > 1 && text[at-1] == '.' && isUpper(text[at-2]) && (at == 2 || !letterBehind(text[at-3])) { // J.R.
		return false
	}
	i := at
	for n := 0; ; n++ {
		if i < 2 || text[i-1] != ' ' {
			return true
		}
		i--
		if text[i-1] == '.' { // the full stop of an initial, of St.
			if i > 4 && text[i-2] == 't' && text[i-3] == 'S' && text[i-4] == ' ' {
				if w, ok := WordBefore(text, i-4); ok && w.End == i-4 && w.Info.Given() > 0 {
					return false
				}
			}
			return !(i >= 2 && isUpper(text[i-2]) && (i == 2 || !letterBehind(text[i-3])))
		}
		if s := lowerBefore(text, i); s < i { // most words
			if n < 3 && (particle(text[s:i]) || follows(text[s:i])) {
				i = s
				continue
			}
			return true
		}
		w, ok := WordBefore(text, i)
		if !ok || w.End != i {
			return true
		}
		if w.Shape == Lower {
			if n < 3 && (particle(text[w.Start:w.End]) || follows(text[w.Start:w.End])) {
				i = w.Start
				continue
			}
			return true
		}
		if n > 0 && !particleRun(text, i, at) {
			return true
		}
		if !chains(w) && n < 3 && capitalised(w, text) { // it joins what stands before it, if that is a name
			i = w.Start
			if i < 2 || text[i-1] != ' ' {
				return true
			}
			before, ok := WordBefore(text, i-1)
			return !ok || before.End != i-1 || !chains(before)
		}
		return !chains(w)
	}
}

// lowerBefore is where the word of small ASCII letters begins that ends at
// text[end]; end where there is none.
func lowerBefore(text []byte, end int) int {
	i := end
	for i > 0 && text[i-1] >= 'a' && text[i-1] <= 'z' {
		i--
	}
	if i > 0 && text[i-1] != ' ' && text[i-1] != '\n' && text[i-1] != '(' && text[i-1] != '"' {
		return end
	}
	return i
}

// particleRun reports whether the small words in text[i:at] may follow a name.
func particleRun(text []byte, i, at int) bool {
	j := i + 1
	w, ok := ReadWord(text[:at], j)
	return ok && particle(text[w.Start:w.End])
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// chains reports whether a word may stand in a chain: it has a capital, and is
// none of those that stand before names and are none.
func chains(w Word) bool {
	if w.Shape == Lower || w.Shape == Mixed || w.Foreign {
		return false
	}
	if w.Shape == Initial {
		return w.End-w.Start > 1 || w.Info.Class() == gazetteer.None
	}
	switch w.Info.Class() {
	case gazetteer.Title, gazetteer.Greeting, gazetteer.Closing, gazetteer.Label, gazetteer.Named, gazetteer.Relation,
		gazetteer.Said, gazetteer.Reach, gazetteer.By, gazetteer.In, gazetteer.Is, gazetteer.My, gazetteer.The,
		gazetteer.Who, gazetteer.Start, gazetteer.Verb, gazetteer.Month, gazetteer.Near:
		return w.Info.Name()
	}
	return true
}

// Read reads the chain that begins with the word at text[at], and what stands
// beside it; ok is false when there is none. text[at] must be the start of a word.
// Whether the text goes on before or behind what is shown is said by bof and eof.
func (c *Chain) Read(text []byte, at int, bof, eof bool) (ok bool) {
	w, ok := ReadWord(text, at)
	if !ok || !chains(w) {
		return false
	}
	c.ReadWords(text, w)
	c.Look(text, bof, eof)
	return true
}

// ReadWords reads the words of the chain that begins with a word alone, and
// whether they are code.
func (c *Chain) ReadWords(text []byte, w Word) {
	c.Long = false
	c.Words[0], c.N = w, 1
	end := w.End
	for c.N < MaxWords {
		if end >= len(text) {
			break
		}
		glued := text[end] != ' '
		if !glued {
			end++
		} else if text[end-1] != '.' || !isUpper(text[end]) {
			break
		}
		if smallAhead(text, end) {
			break
		}
		next, ok := ReadWord(text, end)
		if !ok || glued && (next.Shape != Initial || next.End-next.Start == 1) { // J.R., but no b.Loop
			break
		}
		if next.Shape == Lower && particle(text[next.Start:next.End]) {
			n, last, ok := c.particles(text, next)
			if !ok {
				break
			}
			c.N, next = n, last
		}
		if c.N == MaxWords {
			c.Long = true
			break
		}
		if !chains(next) {
			if !capitalised(next, text) || c.N+1 >= MaxWords || next.End >= len(text) || text[next.End] != ' ' {
				break
			}
			last, ok := ReadWord(text, next.End+1)
			if !ok || !chains(last) {
				break
			}
			next.Info, next.Shape = 0, Lower // as if it were small
			c.Words[c.N] = next
			c.N++
			next = last
		}
		if next.Letters == 2 && next.End+1 < len(text) && text[next.End] == '.' && text[next.End+1] == ' ' && string(text[next.Start:next.End]) == "St" && c.Words[c.N-1].Info.Given() > 0 {
			next.End++ // Jill St. John
		}
		c.Words[c.N] = next
		c.N++
		end = next.End
	}
	if c.N == MaxWords {
		c.Long = true
	}
	c.Code = inCode(text, c.Begin(), c.End())
}

// Look notes what stands beside the words, which ReadWords has read.
func (c *Chain) Look(text []byte, bof, eof bool) {
	c.beside(text, bof, eof)
	c.places(text)
}

// Known reports whether a word of the chain is a name.
func (c *Chain) Known() bool {
	for i := range c.N {
		if c.Words[i].Info.Name() {
			return true
		}
	}
	return false
}

// LeftOf is what stands before the words, the nearest.
func (c *Chain) LeftOf(text []byte, bof bool) Near {
	n, _, _, _ := before(text, c.Begin(), bof)
	return n
}

// smallAhead reports whether a word of small ASCII letters begins at text[i] that
// is no particle and no article: most chains end before one.
func smallAhead(text []byte, i int) bool {
	j := i
	for j < len(text) && text[j] >= 'a' && text[j] <= 'z' {
		j++
	}
	return j > i && j < len(text) && (text[j] == ' ' || text[j] == '.' || text[j] == ',' || text[j] == '\n') && !particle(text[i:j])
}

// particles reads small words up to the capitalised one behind them, which it
// returns; n is the number of words with the small ones.
func (c *Chain) particles(text []byte, first Word) (n int, last Word, ok bool) {
	n = c.N
	w := first
	for range 3 {
		if n == MaxWords {
			return 0, w, false
		}
		w.Info = 0
		c.Words[n] = w
		n++
		if w.End >= len(text) || text[w.End] != ' ' {
			return 0, w, false
		}
		if w, ok = ReadWord(text, w.End+1); !ok {
			return 0, w, false
		}
		if w.Shape != Lower || article(text[w.Start:w.End]) {
			return n, w, chains(w)
		}
		if !follows(text[w.Start:w.End]) {
			return 0, w, false
		}
	}
	return 0, w, false
}

// End is where the chain ends in the text.
func (c *Chain) End() int { return c.Words[c.N-1].End }

// Begin is where the chain begins in the text.
func (c *Chain) Begin() int { return c.Words[0].Start }

// beside notes what stands on both sides.
func (c *Chain) beside(text []byte, bof, eof bool) {
	c.From = c.Begin()
	c.Left, c.LeftAt, c.LeftEnd, c.LeftWord = before(text, c.From, bof)
	c.small(text, bof)
	c.Left2, _, _, _ = before(text, c.LeftAt, bof)
	var end int
	c.Right, c.RightAt, end = behind(text, c.End(), eof)
	c.Right2, _, _ = behind(text, end, eof)
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

// inCode reports whether what stands at the borders of a chain belongs to an
// identifier, a path, an address or a call.
func inCode(text []byte, from, to int) bool {
	if from > 0 {
		switch text[from-1] {
		case '.', '_', '@', '#', '/', '\\', '$', '&', '%', '~', '-', '+':
			if from > 1 && text[from-1] != '/' && (text[from-2] == ' ' || text[from-2] == '\n') && (text[from-1] == '-' || text[from-1] == '~') {
				return false // "-Name" begins a signature
			}
			return true
		}
		c := text[from-1]
		if c >= '0' && c <= '9' || c == ':' && from > 1 && text[from-2] == ':' {
			return true
		}
	}
	if to < len(text) && text[to-1] == '.' && letterAt(text, to) {
		return true
	}
	if to < len(text) {
		switch c := text[to]; c {
		case '_', '@', '\\', '(', '[', '{', '/', '=', '$', '~', '+':
			return true
		case '<':
			return to+1 >= len(text) || text[to+1] != '/'
		case '.', ':':
			return to+1 < len(text) && (letterBehind(text[to+1]) || text[to+1] == c || text[to+1] >= '0' && text[to+1] <= '9')
		case '-':
			return to+1 < len(text) && (letterBehind(text[to+1]) || text[to+1] == '>' || text[to+1] >= '0' && text[to+1] <= '9')
		default:
			return c >= '0' && c <= '9'
		}
	}
	return false
}

// places marks the words that are a place's name together, two or three of them.
func (c *Chain) places(text []byte) {
	clear(c.Place[:c.N])
	for i := 0; i+1 < c.N; i++ {
		for k := min(i+3, c.N); k > i+1; k-- {
			if gazetteer.Word(text[c.Words[i].Start:c.Words[k-1].End]).Place() {
				for j := i; j < k; j++ {
					c.Place[j] = true
				}
				break
			}
		}
	}
}
