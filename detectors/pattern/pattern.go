// Package pattern makes detectors out of TOML rules.
//
// A rule names where to look (keywords, digit runs, '@', ...), what to
// recognise there (an RE2 pattern or a hand-written shape), what must hold of
// the value (validators, exclusions, entropy) and what surrounds it (context
// words, a label). For each anchor the rules that asked for it are tried in
// this order: match, boundary, validators, exclusions, context. Most end at the
// first step; context is read once per candidate that got through the others.
//
// A match always begins at a place that the anchor determines, never "somewhere
// in the window", so where a text was cut cannot matter; a rule's max_length
// says how much text may be needed to the right, and what the view does not yet
// hold is asked for.
//
// All rules are one [detectors.Detector]: it is immutable and safe for
// concurrent use; its passes are pooled by the engine.
package pattern

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/dictionary"
	"github.com/promptgate/promptgate/detectors/validate"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// The text a rule sees around its anchor.
const (
	left     = 384 // bytes before: a context of 300 and the longest part of a match before its anchor
	right    = 192 // bytes behind, granted at once
	maxRight = rules.MaxLength + 256
)

// New compiles every rule of a catalogue. The error is [strict.Errors].
func New(c *rules.Catalogue) ([]detectors.Detector, error) {
	d := &detector{literals: make(map[anchor.Literal]int), names: make(map[string][]nameUse)}
	validators := make(map[string]validate.Validator)
	for _, v := range validate.All() {
		validators[v.Name] = v
	}
	var errs strict.Errors
	for _, src := range c.Rules() {
		r := compile(src, c, validators, func(key, format string, a ...any) *strict.Error {
			e := c.Errorf(src, key, format, a...)
			errs = append(errs, e)
			return e
		})
		r.index = len(d.rules)
		d.rules = append(d.rules, r)
		d.subscribe(r)
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	for _, r := range d.rules {
		for i := range r.context {
			d.within = max(d.within, r.context[i].within)
		}
	}
	d.digits = newDigitRules(d.kinds[anchor.KindDigits])
	d.columns = newColumnRules(d.rules)
	var err error
	if d.terms, err = newTermRules(d.rules); err != nil {
		return nil, err
	}
	return []detectors.Detector{d}, nil
}

type detector struct {
	rules      []*rule
	needs      []anchor.Literal
	literals   map[anchor.Literal]int // literal → its place in needs
	byLit      [][]use
	kinds      [anchor.KindCaps + 1][]*rule
	tried      [anchor.KindCaps + 1][]*rule // those of kinds that look at the anchor themselves: not by their heads
	digits     digitRules
	columns    columnRules
	terms      *termRules // nil without dictionaries
	heads      headIndex
	names      map[string][]nameUse // rules of shape named, by the first word of a name
	near       []*rule              // of shape near
	nameStarts letterTriples

	longestNamed int // most bytes of a value of theirs
	within       int // most bytes of context before a value
}

// A use is a rule that asked for a literal; signal is the ordinal of the
// signal whose word the literal is.
type use struct {
	rule   *rule
	signal int
}

func (d *detector) literal(text string, fold bool, u use) {
	l := anchor.Literal{Text: text, Fold: fold}
	i, ok := d.literals[l]
	if !ok {
		i = len(d.needs)
		d.literals[l] = i
		d.needs = append(d.needs, l)
		d.byLit = append(d.byLit, nil)
	}
	for _, o := range d.byLit[i] {
		if o == u {
			return
		}
	}
	d.byLit[i] = append(d.byLit[i], u)
}

func (d *detector) subscribe(r *rule) {
	d.subscribeNames(r)
	d.heads.add(r)
	for _, k := range r.src.Keywords {
		d.literal(k, !r.src.KeywordCase, use{rule: r})
		if s := r.src.Shape; (s == "marking" || s == "marking_line") && !r.src.KeywordCase {
			if big := strings.Map(capital, k); big != k {
				d.literal(big, true, use{rule: r})
			}
		}
		if r.src.Shape == "labelled" && r.loose {
			for _, v := range variants(k) {
				d.literal(v, !r.src.KeywordCase, use{rule: r})
			}
		}
	}
	for i, s := range r.src.Signals {
		if r.src.Shape != "signals" {
			break // of a record: read from the text around a keyword
		}
		for _, w := range s.Words {
			d.literal(w, true, use{rule: r, signal: i})
		}
	}
	for _, a := range r.src.Anchors {
		k := map[string]anchor.Kind{
			"digits": anchor.KindDigits, "token": anchor.KindToken, "at": anchor.KindAt,
			"iban": anchor.KindIBAN, "caps": anchor.KindCaps,
		}[a]
		d.kinds[k] = append(d.kinds[k], r)
		if r.src.Shape == "near" {
			d.near = append(d.near, r)
		} else if len(r.src.Heads) == 0 {
			d.tried[k] = append(d.tried[k], r)
		}
	}
}

// capital is a letter outside ASCII as a capital: literals fold ASCII alone, and
// markings stand in capitals (NUR FÜR …).
func capital(r rune) rune {
	if r < utf8.RuneSelf {
		return r
	}
	return unicode.ToUpper(r)
}

// Needs implements [detectors.Detector].
func (d *detector) Needs() detectors.Needs {
	n := detectors.Needs{Literals: d.needs, Left: left, Right: right, MaxRight: maxRight, Blocks: true, LiteralReach: make([]detectors.Reach, len(d.needs)), LiteralBeside: make([]*detectors.Beside, len(d.needs))}
	for i, uses := range d.byLit {
		var rs []*rule
		for _, u := range uses {
			rs = append(rs, u.rule)
		}
		text := d.needs[i].Text
		n.LiteralReach[i] = d.reach(rs, len(text))
		n.LiteralBeside[i] = besides(rs, len(text), text[0], text[len(text)-1])
	}
	if d.terms != nil {
		n.Terms = d.terms.needs()
	}
	for k := anchor.KindDigits; k <= anchor.KindCaps; k++ {
		if len(d.kinds[k]) == 0 {
			continue
		}
		n.Kinds = append(n.Kinds, k)
		switch k {
		case anchor.KindDigits:
			n.KindReach[k] = detectors.Reach{Before: 64, Behind: 64} // of the run: +49 (0), and the longest pattern
			for _, r := range d.kinds[k] {
				if r.src.MaxLength > 64 || slices.Max(r.leads) > 32 {
					n.KindReach[k] = detectors.Reach{}
				}
			}
		case anchor.KindToken:
			n.KindReach[k] = d.reach(d.kinds[k], minToken)
			n.KindReach[k].Behind += scanned
			n.KindBeside[k] = besides(d.kinds[k], minToken, 0, 0)
		case anchor.KindIBAN:
			n.KindReach[k] = d.reach(d.kinds[k], 4)
			n.KindBeside[k] = besides(d.kinds[k], 4, 0, 0)
		case anchor.KindAt:
			n.KindReach[k] = d.reach(d.kinds[k], 1)
			n.KindBeside[k] = besides(d.kinds[k], 1, 0, 0)
		}
	}
	n.Open = d.openings().open
	return n
}

// minToken is the run that a token anchor stands for, as in package engine.
const minToken = 26

// reach bounds the findings of rules at an anchor of n bytes.
func (d *detector) reach(rs []*rule, n int) detectors.Reach {
	out := detectors.Reach{Before: n}
	for _, r := range rs {
		before, behind := n, r.src.MaxLength
		switch r.src.Shape {
		case "":
			before += slices.Max(r.leads)
		case "labelled":
			behind += maxGap + 8
		case "street":
			before += 5 * (24 + 1)
		case "mrz":
			before += mrzLines * (mrzLongest + mrzBreak)
		case "phone":
			before += 8
		case "assignment", "pairs":
			behind = max(behind, d.longestNamed) + maxBetween + 32
		case "near":
		case "marking", "marking_line":
			behind = 0
		case "record":
			behind = r.src.Within // what begins before the keyword is late
		case "signals":
			behind = 0 // found at the end of the text
		case "email":
			before, behind = 66, maxRight
		case "prose":
			before, behind = n+72, maxRight
		case "pem":
			behind = maxRight
		default:
			return detectors.Reach{}
		}
		out.Before, out.Behind = max(out.Before, before), max(out.Behind, behind)
	}
	return out
}

// NewPass implements [detectors.Detector].
func (d *detector) NewPass() detectors.Pass {
	p := &pass{d: d}
	p.check.pass = p
	return p
}

// A pass is one text's state.
type pass struct {
	d       *detector
	recent  [64]reported // ring of what was reported, to say nothing twice
	next    int
	kept    int        // how many recent holds
	marks   [16]uint64 // bits of what recent holds or held
	runEnd  int        // how far groups of digits were looked at
	work    int        // units of work not yet told
	signals []sighting

	recordEnd   map[int]int // by rule: where the last record ended
	persons     []detectors.Span
	clean       []byte
	fold        []byte
	valid       []byte
	folded      []byte           // text in which terms were looked for
	terms       []dictionary.Hit // scratch
	groups      []group
	names       []detectors.Span // of the persons that signals stand beside
	named       int              // where a name was looked for last
	table       table
	hints       []int // places in the text that may be cells of a table
	manyPersons int   // from so many on some are forgotten
	check       check // the anchor being looked at; kept here so that it is not allocated
	peeks       *pass // what Peek looks with
	reading     reading
	words       surroundings
	cleans      [validate.Alnum + 1]cleaned
	evidence    []detectors.Evidence // scratch
}

// A cleaned is a value in the form that validators want, and where it stands.
type cleaned struct {
	start, end int
	text       []byte
}

type reported struct {
	rule       int
	start, end int
}

// mark is where the bit of r stands in marks.
func (r *reported) mark() (word, bit int) {
	h := uint32(r.start*31+r.rule) * 0x9E3779B1
	return int(h >> 28), int(h >> 22 & 63)
}

// Reset implements [detectors.Pass].
func (p *pass) Reset() {
	clear(p.recent[:p.kept])
	clear(p.recordEnd)
	p.next, p.kept, p.runEnd, p.work = 0, 0, 0, 0
	clear(p.marks[:])
	p.check.v, p.check.emit = detectors.View{}, nil
	p.reading.known, p.words.known = false, false
	for i := range p.cleans {
		x := &p.cleans[i]
		clear(x.text)
		*x = cleaned{text: x.text[:0]}
	}
	p.signals, p.persons, p.names, p.named = p.signals[:0], p.persons[:0], p.names[:0], 0
	clear(p.table.columns[:cap(p.table.columns)])
	p.table, p.hints = table{columns: p.table.columns[:0]}, p.hints[:0]
	clear(p.folded[:cap(p.folded)])
	p.manyPersons = 0
}

// Work implements [detectors.Meter].
func (p *pass) Work() int {
	n := p.work
	p.work = 0
	return n
}

// What the dear parts of a check cost, in units of a tenth of a microsecond.
const (
	dfaCost   = 2
	re2Cost   = 8 // a call of RE2, and one for each re2Share bytes: it follows all ways to match at once
	re2Share  = 2
	groupCost = 3  // a group of digits, all rules together
	valueCost = 12 // a value judged by kinds of characters and words
	lineCost  = 30 // a line judged around a marking
	judgeCost = 4  // validators and exclusions
	readShare = 8  // bytes of context for one unit
)

// Check implements [detectors.Pass].
func (p *pass) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) (more int) {
	c := &p.check
	c.v, c.at, c.more, c.emit, c.told = v, v.At, 0, emit, nil
	p.look(c, h)
	return c.more
}

func (p *pass) look(c *check, h anchor.Hit) {
	switch h.Kind {
	case anchor.KindLiteral:
		n := len(p.d.needs[h.ID].Text)
		for _, u := range p.d.byLit[h.ID] {
			if u.rule.src.Shape == "signals" {
				p.sight(c.v, n, u)
				continue
			}
			u.rule.find(c, u.rule, n)
		}
	case anchor.KindDigits:
		c.digitRun()
	case detectors.KindTerm:
		c.term(p.d.terms.kinds[h.ID])
	default:
		n := 0
		switch h.Kind {
		case anchor.KindAt:
			n = 1
		case anchor.KindIBAN:
			n = 4
		case anchor.KindCaps:
			n = 1
		case anchor.KindToken:
			n = c.tokenHead()
			c.tokenHeads(n)
			c.nearNames(n)
			if k := bytes.LastIndexByte(c.v.Text[c.at-n:c.at], '='); k >= 0 { // wallet=…
				n -= k + 1
			}
		}
		for _, r := range p.d.tried[h.Kind] {
			r.find(c, r, n)
		}
	}
}

// A check is one anchor being looked at.
type check struct {
	*pass
	v    detectors.View
	at   int // index of the anchor's end
	more int
	lone int      // of the group of digits being looked at: 1 if it stands alone, -1 if not, 0 if that was not asked
	told *reading // the assignment around the anchor, once it was read
	emit func(detectors.Finding)

	// Of a peek, which finds nothing:
	peeking bool
	floor   detectors.Confidence
	first   int // where the first candidate begins that may become a finding
}

// has reports whether the view reaches n bytes behind index i, or the text
// ends; if not, more text is asked for.
func (c *check) has(i, n int) bool {
	if i+n <= len(c.v.Text) || c.v.EOF {
		return true
	}
	c.more = max(c.more, min(i+n-c.at, maxRight))
	return len(c.v.Text)-c.at >= maxRight
}

// tokenHead is the number of token bytes before the anchor's end.
func (c *check) tokenHead() int {
	i := c.at
	for i > 0 && signs[c.v.Text[i-1]]&signToken != 0 {
		i--
	}
	return c.at - i
}

// What a byte is in runs, looked up where many are read.
const (
	signToken = 1 << iota
	signWord
	signLetter
	signDigit
	signUpper
)

var signs = func() (t [256]byte) {
	for b := range t {
		if isToken(byte(b)) {
			t[b] |= signToken
		}
		if isWord(byte(b)) {
			t[b] |= signWord
		}
		if isLetter(byte(b)) {
			t[b] |= signLetter
		}
		if isDigit(byte(b)) {
			t[b] |= signDigit
		}
		if isUpper(byte(b)) {
			t[b] |= signUpper
		}
	}
	return t
}()

func isToken(b byte) bool {
	return isWord(b) || b == '+' || b == '/' || b == '=' || b == '-'
}

func isDigit(b byte) bool  { return b >= '0' && b <= '9' }
func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func isAlnum(b byte) bool  { return isDigit(b) || isLetter(b) }
func isWord(b byte) bool   { return isAlnum(b) || b == '_' }
func isUpper(b byte) bool  { return b >= 'A' && b <= 'Z' }
func isLower(b byte) bool  { return b >= 'a' && b <= 'z' }
func isSpace(b byte) bool  { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }
