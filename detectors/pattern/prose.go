package pattern

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors/rarity"
)

// variableSigns stand before the name of a variable, a field or a switch.
var variableSigns = setOf("$.&->:/@\\")

// findProse reads a password out of a sentence: "the wifi password is …",
// "Passwort lautet …", "contraseña: …". Between the keyword and the value stand
// a verb or a colon and a few words; the value must look like a password.
func findProse(c *check, r *rule, n int) {
	text := c.v.Text
	if !wholeLabel(text, c.at-n, c.at) || !c.has(c.at, 128) || c.at < len(text) && isWord(text[c.at-1]) && (isWord(text[c.at]) || text[c.at] == '.') {
		return
	}
	if s := c.at - n; s > 0 && (isWord(text[s-1]) && text[s] < 0x80 || variableSigns.has(text[s-1]) && !compound(text, s)) {
		return // a variable
	}
	from := c.at // the keyword may have its colon in it
	for from > c.at-n && bytes.IndexByte([]byte(" :=-"), text[from-1]) >= 0 {
		from--
	}
	if from < len(text) && text[from] == ')' && c.at-n > 1 && text[c.at-n-1] == '(' {
		c.proseBefore(r, c.at-n-1)
		return
	}
	if c.at-n > 0 && (text[c.at-n] == 'a' || text[c.at-n] == 'A') && bytes.HasPrefix(bytes.ToLower(text[c.at-n:from]), []byte("as ")) {
		c.proseBefore(r, c.at-n) // … as the password
		return
	}
	kind := kindOf(text[c.at-n : from])
	crossed := false // a comma: only what hardly can be anything else counts
	words, verb := 0, bytes.HasSuffix(text[c.at-n:from], []byte(" is"))
	behind := 0 // words behind the verb
	for i := from; i < len(text) && i-from < 64; {
		b := text[i]
		switch {
		case b == ':' || b == '=' && !follows(text, i, "==") || bytes.HasPrefix(text[i:], []byte("：")):
			verb = true
			i++
			if b >= 0x80 {
				i += 2
			}
		case b == ' ' || b == '\t' || b == '(' || b == '*' || b == '_' || b == '-':
			i++
		case b == '\n':
			if !verb {
				return
			}
			i++
		case verb && (b == '"' || b == '\'' || b == '`'):
			c.proseValue(r, i, kind)
			return
		case b == '"' || b == '\'' || b == '`' || b == ')':
			i++
		case bytes.HasPrefix(text[i:], []byte("是")), bytes.HasPrefix(text[i:], []byte("は")):
			verb = true
			i += 3
		case bytes.HasPrefix(text[i:], []byte("“")), bytes.HasPrefix(text[i:], []byte("„")), bytes.HasPrefix(text[i:], []byte("«")):
			c.proseValue(r, i, kind)
			return
		default:
			j := i
			for j < len(text) && !isSpace(text[j]) && text[j] != ':' {
				j++
			}
			w := bytes.TrimRight(text[i:j], ".,;!?")
			if words == 0 && !verb && i == from+1 && text[from] == ' ' && (strongWord(bytes.TrimRight(text[i:j], ".,;?)")) || isCode(text[c.at-n:from], w) || ends(text, w, i+len(w))) {
				c.proseValue(r, i, kind)
				return
			}
			if crossed && verb && !strongWord(w) {
				return
			}
			if verb && (!plain(w) || behind == 0 && passphrase(w) && kind == guarding) {
				c.proseValue(r, i, kind)
				return
			}
			if words == 6 || len(w) < j-i && (crossed || verb || len(w)+1 != j-i || text[j-1] != ',') {
				return // a sentence ended
			}
			crossed = crossed || len(w) < j-i
			words++
			if behind++; isVerb(w) {
				verb, behind = true, 0
			}
			if verb && words > 5 {
				return
			}
			i = j
		}
	}
}

// compound reports whether the word that begins at s is the last part of one with
// a hyphen, as German writes it: WLAN-Passwort.
func compound(text []byte, s int) bool {
	return s > 1 && text[s-1] == '-' && isLetter(text[s-2]) && isUpper(text[s])
}

func isVerb(w []byte) bool {
	var buf [24]byte
	if len(w) > 20 {
		return false
	}
	switch string(lowerWord(buf[:0], w)) {
	case "is", "was", "to", "are", "ist", "lautet", "war", "auf", "est", "es", "era", "è", "é", "e", "jest", "to:", "är", "er", "on", "как", "это", "=", "->", "=>", "as", "heißt", "sarà", "será", "zijn":
		return true
	}
	return false
}

// plain reports whether w is a word like any other: letters only (one capital
// at most, at the start), no sign within.
func plain(w []byte) bool {
	for i, b := range w {
		if !isLower(b) && b < 0x80 && b != '\'' && !(i == 0 && isUpper(b)) && b != '-' && b != '_' && b != '/' {
			return false
		}
	}
	return true
}

// A proseKind says what a keyword means besides what one has to know.
type proseKind uint8

const (
	guarding proseKind = iota
	vague              // a login and credentials may be described by the words behind them
	numeric            // to pin is a verb, too: only digits count
)

func kindOf(keyword []byte) proseKind {
	var buf [24]byte
	switch string(lowerWord(buf[:0], keyword)) {
	case "pin":
		return numeric
	case "login", "credentials", "clave":
		return vague
	}
	return guarding
}

// proseValue reads the value at i.
func (c *check) proseValue(r *rule, i int, kind proseKind) {
	text := c.v.Text
	s, e := i, i
	switch {
	case text[i] == '"' || text[i] == '\'' || text[i] == '`':
		s = i + 1
		k := bytes.IndexByte(text[s:min(len(text), s+65)], text[i])
		if k < 0 {
			return
		}
		e = s + k
	case text[i] >= 0x80:
		for s < len(text) && (text[s] >= 0x80 || text[s] == ' ' && s > i) {
			s++
		}
		for e = s; e < len(text) && text[e] < 0x80 && text[e] > ' '; e++ {
		}
	default:
		for e < len(text) && !isSpace(text[e]) && e-s < 65 && text[e] < 0x80 && !(text[e] == '\\' && e+1 < len(text) && (text[e+1] == 'n' || text[e+1] == '"')) {
			e++
		}
		e = trimWord(text, s, e)
		if e-s > 64 {
			return
		}
	}
	if k := bytes.IndexByte(text[s:e], ':'); k > 1 && k < 24 && e-s-k > 6 && !makeupOf(text[s:s+k]).signed() {
		s += k + 1 // user:password
	}
	v := text[s:e]
	c.work += valueCost + len(v)/readShare
	if len(v) < 4 || bytes.IndexByte(v, ' ') >= 0 || c.notSecret(v, &assignment{quoted: true}) || bytes.IndexAny(v, "()[]{}") >= 0 && s == i || bytes.Contains(v, []byte("://")) || bytes.HasPrefix(v, []byte("//")) || bytes.IndexByte(v, '=') > 0 && s == i {
		return
	}
	m := makeupOf(v)
	letters := m.upper + m.lower
	quoted := s > i
	switch {
	case kind == numeric && (m.digit != len(v) || len(v) < 4 || len(v) > 12):
		return
	case m.digit > 0 && letters > 0 && len(v) >= 5, m.other > 0 && letters > 0 && len(v) >= 6 && !wordy(v), m.digit >= 4 && letters+m.other == 0 && len(v) <= 12,
		quoted && len(v) >= 8 && m.upper > 0 && m.lower > 0 && letters == len(v) && isUpper(v[len(v)/2]), passphrase(v), m.upper > 1 && m.lower > 1 && len(v) >= 10 && rarity.Score(v) >= 8:
	default:
		return
	}
	points, why := int16(0), ""
	switch {
	case m.digit > 0 && letters > 0 && (m.other > 0 || m.lower > 0 && m.upper > 0) && len(v) >= 7:
		points, why = 12, "rarity"
	case m.upper > 1 && m.lower > 1 && len(v) >= 10 && rarity.Score(v) >= 8:
		points, why = 8, "rarity"
	case kind == numeric && len(v) == 4, passphrase(v), kind == guarding && len(v) >= 7 && letters >= 4 && m.digit > 0 && m.other == 0 && m.turns == 1 && !m.hex:
		points, why = 4, "words"
	}
	c.judge(r, candidate{start: s, end: e, head: s, points: points, evidence: why, shown: true})
}

// trimWord takes off what follows a word in a sentence. A star counts as such
// only where one stands before the word.
func trimWord(text []byte, s, e int) int {
	for e > s && (bytes.IndexByte([]byte(".,;:?)\"'`]>"), text[e-1]) >= 0 || text[e-1] == '*' && s > 0 && text[s-1] == '*') {
		e--
	}
	return e
}

// proseBefore reads the password before "(password)", whose parenthesis is at i.
func (c *check) proseBefore(r *rule, i int) {
	text := c.v.Text
	for i > 0 && isSpace(text[i-1]) {
		i--
	}
	s := i
	for s > 0 && i-s < 64 && text[s-1] > ' ' && text[s-1] < 0x80 {
		s--
	}
	for s < i && bytes.IndexByte([]byte("\"'`(*"), text[s]) >= 0 {
		s++
	}
	e := trimWord(text, s, i)
	if v := text[s:e]; len(v) >= 8 && len(v) < 64 && strongWord(v) && makeupOf(v).digit > 1 && !c.notSecret(v, &assignment{quoted: true}) {
		c.judge(r, candidate{start: s, end: e, head: s, points: 8, evidence: "rarity", shown: true})
	}
}

// strongWord reports whether w is letters, digits and signs together: a password
// even without a verb before it.
func strongWord(w []byte) bool {
	var letter, digit, sign bool
	for _, b := range w {
		switch {
		case isLetter(b):
			letter = true
		case isDigit(b):
			digit = true
		case bytes.IndexByte([]byte("!@#$%^&*?+"), b) >= 0:
			sign = true
		}
	}
	return len(w) >= 7 && letter && digit && sign
}

// ends reports whether w, which ends at i, is a word with numbers in it at the
// end of a phrase: "root password orbit2508", "temp pw 2sKrxAbI for the lab".
func ends(text, w []byte, i int) bool {
	m := makeupOf(w)
	drawn := len(w) >= 10 && m.upper > 1 && m.lower > 1 && rarity.Score(w) >= 10
	if drawn && m.digit > 0 {
		return true
	}
	if len(w) < 7 || m.digit < 2 && !drawn || m.lower+m.upper < 3 || m.other > 1 || m.other > 0 && rarity.Score(w) < 6 {
		return false
	}
	rest := text[i:min(len(text), i+5)]
	for _, s := range []string{" for", " on ", " to ", " at ", " in "} {
		if bytes.HasPrefix(rest, []byte(s)) {
			return true
		}
	}
	return len(rest) == 0 || bytes.IndexByte([]byte("\n\r.,;!?)"), rest[0]) >= 0
}

// isCode reports whether w is a number that opens something: the keyword says
// so, and no verb is needed.
func isCode(keyword, w []byte) bool {
	if len(w) < 4 || len(w) > 10 {
		return false
	}
	for _, b := range w {
		if !isDigit(b) {
			return false
		}
	}
	if string(keyword) == "PIN" {
		return len(w) == 4 && !bytes.HasPrefix(w, []byte("19")) && !bytes.HasPrefix(w, []byte("20"))
	}
	var buf [24]byte
	switch string(lowerWord(buf[:0], keyword)) {
	case "passcode", "pin code", "door code", "gate code", "alarm code", "access code", "keypad code", "türcode", "code d'entrée", "código de acceso":
		return true
	}
	return false
}

// passphrase reports whether v is three or more words joined by the same sign,
// none of which belongs to a sentence about passwords.
func passphrase(v []byte) bool {
	sep := byte(0)
	words := 0
	for start, i := 0, 0; i <= len(v); i++ {
		if i < len(v) && isLower(v[i]) {
			continue
		}
		if i < len(v) && v[i] != '-' && v[i] != '_' && v[i] != '.' || sep != 0 && i < len(v) && v[i] != sep {
			return false
		}
		if i < len(v) {
			sep = v[i]
		}
		switch w := v[start:i]; string(w) {
		case "not", "must", "the", "and", "for", "set", "was", "has", "you", "your", "user", "password", "passwd", "reset", "required", "less", "changed", "this", "that", "with", "based", "protected", "manager", "hash", "name", "key", "file", "secret", "token", "case", "sensitive", "day", "time", "one", "use", "end", "test", "only", "app", "com", "org", "net", "www", "io":
			return false
		default:
			if len(w) < 3 || len(w) > 12 {
				return false
			}
		}
		words++
		start = i + 1
	}
	return words >= 3
}
