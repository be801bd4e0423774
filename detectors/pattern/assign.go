package pattern

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
)

// An operator says how a name was given its value.
type operator uint8

const (
	opEqual    operator = iota // =  :=  ?=  +=  .=  ||=  <-
	opColon                    // :  =>  <name>  and pairs of name and value
	opCompare                  // ==  !=
	opArgument                 // NAME("v")  ("NAME", "v")
	opSpace                    // --NAME v  IDENTIFIED BY 'v'
)

// An assignment is NAME op VALUE in the view.
type assignment struct {
	name   detectors.Span // the whole name, with what is joined to it by . - _
	value  detectors.Span
	op     operator
	quoted bool
	spaced bool // between name and operator
	line   bool // the name begins its line and the value ends it
	bits   int  // the value's score of rarity
	bare   bool // there is none: the value stands in a sentence
	paired answer
}

// Bounds of an assignment, in bytes.
const (
	maxName    = 64  // before the keyword
	maxTail    = 24  // of the name behind the keyword
	maxBetween = 224 // between keyword and value
)

// behindName are the signs that may stand behind the name in an assignment, or in it.
var behindName = setOf("-.'\"`])* \t\r\n=:?+.|<>!(,{\\")

// findAssignment reads NAME op VALUE behind a keyword that is the name or a
// part of it, in any configuration or programming language:
//
//	DB_PASSWORD=…   "api_key": "…"   client_secret => '…'   token := "…"
//	<password>…</password>   --password …   private const Secret = "…";
//	val apiKey: String = "…"   {"name": "DB_PASSWORD", "value": "…"}
//	setPassword("…")   define('DB_PASSWORD', '…')   IDENTIFIED BY '…'
func findAssignment(c *check, r *rule, n int) {
	a := c.told
	if a == nil { // several rules have the same keyword
		a = c.readAssignment(n)
		c.told = a
	}
	if a.value.End == 0 || r.src.Shape == "pairs" && !c.pairs(&a.assignment) {
		return
	}
	size := a.value.End - a.value.Start
	if size < 4 || size > r.src.MaxLength {
		return
	}
	c.work += valueCost + size/readShare
	points, why, ok := c.strong(r, a) // cheaper than isSecret
	if !ok || !c.isSecret(a) {
		return
	}
	c.judge(r, candidate{start: a.value.Start, end: a.value.End, head: c.at - n, points: points, evidence: why, shown: true})
}

// assignment reads the name and the operator around a keyword of n bytes, which
// may have the operator in it. The value begins at value.Start.
func (c *check) assignment(n int) (a assignment, ok bool) {
	text := c.v.Text
	s, end := c.at-n, c.at
	for end > s && !isWord(text[end-1]) && text[end-1] < 0x80 {
		end--
	}
	if !c.has(end, 64) || s > 0 && isLetter(text[s-1]) && isLetter(text[s]) && !joins(text, s, end) {
		return a, false // "monkey", "notoken"
	}
	if end-s < 6 && end < len(text) && isLetter(text[end]) && isLetter(text[end-1]) && (isUpper(text[end]) == isUpper(text[end-1])) {
		return a, false // "IP_PASSSEC", "passive"
	}
	i := end
	for i < len(text) && i-end < maxTail && (isWord(text[i]) || text[i] == '-' && i+1 < len(text) && isWord(text[i+1]) || text[i] == '.') {
		i++
	}
	if i < len(text) && isWord(text[i]) || nameOnly(text[end:i]) {
		return a, false
	}
	a.name = detectors.Span{Start: nameStart(text, s), End: i}
	closed := i
	i = skipTo(text, i, "'\"`])*", 3)
	quote := i > closed && bytes.IndexByte([]byte("'\"`"), text[closed]) >= 0
	at := i
	i = skipTo(text, i, " \t", 8)
	a.spaced = i > at
	if i >= len(text) {
		return a, false
	}
	op := i
	switch b := text[i]; {
	case b == '=' && follows(text, i, "=="), b == '!' && follows(text, i, "!="):
		i = skipTo(text, i, "!=", 3)
		a.op = opCompare
	case b == '=' && follows(text, i, "=>"):
		i, a.op = i+2, opColon
	case b == '=':
		i++
	case bytes.IndexByte([]byte(":?+.|<"), b) >= 0 && equals(text, i) > 0:
		i = equals(text, i)
	case b == ':' && follows(text, i, "::"):
		return a, false
	case b == ':':
		i, a.op = i+1, opColon
		if k := typed(text, i); k > 0 {
			i, a.op = k, opEqual
		}
	case b == '>' && op > 0 && text[op-1] != '-':
		if i, a.op = i+1, opColon; follows(text, i, "<value>") { // <property name="password"><value>…
			i += len("<value>")
		}
	case a.spaced && otherwise(text, i) > 0:
		i = otherwise(text, i)
	case a.spaced && follows(text, i, "| "): // a cell of a table
		i, a.op = i+1, opColon
	case a.spaced && follows(text, i, "--body "): // gh secret set NAME --body …
		i, a.op = i+len("--body "), opSpace
	case b == '\\' && follows(text, i, `\":`): // JSON in JSON
		i, a.op = i+3, opColon
	case a.spaced && a.name.Start > 0 && text[a.name.Start-1] == '<' && attributes(text, i) > 0: // <password enc="none">…
		i, a.op = attributes(text, i), opColon
	case b == '(' && at == op && !quote:
		i, a.op = i+1, opArgument
	case quote && (b == ',' || b == '{') || isSpace(b) || a.spaced:
		k, kind := c.pair(i, closed, a.spaced, quote)
		if k < 0 {
			return a, false
		}
		i, a.op = k, kind
	default:
		return a, false
	}
	i = skipTo(text, i, " \t", 16)
	if a.op == opColon {
		i = nextLine(text, i)
	}
	if i >= len(text) || text[i] == '\n' || text[i] == '\r' {
		return a, false
	}
	a.value.Start = i
	return a, true
}

// otherwise is where a string stands that is the value if there is no other:
// process.env.NAME || "…", getenv('NAME') ?: '…', environ["NAME"] or "…".
func otherwise(text []byte, i int) int {
	for _, op := range []string{"|| ", "?? ", "?: ", "or "} {
		if k := i + len(op); follows(text, i, op) && k < len(text) && (text[k] == '"' || text[k] == '\'') {
			return k
		}
	}
	return 0
}

// nextLine is where a value on the next line begins, of a block in YAML (| or >)
// or of an element in XML; i if there is none.
func nextLine(text []byte, i int) int {
	k := i
	if k < len(text) && (text[k] == '|' || text[k] == '>') {
		k = skipTo(text, k+1, "+-", 1)
	} else if k == 0 || text[k-1] != '>' {
		return i
	}
	k = skipTo(text, k, "\r", 1)
	if k >= len(text) || text[k] != '\n' {
		return i
	}
	if n := skipTo(text, k+1, " \t", 32); n > k+1 {
		return n
	}
	return i
}

// attributes is where the content of an element begins whose attributes stand
// at i; 0 if it has none within 80 bytes.
func attributes(text []byte, i int) int {
	for k := i; k < len(text) && k-i < 80; k++ {
		switch text[k] {
		case '>':
			if text[k-1] == '/' {
				return 0
			}
			return k + 1
		case '<', '\n':
			return 0
		}
	}
	return 0
}

// joins reports whether the word before text[s:end] and the keyword there are
// one name, as in dbpassword and apiToken, and not another word.
func joins(text []byte, s, end int) bool {
	if isLower(text[s-1]) && isUpper(text[s]) {
		return true
	}
	if end-s >= 5 {
		return true // userpassword, mytoken: no word ends so by chance
	}
	var buf [24]byte
	w := s
	for w > 0 && isLetter(text[w-1]) && s-w < 20 {
		w--
	}
	before := string(appendLower(buf[:0], text[w:s]))
	switch before {
	case "api", "access", "secret", "private", "auth", "encryption", "signing", "master", "app", "account", "license", "service", "session", "client",
		"subscription", "storage", "shared", "consumer", "admin", "user", "db", "root", "ftp", "smtp", "mail", "sql", "mysql", "jwt", "aes", "hmac", "crypto":
		return true
	}
	return false
}

// nameStart is where the name begins of which text[s:] is a part.
func nameStart(text []byte, s int) int {
	for k := s; ; s-- {
		if s == 0 || k-s >= maxName {
			return s
		}
		if b := text[s-1]; !isWord(b) && b != '-' && b != '.' && b != '$' {
			return s
		}
	}
}

func follows(text []byte, i int, s string) bool { return bytes.HasPrefix(text[i:], []byte(s)) }

// equals is where an operator that ends in = ends: := ::= :::= ?= ??= += .= ||= and <-.
func equals(text []byte, i int) int {
	if follows(text, i, "<-") {
		return i + 2
	}
	k := skipTo(text, i, string(text[i]), 3)
	if k < len(text) && text[k] == '=' && !follows(text, k, "==") {
		return k + 1
	}
	return 0
}

// typed is where the value begins in "NAME: type = value"; 0 if no type and
// operator stand at i.
func typed(text []byte, i int) int {
	for k := i; k < len(text) && k-i < 40; k++ {
		switch b := text[k]; {
		case b == '=':
			if k > i+1 && k+1 < len(text) && text[k+1] != '=' && text[k+1] != '>' && isSpace(text[k-1]) && isSpace(text[k+1]) {
				return k + 1
			}
			return 0
		case !isWord(b) && bytes.IndexByte([]byte(" \t<>[]*?&.'"), b) < 0:
			return 0
		}
	}
	return 0
}

// pair is where a value begins that stands apart from its name: as the next
// argument, under "value" or "default", behind a type, behind a flag. closed is
// where the name ended. A value that needs quotes says so by its operator.
func (c *check) pair(i, closed int, spaced, quote bool) (int, operator) {
	text := c.v.Text
	if !c.has(closed, maxBetween) {
		return -1, 0
	}
	stop := min(len(text), closed+maxBetween-40)
	k := i
	for k < stop && (isSpace(text[k]) || text[k] == ',' || text[k] == '{' || text[k] == ';') {
		k++
	}
	block := quote && i < len(text) && text[i] == '{'
	if block { // variable "password" { … default = "…"
		if end := bytes.IndexByte(text[k:stop], '}'); end >= 0 {
			stop = k + end
		}
		d := bytes.Index(text[k:stop], []byte("default"))
		if d < 0 {
			return -1, 0
		}
		k += d
	}
	w := skipTo(text, k, "'\"", 1)
	for _, name := range []string{"value", "Value", "default", "defaultValue", "val"} {
		if !follows(text, w, name) {
			continue
		}
		e := skipTo(text, w+len(name), "'\"", 1)
		e = skipTo(text, e, " \t", 4)
		if e < len(text) && (text[e] == ':' || text[e] == '=') {
			return skipTo(text, e+1, ">", 1), opColon
		}
	}
	switch {
	case quote && i < len(text) && text[i] == ',':
		return i + 1, opArgument
	case !spaced:
		return -1, 0
	}
	if e := typed(text, i-1); e > 0 { // var password string = "…"
		return e, opEqual
	}
	if text[i] == '\'' || text[i] == '"' {
		return i, opSpace
	}
	if c.flag(closed) {
		return i, opSpace
	}
	return -1, 0
}

// flag reports whether a value may follow the name that ends at i without any
// operator: an option of a command, netrc, an ENV line.
func (c *check) flag(i int) bool {
	text := c.v.Text
	s := i
	for s > 0 && i-s < maxName && (isWord(text[s-1]) || text[s-1] == '-' || text[s-1] == '.') {
		s--
	}
	if follows(text, s, "-") || follows(text, s, "requirepass") || follows(text, s, "masterauth") {
		return true
	}
	ls := max(0, s-80)
	if k := bytes.LastIndexByte(text[ls:s], '\n'); k >= 0 {
		ls += k + 1
	}
	before := bytes.TrimSpace(text[ls:s])
	for _, w := range []string{"ENV", "SetEnv", "setx", "ARG", "fastcgi_param", "config set", "secret put", "heroku config:set"} {
		if bytes.Equal(before, []byte(w)) {
			return true
		}
	}
	return bytes.Contains(before, []byte("login ")) || bytes.Contains(before, []byte("machine "))
}

// nameOnly knows endings that make a name something else than the secret.
func nameOnly(tail []byte) bool {
	if len(tail) == 0 {
		return false
	}
	var buf [maxTail]byte
	t := bytes.Trim(appendLower(buf[:0], tail), "_-.")
	last := t[bytes.LastIndexAny(t, "_-.")+1:]
	switch string(last) {
	case "name", "file", "path", "type", "url", "uri", "id", "length", "len", "size", "count", "hash", "field", "label", "policy", "expiry", "expires",
		"ttl", "format", "pattern", "regex", "hint", "prompt", "manager", "provider", "endpoint", "algorithm", "alg", "version", "ref", "arn",
		"header", "prefix", "suffix", "env", "var", "store", "rotation", "reset", "required", "enabled", "timeout", "limit", "limits", "class", "input", "placeholder",
		"s", "ized", "ization", "ize", "izer", "text", "column", "param", "arg", "flag", "mode", "method", "usage", "index", "kind", "created", "updated", "date", "valid", "strength", "minlength", "maxlength",
		"board", "word", "words", "space", "pair", "down", "up", "press", "code", "map", "set", "ring", "frame", "frames", "chain", "source", "error", "message", "page", "form", "link", "list", "scope", "issuer", "audience", "bucket", "mount", "volume", "folder", "dir", "directory":
		return true
	case "in":
		before := t[:len(t)-len("in")]
		return string(before) == "expires_" || bytes.HasSuffix(before, []byte("_expires_")) || bytes.HasSuffix(before, []byte("-expires_"))
	}
	return false
}

func skipTo(text []byte, i int, set string, most int) int {
	for k := 0; k < most && i < len(text) && bytes.IndexByte([]byte(set), text[i]) >= 0; k++ {
		i++
	}
	return i
}
