package content

import (
	"sort"

	"github.com/promptgate/promptgate/detectors"
)

const (
	// markEvery is the distance, in bytes of text, between two places whose raw
	// offset is remembered. What lies between is decoded again when asked for.
	markEvery = 4 << 10
	// pieceSize is how much decoded text is handed to the sink at a time.
	pieceSize = 32 << 10
)

// A source is a run of raw bytes in one space and the syntax it is written in:
// where the text of a document, or the bytes of an InPlace space, come from.
type source struct {
	space   int
	span    detectors.Span
	quote   Quote
	escaped bool   // the text differs from the raw bytes
	marks   []mark // made when the first span is asked for
}

// A mark says that the unit at raw (from the start of the span) begins at text.
type mark struct{ raw, text int }

// sub returns the part of an unescaped source.
func (s source) sub(start, end int) source {
	return source{space: s.space, quote: s.quote, span: detectors.Span{Start: s.span.Start + start, End: s.span.Start + end}}
}

// raw maps a span of the text to the smallest run of raw bytes whose units
// cover it, in offsets of the space. ok is false when s is no span of the text.
func (s *source) raw(data []byte, t detectors.Span) (r detectors.Span, ok bool) {
	raw := data[s.span.Start:s.span.End]
	if t.Start < 0 || t.End < t.Start {
		return r, false
	}
	if !s.escaped {
		if t.End > len(raw) {
			return r, false
		}
		r = detectors.Span{Start: s.span.Start + t.Start, End: s.span.Start + t.End}
	} else {
		if s.marks == nil {
			s.marks = s.quote.mark(raw)
		}
		start, _, in := s.quote.locate(raw, s.marks, t.Start)
		end := start
		if t.End > t.Start {
			_, end, in = s.quote.locate(raw, s.marks, t.End-1)
		}
		if !in && t.End > t.Start {
			return r, false
		}
		r = detectors.Span{Start: s.span.Start + start, End: s.span.Start + end}
	}
	if s.quote.whole() {
		r = s.span
	}
	return r, true
}

// mark notes the raw offset of every markEvery-th byte of the text of raw.
func (q Quote) mark(raw []byte) []mark {
	marks := []mark{{}}
	next := markEvery
	for i, text := 0, 0; i < len(raw); {
		n := q.special(raw[i:])
		for ; text+n >= next; next += markEvery {
			marks = append(marks, mark{i + next - text, next})
		}
		i, text = i+n, text+n
		if i == len(raw) {
			break
		}
		u := q.unit(raw[i:])
		i, text = i+u.raw, text+u.text
		if text >= next {
			marks = append(marks, mark{i, text})
			next = text/markEvery*markEvery + markEvery
		}
	}
	return marks
}

// locate returns the raw borders of the unit that holds byte off of the text;
// in is false, and the borders are the end, when the text is not that long.
func (q Quote) locate(raw []byte, marks []mark, off int) (start, end int, in bool) {
	m := marks[sort.Search(len(marks), func(i int) bool { return marks[i].text > off })-1]
	for i, text := m.raw, m.text; i < len(raw); {
		n := q.special(raw[i:min(len(raw), i+off-text+1)])
		if text+n > off {
			return i + off - text, i + off - text + 1, true
		}
		i, text = i+n, text+n
		if i == len(raw) {
			break
		}
		u := q.unit(raw[i:])
		if text+u.text > off {
			return i, i + u.raw, true
		}
		i, text = i+u.raw, text+u.text
	}
	return len(raw), len(raw), false
}

// emit hands the text of raw to f in pieces; buf is scratch that is returned
// grown. bad says that an escape was none of the syntax.
func (s source) emit(raw, buf []byte, f func([]byte)) (scratch []byte, bad bool) {
	if !s.escaped {
		f(raw)
		return buf, false
	}
	for len(raw) > 0 {
		var n int
		var b bool
		buf, n, b = s.quote.appendPiece(buf[:0], raw)
		bad = bad || b
		if raw = raw[n:]; len(buf) > 0 {
			f(buf)
		}
	}
	return buf, bad
}
