package sequence

import (
	"encoding/binary"
	"math/bits"

	"github.com/promptgate/promptgate/detectors/names/gazetteer"
)

// A Shape is how a word is written.
type Shape uint8

// The shapes.
const (
	Lower   Shape = iota // no capital first
	Cap                  // Maria, O'Brien, Jean-Luc, McDonald
	Caps                 // MARIA
	Initial              // M. or M
	Mixed                // iPhone, JavaScript, x2: no name
	shapes
)

// A Word is a run of letters with the apostrophes and hyphens inside it.
type Word struct {
	Start, End int // in the text; End is behind the full stop of an initial
	Shape      Shape
	Letters    int
	Info       gazetteer.Info
	Tail       uint32 // the last three letters, folded
	Foreign    bool   // letters of another script
}

// maxWord bounds a word, in bytes: what is longer is none.
const maxWord = 48

// ReadWord reads the word that begins at text[at]. A possessive 's is left out.
// It reports false where no letter stands, and for what holds digits or
// underscores, which is an identifier.
func ReadWord(text []byte, at int) (w Word, ok bool) {
	if at >= len(text) || !isLetter(text[at]) {
		return readWord(text, at)
	}
	if w, ok = shortWord(text, at); ok {
		return w, true
	}
	// Nearly all words are ASCII letters.
	first := text[at]
	hash := gazetteer.HashSeed
	tail, uppers := uint32(0), 0
	i, stop := at, min(at+maxWord, len(text))
	for ; i < stop; i++ {
		b := text[i]
		l := b | 0x20
		if l < 'a' || l > 'z' {
			break
		}
		uppers += int(b>>5&1 ^ 1)
		hash = gazetteer.Step(hash, l)
		tail = tail<<8 | uint32(l)
	}
	if i-at == maxWord || i < len(text) && !endsWord[text[i]] {
		return readWord(text, at)
	}
	w = Word{Start: at, End: i, Letters: i - at, Tail: tail & 0xFFFFFF, Shape: Cap}
	switch {
	case uppers == 0:
		w.Shape = Lower
	case first >= 'a':
		w.Shape = Mixed
	case w.Letters == 1:
		w.Shape = Initial
		if i < len(text) && text[i] == '.' {
			w.End++
		}
	case uppers == w.Letters:
		w.Shape = Caps
	case uppers > 1 && !scottish(text[at:i]):
		w.Shape = Mixed
	}
	w.Info = gazetteer.Find(hash)
	return w, true
}

// shortWord is ReadWord for a common word of few letters, which nearly all words
// between names are.
func shortWord(text []byte, at int) (w Word, ok bool) {
	if at+8 > len(text) {
		return w, false
	}
	const lanes = 0x0101010101010101
	v := binary.LittleEndian.Uint64(text[at:])
	low := v | 0x20*lanes
	seven := low &^ (0x80 * lanes)
	// The high bit of each byte that is a letter: from 'a' on, and not beyond 'z'.
	letter := (seven + (0x80-'a')*lanes) &^ (seven + (0x80-'z'-1)*lanes) &^ v & (0x80 * lanes)
	n := bits.TrailingZeros64(letter^0x80*lanes) / 8
	if n == 0 || n == 8 || !endsWord[text[at+n]] {
		return w, false
	}
	mask := uint64(1)<<(8*n) - 1
	low &= mask
	info, ok := gazetteer.Short(low)
	if !ok {
		return w, false
	}
	w = Word{Start: at, End: at + n, Letters: n, Info: info, Shape: Cap}
	for i := max(0, n-3); i < n; i++ {
		w.Tail = w.Tail<<8 | uint32(text[at+i]|0x20)
	}
	switch uppers := bits.OnesCount64(^v & mask & (0x20 * lanes)); {
	case uppers == 0:
		w.Shape = Lower
	case text[at] >= 'a':
		w.Shape = Mixed
	case n == 1:
		w.Shape = Initial
		if text[at+1] == '.' {
			w.End++
		}
	case uppers == n:
		w.Shape = Caps
	case uppers > 1:
		return w, false
	}
	return w, true
}

// endsWord holds the bytes that no word goes on with: all of ASCII but letters,
// digits and what may join two parts.
var endsWord = func() (t [256]bool) {
	for b := range 0x80 {
		c := byte(b)
		t[b] = !isLetter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '\''
	}
	return t
}()

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// readWord is ReadWord for any word.
func readWord(text []byte, at int) (w Word, ok bool) {
	w.Start = at
	var (
		hash       = gazetteer.HashSeed
		part       = gazetteer.HashSeed // hash of the part behind the last hyphen
		parts      [3]gazetteer.Info
		hyphens    int
		uppers     int
		lowers     int
		inner      int // capitals that do not begin a part
		begins     = true
		i          = at
		mixedStart = false
	)
	for i < len(text) && i-at < maxWord {
		c := text[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' {
			upper := c < 'a'
			l := uint64(c | 0x20)
			hash, part = gazetteer.Step(hash, byte(l)), gazetteer.Step(part, byte(l))
			w.Tail = w.Tail<<8 | uint32(l)
			w.count(upper, begins, &uppers, &lowers, &inner)
			if w.Letters == 1 && !upper {
				mixedStart = true
			}
			begins = false
			i++
			continue
		}
		if c >= 0xC3 {
			if isPunct(text, i) {
				if n := joins(text, i); n > 0 && w.Letters > 0 {
					begins = true
					i += n
					continue
				}
				break
			}
			l, n, upper := gazetteer.Letter(text[i:])
			if n == 1 && l >= 0x80 { // another script
				w.Foreign = true
				n = runeLen(c)
				if i+n > len(text) {
					n = len(text) - i
				}
				for _, b := range text[i : i+n] {
					hash = gazetteer.Step(hash, b)
				}
				w.Letters++
				lowers++
				begins = false
				i += n
				continue
			}
			if l != 0 {
				hash, part = gazetteer.Step(hash, byte(l)), gazetteer.Step(part, byte(l))
				w.Tail = w.Tail<<8 | uint32(l&0xFF)
				if l > 0xFF {
					hash, part = gazetteer.Step(hash, byte(l>>8)), gazetteer.Step(part, byte(l>>8))
				}
				w.count(upper, begins, &uppers, &lowers, &inner)
				if w.Letters == 1 && !upper {
					mixedStart = true
				}
				begins = false
			}
			i += n
			continue
		}
		if n := joins(text, i); n > 0 && w.Letters > 0 {
			if c == '-' {
				if hyphens < len(parts)-1 {
					parts[hyphens] = gazetteer.Find(part)
				}
				hyphens++
				part = gazetteer.HashSeed
				hash = gazetteer.Step(hash, '-')
			}
			begins = true
			i += n
			continue
		}
		if c >= '0' && c <= '9' || c == '_' {
			return w, false
		}
		break
	}
	if w.Letters == 0 || i-at >= maxWord {
		return w, false
	}
	w.End = i
	w.Tail &= 0xFFFFFF
	switch {
	case mixedStart && uppers == 0:
		w.Shape = Lower
	case mixedStart && hyphens == 0 && !article(text[at:i]):
		w.Shape = Mixed
	case w.Letters == 1:
		w.Shape = Initial
		if i < len(text) && text[i] == '.' {
			w.End++
		}
	case lowers == 0:
		w.Shape = Caps
	case inner > 0 && !scottish(text[at:i]):
		w.Shape = Mixed
	default:
		w.Shape = Cap
	}
	w.Info = gazetteer.Find(hash)
	if w.Info == 0 && hyphens > 0 && hyphens < len(parts) {
		parts[hyphens] = gazetteer.Find(part)
		w.Info = gazetteer.Join(parts[0], parts[hyphens])
	}
	return w, true
}

// MayStand reports whether a word may begin a chain, so far as the word says.
func (w Word) MayStand() bool { return chains(w) }

func (w *Word) count(upper, begins bool, uppers, lowers, inner *int) {
	w.Letters++
	if upper {
		*uppers++
		if !begins {
			*inner++
		}
	} else {
		*lowers++
	}
}

// joins returns the size of a hyphen or an apostrophe at text[i] that stands
// between letters, unless it begins a possessive 's.
func joins(text []byte, i int) int {
	n := 0
	switch {
	case text[i] == '-' || text[i] == '\'':
		n = 1
	case text[i] == 0xE2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2] == 0x99: // ’
		n = 3
	default:
		return 0
	}
	j := i + n
	if j >= len(text) || !letterAt(text, j) {
		return 0
	}
	if text[i] != '-' && text[j]|0x20 == 's' && (j+1 >= len(text) || !letterAt(text, j+1)) {
		return 0
	}
	return n
}

// letterAt reports whether a letter of any script begins at text[i].
func letterAt(text []byte, i int) bool {
	c := text[i]
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0xC3 && !isPunct(text, i)
}

// isPunct reports whether text[i:], not ASCII, begins with punctuation: U+2000
// to U+2BFF, the punctuation and the wide forms of East Asia, × and ÷.
func isPunct(text []byte, i int) bool {
	switch c := text[i]; {
	case c == 0xE2:
		return i+1 >= len(text) || text[i+1] < 0xB0
	case c == 0xE3:
		return i+1 < len(text) && text[i+1] == 0x80
	case c == 0xEF:
		return i+1 < len(text) && (text[i+1] == 0xBC || text[i+1] == 0xBD)
	case c == 0xC3:
		return i+1 < len(text) && (text[i+1] == 0x97 || text[i+1] == 0xB7)
	case c == 0xF0:
		return true // pictures
	}
	return false
}

func runeLen(c byte) int {
	switch {
	case c >= 0xF0:
		return 4
	case c >= 0xE0:
		return 3
	}
	return 2
}

// scottish reports whether the capitals inside the parts of a word belong there:
// McDonald, MacLeod, DeLuca, LaRue, VanDyke, FitzGerald.
func scottish(w []byte) bool {
	for begin, i := 0, 0; i <= len(w); i++ {
		if i < len(w) && w[i] != '-' && w[i] != '\'' && w[i] != 0x99 { // ’ ends in 0x99
			continue
		}
		if part := w[begin:i]; innerCapital(part, 1) > 0 && !prefixed(part) {
			return false
		}
		begin = i + 1
	}
	return true
}

// innerCapital is where the first capital from index i on stands, 0 for none.
func innerCapital(part []byte, i int) int {
	for ; i < len(part); i++ {
		if part[i] >= 'A' && part[i] <= 'Z' {
			return i
		}
	}
	return 0
}

func prefixed(part []byte) bool {
	i := innerCapital(part, 1)
	switch string(part[:i]) {
	case "Mc", "Mac", "De", "Di", "Du", "La", "Le", "Lo", "Van", "Von", "Fitz", "St", "Del", "El", "Al":
		return len(part) > i+2 && innerCapital(part, i+1) == 0
	}
	return false
}

// article reports whether a word begins with a small article before a capital:
// d'Angelo, al-Rashid, 't Hart.
func article(w []byte) bool {
	for _, p := range [...]string{"d'", "d’", "l'", "l’", "al-", "el-", "dell'", "dell’", "as-", "ad-", "an-", "ar-", "ash-"} {
		if len(w) > len(p) && string(w[:len(p)]) == p {
			return true
		}
	}
	return false
}

// WordBefore reads the word that ends at text[end], end not behind a full stop.
func WordBefore(text []byte, end int) (w Word, ok bool) {
	i := end
	for i > 0 && end-i < maxWord {
		c := text[i-1]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' {
			i--
			continue
		}
		if c >= 0x80 {
			k := i - 1
			for k > 0 && i-k < 4 && text[k] < 0xC0 {
				k--
			}
			if !isPunct(text, k) && text[k] >= 0xC3 || i < end && joins(text, k) > 0 {
				i = k
				continue
			}
			break
		}
		if i < end && i > 1 && letterBehind(text[i-2]) && joins(text[:end], i-1) > 0 {
			i--
			continue
		}
		break
	}
	if i == end {
		return Word{}, false
	}
	return ReadWord(text[:end], i)
}

func letterBehind(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }

// Particle reports whether a small word stands inside names: de, la.
func Particle(w []byte) bool { return particle(w) || follows(w) }

// particle reports whether a small word stands inside names: von, de la.
func particle(w []byte) bool {
	switch string(w) {
	case "de", "del", "della", "delle", "degli", "di", "da", "dos", "das", "do", "van", "von", "vom", "zu", "zum", "zur", "ten", "ter", "te", "du", "des", "bin", "ibn", "bint", "abu", "af", "av", "y", "ap", "dal", "dalla", "lo":
		return true
	}
	return false
}

// follows reports whether a small word may stand behind a particle.
func follows(w []byte) bool {
	switch string(w) {
	case "la", "las", "los", "le", "les", "der", "den", "dem", "het", "el", "al", "l'":
		return true
	}
	return particle(w)
}

// capitalised reports whether a particle is written with a capital: Le Goff,
// De Luca, Van der Linden.
func capitalised(w Word, text []byte) bool {
	if w.Shape != Cap || w.End-w.Start > 5 || text[w.Start] > 'Z' {
		return false
	}
	var b [5]byte
	n := copy(b[:], text[w.Start:w.End])
	b[0] |= 0x20
	return particle(b[:n]) || follows(b[:n])
}
