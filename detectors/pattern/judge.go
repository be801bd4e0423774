package pattern

import (
	"bytes"
	"math"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/rarity"
	"github.com/promptgate/promptgate/detectors/validate"
)

// A candidate is a value in the view that has a rule's form.
type candidate struct {
	start, end int // the value
	head       int // where the match begins: a label may stand before the value
	points     int16
	evidence   string // why points, "" if they are 0
	shown      bool   // the match itself holds its context: a label, a keyword
}

// judge asks what must hold of a candidate, adds its points up, and reports it
// from Low.
func (c *check) judge(r *rule, k candidate) {
	v := c.v.Text[k.start:k.end]
	if len(v) == 0 || len(v) > r.src.MaxLength {
		return
	}
	c.work += judgeCost
	if c.known(r, k) || !c.holds(r, k, v) {
		return
	}
	if c.excluded(r, k, v) {
		return
	}
	if c.peeking {
		c.stands(r, k)
		return
	}
	if !c.has(k.end, behindBytes) {
		return
	}
	base := r.base
	evidence := append(c.evidence[:0], detectors.Evidence{Name: "format", Points: base})
	total := base
	add := func(name string, points int16) {
		if points != 0 {
			total += points
			evidence = append(evidence, detectors.Evidence{Name: name, Points: points})
		}
	}
	if k.points != 0 {
		add(k.evidence, k.points)
	}
	evidence = append(evidence, r.validated...)
	context, test := k.shown, int16(0) // test: what is said of test values here
	for i := range r.context {
		g := &r.context[i]
		s := g.look(c, k.start, k.end)
		if s.label != nil {
			add(s.label.label, g.adjust+5)
		} else if s.word != nil {
			add(s.word.context, g.adjust)
		}
		if g.adjust < 0 && (s.label != nil || s.word != nil) {
			test = min(test, g.adjust)
		}
		if s.second != nil && g.adjust > 0 {
			add(s.second.context, 5)
		}
		context = context || g.adjust > 0 && (s.word != nil || s.label != nil)
	}
	c.evidence = evidence
	if r.src.RequireContext && !context {
		return
	}
	if most := int16(r.src.Cap); most > 0 && total > most {
		add("cap", most-total)
	}
	if c.published(r, v) {
		most := int16(detectors.Low)
		if context {
			most = int16(detectors.Medium)
		}
		most = max(most+test, int16(detectors.Low))
		add("published_test_value", min(most-total, 0))
	}
	c.recent[c.next] = reported{r.index, c.v.Off + k.start, c.v.Off + k.end}
	word, bit := c.recent[c.next].mark()
	c.marks[word] |= 1 << bit
	c.next = (c.next + 1) % len(c.recent)
	c.kept = min(c.kept+1, len(c.recent))
	if detectors.Confidence(total) < detectors.Low {
		return
	}
	span := detectors.Span{Start: c.v.Off + k.start, End: c.v.Off + k.end}
	if r.person {
		c.addPerson(span)
	}
	c.emit(detectors.Finding{
		Type: r.typ, Rule: r.id, Span: span,
		Confidence: detectors.Confidence(total), Evidence: slices.Clone(evidence),
	})
}

// known reports whether this rule already judged this value.
func (c *check) known(r *rule, k candidate) bool {
	want := reported{r.index, c.v.Off + k.start, c.v.Off + k.end}
	if word, bit := want.mark(); c.marks[word]>>bit&1 == 0 {
		return false
	}
	for i := range c.recent[:c.kept] {
		if c.recent[i] == want {
			return true
		}
	}
	return false
}

// holds asks the validators, the entropy and the rarity.
func (c *check) holds(r *rule, k candidate, v []byte) bool {
	for i := range r.validators {
		val := &r.validators[i]
		if !val.Valid(c.cleaned(val.Clean, k, v)) {
			return false
		}
	}
	if r.src.Rarity != 0 && rarity.Score(v[r.headOf(v):]) < r.src.Rarity {
		return false
	}
	return r.src.Entropy == 0 || entropy(v) >= r.src.Entropy
}

// cleaned is the value v of a candidate as validators want it: many rules ask for
// the same of one number.
func (c *check) cleaned(how validate.Clean, k candidate, v []byte) []byte {
	x := &c.cleans[how]
	if at := c.v.Off + k.start; x.start != at || x.end != at+len(v) {
		x.start, x.end = at, at+len(v)
		x.text = how.Apply(x.text, v)
	}
	return x.text
}

// headOf is how many bytes of v are the head that its form gives it.
func (r *rule) headOf(v []byte) int {
	n := 0
	if r.src.Shape == "" {
		for _, list := range [][]string{r.src.Heads, r.src.Keywords} {
			for _, h := range list {
				if len(h) > n && len(h) <= len(v) && string(v[:len(h)]) == h {
					n = len(h)
				}
			}
		}
	}
	return n
}

// excluded asks the rule's exclusions.
func (c *check) excluded(r *rule, k candidate, v []byte) bool {
	if len(r.values) > 0 {
		c.clean = validate.Alnum.Apply(c.clean, v)
		for _, x := range r.values {
			if bytes.Equal(x, c.clean) {
				return true
			}
		}
	}
	if len(r.words) > 0 {
		c.fold = appendLower(c.fold[:0], v)
		for _, w := range r.words {
			if bytes.Contains(c.fold, w) {
				return true
			}
		}
	}
	if len(r.before) > 0 {
		c.fold = appendLower(c.fold[:0], c.v.Text[max(0, k.head-24):k.head])
		for _, w := range r.before {
			if bytes.HasSuffix(c.fold, w) {
				return true
			}
		}
	}
	for _, m := range r.excluded {
		if end, _, _ := c.match(m, v, 0, len(v)); end == len(v) {
			return true
		}
	}
	return false
}

// published reports whether v is a test value of its issuer.
func (c *check) published(r *rule, v []byte) bool {
	if len(r.published) == 0 {
		return false
	}
	c.clean = validate.Alnum.Apply(c.clean, v)
	for _, x := range r.published {
		if bytes.Equal(x, c.clean) {
			return true
		}
	}
	return false
}

func appendLower(dst, src []byte) []byte {
	for _, b := range src {
		if isUpper(b) {
			b |= 0x20
		}
		dst = append(dst, b)
	}
	return dst
}

// entropy is Shannon's, in bits per byte.
func entropy(v []byte) float64 {
	var n [256]int
	for _, b := range v {
		n[b]++
	}
	h := 0.0
	for _, k := range n {
		if k > 0 {
			p := float64(k) / float64(len(v))
			h -= p * math.Log2(p)
		}
	}
	return h
}
