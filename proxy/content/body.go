package content

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors"
)

// body reads the body, its content codings undone. A format named by the shape
// goes before Content-Type; a body that is not in it is read as what it is.
func (w *Walk) body(src source, header string) {
	s := w.start()
	media, _ := parseMedia(header)
	other := strings.HasPrefix(media, "multipart/") || media == "application/x-www-form-urlencoded"
	switch w.shape.Format {
	case Binary:
		if !w.inside(src, media, s) {
			w.gap(detectors.CauseUnknownFormat, int64(src.span.Len()))
		}
		return
	case Text:
		if src, ok := w.narrow(src, "text/plain", true); ok {
			w.doc(src, s, listedMedia(media))
		}
		return
	case JSON:
		if !other {
			header = "application/json"
		}
	case NDJSON:
		if !other {
			header = "application/x-ndjson"
		}
	case Form:
		if !strings.HasPrefix(media, "multipart/") {
			header = "application/x-www-form-urlencoded"
		}
	case Auto, Multipart:
	default:
		panic("content: internal error: unknown format")
	}
	w.file(src, header, s, Read)
}

// file reads src, whose raw bytes are its text, as the kind of file it is and
// returns that kind. s holds for what stands in it.
func (w *Walk) file(src source, header string, s slot, do Do) kind {
	if src.span.Len() == 0 {
		return kindNone
	}
	media, params := parseMedia(header)
	textual := isJSONMedia(media) || isLinesMedia(media) || strings.HasPrefix(media, "text/")
	src, ok := w.narrow(src, strings.ToLower(params["charset"]), textual)
	if !ok {
		return kindNone
	}
	b := w.bytes(src)
	k := kindOf(b, header, w.mapped)
	switch k {
	case kindMultipart:
		if w.multipart(src, params["boundary"], s) {
			return k
		}
		w.gap(detectors.CauseDecodeError, int64(len(b)))
		k = kindOf(b, "", w.mapped)
	case kindForm:
		w.form(src, s)
		return k
	}
	if k == kindJSON && isJSONMedia(media) && !w.beginsWell(b) {
		k = kindText
	}
	if k == kindJSON && !isJSONMedia(media) && !w.peek.validJSON(b, w.nesting()) {
		k = kindText
		switch {
		case w.peek.validJSON(firstLine(b), w.nesting()):
			k = kindNDJSON
		case media == "application/x-www-form-urlencoded":
			w.form(src, s)
			return kindForm
		}
	}
	switch k {
	case kindJSON:
		w.walkJSON(src.space, src.span, s)
	case kindNDJSON:
		w.lines(src, s)
	case kindText:
		if isJSONMedia(media) {
			w.gap(detectors.CauseDecodeError, int64(len(b)))
		}
		m := magic(b)
		if (m != kindNone || isMail(b, media)) && w.inside(src, media, s) {
			return k
		}
		if m != kindNone {
			w.unread(m, do, len(b))
		}
		w.doc(src, s, listedMedia(media))
	default:
		if k != kindAudio && w.inside(src, media, s) {
			return k
		}
		if textual {
			w.doc(src, s, listedMedia(media))
		}
		w.unread(k, do, len(b))
	}
	return k
}

// beginsWell reports whether the first token of b is one of JSON. If it is not,
// there are no escapes to undo either.
func (w *Walk) beginsWell(b []byte) bool {
	w.peek.reset(b, 0, 1)
	return w.peek.next().kind != tokenBad
}

// narrow returns src as UTF-8: src itself, or a child space when it is UTF-16
// or UTF-32. ok is false when the limits do not allow it.
func (w *Walk) narrow(src source, charset string, textual bool) (source, bool) {
	b := w.bytes(src)
	e := encodingOf(b, textual)
	switch {
	case e.wide():
	case charset == "utf-16le" || charset == "utf-16be":
		e = wideEncoding{size: 2, big: charset == "utf-16be"}
	case charset == "utf-32le" || charset == "utf-32be":
		e = wideEncoding{size: 4, big: charset == "utf-32be"}
	default:
		return src, true
	}
	if !w.mayDecode(src, len(b)) {
		return src, false
	}
	text, faithful := e.decode(w.buffer(len(b)), b)
	l := layer{Space: Space{Codec: "utf-" + strconv.Itoa(8*e.size), Rewrite: Whole}, from: src, data: text, recode: e.encode, own: true}
	if !faithful {
		l.Rewrite = Never
	}
	return w.addLayer(l), true
}

func firstLine(b []byte) []byte {
	b = bytes.TrimLeft(b, "\r\n")
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i]
	}
	return nil
}

// lines reads one JSON value a line. The number of the line comes first in the
// locators; the paths of the shape begin behind it.
func (w *Walk) lines(src source, s slot) {
	b := w.bytes(src)
	home := len(w.loc)
	for i, n := 0, 0; i < len(b) && !w.interrupted(); n++ {
		end := bytes.IndexByte(b[i:], '\n')
		if end < 0 {
			end = len(b)
		} else {
			end += i
		}
		if w.full() {
			w.remainder(src.space, src.span.Start+i, src.span.End, JSONString, detectors.CauseWorkBudget, s.role)
			return
		}
		if at := space(b[:end], i); at < end {
			w.loc = append(strconv.AppendInt(append(w.loc[:home], '['), int64(n), 10), ']')
			w.walkJSON(src.space, detectors.Span{Start: src.span.Start + at, End: src.span.Start + end}, s)
			w.loc = w.loc[:home]
		}
		i = end + 1
	}
}
