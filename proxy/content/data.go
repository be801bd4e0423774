package content

import (
	"bytes"
	"encoding/base64"

	"github.com/promptgate/promptgate/detectors"
)

const (
	// headSize is how much of a file is decoded to tell what it is. It is a
	// multiple of four, so that base64 can be cut there.
	headSize = 4 << 10
	// maxDataHead is how long the part of a data: URL before the comma may be.
	maxDataHead = 512
	// minBase64 is the shortest string taken for base64 without being declared so.
	minBase64 = 16
)

// data reads a string that holds a file: a data: URL, or base64 alone. What is
// neither is a document.
func (w *Walk) data(src source, s slot, do Do) {
	if w.isDataURL(src) && w.dataURL(src, s, do) {
		return
	}
	in, ok := w.unwrap(src, false)
	if ok && in.span.Len() >= minBase64 && isBase64(w.bytes(in)) {
		if w.base64(in, "", s, do) != kindBinary || do != Data {
			return
		}
		// Letters and digits that decode to nothing known may be just that.
		w.doc(src, s, "")
		return
	}
	switch do {
	case Picture:
		w.gap(detectors.CauseImage, 0)
		w.unless(identifier, maxIdentifier, src, s)
	case Sound:
		w.gap(detectors.CauseAudio, 0)
		w.unless(identifier, maxIdentifier, src, s)
	default:
		w.doc(src, s, "")
	}
}

// dataURL reads a data: URL. It reports false, and has read nothing, when src
// is none: prose may begin with "data:".
func (w *Walk) dataURL(src source, s slot, do Do) bool {
	raw := w.bytes(src)
	comma := bytes.IndexByte(raw[:min(len(raw), maxDataHead)], ',')
	if comma < 0 {
		return false
	}
	declared := bytes.EqualFold(raw[max(5, comma-7):comma], []byte(";base64"))
	if do == Read && (!declared || !w.isBase64(src.quote, raw[comma+1:])) {
		return false
	}
	in, ok := w.unwrap(src, false)
	if !ok {
		return false
	}
	raw = w.bytes(in)
	if comma = bytes.IndexByte(raw, ','); comma < 0 {
		return false
	}
	s.role = RoleFile
	media := raw[5:comma]
	if i := bytes.IndexByte(media, ';'); i >= 0 {
		media = media[:i]
	}
	payload := in.sub(comma+1, len(raw))
	if declared {
		w.base64(payload, string(media), s, do)
		return true
	}
	payload.quote = Percent
	payload.escaped = Percent.special(w.bytes(payload)) < payload.span.Len()
	if payload, ok = w.unwrap(payload, true); ok {
		w.file(payload, string(media), s, do)
	}
	return true
}

// base64 decodes src, which is not escaped, and reads what comes out. Pictures
// and the like are told by their head and not decoded in full.
func (w *Walk) base64(src source, media string, s slot, do Do) kind {
	s.role = RoleFile
	raw := w.bytes(src)
	head := unbroken(raw, headSize)
	b, _, ok := decodeBase64(nil, head)
	if k := kindOf(b, media, mapping{}); ok && !k.readable() && (w.files == nil || k == kindAudio) {
		w.unread(k, do, len(raw)/4*3)
		return k
	}
	if !w.mayDecode(src, len(raw)/4*3) {
		return kindNone
	}
	data, form, ok := decodeBase64(w.buffer(len(raw)/4*3+3), raw)
	l := layer{Space: Space{Codec: "base64", Rewrite: Whole}, from: src, data: data, recode: form.encode, own: true}
	if !ok {
		l.Rewrite = Never
	}
	in := w.addLayer(l)
	k := w.file(in, media, s, do)
	if !ok {
		// What could not be decoded is read as it stands.
		w.remainder(src.space, src.span.Start, src.span.End, src.quote, detectors.CauseDecodeError, RoleFile)
	}
	return k
}

// unbroken returns the first n characters of b that are no line breaks.
func unbroken(b []byte, n int) []byte {
	if head := b[:min(len(b), n)]; bytes.IndexByte(head, '\n') < 0 {
		return head
	}
	out := make([]byte, 0, n)
	for _, c := range b {
		if len(out) == n {
			break
		}
		if c != '\r' && c != '\n' {
			out = append(out, c)
		}
	}
	return out
}

// unread reports a file that cannot be read.
func (w *Walk) unread(k kind, do Do, size int) {
	cause := detectors.CauseUnknownFormat
	switch {
	case k == kindImage || k == kindBinary && do == Picture:
		cause = detectors.CauseImage
	case k == kindAudio || k == kindBinary && do == Sound:
		cause = detectors.CauseAudio
	case size > maxFile && w.files != nil:
		cause = detectors.CauseOversize
	}
	w.gap(cause, int64(size))
}

// A base64Form is how bytes were written as base64.
type base64Form struct {
	url    bool // the alphabet with - and _
	padded bool
	line   int // characters a line, 0 for one line
	end    []byte
	ended  bool // the last line has an end
}

// isBase64 reports whether the text of raw is base64 and nothing else.
func (w *Walk) isBase64(q Quote, raw []byte) bool {
	if q.special(raw) == len(raw) {
		return isBase64(raw)
	}
	text, _ := q.appendText(w.buffer(len(raw)), raw)
	w.free = append(w.free, text)
	return isBase64(text)
}

// isBase64 reports whether b is base64 and nothing else.
func isBase64(b []byte) bool {
	n := 0
	for _, c := range b {
		switch {
		case letter(c) || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_':
			n++
		case c != '=' && c != '\r' && c != '\n':
			return false
		}
	}
	return n > 0 && n%4 != 1
}

// decodeBase64 appends the bytes that b stands for to dst. ok is false when b
// is not base64 throughout; what came before the mistake is returned.
func decodeBase64(dst, b []byte) (out []byte, f base64Form, ok bool) {
	f.url = bytes.ContainsAny(b, "-_")
	f.padded = bytes.IndexByte(b, '=') >= 0 || (len(b)-bytes.Count(b, []byte("\n"))-bytes.Count(b, []byte("\r")))%4 == 0
	if i := bytes.IndexByte(b, '\n'); i > 0 {
		f.line, f.end = max(i, 1), []byte("\n")
		if b[i-1] == '\r' {
			f.line, f.end = max(i-1, 1), []byte("\r\n")
		}
		f.ended = b[len(b)-1] == '\n'
	}
	b = bytes.TrimRight(b, "=\r\n")
	encoding := base64.RawStdEncoding
	if f.url {
		encoding = base64.RawURLEncoding
	}
	n := len(dst)
	out = append(dst, make([]byte, encoding.DecodedLen(len(b)))...)
	m, err := encoding.Decode(out[n:], b)
	return out[:n+m], f, err == nil
}

// encode writes data in the form that was read.
func (f base64Form) encode(data []byte) ([]byte, error) {
	encoding := base64.StdEncoding
	if f.url {
		encoding = base64.URLEncoding
	}
	if !f.padded {
		encoding = encoding.WithPadding(base64.NoPadding)
	}
	s := encoding.AppendEncode(nil, data)
	if f.line == 0 {
		return s, nil
	}
	var out []byte
	for len(s) > f.line {
		out = append(append(out, s[:f.line]...), f.end...)
		s = s[f.line:]
	}
	out = append(out, s...)
	if f.ended {
		out = append(out, f.end...)
	}
	return out, nil
}
