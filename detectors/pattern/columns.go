package pattern

import "strings"

// A column is its header and the rules that it speaks to.
type column struct {
	label string // text
	rules []*rule
}

// columnRules are the rules whose cells can be told by a header, by the words
// that they know: keywords and context.
type columnRules struct {
	words map[string][]*rule // phrases of lower-case words between single spaces
	parts map[string][]*rule // of scripts without spaces: found anywhere
}

func newColumnRules(rs []*rule) columnRules {
	x := columnRules{map[string][]*rule{}, map[string][]*rule{}}
	add := func(w string, r *rule) {
		m, key := x.words, phraseOf(w)
		if unspaced(w) {
			m, key = x.parts, w
		}
		if list := m[key]; len(key) > 1 && (len(list) == 0 || list[len(list)-1] != r) {
			m[key] = append(list, r)
		}
	}
	for _, r := range rs {
		if c := r.typ.Category(); c == "secret" || c == "confidential" {
			continue
		}
		switch r.src.Shape {
		case "labelled":
			for _, k := range r.src.Keywords {
				add(k, r)
				add(unmarked(k), r)
			}
		case "digits", "":
			for _, g := range r.src.Context {
				for _, w := range g.Words {
					if g.Adjust >= 0 {
						add(w, r)
						add(unmarked(w), r)
					}
				}
			}
		}
	}
	return x
}

// phraseOf is the words of w in lower case between single spaces: those of
// cardNumber, card_number and "Card No." are two.
func phraseOf(w string) string {
	var out []byte
	text := []byte(w)
	for i := 0; ; {
		s, e := nextWord(text, i)
		if s == e {
			return string(out)
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = lowerWord(out, text[s:e])
		i = e
	}
}

// of returns the rules that a header speaks to.
func (x *columnRules) of(header string) (out []*rule) {
	var have map[*rule]bool
	take := func(list []*rule) {
		if have == nil && len(list) > 0 {
			have = map[*rule]bool{}
		}
		for _, r := range list {
			if !have[r] {
				have[r] = true
				out = append(out, r)
			}
		}
	}
	phrase := phraseOf(header)
	for i := 0; i < len(phrase); {
		j := i
		for n := 0; n < maxColumnWords && j <= len(phrase); n++ {
			j = wordEnd(phrase, j)
			take(x.words[phrase[i:j]])
			j++
		}
		i = wordEnd(phrase, i) + 1
	}
	if allASCII([]byte(header)) {
		return out
	}
	for p, list := range x.parts {
		if strings.Contains(header, p) {
			take(list)
		}
	}
	return out
}

// maxColumnWords is how many words of a header are one name at most.
const maxColumnWords = 6

// wordEnd is the index of the space that ends the word at i of a phrase.
func wordEnd(phrase string, i int) int {
	if n := strings.IndexByte(phrase[i:], ' '); n >= 0 {
		return i + n
	}
	return len(phrase)
}
