package redact

import "strings"

// Kinds are the names that tokens can begin with. Immutable.
type Kinds struct {
	by [26][]string // by first letter
}

// NewKinds makes Kinds of names in capitals, such as "PAYMENT_CARD". Others than
// letters, digits and underscores no token has.
func NewKinds(names []string) *Kinds {
	k := &Kinds{}
	seen := map[string]bool{}
	for _, n := range names {
		if n == "" || n[0] < 'A' || n[0] > 'Z' || seen[n] || strings.ContainsFunc(n, func(r rune) bool {
			return r != '_' && !(r >= 'A' && r <= 'Z') && !(r >= '0' && r <= '9')
		}) {
			continue
		}
		seen[n] = true
		k.by[n[0]-'A'] = append(k.by[n[0]-'A'], n)
	}
	return k
}

// a reading is how far a text is a token.
type reading uint8

const (
	no   reading = iota // it is none
	more                // it may become one
	yes
)

// a match is a token at the beginning of a text.
type match struct {
	size int // bytes of the text, brackets with it when both are there
	kind string
	code code
}

// token reads a token at the beginning of text: whole, in either case, with or
// without brackets, with Markdown's backslashes before both brackets and before
// underscores.
// prev is the byte before it; final says that nothing comes behind text.
func (k *Kinds) token(text []byte, prev byte, final bool) (reading, match) {
	i, open := 0, false
	switch text[0] {
	case '[':
		i, open = 1, true
	case '\\':
		if len(text) == 1 {
			return maybe(final), match{}
		}
		if text[1] != '[' {
			return no, match{}
		}
		i, open = 2, true
	default:
		if !letter(text[0]) || wordByte(prev) {
			return no, match{}
		}
	}
	if i == len(text) {
		return maybe(final), match{}
	}
	if !letter(text[i]) {
		return no, match{}
	}
	best := no
	for _, kind := range k.by[text[i]|0x20-'a'] {
		r, m := named(text, i, open, kind, final)
		if r == yes {
			return yes, m
		}
		best = max(best, r)
	}
	return best, match{}
}

// maybe is more, unless nothing comes any more.
func maybe(final bool) reading {
	if final {
		return no
	}
	return more
}

// named reads a token of one kind whose name begins at i.
func named(text []byte, i int, open bool, kind string, final bool) (reading, match) {
	for j := 0; j <= len(kind); j++ { // the underscore before the code with it
		want := byte('_')
		if j < len(kind) {
			want = kind[j]
		}
		if want == '_' && i < len(text) && text[i] == '\\' {
			i++
		}
		if i == len(text) {
			return maybe(final), match{}
		}
		b := text[i]
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		if b != want {
			return no, match{}
		}
		i++
	}
	var c code
	for range codeLength {
		if i == len(text) {
			return maybe(final), match{}
		}
		d, ok := codeDigit(text[i])
		if !ok {
			return no, match{}
		}
		c, i = c<<5|d, i+1
	}
	if i == len(text) {
		if !final {
			return more, match{}
		}
		if open {
			return no, match{} // without its bracket it is read again, behind the one that is there
		}
		return yes, match{i, kind, c}
	}
	if !open {
		if wordByte(text[i]) {
			return no, match{}
		}
		return yes, match{i, kind, c}
	}
	if text[0] == '\\' {
		if text[i] != '\\' {
			return no, match{}
		}
		if i++; i == len(text) {
			return maybe(final), match{}
		}
	}
	if text[i] != ']' {
		return no, match{}
	}
	return yes, match{i + 1, kind, c}
}
