package content

import "github.com/promptgate/promptgate/detectors"

// Replaced appends to dst the text that an edit of a span of document doc takes
// out: that of the whole escapes which cover it. ok is false where [Walk.Places]
// has no place. It may be called until Release.
func (w *Walk) Replaced(dst []byte, doc int, s detectors.Span) (text []byte, ok bool) {
	places := w.Places(doc, s)
	if len(places) == 0 {
		return dst, false
	}
	for _, p := range places {
		dst, _ = p.Quote.appendText(dst, w.layers[p.Space].data[p.Span.Start:p.Span.End])
	}
	return dst, true
}
