package content

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
)

// maxBoundary is the longest boundary RFC 2046 §5.1.1 allows, in bytes.
const maxBoundary = 70

// multipart reads a multipart body (RFC 7578, RFC 2046): the names of its parts
// are keys at the root. It reports false, and has read nothing, when src has no
// such boundary in it, or stands in too many others.
func (w *Walk) multipart(src source, boundary string, s slot) bool {
	b := w.bytes(src)
	first := w.mapped.nextDelimiter(b, 0, boundary)
	if first.after < 0 {
		// Some clients declare another boundary than they write.
		boundary = writtenBoundary(b)
		first = w.mapped.nextDelimiter(b, 0, boundary)
	}
	if first.after < 0 || w.mixed == w.limits.Levels {
		return false
	}
	w.mixed++
	defer func() { w.mixed-- }()
	m := multipartWalk{Walk: w, src: src, home: len(w.loc), s: s}
	m.beside(src.sub(0, first.end), ":preamble")
	for d := first; ; {
		if d.last {
			m.beside(src.sub(d.after, len(b)), ":epilogue")
			return true
		}
		if w.interrupted() {
			return true
		}
		if w.full() {
			w.remainder(src.space, src.span.Start+d.start, src.span.End, Plain, detectors.CauseWorkBudget, s.role)
			return true
		}
		next := w.mapped.nextDelimiter(b, d.after, boundary)
		m.part(d.start, src.sub(d.after, next.end), next.start)
		if next.after < 0 {
			w.gap(detectors.CauseDecodeError, 0) // what stands after the last delimiter was read as a part
			return true
		}
		d = next
	}
}

// A delimiter is a boundary line.
type delimiter struct {
	end   int  // of what stands before it
	start int  // of the line
	after int  // offset behind the line, -1 when there is none
	last  bool // it closes the body
}

// nextDelimiter finds the first boundary line at or after i. Without one, all
// of b stands before it.
func (m mapping) nextDelimiter(b []byte, i int, boundary string) delimiter {
	none := delimiter{end: len(b), start: len(b), after: -1}
	if boundary == "" || len(boundary) > maxBoundary {
		return none
	}
	line := []byte("--" + boundary)
	for at := i; ; at++ {
		n := m.index(b[at:], line)
		if n < 0 {
			return none
		}
		at += n
		if at > 0 && b[at-1] != '\n' {
			continue
		}
		d := delimiter{start: at, end: at, after: at + len(line)}
		if bytes.HasPrefix(b[d.after:], []byte("--")) {
			d.last = true
			d.after += 2
		}
		for d.after < len(b) && (b[d.after] == ' ' || b[d.after] == '\t') {
			d.after++
		}
		n = lineBreak(b[d.after:])
		if n == 0 && d.after < len(b) {
			continue // a longer word
		}
		d.after += n
		if d.end > i {
			d.end--
			if d.end > i && b[d.end-1] == '\r' {
				d.end--
			}
		}
		return d
	}
}

// writtenBoundary is the boundary that b begins with, "" for none.
func writtenBoundary(b []byte) string {
	if !bytes.HasPrefix(b, []byte("--")) {
		return ""
	}
	end := bytes.IndexByte(b[:min(len(b), maxBoundary+4)], '\n')
	if end < 0 {
		return ""
	}
	return string(bytes.TrimRight(b[2:end], " \t\r"))
}

// lineBreak returns the length of the line break that begins b.
func lineBreak(b []byte) int {
	switch {
	case bytes.HasPrefix(b, []byte("\r\n")):
		return 2
	case bytes.HasPrefix(b, []byte("\n")):
		return 1
	}
	return 0
}

// A multipartWalk is the walk through one multipart body.
type multipartWalk struct {
	*Walk
	src  source
	home int  // length of the body's own locator
	s    slot // what the parts inherit
	n    int  // parts so far that stay in the body
}

// beside reads text that stands between no two boundaries.
func (m *multipartWalk) beside(src source, suffix string) {
	if len(bytes.TrimSpace(m.bytes(src))) > 0 {
		m.metadata(src, suffix, "")
	}
}

// part reads one part; start is the offset of its boundary line, next that of
// the following one.
func (m *multipartWalk) part(start int, src source, next int) {
	h := m.header(src)
	v := m.named(m.s, m.home, m.n, h.name)
	if v.direct && m.do(v) == Strip {
		e := Edit{Place: Place{Space: src.space, Span: detectors.Span{Start: m.src.span.Start + start, End: m.src.span.Start + next}}}
		m.strips = append(m.strips, e)
		m.loc = m.loc[:m.home]
		return
	}
	m.n++
	for _, f := range h.filenames {
		m.metadata(f, ":filename", "filename")
	}
	for _, o := range h.others {
		if raw := m.bytes(o); o.escaped || !identifier(raw) {
			m.metadata(o, ":header", "")
		}
	}
	m.content(src.sub(h.size, src.span.Len()), h, v)
	m.loc = m.loc[:m.home]
}

// content reads what a part holds, its transfer encoding undone.
func (m *multipartWalk) content(src source, h partHeader, v slot) {
	switch {
	case bytes.EqualFold(h.encoding, []byte("base64")):
		raw := m.bytes(src)
		if !m.mayDecode(src, len(raw)/4*3) {
			return
		}
		data, form, ok := decodeBase64(m.buffer(len(raw)), raw)
		if !ok { // receivers of forms ignore the header (RFC 7578 §4.7), so the bytes are what they are
			m.gap(detectors.CauseDecodeError, int64(len(raw)))
			m.free = append(m.free, data)
			break
		}
		src = m.addLayer(layer{Space: Space{Codec: "base64", Rewrite: Whole}, from: src, data: data, recode: form.encode, own: true})
	case bytes.EqualFold(h.encoding, []byte("quoted-printable")):
		src.quote = QuotedPrintable
		src.escaped = QuotedPrintable.special(m.bytes(src)) < src.span.Len()
		in, ok := m.unwrap(src, true)
		if !ok {
			return
		}
		src = in
	}
	media, _ := parseMedia(h.media)
	if len(h.filenames) == 0 && (media == "" || media == "text/plain") {
		m.value(src, v)
		return
	}
	if len(h.filenames) > 0 {
		v.role = RoleFile
	}
	m.file(src, h.media, v, m.do(v))
}

// A partHeader is what the header lines of a part say.
type partHeader struct {
	size      int    // of the header lines and the empty line behind them
	name      source // of the field; empty when there is none
	filenames []source
	media     string
	encoding  []byte
	others    []source // header values and parameters of no meaning here: they are text
}

// header reads the header lines that src begins with. Without an empty line
// behind them, all of src is header.
func (m *multipartWalk) header(src source) partHeader {
	h := partHeader{name: src.sub(0, 0)}
	b := m.bytes(src)
	for i := 0; i < len(b); {
		end := bytes.IndexByte(b[i:], '\n')
		for end >= 0 && i+end+1 < len(b) && (b[i+end+1] == ' ' || b[i+end+1] == '\t') && end > 1 {
			more := bytes.IndexByte(b[i+end+1:], '\n') // RFC 5322 §2.2.3: a folded line
			if more < 0 {
				end = -1
				break
			}
			end += 1 + more
		}
		next := len(b)
		if end < 0 {
			end = len(b)
		} else {
			end += i
			next = end + 1
		}
		h.size = next
		line := bytes.TrimRight(b[i:end], "\r")
		if len(line) == 0 {
			break
		}
		m.headerLine(&h, src, i, i+len(line))
		i = next
	}
	return h
}

// headerLine reads one header line, which stands in src from start to end.
func (m *multipartWalk) headerLine(h *partHeader, src source, start, end int) {
	b := m.bytes(src)
	colon := bytes.IndexByte(b[start:end], ':')
	if colon < 0 {
		h.others = append(h.others, src.sub(start, end))
		return
	}
	name := bytes.ToLower(bytes.TrimSpace(b[start : start+colon]))
	start += colon + 1
	for start < end && (b[start] == ' ' || b[start] == '\t') {
		start++
	}
	switch string(name) {
	case "content-disposition":
		m.disposition(h, src, start, end)
	case "content-type":
		h.media = string(b[start:end])
		m.parameters(src, start, end, func(name []byte, v source) {
			if !bytes.EqualFold(name, []byte("boundary")) {
				h.others = append(h.others, v)
			}
		})
	case "content-transfer-encoding":
		h.encoding = bytes.TrimSpace(b[start:end])
		h.others = append(h.others, src.sub(start, end))
	default:
		h.others = append(h.others, src.sub(start, end))
	}
}

// disposition reads the parameters of Content-Disposition.
func (m *multipartWalk) disposition(h *partHeader, src source, start, end int) {
	m.parameters(src, start, end, func(name []byte, v source) {
		switch string(bytes.ToLower(name)) {
		case "name":
			if h.name.span.Len() == 0 {
				h.name = v
				return
			}
			h.others = append(h.others, v)
		case "filename", "filename*":
			h.filenames = append(h.filenames, v)
		default:
			h.others = append(h.others, v)
		}
	})
}

// parameters calls f for what stands before the first ";" of a header value
// (with no name) and for each parameter.
func (m *multipartWalk) parameters(src source, start, end int, f func(name []byte, v source)) {
	b := m.bytes(src)[:end]
	i := start
	for i < end && b[i] != ';' {
		i++
	}
	f(nil, src.sub(start, i))
	for i < end {
		for i < end && (b[i] == ';' || b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
			i++
		}
		from := i
		for i < end && b[i] != '=' && b[i] != ';' {
			i++
		}
		if i == end || b[i] == ';' {
			f(nil, src.sub(from, i))
			continue
		}
		name := bytes.TrimSpace(b[from:i])
		var v source
		v, i = m.parameter(src, i+1, end, bytes.HasSuffix(name, []byte("*")))
		f(name, v)
	}
}

// parameter reads the value of a parameter at i and returns the offset behind it.
func (m *multipartWalk) parameter(src source, i, end int, extended bool) (source, int) {
	b := m.bytes(src)[:end]
	if i < end && b[i] == '"' {
		i++
		stop := i
		for stop < end && b[stop] != '"' {
			if b[stop] == '\\' && stop+1 < end && (b[stop+1] == '"' || b[stop+1] == '\\') {
				stop++
			}
			stop++
		}
		stop = min(stop, end)
		v := src.sub(i, stop)
		v.quote = HeaderString
		v.escaped = HeaderString.special(b[i:stop]) < stop-i
		return v, stop + 1
	}
	stop := i
	for stop < end && b[stop] != ';' {
		stop++
	}
	if extended { // RFC 8187: charset'language'percent-encoded
		if q := bytes.IndexByte(b[i:stop], '\''); q >= 0 {
			if q2 := bytes.IndexByte(b[i+q+1:stop], '\''); q2 >= 0 {
				v := src.sub(i+q+q2+2, stop)
				v.quote = Percent
				v.escaped = Percent.special(m.bytes(v)) < v.span.Len()
				return v, stop
			}
		}
	}
	v := src.sub(i, stop)
	v.quote = HeaderToken
	return v, stop
}
