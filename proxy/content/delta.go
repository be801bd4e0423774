package content

import (
	"context"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors"
)

// A Delta is where a stream in ChatGPT's encoding "v1" stands: its events are
// operations on one JSON document, {"p":pointer,"o":operation,"v":value}, and an
// event without p and o goes on with those of the one before. The zero value is
// the beginning of a stream.
type Delta struct{ pointer, op string }

// The fact that precedes what an operation writes: its Value is the operation.
const FactOperation = "operation"

// An operation is one change to the document.
type operation struct {
	pointer, op string
	value       detectors.Span // in the body
}

const (
	// maxPointer bounds a pointer in bytes, maxOperations the operations of one
	// event: an event beyond them is read as any other JSON.
	maxPointer    = 256
	maxOperations = 1024
	opPatch       = "patch"
)

// RunDelta walks an event of a stream in the encoding "v1" as Run walks a body:
// a value that an operation writes is read as if it stood at its pointer in a
// whole document, and a Fact of name [FactOperation] comes before it. What is no
// operation is walked as it is. d moves on.
func (w *Walk) RunDelta(ctx context.Context, body []byte, d *Delta) error {
	next := *d
	ops, ok := w.operations(nil, body, detectors.Span{End: len(body)}, "", &next)
	if !ok {
		return w.Run(ctx, body)
	}
	*d = next
	w.ctx = ctx
	w.addLayer(layer{Space: Space{ID: 0, Parent: -1, In: detectors.Span{End: len(body)}, Codec: "identity"}, data: body})
	for _, o := range ops {
		w.loc = w.loc[:0]
		s := w.at(o.pointer)
		w.sink.Fact(Fact{Name: FactOperation, Value: o.op, Locator: w.here()})
		w.walkJSON(0, o.value, s)
		if w.stopped {
			return ctx.Err()
		}
	}
	w.loc = w.loc[:0]
	return nil
}

// operations appends those of the object or array at span; ok is false when it
// holds anything else.
func (w *Walk) operations(out []operation, body []byte, span detectors.Span, base string, d *Delta) (_ []operation, ok bool) {
	var r jsonReader
	r.reset(body[:span.End], span.Start, w.limits.Nesting)
	t := r.next()
	if t.kind != tokenOpen {
		return nil, false
	}
	if body[t.start] == '[' {
		for {
			t = r.next()
			if t.kind == tokenClose {
				return out, r.next().kind == tokenEnd
			}
			start := t.start
			end := r.skip(t)
			if t.kind != tokenOpen || end < 0 || len(out) >= maxOperations {
				return nil, false
			}
			// Each element names its own pointer; none goes on with another's.
			one := Delta{}
			if out, ok = w.operations(out, body, detectors.Span{Start: start, End: end}, base, &one); !ok {
				return nil, false
			}
		}
	}
	var value detectors.Span
	pointer, op := d.pointer, d.op
	found := false
	for {
		if t = r.next(); t.kind != tokenKey {
			break
		}
		key := string(body[t.start:t.end])
		v := r.next()
		switch {
		case (key == "p" || key == "o") && v.kind == tokenString && v.end-v.start <= maxPointer:
			text, _ := JSONString.appendText(nil, body[v.start:v.end])
			if key == "p" {
				pointer = base + string(text)
			} else {
				op = string(text)
			}
		case key == "v" && !found && v.kind > tokenKey && v.kind != tokenClose:
			value.Start = v.start
			if v.kind == tokenString {
				value.Start--
			}
			if value.End = r.skip(v); value.End < 0 {
				return nil, false
			}
			found = true
		case key == "c" && v.kind == tokenNumber:
		default:
			return nil, false
		}
	}
	if t.kind != tokenClose || r.next().kind != tokenEnd || !found {
		return nil, false
	}
	d.pointer, d.op = pointer, op
	if op == opPatch && body[value.Start] == '[' {
		return w.operations(out, body, value, pointer, &Delta{})
	}
	return append(out, operation{pointer, word(op), value}), len(out) < maxOperations
}

// word keeps what is no operation of the encoding out of facts.
func word(op string) string {
	switch op {
	case "add", "append", "replace", "remove", "truncate", opPatch:
		return op
	}
	return Unlisted
}

// at returns the slot of the value at a JSON pointer and sets the locator to it.
// A step of digits is an element: the documents of the protocol have no keys of
// digits alone.
func (w *Walk) at(pointer string) slot {
	s := w.start()
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if step == "" {
			continue
		}
		if n, err := strconv.ParseUint(step, 10, 31); err == nil {
			w.loc = append(strconv.AppendUint(append(w.loc, '['), n, 10), ']')
			s = w.enter(s, w.paths.nodes[s.state].elem)
			continue
		}
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		id := int32(unknownKey)
		if v, ok := w.paths.vocab[step]; ok {
			id = v
		}
		if len(w.loc) > 0 {
			w.loc = append(w.loc, '.')
		}
		if id >= 0 {
			w.loc = append(w.loc, step...)
		} else {
			w.loc = append(w.loc, "{0}"...)
		}
		s = w.enter(s, w.paths.key(s.state, id))
		s.label = w.labelOf(id, []byte(step))
	}
	return s
}
