package content

import (
	"bytes"
	"context"

	"github.com/promptgate/promptgate/detectors"
)

// An Outlined is one value of a body, without the value.
type Outlined struct {
	Path string // keys joined by dots, "[*]" for elements, "*" for keys that may say something
	Type string // string, number, boolean, null, object, array; file for a part with a filename
	Size int    // bytes of a string, digits of a number, members of an object or an array
}

const (
	// maxOutlined is how many values of one body are told.
	maxOutlined = 512
	// maxOutlineBody is how much of a body is looked at, in bytes.
	maxOutlineBody = 4 << 20
)

// Outline tells how a body is made: the format that it is in ("json", "form",
// "multipart", "lines", "text", "binary") and its values, in order, without their
// text. word reports whether a key may be shown; others are "*".
func Outline(m Media, body []byte, word func(key []byte) bool) (format string, values []Outlined) {
	o := &outline{word: word}
	w := NewWalk(nil, m, Limits{Decoded: maxOutlineBody}, silent{})
	defer w.Release()
	w.ctx = context.Background()
	src := source{}
	w.addLayer(layer{Space: Space{ID: 0, Parent: -1}, data: body})
	if src = w.undo(); src.span.Len() == 0 {
		return "empty", nil
	}
	b := w.bytes(src)
	b = b[:min(len(b), maxOutlineBody)]
	media, params := parseMedia(m.ContentType)
	switch k := kindOf(b, m.ContentType, mapping{}); k {
	case kindJSON:
		if !o.json(b, "") && !isJSONMedia(media) && w.peek.validJSON(firstLine(b), maxOutlined) {
			o.values = nil
			o.json(firstLine(b), "")
			return "lines", o.values
		}
		return "json", o.values
	case kindNDJSON:
		o.json(append(firstLine(b), '\n'), "")
		return "lines", o.values
	case kindForm:
		for pair := range bytes.SplitSeq(b, []byte{'&'}) {
			name, value, _ := bytes.Cut(pair, []byte{'='})
			o.add(o.key(name), "string", len(value))
		}
		return "form", o.values
	case kindMultipart:
		o.parts(w, src, params["boundary"])
		return "multipart", o.values
	case kindText:
		return "text", nil
	}
	return "binary", nil
}

// silent hears nothing.
type silent struct{}

func (silent) Space(Space)       {}
func (silent) Begin(Doc)         {}
func (silent) Text([]byte)       {}
func (silent) Label(string)      {}
func (silent) End()              {}
func (silent) Fact(Fact)         {}
func (silent) Gap(detectors.Gap) {}

type outline struct {
	word   func([]byte) bool
	values []Outlined
}

func (o *outline) key(k []byte) string {
	if o.word(k) {
		return string(k)
	}
	return "*"
}

func (o *outline) add(path, kind string, size int) int {
	if len(o.values) >= maxOutlined {
		return -1
	}
	o.values = append(o.values, Outlined{path, kind, size})
	return len(o.values) - 1
}

// json outlines one value; it reports whether the text is one and nothing else.
func (o *outline) json(b []byte, path string) bool {
	type open struct {
		path  string
		value int // index in values, -1 when there was no room
		array bool
	}
	var r jsonReader
	r.reset(b, 0, 256)
	var stack []open
	at := path
	for len(o.values) < maxOutlined {
		t := r.next()
		if n := len(stack); n > 0 && t.kind > tokenKey && t.kind != tokenClose {
			top := &stack[n-1]
			if top.value >= 0 {
				o.values[top.value].Size++
			}
			if top.array {
				at = top.path + "[*]"
			}
		}
		switch t.kind {
		case tokenBad, tokenEnd:
			return t.kind == tokenEnd && t.start == len(b)
		case tokenKey:
			at = o.key(b[t.start:t.end])
			if p := stack[len(stack)-1].path; p != "" {
				at = p + "." + at
			}
		case tokenString:
			o.add(at, "string", t.end-t.start)
		case tokenNumber:
			o.add(at, "number", t.end-t.start)
		case tokenWord:
			kind := "boolean"
			if b[t.start] == 'n' {
				kind = "null"
			}
			o.add(at, kind, 0)
		case tokenOpen:
			kind := "object"
			if b[t.start] == '[' {
				kind = "array"
			}
			i := -1
			if at != "" {
				i = o.add(at, kind, 0)
			}
			stack = append(stack, open{at, i, kind == "array"})
		case tokenClose:
			stack = stack[:len(stack)-1]
		}
	}
	return true
}

func (o *outline) parts(w *Walk, src source, boundary string) {
	b := w.bytes(src)
	d := w.mapped.nextDelimiter(b, 0, boundary)
	if d.after < 0 {
		boundary = writtenBoundary(b)
		d = w.mapped.nextDelimiter(b, 0, boundary)
	}
	m := multipartWalk{Walk: w, src: src}
	for n := 0; d.after >= 0 && !d.last && n < maxOutlined; n++ {
		next := w.mapped.nextDelimiter(b, d.after, boundary)
		part := src.sub(d.after, next.end)
		h := m.header(part)
		kind := "string"
		if len(h.filenames) > 0 {
			kind = "file"
		}
		o.add(o.key(w.bytes(h.name)), kind, part.span.Len()-h.size)
		if next.after < 0 {
			return
		}
		d = next
	}
}
