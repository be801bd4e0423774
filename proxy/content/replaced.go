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

// DocText appends the text of document doc to dst. ok is false when there is no
// such document, or its text has more than most bytes. It may be called until
// Release.
func (w *Walk) DocText(dst []byte, doc, most int) (text []byte, ok bool) {
	if doc < 0 || doc >= len(w.docs) {
		return dst, false
	}
	src := w.docs[doc]
	most += len(dst)
	for raw := w.bytes(src); len(raw) > 0; {
		var n int
		dst, n, _ = src.quote.appendPiece(dst, raw)
		if len(dst) > most {
			return dst[:most], false
		}
		raw = raw[n:]
	}
	return dst, true
}
