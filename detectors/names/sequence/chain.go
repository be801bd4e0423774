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

	Left     Near // before it
	Right    Near // behind it
	LeftAt   int  // where Left begins
	LeftEnd  int  // where Left ends
	RightAt  int  // where Right begins
	LeftWord Word // Left, if it is a word
	From     int  // where the first word begins, or the small ones before it that belong to it

	bof, eof      bool // the text begins, or ends, with what is shown
	far           bool // what stands beyond Left and Right is known:
	left2, right2 Near
	rightEnd      int // where Right ends

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
	c.LookBefore(text, bof)
	c.LookBehind(text, eof)
	c.LookFar(text)
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

// Known reports whether a word of the chain is a name.
func (c *Chain) Known() bool {
	for i := range c.N {
		if c.Words[i].Info.Name() {
			return true
		}
	}
	return false
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
