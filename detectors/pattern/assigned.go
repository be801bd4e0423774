package pattern

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/rarity"
)

// value reads the value of an assignment from value.Start on. It reports false
// for expressions and for what is no value.
func (c *check) value(a *assignment) bool {
	text := c.v.Text
	i := a.value.Start
	const most = 512 // bytes of a value, and of a wrapping call
	if !c.has(i, most+1) {
		return false
	}
	i = unwrap(text, i)
	escaped := follows(text, i, `\"`) || follows(text, i, `\'`)
	if escaped {
		i++
	}
	if i >= len(text) {
		return false
	}
	quote := byte(0)
	if b := text[i]; b == '"' || b == '\'' || b == '`' {
		quote = b
		if i++; follows(text, i, string([]byte{b, b})) {
			i += 2 // """…"""
		}
	}
	a.quoted = quote != 0
	if !a.quoted && (a.op == opCompare || a.op == opArgument) {
		return false
	}
	s, e := i, i
	if !a.quoted {
		a.line = beginsLine(text, a.name.Start)
		if end, ok := restOfLine(text, s, most); a.line && ok {
			return a.take(text, s, trimEnd(text, s, end))
		}
		a.line = false
	}
	for e < len(text) && e-s <= most {
		b := text[e]
		if b < 0x20 || b == quote && a.quoted {
			break
		}
		if !a.quoted && (endsBare.has(b) || b == '&' && e > s && bytes.IndexByte(text[e:min(len(text), e+40)], '=') > 0) {
			break
		}
		if b == '\\' && e+1 < len(text) && (text[e+1] == '"' || text[e+1] == 'n' || text[e+1] == 'r' || text[e+1] == '\'') {
			break
		}
		e++
	}
	if a.quoted && (e >= len(text) || text[e] != quote && text[e] != '\\') {
		return false
	}
	if !a.quoted {
		e = trimEnd(text, s, e)
		if e < len(text) && (text[e] == '(' || text[e] == '[') || e+1 < len(text) && text[e] == ' ' && a.op == opEqual && a.spaced && bytes.IndexByte([]byte("+|&?*/%-=<"), text[e+1]) >= 0 {
			return false // an expression
		}
	}
	return a.take(text, s, e)
}

// endsBare are the signs that end a value without quotes.
var endsBare = setOf(" ,;\"'`)]}>|<")

// take notes where the value stands. It reports false if nothing is there.
func (a *assignment) take(text []byte, s, e int) bool {
	a.value = detectors.Span{Start: s, End: e}
	a.bits = rarity.Score(text[s:e])
	return e > s
}

// unwrap skips what stands around a string in code: the prefix of a literal
// (b”, r"", @"", L"", N”) and constructors that keep the text as it is.
func unwrap(text []byte, i int) int {
	if i < len(text) && wrapStarts.has(text[i]) {
		i = behindCall(text, i)
	}
	if i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\'') && (isLetter(text[i]) || text[i] == '@') {
		i++
	}
	return i
}

// wrapStarts begin what behindCall skips.
var wrapStarts = setOf("S[sbn")

// behindCall skips a constructor that keeps its text as it is.
func behindCall(text []byte, i int) int {
	for _, w := range [...]string{"SecretStr(", "String::from(", "[]byte(", "Some(", "str(", "bytes(", "new String(", "SecureString(", "Secret("} {
		if follows(text, i, w) {
			return i + len(w)
		}
	}
	return i
}

// beginsLine reports whether nothing but indentation, a dash, a keyword of a
// shell or a comment stands before i on its line.
func beginsLine(text []byte, i int) bool {
	ls := max(0, i-24)
	if k := bytes.LastIndexByte(text[ls:i], '\n'); k >= 0 {
		ls += k + 1
	} else if ls > 0 {
		return false
	}
	before := bytes.TrimLeft(text[ls:i], " \t-#/$>*+")
	switch string(bytes.TrimSpace(before)) {
	case "", "export", "set", "ENV", "ARG", "setenv", "declare", "local", "readonly", "define", "env:", "Environment=", "declare -x":
		return true
	}
	return false
}

// restOfLine is the end of the line that goes on at i, if no space stands in it.
func restOfLine(text []byte, i, most int) (end int, ok bool) {
	for e := i; e < len(text) && e-i <= most; e++ {
		switch b := text[e]; {
		case b == '\n', b == '\r':
			return e, true
		case b == '\\' && e+1 < len(text) && text[e+1] == 'n':
			return e, true // in a string
		case b <= ' ', b == '"', b == '\'':
			return e, false
		}
	}
	return len(text), len(text)-i <= most
}

// trimEnd takes punctuation of the sentence or the list off a bare value.
func trimEnd(text []byte, s, e int) int {
	for e > s {
		switch b := text[e-1]; {
		case b == '.', b == ':', b == ',', b == ';':
		case b == ')' && bytes.IndexByte(text[s:e], '(') < 0, b == '}' && bytes.IndexByte(text[s:e], '{') < 0, b == ']' && bytes.IndexByte(text[s:e], '[') < 0:
		default:
			return e
		}
		e--
	}
	return e
}

// pairs reports whether an assignment is one of the pairs of a connection
// string: Server=…;User ID=…;Password=…; or host=… user=… password=…
func (c *check) pairs(a *assignment) bool {
	if a.paired == unasked {
		a.paired = answerTo(c.inPairs(a.name.Start, a.op))
	}
	return a.paired == yes
}

func (c *check) inPairs(s int, op operator) bool {
	if op != opEqual || s == 0 || bytes.IndexByte([]byte(";?&, "), c.v.Text[s-1]) < 0 || s > 1 && c.v.Text[s-1] == ' ' && c.v.Text[s-2] == ',' {
		return false
	}
	before := c.v.Text[max(0, s-200):s]
	if k := bytes.LastIndexByte(before, '\n'); k >= 0 {
		before = before[k:]
	}
	var buf [200]byte
	before = appendLower(buf[:0], before)
	for _, w := range []string{"server=", "source=", "host=", "hostname=", "user id=", "uid=", "user=", "username=", "catalog=", "database=", "dbname=", "driver=", "jdbc:", "endpoint=", "dsn=", ":6379,", ":6380,"} {
		if bytes.Contains(before, []byte(w)) {
			return true
		}
	}
	return false
}

// A makeup counts the kinds of bytes of a value.
type makeup struct {
	lower, upper, digit, other int
	turns                      int // between digits and all else
	hex                        bool
}

func makeupOf(v []byte) (m makeup) {
	var n [4]int // by sign: digits, small letters, capitals, others
	hex, last := uint8(1), uint8(0)
	for i, b := range v {
		k := makings[b]
		n[k&3]++
		hex &= k >> 2
		digit := (k&3 + 3) >> 2 // 0 for digits, else 1
		if i > 0 {
			m.turns += int(digit ^ last)
		}
		last = digit
	}
	m.digit, m.lower, m.upper, m.other, m.hex = n[0], n[1], n[2], n[3], hex == 1
	return m
}

// makings says what a byte is to a makeup: 0 a digit, 1 a small letter, 2 a
// capital, 3 anything else; 4 more for a digit of hex.
var makings = func() (t [256]uint8) {
	for i := range t {
		b := byte(i)
		switch {
		case isDigit(b):
		case isLower(b):
			t[i] = 1
		case isUpper(b):
			t[i] = 2
		default:
			t[i] = 3
		}
		if isHex(b) {
			t[i] |= 4
		}
	}
	return t
}()

// signed reports whether there is anything but letters and digits.
func (m makeup) signed() bool { return m.other > 0 }

// strength says how much a value looks drawn at random or chosen by a careful
// person, against words and names.
func (c *check) strength(r *rule, v, name []byte, a *assignment) (points int16, why string, ok bool) {
	m, bits := makeupOf(v), a.bits
	letters := m.lower + m.upper
	if r.src.Shape != "pairs" && r.src.InfoType != "secret.password" {
		return keyStrength(v, name, a, m, bits)
	}
	colon := a.op == opColon
	switch {
	case m.digit == 0 && m.other == 0 && !(m.upper > 1 && m.lower > 1 && len(v) >= 8 && bits >= 6) && !(bits >= 8 && len(v) >= 10):
		return 0, "", false // a word
	case m.digit == 0 && m.other > 0 && wordy(v) && bits < 8:
		return 0, "", false // words joined by signs
	case letters == 0 && !(len(v) >= 6 && (a.quoted || colon || a.line)):
		return 0, "", false // a number
	case !a.quoted && !colon && !a.line && m.turns < 2 && m.other == 0 && bits < 4 && a.op != opSpace && (a.spaced || m.digit <= 1) && !c.pairs(a):
		return 0, "", false // an identifier like pwd2
	case m.digit > 0 && m.turns == 1 && m.other == 0 && m.digit <= 1 && len(v) < 7:
		return 0, "", false
	}
	switch {
	case len(v) >= 8 && m.digit > 0 && letters > 0 && (m.other > 0 || m.upper > 0 && m.lower > 0):
		points = 12
	case len(v) >= 16 && bits >= 8:
		points = 15
	case len(v) >= 10 && bits >= 8, len(v) >= 8 && m.other > 0 && m.upper > 0 && m.lower > 0:
		points = 8
	case m.digit > 0 && letters > 0:
		points = 4
	}
	if points >= 12 && len(v) >= 10 && bits >= 8 && (a.quoted || a.line || colon || r.src.Shape == "pairs") {
		points += 4
	}
	if a.op == opCompare || a.op == opArgument {
		points -= 4
	}
	if points == 0 {
		return 0, "", true
	}
	return points, "rarity", true
}

// keyStrength is strength for keys and tokens, which machines make.
func keyStrength(v, name []byte, a *assignment, m makeup, bits int) (points int16, why string, ok bool) {
	strong, known := keyName(name)
	switch {
	case known && strong && uuid(v):
		return 8, "rarity", true
	case known && strongWord(v) && len(v) >= 8 && bytes.HasSuffix(bytes.ToLower(name), []byte("secret")):
		return 8, "rarity", true // chosen by a person
	}
	switch {
	case !known || len(v) < 10 || bits < 6 || m.other*4 > len(v):
		return 0, "", false
	case m.digit == 0 && !(m.upper > 2 && m.lower > 2) && bits < 12:
		return 0, "", false // a word
	case len(v)-1-bytes.LastIndexByte(v, ' ') < 16 && bytes.IndexByte(v, ' ') >= 0:
		return 0, "", false // several: a style, a phrase
	case m.lower+m.upper == 0 && !m.hex:
		return 0, "", false
	case len(v) < 16 && bits < 9:
		return 0, "", false
	case !strong && (len(v) < 16 || m.hex && (len(v) == 32 || len(v) == 40 || len(v) == 64)):
		return 0, "", false // a digest under a name that says little
	}
	switch {
	case bits >= 30:
		points = 15
	case bits >= 16:
		points = 12
	default:
		points = 6
	}
	if strong {
		points += 4
	}
	if a.op == opCompare || a.op == opArgument {
		points -= 6
	}
	return points, "rarity", true
}

// keyName judges what a key or token is called: known is false for names that
// are no secret's, strong is true for those that hardly can be anything else.
func keyName(name []byte) (strong, known bool) {
	bare := 0
	for i := 0; i < len(name); {
		s, e := nextWord(name, i)
		if s == e {
			break
		}
		i = e
		var buf [24]byte
		if e-s > len(buf) {
			bare++
			continue
		}
		switch w := string(appendLower(buf[:0], name[s:e])); w {
		case "public", "publishable", "csrf", "xsrf", "page", "next", "prev", "previous", "continuation", "cursor", "sync", "idempotency", "cache", "partition", "sort",
			"primary", "foreign", "row", "object", "routing", "cancellation", "stop", "eos", "bos", "pad", "unk", "mask", "integrity", "checksum", "hash", "digest",
			"fingerprint", "thumbprint", "commit", "sha", "md5", "etag", "trace", "span", "request", "correlation", "group", "index", "lookup", "translation", "i18n",
			"sitekey", "site", "shard", "bucket", "s3key", "measurement", "dedup", "deduplication", "registry", "map", "dict", "keyid", "test", "mock", "fake", "dummy", "example", "sample":
			return false, false
		case "secret", "api", "apikey", "auth", "access", "private", "signing", "encryption", "master", "client", "consumer", "bearer", "credential", "credentials",
			"password", "passwd", "token", "webhook", "jwt", "hmac", "aes", "license", "licence", "refresh", "session", "shared", "subscription", "admin", "deploy", "service", "account", "accountkey", "secretkey",
			"accesskey", "authtoken", "accesstoken", "apitoken", "clientsecret", "app", "storage", "oauth", "personal", "pat", "bot", "integration", "write", "server":
			strong = true
		}
	}
	return strong, true
}

// wordy reports whether v is words of small letters, or one capitalised, joined
// by - _ . / or spaces: an identifier, a path, a sentence.
func wordy(v []byte) bool {
	for _, b := range v {
		if !isLetter(b) && bytes.IndexByte([]byte("-_./: ,'!?@$"), b) < 0 {
			return false
		}
	}
	return bytes.IndexByte(v, '!') < 0 && bytes.IndexByte(v, '@') < 0 && bytes.IndexByte(v, '$') < 0 || bytes.IndexByte(v, ' ') >= 0
}

// uuid reports whether v is in the form of RFC 9562.
func uuid(v []byte) bool {
	if len(v) != 36 {
		return false
	}
	for i, b := range v {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (b == '-') || !dash && !isDigit(b) && (b|0x20 < 'a' || b|0x20 > 'f') {
			return false
		}
	}
	return true
}
