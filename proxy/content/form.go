package content

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
)

// form reads application/x-www-form-urlencoded: its names are keys at the root.
func (w *Walk) form(src source, s slot) {
	b := w.bytes(src)
	home := len(w.loc)
	base := src.span.Start
	kept := 0
	var pending *int // end of a strip that reaches up to the next field
	for i := 0; i < len(b) && !w.interrupted(); {
		end := bytes.IndexByte(b[i:], '&')
		if end < 0 {
			end = len(b)
		} else {
			end += i
		}
		if end == i {
			i++
			continue
		}
		if w.full() {
			w.remainder(src.space, base+i, src.span.End, FormValue, detectors.CauseWorkBudget, s.role)
			break
		}
		eq := bytes.IndexByte(b[i:end], '=')
		if eq < 0 {
			eq = end
		} else {
			eq += i
		}
		if pending != nil {
			*pending = base + i
			pending = nil
		}
		name := w.component(src, i, eq)
		v := w.named(s, home, kept, name)
		if v.direct && w.do(v) == Strip {
			e := Edit{Place: Place{Space: src.space, Span: detectors.Span{Start: base + i, End: base + end}}}
			if kept > 0 {
				e.Span.Start--
			}
			w.strips = append(w.strips, e)
			if kept == 0 {
				pending = &w.strips[len(w.strips)-1].Span.End
			}
		} else {
			kept++
			w.value(w.component(src, min(eq+1, end), end), v)
		}
		w.loc = w.loc[:home]
		i = end + 1
	}
	if pending != nil {
		*pending = src.span.End
	}
}

// component is the source of a name or a value of a form.
func (w *Walk) component(src source, start, end int) source {
	c := src.sub(start, end)
	c.quote = FormValue
	c.escaped = FormValue.special(w.bytes(c)) < c.span.Len()
	return c
}
