package pattern

import "bytes"

const (
	maxGap     = 48 // bytes between a label and its value
	maxFillers = 6  // words between them
	maxStrange = 3  // of these, words that isFiller does not know
	strange    = 3  // points that each of them costs; half where check digits stand for the value
)

// gapSigns may stand between a label and its value.
var gapSigns = setOf(" \t\r:=#\"'`*|>()[]{}<-.,/\\&;_?")

// findLabelled tries the pattern behind a label: "SSN: 219-09-9998",
// "passportNumber": "…", <mrn>…</mrn>, "mein Pass lautet auf …". Between the two
// may stand punctuation, a line break and words that mean nothing. A few others
// may, in the same sentence and before a value with a digit, and cost points.
func findLabelled(c *check, r *rule, n int) {
	text := c.v.Text
	if !wholeLabel(text, c.at-n, c.at) || !c.has(c.at, maxGap+8) {
		return
	}
	c.hint(c.at-n, c.at)
	fillers, unknown, breaks := 0, 0, 0
	ended := false // the label's sentence or line
	for i := c.at; i < len(text) && i-c.at <= maxGap; {
		if (i > c.at || !isAlnum(text[i])) && r.left.before(text, i) && !isSpace(text[i]) {
			end, value, need := c.match(r.match, text, i, r.src.MaxLength)
			if need > 0 && !c.has(i, need) {
				return
			}
			if end >= 0 {
				if !c.has(end, 2) {
					return
				}
				v := text[value.Start:value.End]
				if r.right.behind(text, end) && !isFiller(v) && (unknown == 0 || bytes.ContainsAny(v, "0123456789")) {
					k := candidate{start: value.Start, end: value.End, head: c.at - n, shown: true}
					if unknown > 0 {
						if c.longerLabel(r, c.at-n, n) {
							return
						}
						k.points, k.evidence = int16(-strange*unknown), "words_between"
						if len(r.validators) > 0 {
							k.points /= 2
						}
					}
					c.judge(r, k)
					return
				}
			}
		}
		b := text[i]
		if n := wideMark(text[i:]); n > 0 {
			i += n
			continue
		}
		switch {
		case b == '\n':
			if breaks++; breaks > 2 || unknown > 0 {
				return
			}
			ended = true
			i++
		case isLetter(b) || b >= 0x80:
			j := i
			for j < len(text) && (isLetter(text[j]) || text[j] >= 0x80 && wideMark(text[j:]) == 0) {
				j++
			}
			if fillers++; fillers > maxFillers || r.name && !isVerb(text[i:j]) {
				return
			}
			if !isFiller(text[i:j]) {
				if c.labelAt(r, i) {
					return // it is that one's value
				}
				if unknown++; unknown > maxStrange || ended || !r.loose || unknown == 1 && !digitAhead(text[j:], c.at+maxGap+8-j) {
					return
				}
			}
			i = j
			if i < len(text) && isDigit(text[i]) && unknown > 0 {
				return // a word that is half a number
			}
		case isDigit(b):
			return
		case gapSigns.has(b):
			i++
		default:
			return
		}
	}
}

// labelAt reports whether a label of the rule begins at i.
func (c *check) labelAt(r *rule, i int) bool {
	text := c.v.Text
	for _, k := range r.src.Keywords {
		if e := i + len(k); e <= len(text) && (k[0]^text[i])&^0x20 == 0 && bytes.EqualFold(text[i:e], []byte(k)) && wholeLabel(text, i, e) {
			return true
		}
	}
	return false
}

// digitAhead reports whether one of the next n bytes is a digit.
func digitAhead(text []byte, n int) bool {
	for _, b := range text[:min(max(n, 0), len(text))] {
		if isDigit(b) {
			return true
		}
	}
	return false
}

// longerLabel reports whether a longer label of the rule begins at s as well: of
// "MAC address 3c:…" the words between "MAC" and the value are the label.
func (c *check) longerLabel(r *rule, s, n int) bool {
	text := c.v.Text
next:
	for _, k := range r.src.Keywords {
		if len(k) <= n || s+len(k) > len(text) {
			continue
		}
		for i := range len(k) {
			if a, b := k[i], text[s+i]; a != b && !(isLetter(a) && a^b == 0x20) && !(a == ' ' && b == '_') {
				continue next
			}
		}
		return wholeLabel(text, s, s+len(k))
	}
	return false
}

// wideMark is the length of the punctuation outside ASCII at the start of b.
func wideMark(b []byte) int {
	if len(b) == 0 || b[0] < 0x80 {
		return 0
	}
	for _, m := range []string{"：", "“", "”", "„", "«", "»", "–", "—", "（", "）", "【", "】", "\u00a0", "‘", "’", "№", "、", "，", "º", "°"} {
		if bytes.HasPrefix(b, []byte(m)) {
			return len(m)
		}
	}
	return 0
}

// wholeLabel reports whether text[s:e] is not a part of a longer word; parts of
// a name like patientSSN, ssn_value or ssnNumber are whole.
func wholeLabel(text []byte, s, e int) bool {
	if s > 0 && isLetter(text[s-1]) && isLetter(text[s]) && !(isLower(text[s-1]) && isUpper(text[s])) {
		return false
	}
	if e < len(text) && isLetter(text[e]) && isLetter(text[e-1]) {
		if text[e]|0x20 == 's' && (e+1 == len(text) || !isLetter(text[e+1])) {
			return true
		}
		return isLower(text[e-1]) && isUpper(text[e])
	}
	return true
}

// isFiller knows the words that may stand between a label and its value.
func isFiller(w []byte) bool {
	var buf [16]byte
	if len(w) > len(buf) {
		return false
	}
	switch string(lowerWord(buf[:0], w)) {
	case "is", "was", "are", "be", "dd", "mm", "yy", "yyyy", "mm/dd/yyyy", "tt", "jj", "jjjj", "aaaa", "rrrr", "address", "addr", "adresse", "no", "nr", "num", "number", "numbers", "nummer", "numero", "número", "numéro", "numer", "nº", "n°", "n", "id",
		"code", "of", "the", "my", "her", "his", "our", "your", "a", "an", "to", "for", "on", "file", "value", "ist", "lautet", "est", "es", "è", "é",
		"de", "der", "die", "das", "del", "della", "di", "do", "da", "du", "la", "le", "il", "el", "är", "er", "jest", "to jest", "on_file", "ending",
		"s", "us", "uk", "full", "new", "old", "current", "below", "following", "as", "follows", "was:", "und", "card", "nummern", "td", "tr", "th", "span",
		"b", "strong", "string", "text", "str", "varchar", "nbsp", "quot", "me", "su", "mi", "tu", "mein", "meine", "mijn", "mon", "ma", "mio", "mia", "minha",
		"meu", "för", "number is", "this", "that", "not", "patient", "patients", "holder", "born", "at", "in", "am", "le:", "with", "called", "named", "r", "и", "это", "номер", "№",
		"which", "that's", "thats", "it", "it's", "its", "reads", "equals", "i", "so", "sent", "gave", "given", "provided", "should", "he", "she", "they", "have", "has", "had", "by", "and", "or", "record",
		"sei", "von", "vom", "lauten", "heißt", "unter", "mit", "dem", "den", "zur", "zum", "ihre", "ihr", "seine", "sein", "nummero", "son", "sa", "ses", "votre", "notre", "suivant", "ci", "dessous", "siguiente", "nuestro", "nuestra",
		"suo", "sua", "seu", "seguinte", "seguente", "o", "os", "zijn", "haar", "luidt", "van", "het", "een", "moj", "mój", "moja", "numerem", "brzmi", "klienta", "są", "min", "mitt", "din", "hans", "hennes", "av", "till", "minun",
		"ve", "benim", "numarası", "numaram", "nomor", "adalah", "saya", "ialah", "की", "है", "मेरा", "là", "của", "tôi", "số", "мой", "моя", "мій", "клиента", "является":
		return true
	}
	return false
}

// findStreet matches the pattern at a word for "street" and goes back over the
// street's name to the house number.
func findStreet(c *check, r *rule, n int) {
	text := c.v.Text
	s := c.at - n
	end, _, need := c.match(r.match, text, s, r.src.MaxLength)
	if need > 0 && !c.has(s, need) || end < 0 || !r.right.behind(text, end) {
		return
	}
	i := s
	for words := 0; words < 5 && i > 0; words++ {
		j := i
		for j > 0 && i-j < 24 && (isWord(text[j-1]) || text[j-1] == '.' || text[j-1] == '\'' || text[j-1] == '-' || text[j-1] >= 0x80) {
			j--
		}
		if j == i {
			return
		}
		if isDigit(text[j]) && words > 0 && i-j <= 6 {
			c.judge(r, candidate{start: j, end: end, head: j, shown: true})
			return
		}
		if isLower(text[j]) || j == 0 || text[j-1] != ' ' {
			return
		}
		i = j - 1
	}
}
