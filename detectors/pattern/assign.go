package pattern

import "bytes"

// behindName are the signs that may stand behind the name in an assignment, or in it.
var behindName = setOf("-.'\"`]) \t=:?+>\\")

// findAssignment reads NAME op VALUE behind a keyword that is the name or a
// part of it, in any configuration or programming language:
//
//	DB_PASSWORD=…   "api_key": "…"   client_secret => '…'   token := "…"
//	<password>…</password>   --password …   private const Secret = "…";
func findAssignment(c *check, r *rule, n int) {
	text := c.v.Text
	if !wholeLabel(text, c.at-n, c.at) && !(c.at < len(text) && isWord(text[c.at])) || !c.has(c.at, 64) {
		return
	}
	if s := c.at - n; s > 0 && isLetter(text[s-1]) && !(isLower(text[s-1]) && isUpper(text[s])) {
		return // "monkey", "notoken"
	}
	i := c.at
	for i < len(text) && i-c.at < 24 && (isWord(text[i]) || text[i] == '-' || text[i] == '.') {
		i++
	}
	if i < len(text) && isWord(text[i]) {
		return
	}
	if nameOnly(text[c.at:i]) {
		return
	}
	i = skipTo(text, i, "'\"`])", 2)
	i = skipTo(text, i, " \t", 8)
	spaced := i > 0 && isSpace(text[i-1])
	op, colon := i, false
	switch {
	case i >= len(text):
		return
	case text[i] == '=' && i+1 < len(text) && text[i+1] == '=':
		return // a comparison
	case bytes.HasPrefix(text[i:], []byte(":=")), bytes.HasPrefix(text[i:], []byte("=>")), bytes.HasPrefix(text[i:], []byte("?=")), bytes.HasPrefix(text[i:], []byte("+=")):
		i += 2
	case text[i] == '=':
		i++
	case text[i] == ':':
		if i+1 < len(text) && text[i+1] == ':' {
			return
		}
		i++
		colon = true
	case text[i] == '>' && text[op-1] != '-':
		i++
		colon = true
	case text[i] == '\\' && bytes.HasPrefix(text[i:], []byte(`\":`)): // JSON in JSON
		i += 3
		colon = true
	default:
		return
	}
	i = skipTo(text, i, " \t", 16)
	if i < len(text) && (text[i] == '\n' || text[i] == '\r') {
		return
	}
	c.secret(r, i, colon, spaced)
}

// nameOnly knows endings that make a name something else than the secret.
func nameOnly(tail []byte) bool {
	if len(tail) == 0 {
		return false
	}
	var buf [24]byte
	t := bytes.Trim(appendLower(buf[:0], tail), "_-.")
	last := t[bytes.LastIndexAny(t, "_-")+1:]
	switch string(last) {
	case "name", "file", "path", "type", "url", "uri", "id", "length", "len", "size", "count", "hash", "field", "label", "policy", "expiry", "expires",
		"ttl", "format", "pattern", "regex", "hint", "prompt", "manager", "provider", "endpoint", "algorithm", "alg", "version", "ref", "arn",
		"header", "prefix", "suffix", "env", "var", "store", "rotation", "reset", "required", "enabled", "timeout", "limit", "limits", "class", "input", "placeholder",
		"s", "ized", "ization", "ize", "izer", "text", "column", "param", "arg", "flag", "mode", "method", "usage", "index", "kind", "created", "updated", "date", "valid", "strength", "minlength", "maxlength":
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

// secret reads a value at i and judges whether it is one.
func (c *check) secret(r *rule, i int, colon, spaced bool) {
	text := c.v.Text
	if i >= len(text) {
		return
	}
	quote := byte(0)
	// Prefixes of strings: b'', r"", f"", @"", L"".
	if i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\'') && (isLetter(text[i]) || text[i] == '@' || text[i] == '\\') {
		i++
	}
	if text[i] == '"' || text[i] == '\'' || text[i] == '`' {
		quote = text[i]
		i++
	}
	if !c.has(i, r.src.MaxLength+1) {
		return
	}
	s, e := i, i
	for e < len(text) && e-s <= r.src.MaxLength {
		b := text[e]
		if b < 0x20 || b == quote && quote != 0 {
			break
		}
		if quote == 0 && (bytes.IndexByte([]byte(" ,;\"'`)]}>|<"), b) >= 0 || b == '&' && e > s && bytes.IndexByte(text[e:min(len(text), e+40)], '=') > 0) {
			break
		}
		if b == '\\' && e+1 < len(text) && (text[e+1] == '"' || text[e+1] == 'n' || text[e+1] == 'r' || text[e+1] == '\'') {
			break
		}
		e++
	}
	if quote != 0 && (e >= len(text) || text[e] != quote && text[e] != '\\') {
		return
	}
	if quote == 0 {
		for e > s && bytes.IndexByte([]byte(".:"), text[e-1]) >= 0 {
			e--
		}
		if e < len(text) && (text[e] == '(' || text[e] == '[') || e+1 < len(text) && text[e] == ' ' && !colon && spaced && bytes.IndexByte([]byte("+|&?*/%-=<"), text[e+1]) >= 0 {
			return // an expression
		}
	}
	v := text[s:e]
	c.work += valueCost + len(v)/readShare
	if len(v) < 4 || len(v) > r.src.MaxLength {
		return
	}
	points, why, ok := r.rare(v, quote != 0, colon, spaced) // cheaper than notSecret
	if !ok || notSecret(v, quote != 0) {
		return
	}
	c.judge(r, candidate{start: s, end: e, head: s, points: points, evidence: why, shown: true})
}

// rare says how much a value looks chosen at random or by a careful person:
// kinds of characters, length and entropy, against words and names.
func (r *rule) rare(v []byte, quoted, colon, spaced bool) (points int16, why string, ok bool) {
	var lower, upper, digit, other, turns int
	for i, b := range v {
		switch {
		case isLower(b):
			lower++
		case isUpper(b):
			upper++
		case isDigit(b):
			digit++
		default:
			other++
		}
		if i > 0 && isDigit(b) != isDigit(v[i-1]) {
			turns++
		}
	}
	letters := lower + upper
	h := entropy(v)
	password := r.src.InfoType == "secret.password"
	switch {
	case !password && (len(v) < 12 || h < 2.8 || digit == 0 && !(upper > 2 && lower > 2)):
		return 0, "", false
	case digit == 0 && other == 0 && !(upper > 1 && lower > 1 && len(v) >= 10):
		return 0, "", false // a word
	case digit > 0 && !password && wordy(bytes.TrimRight(v, "0123456789")) && (upper == 0 || lower == 0) && other > 0:
		return 0, "", false // words and a number
	case digit == 0 && other > 0 && wordy(v):
		return 0, "", false // words joined by signs
	case letters == 0 && !(password && len(v) >= 6 && (quoted || colon)):
		return 0, "", false // a number
	case !quoted && !colon && spaced && turns < 2 && other == 0:
		return 0, "", false // an identifier like pwd2
	case digit > 0 && turns == 1 && other == 0 && digit <= 1 && len(v) < 7:
		return 0, "", false
	}
	switch {
	case len(v) >= 16 && h >= 3.3 && turns >= 3:
		return 15, "rarity", true
	case len(v) >= 8 && digit > 0 && letters > 0 && (other > 0 || upper > 0 && lower > 0):
		return 12, "rarity", true
	case digit > 0 && letters > 0:
		return 4, "rarity", true
	}
	return 0, "", true
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

// notSecret knows placeholders, references and code.
func notSecret(v []byte, quoted bool) bool {
	if bytes.IndexByte(v, ' ') >= 0 && bytes.Count(v, []byte(" ")) > 2 || same(v) {
		return true
	}
	if bytes.IndexByte([]byte("$<{[%(*&@"), v[0]) >= 0 && (v[0] != '$' && v[0] != '@' && v[0] != '*' && v[0] != '&' && v[0] != '%' || reference(v)) {
		return true
	}
	var buf [256]byte
	l := appendLower(buf[:0], v[:min(len(v), len(buf))])
	for _, p := range []string{"process.env", "os.environ", "os.getenv", "getenv", "env.", "env(", "env[", "system.getenv", "config.", "config[", "settings.", "self.", "this.", "args.", "opts.",
		"options.", "params.", "request.", "req.", "ctx.", "app.", "vault:", "file:", "env:", "ref+", "secret://", "op://", "arn:", "http://", "https://", "/run/", "/etc/", "./", "../", "~/", "import.meta", "data.", "var.", "local.",
		"random", "string(", "null", "none", "undefined", "nil", "true", "false", "function", "lambda", "new ", "await ", "typeof", "enc(", "enc[", "!vault", "ssm:", "sha256-", "sha512-", "sha1-", "base64", "json.", "str("} {
		if bytes.HasPrefix(l, []byte(p)) {
			return true
		}
	}
	for _, p := range []string{"example", "sample", "placeholder", "changeme", "change_me", "change-me", "your_", "your-", "yourp", "yourt", "yours", "yoursecret", "insert", "replace", "redacted", "xxxx", "****", "••••", "....", "dummy", "foobar",
		"fake", "todo", "<your", "my_secret", "my-secret", "mysecret", "not_a_", "not-a-", "notasecret", "${", "{{", "}}", "%s", "%d", "%v", "secret_key_here", "_here", "-here", "test_token", "test-token", "testtoken", "123456789abc", "abcdef", "0123456789", "deadbeef", "lorem", "n/a", "...", "$(", "\\u", "getpass", "prompt("} {
		if bytes.Contains(l, []byte(p)) {
			return true
		}
	}
	switch string(l) {
	case "password", "passwort", "passwd", "secret", "token", "string", "test", "testing", "test123", "test1234", "default", "empty", "required", "optional", "hidden", "hunter", "admin", "root",
		"user", "username", "pass", "pwd", "apikey", "api_key", "bearer", "basic", "key", "value", "text", "varchar", "char", "bytes", "int", "bool", "any", "object", "boolean", "foo", "bar", "baz", "qux", "abc", "abc123", "utf-8", "utf8", "md5", "sha256", "sha1", "hs256", "rs256", "aes256", "rsa", "oauth2", "jwt", "x509", "base64", "bcrypt", "argon2", "password1234567890", "s3", "v1", "v2", "[]byte", "12345", "123":
		return true
	}
	if !quoted && (bytes.IndexByte(v, '(') >= 0 || dotted(v)) {
		return true
	}
	return false
}

// reference reports whether v is a variable: $NAME, ${name}, %NAME%, @param, &ptr, *ptr.
func reference(v []byte) bool {
	for _, b := range v[1:] {
		if !isWord(b) && bytes.IndexByte([]byte("{}()[].:-%>"), b) < 0 {
			return false
		}
	}
	return bytes.IndexAny(v[1:], "0123456789") < 0 || v[0] == '$' && !isDigit(v[1]) && !isDigit(v[len(v)-1])
}

// dotted reports whether v is names joined by dots: user.password2, cfg.Auth.Key.
func dotted(v []byte) bool {
	parts := bytes.Split(v, []byte("."))
	if len(parts) < 2 {
		parts = bytes.Split(v, []byte("->"))
	}
	if len(parts) < 2 {
		return false
	}
	for _, p := range parts {
		if len(p) == 0 || !isLetter(p[0]) && p[0] != '_' {
			return false
		}
		for _, b := range p {
			if !isWord(b) {
				return false
			}
		}
	}
	return true
}

func same(v []byte) bool {
	for _, b := range v {
		if b != v[0] {
			return false
		}
	}
	return true
}
