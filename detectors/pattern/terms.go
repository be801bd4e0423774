package pattern

import (
	"unicode"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/dictionary"
)

// A termRules is the rules of shape dictionary, made ready: one set of the terms
// of all of them.
type termRules struct {
	set   *dictionary.Set
	kinds []termKind // by the id of a hit
	kind  []uint32   // by term
}

// A termKind is what a hit says beside where it ends: whose term it is, and how
// long it was.
type termKind struct {
	rule *rule
	size int
}

func newTermRules(list []*rule) (*termRules, error) {
	d := &termRules{}
	var terms []dictionary.Term
	for _, r := range list {
		if r.src.Shape != "dictionary" {
			continue
		}
		ids := make(map[int]uint32) // by size
		for _, t := range r.src.Terms {
			id, ok := ids[len(t)]
			if !ok {
				id = uint32(len(d.kinds))
				ids[len(t)] = id
				d.kinds = append(d.kinds, termKind{r, len(t)})
			}
			terms = append(terms, dictionary.Term{Text: t, Exact: r.src.KeywordCase})
			d.kind = append(d.kind, id)
		}
	}
	if len(terms) == 0 {
		return nil, nil
	}
	var err error
	d.set, err = dictionary.Compile(terms)
	return d, err
}

// needs is where the findings of each kind of hit lie.
func (d *termRules) needs() (out []detectors.Reach) {
	for _, k := range d.kinds {
		out = append(out, detectors.Reach{Before: k.size})
	}
	return out
}

// Terms implements [detectors.TermPass].
func (p *pass) Terms(text []byte, from int, hits []anchor.Hit) []anchor.Hit {
	d := p.d.terms
	p.terms, p.folded = d.set.Find(p.folded, text, from, p.terms[:0])
	first := len(hits)
	for _, t := range p.terms {
		h := anchor.Hit{End: t.End, ID: d.kind[t.Term], Kind: detectors.KindTerm}
		i := len(hits)
		for i > first && hits[i-1].End == h.End && hits[i-1].ID >= h.ID { // few end at one place
			i--
		}
		if i < len(hits) && hits[i] == h {
			continue // the same term twice in one rule
		}
		hits = append(hits, h)
		copy(hits[i+1:], hits[i:])
		hits[i] = h
	}
	return hits
}

// term judges a term of a dictionary that ends at the anchor.
func (c *check) term(k termKind) {
	text, start := c.v.Text, c.at-k.size
	if start < 0 || !c.has(c.at, utf8.UTFMax) {
		return
	}
	if k.rule.left == boundWord {
		before, _ := utf8.DecodeLastRune(text[:start])
		first, _ := utf8.DecodeRune(text[start:])
		if start > 0 && joined(before, first) {
			return
		}
	} else if !k.rule.left.before(text, start) {
		return
	}
	if k.rule.right == boundWord {
		last, _ := utf8.DecodeLastRune(text[:c.at])
		behind, _ := utf8.DecodeRune(text[c.at:])
		if c.at < len(text) && joined(last, behind) {
			return
		}
	} else if !k.rule.right.behind(text, c.at) {
		return
	}
	c.judge(k.rule, candidate{start: start, end: c.at, head: start})
}

// joined reports whether two neighbours are parts of one word: letters and digits
// of any alphabet. In a script without spaces, or where prefixes and particles
// touch, no border can be seen, and none is asked for.
func joined(a, b rune) bool {
	return inWord(a) && inWord(b) && !unicode.In(a, touching...) && !unicode.In(b, touching...)
}

func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isAlnum(byte(r))
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}
