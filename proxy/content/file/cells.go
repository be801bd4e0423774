package file

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"

	"github.com/promptgate/promptgate/proxy/content"
)

// sharedStrings is the entry of a workbook with the texts that cells refer to.
const sharedStrings = "xl/sharedStrings.xml"

// within returns the edits that touch [start, end), clipped to it and counted from
// its start, in order and apart: edits of several cells that share one string may
// overlap there, and the first one's text stands for their union.
func within(edits []content.FileEdit, start, end int) []content.FileEdit {
	var out []content.FileEdit
	for _, e := range edits {
		if from, to := max(e.Start, start), min(e.End, end); from < to {
			out = append(out, content.FileEdit{Start: from - start, End: to - start, With: e.With})
		}
	}
	return united(out)
}

func united(edits []content.FileEdit) []content.FileEdit {
	slices.SortStableFunc(edits, func(a, b content.FileEdit) int { return a.Start - b.Start })
	out := edits[:0]
	for _, e := range edits {
		if n := len(out); n > 0 && e.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, e.End)
			continue
		}
		out = append(out, e)
	}
	return out
}

// replaced is text with edits, which are in order and apart.
func replaced(text []byte, edits []content.FileEdit) []byte {
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, text[at:e.Start]...), e.With...)
		at = e.End
	}
	return append(out, text[at:]...)
}

// sharedEdits are the edits that cells of all sheets want in the table of strings,
// by the number of the string: whoever shows it shows it edited. ok is false when
// an edit touches no cell.
func (j *job) sharedEdits(byEntry map[string][]content.FileEdit) (edits map[int][]content.FileEdit, ok bool) {
	edits = map[int][]content.FileEdit{}
	for entry, list := range byEntry {
		o := j.origin(entry)
		if o.read != nil {
			continue
		}
		touched := make([]bool, len(list))
		for _, c := range o.cells {
			for i, e := range list {
				touched[i] = touched[i] || e.Start < c.end && c.start < e.End
			}
			if c.shared >= 0 {
				edits[c.shared] = append(edits[c.shared], within(list, c.start, c.end)...)
			}
		}
		if slices.Contains(touched, false) {
			return nil, false
		}
	}
	for i, list := range edits {
		if len(list) == 0 {
			delete(edits, i)
			continue
		}
		edits[i] = united(list)
	}
	return edits, true
}

// editCells writes a worksheet with edits in its text. A cell that is edited, but
// for one whose string stands in the table, becomes a cell with a text of its own:
// a number that was replaced is none any more, and a formula would bring it back.
func editCells(b []byte, cells []cell, text []byte, edits []content.FileEdit) (out []byte, ok bool) {
	if !declaredUTF8(b) {
		return nil, false // offsets are of the converted bytes
	}
	at := 0
	for _, c := range cells {
		mine := within(edits, c.start, c.end)
		if len(mine) == 0 || c.shared >= 0 {
			continue
		}
		if c.end > len(text) || c.to > len(b) || c.from < at {
			return nil, false
		}
		out = append(out, b[at:c.from]...)
		out = append(append(out, '<'), c.tag...)
		for _, a := range [][2]string{{"r", c.ref}, {"s", c.style}} {
			if a[1] != "" {
				out = append(append(append(out, ' '), a[0]...), `="`...)
				out = append(escaped(out, []byte(a[1])), '"')
			}
		}
		prefix := ""
		if i := bytes.IndexByte([]byte(c.tag), ':'); i >= 0 {
			prefix = c.tag[:i+1]
		}
		out = append(out, ` t="inlineStr"><`+prefix+`is><`+prefix+`t xml:space="preserve">`...)
		out = escaped(out, replaced(text[c.start:c.end], mine))
		out = append(out, `</`+prefix+`t></`+prefix+`is></`+c.tag+`>`...)
		at = c.to
	}
	return append(out, b[at:]...), true
}

// editStrings writes the table of strings with edits in some of them, which lose
// their formats.
func editStrings(b []byte, edits map[int][]content.FileEdit) (out []byte, ok bool) {
	if !declaredUTF8(b) {
		return nil, false
	}
	x, n, at, start := newXML(b), 0, 0, 0
	var text []byte
	inside, phonetic, done := false, false, 0
	for {
		before := int(x.InputOffset())
		token, err := x.RawToken()
		if errors.Is(err, io.EOF) {
			return append(out, b[at:]...), done == len(edits)
		}
		if err != nil {
			return nil, false
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "si":
				text, start = text[:0], int(x.InputOffset())
			case "rPh":
				phonetic = true
			case "t":
				inside = !phonetic
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "si":
				if list := edits[n]; list != nil {
					if list[len(list)-1].End > len(text) {
						return nil, false
					}
					prefix := ""
					if e.Name.Space != "" {
						prefix = e.Name.Space + ":"
					}
					out = append(out, b[at:start]...)
					out = append(out, `<`+prefix+`t xml:space="preserve">`...)
					out = append(escaped(out, replaced(text, list)), `</`+prefix+`t>`...)
					at = before
					done++
				}
				n++
			case "rPh":
				phonetic = false
			case "t":
				inside = false
			}
		case xml.CharData:
			if inside {
				text = append(text, e...)
			}
		}
	}
}

// escaped appends text as character data.
func escaped(dst, text []byte) []byte {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, text) // a buffer takes everything
	return append(dst, b.Bytes()...)
}

// declaredUTF8 reports whether the XML declaration of b names no other encoding.
func declaredUTF8(b []byte) bool {
	if i := bytes.Index(b[:min(len(b), 256)], []byte("?>")); i >= 0 {
		return isUTF8(b[:i])
	}
	return true
}
