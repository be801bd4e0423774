package content

import (
	"bytes"
	"strconv"

	"github.com/promptgate/promptgate/detectors"
)

const (
	// minDigits is how many digits before the point make a number worth reading.
	minDigits = 9
	// minIDDigits is the same for numbers in identifiers' fields: times have ten.
	minIDDigits = 13
)

// A frame is an open object or array.
type frame struct {
	in    slot // what the values inside inherit
	kind  byte // '{' or '['
	space int
	start int // offset of the bracket
	loc   int // length of the container's own locator
	n     int // members or elements so far that stay in the body

	tokens  tokenField
	lines   string // Join of the text that the last element is a line of; "" when it had no end of line
	pending int    // 1 + index of the strip that ends where the next member begins
	key     int    // offset of the last key's quote
	comma   int    // offset of the comma before it
	roles   [maxFroms]roleCode
}

// tokenField says whether a container holds token ids: a gap is reported once
// for the outermost one.
type tokenField uint8

const (
	noTokens tokenField = iota
	outerTokens
	innerTokens
)

// walkJSON reads one JSON value from span of space sp.
func (w *Walk) walkJSON(sp int, span detectors.Span, root slot) {
	j := jsonWalk{Walk: w, sp: sp, end: span.End, floor: len(w.frames), home: len(w.loc), role: root.role}
	if w.level == len(w.readers) {
		w.readers = append(w.readers, &jsonReader{})
	}
	j.r = w.readers[w.level]
	w.level++
	j.r.reset(w.layers[sp].data[:span.End], span.Start, max(0, w.limits.Nesting-len(w.frames)))
	j.run(root)
	w.level--
	w.loc = w.loc[:j.home]
	w.frames = w.frames[:j.floor]
}

// A jsonWalk is the walk through one JSON text.
type jsonWalk struct {
	*Walk
	r     *jsonReader
	sp    int
	end   int // of the text
	floor int // frames below are those of texts around this one
	home  int // length of the locator of the text
	role  Role
}

func (j *jsonWalk) run(s slot) {
	for !j.interrupted() {
		t := j.r.next()
		switch t.kind {
		case tokenBad:
			j.lose(t.start, detectors.CauseDecodeError)
			return
		case tokenEnd:
			if t.start < j.end {
				j.loc = j.loc[:j.home]
				j.lose(t.start, detectors.CauseDecodeError)
			}
			return
		case tokenClose:
			j.close(t)
			continue
		}
		if j.full() {
			j.lose(t.start, detectors.CauseWorkBudget)
			return
		}
		if t.kind == tokenKey {
			s = j.key(t)
			continue
		}
		var f *frame
		if len(j.frames) > j.floor {
			f = &j.frames[len(j.frames)-1]
			if f.kind == '[' {
				s = j.element(f, t)
			}
		}
		if f != nil && s.direct && j.do(s) == Strip {
			if !j.strip(f, t) {
				j.lose(t.start, detectors.CauseDecodeError)
				return
			}
			continue
		}
		if f != nil {
			f.n++
			if f.kind == '[' {
				s.lines = j.line(f, t)
			}
		}
		if s.direct && j.do(s) == Twin {
			if !j.twin(t) {
				j.lose(t.start, detectors.CauseDecodeError)
				return
			}
			continue
		}
		j.begin(t, s)
	}
}

// begin reads a scalar or opens a container.
func (j *jsonWalk) begin(t token, s slot) {
	src := source{space: j.sp, span: detectors.Span{Start: t.start, End: t.end}, quote: JSONString, escaped: t.escaped}
	switch t.kind {
	case tokenString:
		j.readTokens()
		j.value(src, s)
	case tokenNumber:
		src.quote = JSONNumber
		j.number(src, s)
		if j.do(s) == Tokens {
			j.token(src, s)
		}
	case tokenWord:
		if s.direct && j.do(s) == Setting && t.end-t.start > 3 { // true, false, null
			if c := j.bytes(src)[0]; c == 't' || c == 'f' {
				j.fact(s, strconv.FormatBool(c == 't'))
			}
		}
	case tokenOpen:
		if s.direct && j.do(s) == Setting {
			j.fact(s, "present")
		}
		j.readTokens()
		f := frame{in: s, kind: j.r.b[t.start], space: j.sp, start: t.start, loc: len(j.loc)}
		switch {
		case len(j.frames) > j.floor && j.frames[len(j.frames)-1].tokens != noTokens:
			f.tokens = innerTokens
		case s.direct && j.do(s) == Tokens:
			f.tokens = outerTokens
		}
		j.frames = append(j.frames, f)
	}
}

// key reads a key and returns the slot of its value.
func (j *jsonWalk) key(t token) slot {
	f := &j.frames[len(j.frames)-1]
	j.settle(f, t.start-1)
	f.key, f.comma = t.start-1, j.r.comma
	src := source{space: j.sp, span: detectors.Span{Start: t.start, End: t.end}, quote: JSONString, escaped: t.escaped}
	return j.named(f.in, f.loc, f.n, src)
}

// named sets the locator to that of a member of the value of s, whose own
// locator is loc bytes long, and returns the member's slot. A key outside the
// vocabulary that does not look like an identifier is a document: keys are text.
func (w *Walk) named(s slot, loc, n int, key source) slot {
	text := w.bytes(key)
	if key.escaped {
		w.short, _ = key.quote.appendText(w.short[:0], text)
		text = w.short
	}
	id := int32(unknownKey)
	if v, ok := w.paths.vocab[string(text)]; ok {
		id = v
	}
	w.loc = w.loc[:loc]
	if loc > 0 {
		w.loc = append(w.loc, '.')
	}
	if id >= 0 {
		w.loc = append(w.loc, w.paths.names[id]...)
	} else {
		w.loc = append(strconv.AppendInt(append(w.loc, '{'), int64(n), 10), '}')
	}
	s = w.enter(s, w.paths.key(s.state, id))
	s.label = w.labelOf(id, text)
	if id < 0 && !identifier(text) {
		w.metadata(key, ":key", "")
	}
	return s
}

// element returns the slot of the element that t begins.
func (j *jsonWalk) element(f *frame, t token) slot {
	start := t.start
	if t.kind == tokenString {
		start--
	}
	j.settle(f, start)
	f.key, f.comma = start, j.r.comma
	j.loc = append(strconv.AppendInt(append(j.loc[:f.loc], '['), int64(f.n), 10), ']')
	return j.enter(f.in, j.paths.nodes[f.in.state].elem)
}

// line returns the Join of an element that is a line of a text: one that ends with
// the end of a line, or follows one that does, as notebooks hold their cells.
func (j *jsonWalk) line(f *frame, t token) string {
	if t.kind != tokenString {
		f.lines = ""
		return ""
	}
	ends := bytes.HasSuffix(j.r.b[t.start:t.end], []byte(`\n`))
	join := f.lines
	if join == "" && ends {
		join = "+" + string(j.loc)
	}
	if f.lines = ""; ends {
		f.lines = join
	}
	return join
}

// strip notes that the member or element at hand is to be removed with one of
// its commas: the one before it when something stays before it, else what stands
// up to the next member. It reports false when the value does not end.
func (j *jsonWalk) strip(f *frame, t token) bool {
	start, comma := f.key, f.comma
	end := j.r.skip(t)
	if end < 0 {
		return false
	}
	e := Edit{Place: Place{Space: j.sp, Span: detectors.Span{Start: start, End: end}}}
	if f.n > 0 {
		e.Span.Start = comma
	} else {
		f.pending = len(j.strips) + 1
	}
	j.strips = append(j.strips, e)
	return true
}

// twin passes over a value that is emptied when something is edited. It reports
// false when the value does not end.
func (j *jsonWalk) twin(t token) bool {
	start, with := t.start, "null"
	if t.kind == tokenString {
		start--
	} else if t.kind == tokenOpen && j.r.b[start] == '[' {
		with = "[]"
	}
	end := j.r.skip(t)
	if end < 0 {
		return false
	}
	if t.kind != tokenWord {
		j.twins = append(j.twins, Edit{Place: Place{Space: j.sp, Span: detectors.Span{Start: start, End: end}}, With: []byte(with)})
	}
	return true
}

// settle ends a strip that reaches up to the next member.
func (j *jsonWalk) settle(f *frame, next int) {
	if f.pending > 0 {
		j.strips[f.pending-1].Span.End = next
		f.pending = 0
	}
}

func (j *jsonWalk) close(t token) {
	f := &j.frames[len(j.frames)-1]
	j.settle(f, t.start)
	j.loc = j.loc[:f.loc]
	if f.tokens != noTokens {
		j.readTokens()
	}
	if f.tokens == outerTokens {
		j.endTokens(t.end - f.start)
	}
	j.frames = j.frames[:len(j.frames)-1]
}

// lose gives up the structure of the text at offset at and reads what remains
// as text, escapes undone.
func (j *jsonWalk) lose(at int, cause detectors.Cause) {
	j.readTokens()
	j.endTokens(0)
	j.remainder(j.sp, at, j.end, JSONString, cause, j.role)
}

// number reads a number: long ones may be cards or accounts.
func (w *Walk) number(src source, s slot) {
	raw := w.bytes(src)
	i := 0
	if raw[0] == '-' {
		i = 1
	}
	n, least := digits(raw, i)-i, minDigits
	switch w.do(s) {
	case Skip:
		least = minIDDigits
	case Setting:
		least = minIDDigits
		if n < minDigits && len(raw) <= 32 {
			w.fact(s, string(raw))
		} else {
			w.fact(s, Unlisted)
		}
	}
	if n >= least {
		w.doc(src, s, "")
	}
}
