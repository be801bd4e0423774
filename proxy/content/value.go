package content

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
)

// value reads a string (of JSON, of a form, a field of a multipart body) as its
// select says.
func (w *Walk) value(src source, s slot) {
	if src.span.Len() == 0 {
		if s.direct && w.do(s) == Setting {
			w.fact(s, "")
		}
		return
	}
	switch do := w.do(s); do {
	case Skip:
		w.unless(identifier, maxIdentifier, src, s)
	case Setting:
		w.setting(src, s)
	case Reference:
		w.gap(detectors.CauseReference, 0)
		if v, ok := w.shortText(src, maxIdentifier); ok && identifier(v) {
			w.fact(s, string(v))
			return
		}
		w.doc(src, s, "")
	case Opaque:
		w.gap(detectors.CauseOpaqueProviderBlob, int64(src.span.Len()))
		w.unlessToken(src, s)
	case Credential:
		w.unlessToken(src, s)
	case Nested:
		if !w.nested(src, s) {
			w.doc(src, s, "")
		}
	case Data, Picture, Sound:
		w.data(src, s, do)
	default: // Read, Tokens; Strip is the container's work
		if !w.isDataURL(src) || !w.dataURL(src, s, Read) {
			w.doc(src, s, "")
		}
	}
}

// unless makes src a document unless its text, of at most limit bytes, has the
// property.
func (w *Walk) unless(property func([]byte) bool, limit int, src source, s slot) {
	if v, ok := w.shortText(src, limit); !ok || !property(v) {
		w.doc(src, s, "")
	}
}

// maxEscapedToken bounds what is unescaped to see whether it is a token: URLs
// come with "\/" and "\u0026".
const maxEscapedToken = 4 << 10

// unlessToken makes src a document unless it is one run of token characters.
func (w *Walk) unlessToken(src source, s slot) {
	v := w.bytes(src)
	if src.escaped {
		v, _ = w.shortText(src, maxEscapedToken)
	}
	if len(v) == 0 || !tokenish(v) {
		w.doc(src, s, "")
	}
}

// setting makes src a fact, or a document when it does not look like one.
func (w *Walk) setting(src source, s slot) {
	if v, ok := w.shortText(src, maxIdentifier); ok && identifier(v) {
		w.fact(s, string(v))
		return
	}
	w.fact(s, Unlisted)
	w.doc(src, s, "")
}

// shortText returns the text of src when it has at most limit bytes. It is
// valid until the next call or the next look at a role.
func (w *Walk) shortText(src source, limit int) ([]byte, bool) {
	raw := w.bytes(src)
	if !src.escaped {
		return raw, len(raw) <= limit
	}
	if len(raw) > 6*limit { // the longest escape of one byte is \u0041
		return nil, false
	}
	w.short, _ = src.quote.appendText(w.short[:0], raw)
	return w.short, len(w.short) <= limit
}

// nested reads a string that holds JSON. It reports false, and has read
// nothing, when it does not hold an object or an array.
func (w *Walk) nested(src source, s slot) bool {
	raw := w.bytes(src)
	if i := space(raw, 0); i == len(raw) || !src.escaped && raw[i] != '{' && raw[i] != '[' {
		return false
	}
	if src.quote == Plain {
		if !w.peek.validJSON(raw, w.nesting()) {
			return false
		}
		w.walkJSON(src.space, src.span, s)
		return true
	}
	if !w.mayDecode(src, len(raw)) {
		return false
	}
	data, _ := src.quote.appendText(w.buffer(len(raw)), raw)
	if !w.peek.validJSON(data, w.nesting()) {
		w.free = append(w.free, data)
		return false
	}
	in := w.addText(src, data)
	w.walkJSON(in.space, in.span, s)
	return true
}

// nesting is how many brackets may still be opened.
func (w *Walk) nesting() int { return max(0, w.limits.Nesting-len(w.frames)) }

// isDataURL reports whether src begins like a data: URL (RFC 2397).
func (w *Walk) isDataURL(src source) bool {
	raw := w.bytes(src)
	return len(raw) > 5 && bytes.EqualFold(raw[:5], []byte("data:"))
}
