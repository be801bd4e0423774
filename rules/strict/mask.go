package strict

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// secretWord knows the words of key names whose values are never shown, and
// misspellings of the long ones.
func secretWord(w string) bool {
	switch w {
	case "password", "passwords", "passwd", "passphrase", "secret", "secrets", "token", "tokens",
		"key", "keys", "apikey", "credential", "credentials", "authorization":
		return true
	}
	return Suggest(w, []string{"password", "passphrase", "secret", "token", "credential"}) != ""
}

// secretPath reports whether the last key of a path looks like it holds a secret.
func secretPath(path string) bool { return secretKey(lastKey(path)) }

// lastKey is the last key of a path, without an ordinal.
func lastKey(path string) string {
	if i := strings.LastIndexByte(path, '['); i > 0 && strings.HasSuffix(path, "]") {
		path = path[:i]
	}
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		path = path[i+1:]
	}
	return path
}

func secretKey(key string) bool {
	words := strings.FieldsFunc(strings.ToLower(key), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if n := len(words); n > 0 && (words[n-1] == "file" || words[n-1] == "dir") {
		return false // token_file names a place
	}
	for _, w := range words {
		if secretWord(w) {
			return true
		}
	}
	return false
}

// mask hides the value part of text, the line at off, when its statement or
// anything inside it is a secret, and user information in URLs always.
func (d *Document) mask(off int, text string, col int) (string, int) {
	s, ok := d.index.statementAt(off)
	if ok && s.secret {
		lineStart := lastLine(d.data, off)
		cut := 0 // in the middle of a multi-line value: nothing can be shown
		if s.value > lineStart {
			cut = utf8.RuneCount(d.data[lineStart:s.value])
		}
		r := []rune(text)
		if cut <= len(r) {
			return string(r[:cut]) + "***", min(col, cut+1)
		}
	}
	if masked := scrub(text); masked != text {
		shift := utf8.RuneCountInString(text) - utf8.RuneCountInString(masked)
		if i := strings.Index(text, "://"); i >= 0 && col > utf8.RuneCountInString(text[:i]) {
			col = max(1, col-shift)
		}
		return masked, col
	}
	return text, col
}

// lastLine is the offset of the start of the line that holds off.
func lastLine(data []byte, off int) int {
	start := bytes.LastIndexByte(data[:off], '\n') + 1
	if start == 0 {
		start = min(bomLen(data), off)
	}
	return start
}

// scrub removes user information from URLs.
func scrub(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	return regexp.MustCompile(`://[^/@\s"']*@`).ReplaceAllString(s, "://***@")
}
