package pattern

import "bytes"

// variableSigns stand before the name of a variable, a field or a switch.
var variableSigns = setOf("$.&->:/@\\")

// findProse reads a password out of a sentence: "the wifi password is …",
// "Passwort lautet …", "contraseña: …". Between the keyword and the value stand
// a verb or a colon and a few words; the value must look like a password.
func findProse(c *check, r *rule, n int) {
	text := c.v.Text
	if !wholeLabel(text, c.at-n, c.at) || !c.has(c.at, 128) || c.at < len(text) && (isWord(text[c.at]) || text[c.at] == '.') {
		return
	}
	if s := c.at - n; s > 0 && (isWord(text[s-1]) || variableSigns.has(text[s-1])) {
		return // a variable
	}
	words, verb := 0, false
	for i := c.at; i < len(text) && i-c.at < 64; {
		b := text[i]
		switch {
		case b == ':' || bytes.HasPrefix(text[i:], []byte("：")):
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
		case verb && (b == '"' || b == '\'' || b == '`' || b == '<' && false):
			c.proseValue(r, i)
			return
		case b == '"' || b == '\'' || b == '`' || b == ')':
			i++
		case bytes.HasPrefix(text[i:], []byte("是")), bytes.HasPrefix(text[i:], []byte("は")):
			verb = true
			i += 3
		case bytes.HasPrefix(text[i:], []byte("“")), bytes.HasPrefix(text[i:], []byte("„")), bytes.HasPrefix(text[i:], []byte("«")):
			c.proseValue(r, i)
			return
		default:
			j := i
			for j < len(text) && !isSpace(text[j]) && text[j] != ':' {
				j++
			}
			w := bytes.TrimRight(text[i:j], ".,;!?")
			if words == 0 && !verb && i == c.at+1 && text[c.at] == ' ' && strong(w) {
				c.proseValue(r, i)
				return
			}
			if verb && !plain(w) {
				c.proseValue(r, i)
				return
			}
			if len(w) < j-i || words == 6 {
				return // a sentence ended
			}
			if isVerb(w) {
				verb = true
			}
			words++
			if verb && words > 4 {
				return
			}
			i = j
		}
	}
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

// proseValue reads the value at i.
func (c *check) proseValue(r *rule, i int) {
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
		for s < len(text) && text[s] >= 0x80 {
			s++
		}
		for e = s; e < len(text) && text[e] < 0x80 && text[e] >= 0x20; e++ {
		}
	default:
		for e < len(text) && !isSpace(text[e]) && e-s < 65 && text[e] < 0x80 && !(text[e] == '\\' && e+1 < len(text) && (text[e+1] == 'n' || text[e+1] == '"')) {
			e++
		}
		for e > s && bytes.IndexByte([]byte(".,;:?)\"'*`]>"), text[e-1]) >= 0 {
			e--
		}
		if e-s > 64 {
			return
		}
	}
	v := text[s:e]
	c.work += valueCost + len(v)/readShare
	if len(v) < 4 || bytes.IndexByte(v, ' ') >= 0 || notSecret(v, true) || bytes.IndexAny(v, "()[]{}") >= 0 && s == i || bytes.Contains(v, []byte("://")) || bytes.HasPrefix(v, []byte("//")) || bytes.IndexByte(v, '=') > 0 && s == i {
		return
	}
	var upper, lower, digit, other int
	for _, b := range v {
		switch {
		case isUpper(b):
			upper++
		case isLower(b):
			lower++
		case isDigit(b):
			digit++
		default:
			other++
		}
	}
	quoted := s > i
	switch {
	case digit > 0 && upper+lower > 0 && len(v) >= 5, other > 0 && upper+lower > 0 && len(v) >= 6 && !wordy(v), digit >= 4 && upper+lower+other == 0 && len(v) <= 12,
		quoted && len(v) >= 8 && upper > 0 && lower > 0 && upper+lower == len(v) && isUpper(v[len(v)/2]):
	default:
		return
	}
	points, why := int16(0), ""
	if digit > 0 && upper+lower > 0 && (other > 0 || upper > 0 && lower > 0) && len(v) >= 7 {
		points, why = 12, "rarity"
	}
	c.judge(r, candidate{start: s, end: e, head: s, points: points, evidence: why, shown: true})
}

// strong reports whether w is letters, digits and signs together: a password
// even without a verb before it.
func strong(w []byte) bool {
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
