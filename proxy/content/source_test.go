package content

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// units decodes raw the plain way and notes for each byte of the text where the
// unit it came from stands.
func units(q Quote, raw string) (text string, start, end []int) {
	var b strings.Builder
	data := []byte(raw)
	for i := 0; i < len(raw); {
		if q.special(data[i:]) > 0 {
			b.WriteByte(raw[i])
			start, end = append(start, i), append(end, i+1)
			i++
			continue
		}
		u := q.unit(data[i:])
		for _, c := range u.out[:u.text] {
			b.WriteByte(c)
			start, end = append(start, i), append(end, i+u.raw)
		}
		i += u.raw
	}
	return b.String(), start, end
}

// Every span of a text is mapped as the plain way maps it, with escapes around
// each border of marks and pieces.
func TestRawAgreesWithDecodingByteByByte(t *testing.T) {
	escapes := map[Quote][]string{
		JSONString:      {`\n`, `\u00e9`, `\ud83d\ude00`, `\ud83d`, `\"`, `\x`, "é"},
		FormValue:       {`+`, `%C3%A9`, `%zz`, `%`},
		Percent:         {`%20`, `+`, `%4`},
		HeaderString:    {`\"`, `\\`, `\a`},
		QuotedPrintable: {"=\r\n", "=3D", "=\n", "==", "=4x"},
	}
	for q, list := range escapes {
		for _, e := range list {
			for _, fill := range []int{0, 1, 7, 8, 9, 63, 64, 65, markEvery - 2, markEvery - 1, markEvery, markEvery + 1, pieceSize - 1, pieceSize} {
				raw := strings.Repeat("x", fill) + e + strings.Repeat("y", 5) + e + e + "z" + e
				want, start, end := units(q, raw)
				var got []byte
				src := source{quote: q, span: detectors.Span{Start: 3, End: 3 + len(raw)}, escaped: true}
				_, _ = src.emit([]byte(raw), nil, func(p []byte) { got = append(got, p...) })
				if string(got) != want {
					t.Fatalf("%s %q behind %d bytes: text of %d bytes, want %d", q.codec(), e, fill, len(got), len(want))
				}
				data := []byte("???" + raw + "???")
				for from := max(0, fill-2); from < len(want); from++ {
					for _, to := range []int{from + 1, from + 3, len(want)} {
						r, ok := src.raw(data, detectors.Span{Start: from, End: to})
						if in := to <= len(want); ok != in {
							t.Fatalf("%q behind %d: [%d,%d) ok %v, want %v", e, fill, from, to, ok, in)
						}
						if ok && (r.Start != 3+start[from] || r.End != 3+end[to-1]) {
							t.Fatalf("%s %q behind %d: [%d,%d) is %v, want [%d,%d)", q.codec(), e, fill, from, to, r, 3+start[from], 3+end[to-1])
						}
					}
				}
			}
		}
	}
}

func TestQuotedTextReadsBackAsItself(t *testing.T) {
	const text = "a \"b\" \\n %41 + =3D é 😀 & ; ü\n\t"
	for q := Plain; q <= QuotedPrintable; q++ {
		raw := q.appendQuoted(nil, []byte(text))
		read := q
		if q.whole() {
			raw = raw[1 : len(raw)-1]
			read = map[Quote]Quote{JSONNumber: JSONString, HeaderToken: HeaderString}[q]
		}
		got, _ := read.appendText(nil, raw)
		want := text
		if read == HeaderString {
			want = strings.NewReplacer("\n", "_", "\t", "_").Replace(text)
		}
		if string(got) != want {
			t.Errorf("quote %d: %q became %q", q, want, got)
		}
	}
}

func TestOverlappingEditsBecomeOne(t *testing.T) {
	tests := []struct {
		name  string
		edits []Edit
		want  string
	}{
		{"apart, out of order", []Edit{edit(JSONString, 6, 7, "B"), edit(JSONString, 2, 3, "A")}, `["AbcdB"]`},
		{"touching", []Edit{edit(JSONString, 2, 4, "A"), edit(JSONString, 4, 7, "B")}, `["AB"]`},
		{"crossing", []Edit{edit(JSONString, 2, 5, "A"), edit(JSONString, 4, 7, "B")}, `["AB"]`},
		{"inside", []Edit{edit(JSONString, 2, 7, "A"), edit(JSONString, 3, 4, "")}, `["A"]`},
		{"the same", []Edit{edit(JSONString, 2, 7, "A"), edit(JSONString, 2, 7, "A")}, `["AA"]`},
		{"inside a removal", []Edit{edit(JSONString, 3, 4, "A"), edit(Plain, 1, 8, "")}, `[]`},
		{"insertion", []Edit{edit(JSONString, 2, 2, "A"), edit(JSONString, 7, 7, `"`)}, `["Aabcde\""]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := walked(t, &Shape{}, Media{}, Limits{}, `["abcde"]`)
			defer w.Release()
			got, err := w.Splice(tt.edits)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
		})
	}
	w, _ := walked(t, &Shape{}, Media{}, Limits{}, `["abcde"]`)
	defer w.Release()
	for name, e := range map[string][]Edit{
		"another syntax across the border": {edit(JSONString, 2, 5, "A"), edit(Plain, 4, 9, "")},
		"behind the end":                   {edit(Plain, 2, 90, "")},
		"before the start":                 {edit(Plain, -1, 2, "")},
		"backwards":                        {edit(Plain, 3, 2, "")},
		"in no space":                      {{Place: Place{Space: 7}}},
	} {
		if _, err := w.Splice(e); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, s := range []detectors.Span{{Start: -1, End: 2}, {Start: 2, End: 1}, {Start: 0, End: 6}} {
		if w.Places(0, s) != nil {
			t.Errorf("a place for %v of five bytes", s)
		}
	}
	if w.Places(1, detectors.Span{}) != nil || w.Places(-1, detectors.Span{}) != nil {
		t.Error("a place in no document")
	}
}

func edit(q Quote, start, end int, with string) Edit {
	return Edit{Place: Place{Span: detectors.Span{Start: start, End: end}, Quote: q}, With: []byte(with)}
}
