package pattern

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/validate"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// A rule is a rules.Rule made ready to run. It is immutable but for its
// patterns, which compile themselves on first use.
type rule struct {
	src          rules.Rule
	index        int
	typ          detectors.InfoType
	id           detectors.RuleID
	person       bool // a finding of it identifies a person
	name         bool // it finds names: only a verb may stand behind the label
	loose        bool // its value tells itself: words may stand between the label and it
	find         func(*check, *rule, int)
	match        *matcher
	excluded     []*matcher
	leads        []int
	validators   []validate.Validator
	validated    []detectors.Evidence // what they are called
	values       [][]byte             // excluded values, cleaned
	published    [][]byte             // test values of the issuer, cleaned
	words        [][]byte             // lower case
	before       [][]byte             // lower case
	left         boundary
	right        boundary
	base         int16
	formats      []format
	context      []contextGroup
	lexicon      lexicon // of shape record
	lexiconPairs letterPairs
}

// basePoints turns the share of random values that pass into points without
// context: a tenth of a percent is Low, one in a hundred thousand Medium.
func basePoints(r rules.Rule) int16 {
	if r.Confidence > 0 {
		return int16(r.Confidence)
	}
	return int16(min(max(30+12*-math.Log10(r.RandomPass), 20), 85))
}

// compile makes a rule ready. What is wrong with it is told to bad, by key.
func compile(src rules.Rule, c *rules.Catalogue, validators map[string]validate.Validator, bad func(key, format string, a ...any) *strict.Error) *rule {
	r := &rule{
		src: src, typ: detectors.InfoType(src.InfoType), id: detectors.RuleID(src.ID),
		base: basePoints(src), leads: src.Lead,
	}
	if len(r.leads) == 0 {
		r.leads = []int{0}
	}
	t, _ := c.InfoType(src.InfoType)
	r.person = slices.Contains([]string{"national_id", "person", "contact", "health_id"}, t.Group)
	r.name = r.typ == "pii.person_name"
	r.loose = r.typ != "pii.person_name" && r.typ != "pii.postal_address" && r.typ.Category() != "secret"
	expression := func(key, expr string) *matcher {
		m, err := newMatcher(expr)
		if err == nil && c.Own(src.ID) {
			err = m.prove()
		}
		if err != nil {
			bad(key, "pattern cannot be used: %v", err)
		}
		return m
	}
	if src.Pattern != "" {
		r.match = expression("pattern", src.Pattern)
	}
	for i, p := range src.Exclude.Patterns {
		r.excluded = append(r.excluded, expression(fmt.Sprintf("exclude.patterns[%d]", i), `(?:`+p+`)$`))
	}
	for i, name := range src.Validators {
		v, ok := validators[name]
		if !ok {
			bad(fmt.Sprintf("validators[%d]", i), "unknown validator").Hint = strict.Suggest(name, slices.Sorted(maps.Keys(validators)))
		}
		r.validators = append(r.validators, v)
		r.validated = append(r.validated, detectors.Evidence{Name: "validator:" + v.Name})
	}
	for _, s := range src.Exclude.Values {
		r.values = append(r.values, normal(s))
	}
	for _, s := range src.Exclude.Published {
		r.published = append(r.published, normal(s))
	}
	for _, s := range src.Exclude.Words {
		r.words = append(r.words, []byte(strings.ToLower(s)))
	}
	for _, s := range src.Exclude.Before {
		r.before = append(r.before, []byte(strings.ToLower(s)))
	}
	r.left, r.right = newBoundary(src.Boundary.Left), newBoundary(src.Boundary.Right)
	for i, f := range src.Formats {
		parsed, err := parseFormat(f)
		if err != nil {
			bad(fmt.Sprintf("formats[%d]", i), "%v", err)
		}
		r.formats = append(r.formats, parsed)
	}
	for _, g := range src.Context {
		r.context = append(r.context, newContext(g))
	}
	if src.Shape == "record" {
		r.lexicon = newLexicon(r)
		for w := range r.lexicon {
			r.lexiconPairs.add(w)
		}
	}
	if r.find = finder(src.Shape); len(src.Heads) > 0 {
		r.find = findNothing // tried by tokenHeads
	}
	return r
}

// finder is how rules of a shape look at an anchor.
func finder(shape string) func(*check, *rule, int) {
	switch shape {
	case "":
		return findPattern
	case "labelled":
		return findLabelled
	case "street":
		return findStreet
	case "mrz":
		return findMRZ
	case "email":
		return findEmail
	case "phone":
		return findPhone
	case "assignment", "pairs":
		return findAssignment
	case "prose":
		return findProse
	case "pem":
		return findPEM
	case "marking", "marking_line":
		return findMarking
	case "record":
		return findRecord
	case "digits", "signals", "dictionary", "named", "near": // tried by digitRun; sighted by Check and judged by Close; by term; by findAssignment; by nearNames
		return findNothing
	}
	panic("pattern: internal error: a shape that the loader let through is not known")
}

func findNothing(*check, *rule, int) {}

func normal(s string) []byte { return validate.Alnum.Apply(nil, []byte(s)) }

// A boundary says what must not stand beside a match.
type boundary uint8

const (
	boundWord boundary = iota
	boundAlnum
	boundToken
	boundDigit
	boundNumber
	boundNone
)

// newBoundary knows the names that the loader lets through.
func newBoundary(name string) boundary {
	switch name {
	case "alnum":
		return boundAlnum
	case "token":
		return boundToken
	case "digit":
		return boundDigit
	case "number":
		return boundNumber
	case "none":
		return boundNone
	}
	return boundWord
}

// before reports whether text[:i] may stand before a match.
func (b boundary) before(text []byte, i int) bool {
	if i == 0 {
		return true
	}
	n := byte(0)
	if i > 1 {
		n = text[i-2]
	}
	return b.clear(text[i-1], n)
}

// behind reports whether text[i:] may stand behind a match.
func (b boundary) behind(text []byte, i int) bool {
	if i >= len(text) {
		return true
	}
	n := byte(0)
	if i+1 < len(text) {
		n = text[i+1]
	}
	return b.clear(text[i], n)
}

// clear judges the neighbour and the byte beyond it.
func (b boundary) clear(x, beyond byte) bool {
	switch b {
	case boundWord:
		return !isWord(x)
	case boundAlnum:
		return !isAlnum(x)
	case boundToken:
		return !isWord(x) && x != '+' && x != '/' && x != '-'
	case boundDigit:
		return !isDigit(x)
	case boundNumber:
		return !isWord(x) && !((x == '.' || x == ',' || x == '-') && isDigit(beyond))
	}
	return true
}

// findPattern tries the pattern at the start of the anchor, or lead bytes before it.
func findPattern(c *check, r *rule, n int) {
	for _, lead := range r.leads {
		start := c.at - n - lead
		if start < 0 || !r.left.before(c.v.Text, start) || start == 0 && !c.v.BOF {
			continue
		}
		c.tryAt(r, start, 0, "")
	}
}

// match is m.at, its work counted.
func (c *check) match(m *matcher, text []byte, start, limit int) (end int, value detectors.Span, need int) {
	end, value, need, work := m.at(text, start, limit)
	c.work += work
	return end, value, need
}

// tryAt matches the rule's pattern at an index and judges what it found.
// It reports whether the pattern matched.
func (c *check) tryAt(r *rule, start int, points int16, evidence string) bool {
	end, value, need := c.match(r.match, c.v.Text, start, r.src.MaxLength)
	if need > 0 && !c.has(start, need) {
		return false
	}
	if end < 0 || !c.has(end, 2) || !r.right.behind(c.v.Text, end) {
		return false
	}
	c.judge(r, candidate{start: value.Start, end: value.End, points: points, evidence: evidence, head: start})
	return true
}
