package pattern

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors/rarity"
)

// notSecret knows placeholders, references and code.
func (c *check) notSecret(v []byte, a *assignment) bool {
	if bytes.Count(v, []byte(" ")) > 2 || same(v) {
		return true
	}
	if bytes.IndexByte([]byte("$<{[%(*&@"), v[0]) >= 0 && (v[0] != '$' && v[0] != '@' && v[0] != '*' && v[0] != '&' && v[0] != '%' || reference(v)) {
		return true
	}
	var buf [256]byte
	l := appendLower(buf[:0], v[:min(len(v), len(buf))])
	if verb(l) || elsewhere.begin(l) || fillers[string(l)] || template(l) {
		return true
	}
	for i := range l {
		if placeholders.begin(l[i:]) {
			return true
		}
	}
	if called(v) {
		return true
	}
	if a.quoted {
		return false
	}
	if indexed(v) || (objects.begin(l) || dotted(v)) && !c.pairs(a) || len(l) > 2 && l[0] == '0' && l[1] == 'x' && len(l) <= 18 {
		return true // an expression, a number
	}
	if a.op == opEqual && !a.line && (bytes.Contains(l, []byte("password")) || bytes.Contains(l, []byte("passwd"))) {
		return true // named after what it is given to
	}
	return bytes.IndexByte(v, '(') >= 0 && (!a.line || bytes.IndexByte(v, ')') >= 0)
}

// words are texts of two bytes or more by their first byte.
type words struct {
	by     [256][]string
	second [256]uint32 // by the first byte, a bit for the second one's last five
}

func wordsOf(list ...string) *words {
	var w words
	for _, s := range list {
		w.by[s[0]] = append(w.by[s[0]], s)
		w.second[s[0]] |= 1 << (s[1] & 31)
	}
	return &w
}

// begin reports whether v begins with one of them.
func (w *words) begin(v []byte) bool {
	if len(v) < 2 || w.second[v[0]]>>(v[1]&31)&1 == 0 {
		return false
	}
	for _, s := range w.by[v[0]] {
		if len(v) >= len(s) && string(v[:len(s)]) == s {
			return true
		}
	}
	return false
}

// elsewhere begins values that say where a secret is kept.
var elsewhere = wordsOf(
	"process.env", "os.environ", "os.getenv", "getenv", "env.", "env(", "env[", "system.getenv", "vault:", "file:", "env:", "ref+", "secret://", "op://", "arn:",
	"http://", "https://", "/run/", "/etc/", "./", "../", "~/", "import.meta", "string(", "null", "none", "undefined", "nil", "true", "false", "function", "lambda",
	"new ", "await ", "typeof", "enc(", "enc[", "!vault", "ssm:", "sha256-", "sha512-", "sha1-", "sha384-", "base64", "str(", "projects/", "secrets.", "data:", "urn:",
	"sk_test_", "pk_test_", "rk_test_", "pk_live_", "pub_", "pubkey-", "pub-c-", "sub-c-", "flwseck_test", "ssh-", "aaaa",
)

// objects begin expressions in code.
var objects = wordsOf(
	"config.", "config[", "settings.", "self.", "this.", "args.", "opts.", "options.", "params.", "request.", "req.", "ctx.", "app.", "data.", "var.", "local.", "random", "json.",
	"module.", "each.", "session.", "user.", "props.", "state.", "event.", "cfg.", "conf.", "form.", "input.",
)

// placeholders stand in values that are to be replaced.
var placeholders = wordsOf(
	"example", "sample", "placeholder", "changeme", "change_me", "change-me", "your_", "your-", "yourp", "yourt", "yours", "yoursecret", "yourapi", "yourkey", "insert", "replace", "redacted", "xxxx", "****", "••••", "....",
	"dummy", "foobar", "fake", "todo", "<your", "my_secret", "my-secret", "mysecret", "my_api", "my-api", "not_a_", "not-a-", "notasecret", "secret_key_here", "_here", "-here", "test_token", "test-token",
	"testtoken", "123456789abc", "abcdef", "0123456789", "deadbeef", "lorem", "n/a", "...", "$(", "\\u", "getpass", "prompt(", "1234567890", "qwertyuiop",
)

// fillers are whole values that keep no one out.
var fillers = set("password", "passwort", "passwd", "secret", "token", "string", "test", "testing", "test123", "test1234", "default", "empty", "required", "optional", "hidden", "hunter", "admin", "root",
	"user", "username", "pass", "pwd", "apikey", "api_key", "bearer", "basic", "key", "value", "text", "varchar", "char", "bytes", "int", "bool", "any", "object", "boolean", "foo", "bar", "baz", "qux", "abc", "abc123",
	"utf-8", "utf8", "md5", "sha256", "sha1", "hs256", "rs256", "aes256", "rsa", "oauth2", "jwt", "x509", "base64", "scram-sha-256", "sha-256", "sha-512", "bcrypt", "argon2", "password1234567890", "s3", "v1", "v2", "[]byte", "12345", "123")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// template reports whether a variable is to be put in: ${NAME}, {{ name }},
// #{name}, <%= name %>.
func template(v []byte) bool {
	if bytes.IndexByte(v, '{') < 0 && bytes.IndexByte(v, '<') < 0 {
		return false
	}
	for _, t := range [][2]string{{"${", "}"}, {"{{", "}}"}, {"#{", "}"}, {"<%", "%>"}, {"@{", "}"}} {
		i := bytes.Index(v, []byte(t[0]))
		if i < 0 {
			continue
		}
		inner := v[i+len(t[0]):]
		k := bytes.Index(inner, []byte(t[1]))
		if k < 0 {
			continue
		}
		word := true
		for _, b := range bytes.TrimSpace(inner[:k]) {
			word = word && (isWord(b) || bytes.IndexByte([]byte(".-[]'\"():= |$/"), b) >= 0)
		}
		if word && k > 0 {
			return true
		}
	}
	return false
}

// called reports whether v is a call, or the beginning of one: name(…), a.b(.
func called(v []byte) bool {
	i := bytes.IndexByte(v, '(')
	if i < 4 || v[len(v)-1] != ')' && i != len(v)-1 {
		return false
	}
	for _, b := range v[:i] {
		if !isLetter(b) && b != '_' && b != '.' {
			return false
		}
	}
	return true
}

// indexed reports whether v is an element of something: f[i+1], basic[0.
func indexed(v []byte) bool {
	i := bytes.IndexByte(v, '[')
	if i < 1 || !isLetter(v[0]) && v[0] != '_' {
		return false
	}
	for k, b := range v {
		if !isWord(b) && b != '.' && !(k >= i && bytes.IndexByte([]byte("[]+-*'\":"), b) >= 0) {
			return false
		}
	}
	return v[len(v)-1] == ']' || bytes.IndexByte(v, ']') < 0 && len(v)-i <= 4
}

// verb reports whether v has a verb of printf with nothing of a word behind it.
func verb(v []byte) bool {
	i := bytes.IndexByte(v, '%')
	for ; i >= 0 && i+1 < len(v); i++ {
		if v[i] == '%' && (v[i+1] == 's' || v[i+1] == 'd' || v[i+1] == 'v') && (i+2 == len(v) || !isAlnum(v[i+2])) {
			return true
		}
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

// dotted reports whether v is names joined by dots: user.password2,
// cfg.Auth.Key. What looks drawn at random, or has digits amid its letters, is
// no name, whatever it is joined by.
func dotted(v []byte) bool {
	sep := []byte(".")
	if bytes.IndexByte(v, '.') < 0 {
		sep = []byte("->")
	}
	parts := 0
	for rest := v; len(rest) > 0; parts++ {
		p, after, _ := bytes.Cut(rest, sep)
		if len(p) == 0 || !isLetter(p[0]) && p[0] != '_' {
			return false
		}
		turns := 0
		for i, b := range p {
			if !isWord(b) {
				return false
			}
			if i > 0 && isDigit(b) != isDigit(p[i-1]) {
				turns++
			}
		}
		if turns > 1 {
			return false
		}
		rest = after
	}
	return parts > 1 && rarity.Score(v) < 6
}

func same(v []byte) bool {
	for _, b := range v {
		if b != v[0] {
			return false
		}
	}
	return true
}
