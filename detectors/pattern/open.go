package pattern

import (
	"bytes"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/dictionary"
)

// openings is what findings may begin with before their anchor is there, beyond
// the word that the text ends in.
type openings struct {
	phrases [256][]opening // keywords of several words that belong to what they find, by first byte
	longest int            // of them, in bytes
	led     []led
	terms   *dictionary.Set
	always  int // where no more is known than how far a finding may reach
}

// A led rule has a match that begins up to so many bytes before its anchor's end.
type led struct {
	rule  *rule
	bytes int
}

// An opening is a keyword with white space in it, in small letters if its case
// does not count.
type opening struct {
	text string
	fold bool
}

// openings collects what findings begin with.
func (d *detector) openings() *openings {
	o := new(openings)
	for i, uses := range d.byLit {
		l := d.needs[i]
		for _, u := range uses {
			switch u.rule.src.Shape {
			case "", "marking", "marking_line", "pem", "phone":
				o.add(u.rule, l)
			case "labelled", "assignment", "pairs", "signals", "prose", "record", "mrz":
				// The value stands behind the keyword or is told late; see value and zone for the rest.
			default:
				o.always = max(o.always, d.reach([]*rule{u.rule}, len(l.Text)).Before)
			}
		}
	}
	for k := range d.kinds {
		for _, r := range d.kinds[k] {
			o.lead(r, minToken)
		}
	}
	if d.terms != nil {
		o.terms = d.terms.set
	}
	return o
}

func (o *openings) add(r *rule, l anchor.Literal) {
	o.lead(r, len(l.Text))
	if !strings.ContainsAny(l.Text, " \t\n") {
		return // it is the word that the text ends in, or not begun
	}
	p := opening{l.Text, l.Fold}
	if l.Fold {
		p.text = string(appendLower(nil, []byte(l.Text)))
	}
	for _, b := range []byte{p.text[0], upper(p.text[0], l.Fold)} {
		if list := &o.phrases[b]; !slices.Contains(*list, p) {
			*list = append(*list, p)
		}
	}
	o.longest = max(o.longest, len(p.text))
}

// lead notes a rule whose match begins words before its anchor of n bytes.
func (o *openings) lead(r *rule, n int) {
	if most := slices.Max(r.leads); most > 0 && r.match != nil && mayHoldSpace(r.match.expr) {
		o.led = append(o.led, led{r, most + n})
	}
}

// mayHoldSpace reports whether a match of expr may hold white space.
func mayHoldSpace(expr string) bool {
	re, err := syntax.Parse(expr, syntax.Perl)
	return err != nil || holdsSpace(re)
}

func holdsSpace(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpLiteral:
		return slices.ContainsFunc(re.Rune, unicode.IsSpace)
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i] <= ' ' && re.Rune[i+1] >= '\t' {
				return true
			}
		}
	}
	return slices.ContainsFunc(re.Sub, holdsSpace)
}

// open implements [detectors.Needs.Open].
func (o *openings) open(text []byte) int {
	n := max(o.always, number(text), value(text), zone(text))
	for _, l := range o.led {
		for from := max(0, len(text)-l.bytes+1); from < len(text)-n; from++ {
			if l.rule.left.before(text, from) && l.rule.match.begins(text, from) {
				n = len(text) - from
			}
		}
	}
	if o.terms != nil {
		n = max(n, o.terms.Open(text))
	}
	for from := max(0, len(text)-o.longest+1); from < len(text)-n; from++ {
		if from > 0 && isAlnum(text[from-1]) && isAlnum(text[from]) {
			continue // inside a word
		}
		if o.begins(text[from:]) {
			return len(text) - from
		}
	}
	return n
}

// upper is a letter as a capital, if its case does not count.
func upper(b byte, fold bool) byte {
	if fold && isLower(b) {
		return b &^ 0x20
	}
	return b
}

// begins reports whether a phrase begins with all of p and goes on.
func (o *openings) begins(p []byte) bool {
	for _, f := range o.phrases[p[0]] {
		if len(f.text) > len(p) && f.beginsWith(p) {
			return true
		}
	}
	return false
}

func (f *opening) beginsWith(p []byte) bool {
	for i, b := range p {
		if f.fold && isUpper(b) {
			b |= 0x20
		}
		if b != f.text[i] {
			return false
		}
	}
	return true
}

// number is the length of the row of digits and what joins them that ends text,
// with the word it begins in.
func number(text []byte) int {
	const most = 64
	i, first := len(text), len(text)
	for i > 0 && len(text)-i < most && (isDigit(text[i-1]) || isSeparator(text[i-1]) || bytes.IndexByte([]byte("+()"), text[i-1]) >= 0) {
		i--
		if isDigit(text[i]) || text[i] == '+' || text[i] == '(' {
			first = i
		}
	}
	for first < len(text) && first > 0 && len(text)-first < most && !isSpace(text[first-1]) {
		first--
	}
	return len(text) - first
}

// behindValue are the phrases of prose that stand behind a value.
var behindValue = []string{" as the password", " as password", " as your password", " as my password"}

// value is the length of what ends text from a word on that may be a password
// before "(password)" or "as the password": one with a digit, and nothing but the
// beginning of these behind it.
func value(text []byte) int {
	i := len(text)
	for i > 0 && len(text)-i < 24 && text[i-1] != '(' && !isSpace(text[i-1]) {
		i-- // "(pass" has begun
	}
	if i == 0 || text[i-1] != '(' {
		i = len(text)
		for _, p := range behindValue {
			for k := min(len(p), len(text)); k > 1; k-- {
				if bytes.EqualFold(text[len(text)-k:], []byte(p[:k])) {
					i = min(i, len(text)-k)
					break
				}
			}
		}
	} else {
		i--
	}
	for i > 0 && isSpace(text[i-1]) && len(text)-i < 32 {
		i--
	}
	s, digit := i, false
	for s > 0 && i-s < 64 && !isSpace(text[s-1]) {
		s--
		digit = digit || isDigit(text[s])
	}
	if !digit {
		return 0
	}
	return len(text) - s
}

// zone is the length of the lines that end text, all but the last of them whole,
// that may be the zone of a passport which machines read: capitals, digits and <.
func zone(text []byte) int {
	const lines, line = 3, 28
	at := len(text)
	for at > 0 && len(text)-at < 64 && zoneByte(text[at-1]) {
		at--
	}
	first := len(text)
	for range lines - 1 {
		k := at
		for k > 0 && at-k < 4 && isSpace(text[k-1]) {
			k--
		}
		from := k
		for from > 0 && zoneByte(text[from-1]) {
			from--
		}
		if k == at || k-from < line {
			break
		}
		at, first = from, from
	}
	return len(text) - first
}

func zoneByte(b byte) bool { return isDigit(b) || isUpper(b) || b == '<' }

// Peek implements [detectors.Peeker]: it looks at the anchor as Check does, up to
// where a value's context would be read, with a pass of its own.
func (p *pass) Peek(v detectors.View, h anchor.Hit, floor detectors.Confidence) (start int, open bool) {
	if p.peeks == nil {
		p.peeks = &pass{d: p.d}
		c := &p.peeks.check
		c.pass, c.peeking = p.peeks, true
		c.emit = func(f detectors.Finding) { c.first = min(c.first, f.Span.Start-c.v.Off) }
	}
	c := &p.peeks.check
	c.v, c.at, c.more, c.told = v, v.At, 0, nil
	c.floor, c.first = floor, len(v.Text)
	p.peeks.look(c, h)
	if c.more > 0 {
		c.first = 0
	}
	open = c.first < len(v.Text)
	start = c.first
	emit := c.emit
	p.peeks.Reset()
	c.emit = emit
	return start, open
}

// stands notes a candidate of a peek that may still become a finding: its form
// holds, and with all the context it could have it would reach the floor.
func (c *check) stands(r *rule, k candidate) {
	most := r.base + k.points
	for i := range r.context {
		if a := r.context[i].adjust; a > 0 {
			most += a + 10 // a label, and a second word
		}
	}
	if m := int16(r.src.Cap); m > 0 {
		most = min(most, m)
	}
	if detectors.Confidence(most) >= max(c.floor, detectors.Low) {
		c.first = min(c.first, k.start)
	}
}
