package pattern

import "github.com/promptgate/promptgate/detectors"

// A reading is an assignment that was read, and what was made of its value.
// Several keywords stand in one name ("AccountKey", "api_key"), and several rules
// have the same keyword: the value is read and judged once for all of them.
//
// It remembers places in the text, not the text.
type reading struct {
	assignment
	key       readingKey
	at        int  // where the view begins that its places are of
	known     bool // key and the rest are of a value that was read whole
	ok        bool // there is a value
	secret    answer
	strengths [3]strength // by kind of rule
}

// A readingKey is all that the value of an assignment depends on, as offsets in
// the text.
type readingKey struct {
	name   detectors.Span
	value  int // where it begins
	op     operator
	spaced bool
	end    int // where the text ends, if the view shows that; else 0
}

// An answer is one to a question that may not have been asked.
type answer int8

const (
	unasked answer = iota
	yes
	no
)

func answerTo(b bool) answer {
	if b {
		return yes
	}
	return no
}

// A strength is what was said of a value.
type strength struct {
	answer
	points int16
	why    string
}

// Kinds of rules for which the strength of one value differs.
const (
	kindKey = iota
	kindPassword
	kindPairs
)

func (r *rule) strengthKind() int {
	switch {
	case r.src.Shape == "pairs":
		return kindPairs
	case r.src.InfoType == "secret.password":
		return kindPassword
	}
	return kindKey
}

// readAssignment reads what the keyword of n bytes before the anchor is given,
// and tries the forms of the issuers that its name names. value.End is 0 if there
// is no value.
func (c *check) readAssignment(n int) *reading {
	k := &c.reading
	a, ok := c.assignment(n)
	if !ok {
		k.known, k.value.End = false, 0
		return k
	}
	off := c.v.Off
	key := readingKey{
		name:  detectors.Span{Start: off + a.name.Start, End: off + a.name.End},
		value: off + a.value.Start, op: a.op, spaced: a.spaced,
	}
	if c.v.EOF {
		key.end = off + len(c.v.Text)
	}
	if k.known && k.key == key {
		k.move(off)
		return k
	}
	asked := c.more
	c.more = 0
	*k = reading{assignment: a, key: key, at: off}
	if k.ok = c.value(&k.assignment); k.ok {
		c.findNamed(&k.assignment, n)
	} else {
		k.value.End = 0
	}
	k.known = c.more == 0 // else it is read again with more text
	c.more = max(c.more, asked)
	return k
}

// move makes the places those of a view that begins at off.
func (k *reading) move(off int) {
	d := k.at - off
	k.at = off
	k.name.Start, k.name.End = k.name.Start+d, k.name.End+d
	if k.ok {
		k.value.Start, k.value.End = k.value.Start+d, k.value.End+d
	}
}

// strong is what strength says of the value for a rule.
func (c *check) strong(r *rule, k *reading) (points int16, why string, ok bool) {
	s := &k.strengths[r.strengthKind()]
	if s.answer == unasked {
		v, name := c.v.Text[k.value.Start:k.value.End], c.v.Text[k.name.Start:k.name.End]
		s.points, s.why, ok = c.strength(r, v, name, &k.assignment)
		s.answer = answerTo(ok)
	}
	return s.points, s.why, s.answer == yes
}

// isSecret reports whether the value is no placeholder, reference or code.
func (c *check) isSecret(k *reading) bool {
	if k.secret == unasked {
		k.secret = answerTo(!c.notSecret(c.v.Text[k.value.Start:k.value.End], &k.assignment))
	}
	return k.secret == yes
}
