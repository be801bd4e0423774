package content

import (
	"fmt"
	"io"
	"slices"

	"github.com/promptgate/promptgate/detectors"
)

// Places maps a span of the text of document doc to where it stands: the
// smallest run of whole escapes that covers it, in the innermost space. It
// returns nil for a span that is not in the text, and when an edit there could
// not be carried up into the body. It may be called until Release.
func (w *Walk) Places(doc int, s detectors.Span) []Place {
	if doc < 0 || doc >= len(w.docs) {
		return nil
	}
	src := &w.docs[doc]
	if !w.rewritable(src.space) {
		return nil
	}
	r, ok := src.raw(w.layers[src.space].data, s)
	if !ok {
		return nil
	}
	return []Place{{Space: src.space, Span: r, Quote: src.quote}}
}

// rewritable reports whether an edit in space sp reaches the body.
func (w *Walk) rewritable(sp int) bool {
	for ; sp >= 0; sp = w.layers[sp].Parent {
		if w.layers[sp].Rewrite == Never {
			return false
		}
	}
	return true
}

// Strip returns the edits that remove every value whose select says so. What is
// removed was never a document.
func (w *Walk) Strip() []Edit { return slices.Clone(w.strips) }

// Twins returns the edits that empty every value which tells again what others
// say. They go with any other edit of the body.
func (w *Walk) Twins() []Edit { return slices.Clone(w.twins) }

// Splice carries edits out and returns the new body, in the same content
// coding; without edits it returns the body itself. Edits may come in any order;
// those that overlap become one, their texts one after the other, and one inside
// another of a different Quote goes with it. An error says that the body cannot
// be rewritten and must not be sent with what was to be edited in it.
func (w *Walk) Splice(edits []Edit) ([]byte, error) {
	if len(w.layers) > 0 && len(edits) == 0 {
		return w.layers[0].data, nil
	}
	merged, err := w.lower(edits)
	if err != nil {
		return nil, err
	}
	return apply(w.layers[0].data, merged), nil
}

// SpliceTo is Splice for bodies that are mapped from a file: it writes the new
// body to out.
func (w *Walk) SpliceTo(out io.Writer, edits []Edit) error {
	merged, err := w.lower(edits)
	if err != nil {
		return err
	}
	data := w.layers[0].data
	write := func(b []byte) bool {
		_, err = out.Write(b)
		return err == nil
	}
	at := 0
	for _, e := range merged {
		if !w.mapped.strides(data[at:e.Span.Start], write) || !write(e.Quote.appendQuoted(nil, e.With)) {
			return err
		}
		at = e.Span.End
	}
	w.mapped.strides(data[at:], write)
	return err
}

// lower carries edits down into the body: what is to be done there, in order and
// apart.
func (w *Walk) lower(edits []Edit) ([]Edit, error) {
	if len(w.layers) == 0 {
		return nil, fmt.Errorf("content: splice before run")
	}
	in := make([][]Edit, len(w.layers))
	for _, e := range edits {
		if e.Space < 0 || e.Space >= len(w.layers) {
			return nil, fmt.Errorf("content: edit in space %d of %d", e.Space, len(w.layers))
		}
		if e.Span.Start < 0 || e.Span.End < e.Span.Start || e.Span.End > len(w.layers[e.Space].data) {
			return nil, fmt.Errorf("content: edit at [%d,%d) of space %d, which has %d bytes", e.Span.Start, e.Span.End, e.Space, len(w.layers[e.Space].data))
		}
		if !w.rewritable(e.Space) {
			return nil, fmt.Errorf("content: space %d cannot be rewritten", e.Space)
		}
		in[e.Space] = append(in[e.Space], e)
	}
	for sp := len(w.layers) - 1; sp > 0; sp-- { // children have higher numbers
		if len(in[sp]) == 0 {
			continue
		}
		up, err := w.lift(sp, in[sp])
		if err != nil {
			return nil, err
		}
		parent := w.layers[sp].Parent
		in[parent] = append(in[parent], up...)
	}
	return merge(in[0])
}

// lift turns the edits of a space into edits of its parent.
func (w *Walk) lift(sp int, edits []Edit) ([]Edit, error) {
	l := &w.layers[sp]
	edits, err := merge(edits)
	if err != nil {
		return nil, err
	}
	if l.Rewrite == Whole {
		if w.mapped.lean != nil && len(l.data) > maxRecoded {
			return nil, fmt.Errorf("content: space %d (%s) is too large to be encoded again", sp, l.Codec)
		}
		var data []byte
		if l.edit != nil {
			data, err = l.edit(edits)
		} else {
			data, err = l.recode(apply(l.data, edits))
		}
		if err != nil {
			return nil, fmt.Errorf("content: encoding space %d (%s) again failed", sp, l.Codec)
		}
		return []Edit{{Place: Place{Space: l.Parent, Span: l.In, Quote: l.from.quote}, With: data}}, nil
	}
	up := make([]Edit, len(edits))
	for i, e := range edits {
		r, ok := l.from.raw(w.layers[l.Parent].data, e.Span)
		if !ok {
			return nil, fmt.Errorf("content: edit at [%d,%d) of space %d has no place in its parent", e.Span.Start, e.Span.End, sp)
		}
		up[i] = Edit{Place: Place{Space: l.Parent, Span: r, Quote: l.from.quote}, With: e.Quote.appendQuoted(nil, e.With)}
	}
	return up, nil
}

// merge orders the edits of one space and joins those that overlap.
func merge(edits []Edit) ([]Edit, error) {
	slices.SortStableFunc(edits, func(a, b Edit) int {
		if a.Span.Start != b.Span.Start {
			return a.Span.Start - b.Span.Start
		}
		return b.Span.End - a.Span.End
	})
	out := edits[:0:0]
	for _, e := range edits {
		if len(out) == 0 || e.Span.Start >= out[len(out)-1].Span.End && e.Span != out[len(out)-1].Span {
			out = append(out, e)
			continue
		}
		switch last := &out[len(out)-1]; {
		case e.Quote == last.Quote:
			last.With = append(slices.Clip(last.With), e.With...)
			last.Span.End = max(last.Span.End, e.Span.End)
		case e.Span.End > last.Span.End:
			return nil, fmt.Errorf("content: edits at [%d,%d) and [%d,%d) cross", last.Span.Start, last.Span.End, e.Span.Start, e.Span.End)
		}
	}
	return out, nil
}

// apply writes data with its edits, which are in order and apart.
func apply(data []byte, edits []Edit) []byte {
	size := len(data)
	for _, e := range edits {
		size += 2 * len(e.With)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		out = append(out, data[at:e.Span.Start]...)
		out = e.Quote.appendQuoted(out, e.With)
		at = e.Span.End
	}
	return append(out, data[at:]...)
}
