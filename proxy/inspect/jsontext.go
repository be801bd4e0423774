package inspect

import (
	"sort"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
)

// A jsonState is where a place in JSON text stands.
type jsonState struct {
	quoted bool  // inside a string
	escape uint8 // bytes of an escape still to come; 1 behind the backslash
}

// step takes one byte.
func (s *jsonState) step(c byte) {
	switch {
	case s.escape == 1:
		s.escape = 0
		if c == 'u' {
			s.escape = 5 // four digits follow: 5, 4, 3, 2
		}
	case s.escape > 1:
		if s.escape--; s.escape == 1 {
			s.escape = 0
		}
	case c == '\\' && s.quoted:
		s.escape = 1
	case c == '"':
		s.quoted = !s.quoted
	}
}

func (s *jsonState) skip(p []byte) {
	for _, c := range p {
		s.step(c)
	}
}

// jsonEdits carries edits out in text that is JSON and begins in state s, so that
// what comes of it is JSON too: what stands in strings is replaced, numbers become
// 0, and the structure stays.
func jsonEdits(text []byte, s jsonState, edits []itemEdit) (out []itemEdit) {
	at := 0
	for _, e := range edits {
		s.skip(text[at:e.start])
		i, with := e.start, e.with
		for i < e.end {
			if s.escape > 0 { // of a character that has begun before
				s.step(text[i])
				i++
				continue
			}
			start, quoted := i, s.quoted
			for i < e.end && s.quoted == quoted {
				c := text[i]
				if !quoted && !numeric(c) || quoted && c == '"' {
					break
				}
				s.step(c)
				i++
				for s.escape > 0 && i < len(text) { // escapes go whole
					s.step(text[i])
					i++
				}
			}
			if i > start {
				put := with
				if !quoted {
					put = "0"
					if e.rest && start == e.start { // the rest of a number that is replaced already
						put = ""
					}
				}
				with = ""
				out = append(out, itemEdit{start: start, end: i, with: put})
			}
			if i < e.end {
				s.step(text[i])
				i++
			}
		}
		at = max(i, e.end)
	}
	return out
}

func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

// An unescaper undoes the escapes in the strings of JSON that comes in pieces, so
// that "\\ncard" is read as what it says, and knows the way back.
type unescaper struct {
	state jsonState
	open  []byte // of the escape that has not ended
	raw   int    // bytes taken
	text  int    // bytes given
	marks []jsonMark
	out   []byte
}

// A jsonMark is one escape: raw bytes [raw, raw+from) say text bytes [text, text+to).
type jsonMark struct{ raw, from, text, to int }

// take returns what p adds to the text; it is valid until the next call.
func (u *unescaper) take(p []byte) []byte {
	u.out = u.out[:0]
	for _, c := range p {
		was := u.state.escape
		u.state.step(c)
		u.raw++
		if was == 0 && u.state.escape == 0 {
			u.out = append(u.out, c)
			continue
		}
		if u.open = append(u.open, c); u.state.escape > 0 {
			continue
		}
		n := len(u.out)
		u.out = appendEscape(u.out, u.open)
		u.marks = append(u.marks, jsonMark{u.raw - len(u.open), len(u.open), u.text + n, len(u.out) - n})
		u.open = u.open[:0]
	}
	u.text += len(u.out)
	return u.out
}

// appendEscape appends what a whole escape says.
func appendEscape(out, escape []byte) []byte {
	switch c := escape[1]; c {
	case 'n':
		return append(out, '\n')
	case 't':
		return append(out, '\t')
	case 'r':
		return append(out, '\r')
	case 'b', 'f':
		return append(out, ' ')
	case 'u':
		r := rune(0)
		for _, d := range escape[2:] {
			switch {
			case d >= '0' && d <= '9':
				r = r<<4 | rune(d-'0')
			case d|0x20 >= 'a' && d|0x20 <= 'f':
				r = r<<4 | rune(d|0x20-'a'+10)
			default:
				return append(out, escape...)
			}
		}
		return utf8.AppendRune(out, r) // half of a surrogate pair becomes U+FFFD
	default:
		return append(out, c)
	}
}

// back maps a span of the text to the raw bytes that say it.
func (u *unescaper) back(sp detectors.Span) detectors.Span {
	start, _ := u.at(sp.Start)
	if sp.End == sp.Start {
		return detectors.Span{Start: start, End: start}
	}
	_, end := u.at(sp.End - 1)
	return detectors.Span{Start: start, End: end}
}

// at returns where the raw bytes of one byte of the text begin and end.
func (u *unescaper) at(text int) (start, end int) {
	i := sort.Search(len(u.marks), func(i int) bool { return u.marks[i].text > text }) - 1
	if i < 0 {
		if len(u.marks) == 0 { // nothing in between: count from the end
			start = u.raw - len(u.open) - (u.text - text)
		} else {
			start = u.marks[0].raw - (u.marks[0].text - text)
		}
		return start, start + 1
	}
	m := u.marks[i]
	if text < m.text+m.to {
		return m.raw, m.raw + m.from
	}
	start = m.raw + m.from + text - m.text - m.to
	return start, start + 1
}

// forget drops the way back of raw bytes before an offset.
func (u *unescaper) forget(raw int) {
	n := 0
	for n+1 < len(u.marks) && u.marks[n+1].raw <= raw {
		n++
	}
	if n > 16 {
		u.marks = append(u.marks[:0], u.marks[n:]...)
	}
}
