package file

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors"
)

// maxColumn is Excel's last column, XFD; maxSkip how many empty cells in a row
// are written, so that a cell keeps its column.
const (
	maxColumn = 16384
	maxSkip   = 256
)

// excel reads a workbook: each sheet, hidden or not, as a table with a line for
// each row and tabs between cells, so that a value stands below its heading.
func (d *document) excel() string {
	d.properties()
	d.read("xl/workbook.xml", "names", &dialect{text: set("definedName"), attrs: set("name", "localSheetId")})
	shared := d.sharedStrings()
	for i, name := range d.named("xl/worksheets/", "sheet") {
		at := under(d.at, ordinal("sheet", i))
		b, ok := d.open(name, at)
		if !ok {
			continue
		}
		text, ok := cells(b, shared, d.limits.Text-d.text)
		if !ok {
			d.gap(at, detectors.CauseDecodeError, len(b))
		}
		d.part(at, "text/tab-separated-values", text)
		if rels, ok := d.open("xl/worksheets/_rels/"+strings.TrimPrefix(name, "xl/worksheets/")+".rels", at); ok {
			d.external(rels, under(at, "links"))
		}
	}
	for _, folder := range []string{"xl/", "xl/comments/", "xl/threadedComments/"} {
		stem := "comments"
		if folder != "xl/" {
			stem = ""
		}
		for i, name := range d.named(folder, stem) {
			d.read(name, ordinal("comments", i), &dialect{text: set("t", "text"), end: map[string]string{"comment": "\n", "text": "\n"}})
		}
	}
	for i, name := range d.named("xl/drawings/", "drawing") {
		d.read(name, ordinal("drawing", i), &slide)
	}
	// Pivot tables and links keep copies of cells that may be gone from the sheets.
	for _, folder := range []string{"xl/pivotCache/", "xl/externalLinks/"} {
		for i, name := range d.named(folder, "") {
			d.read(name, ordinal("cache", i), &copies)
		}
	}
	d.charts("xl/charts/")
	d.embedded("xl/")
	return "xlsx"
}

// copies are values kept as attributes, or as text.
var copies = dialect{text: set("v", "t"), end: map[string]string{"v": "\n", "t": "\n"}, attrs: set("v")}

// charts adds the titles of charts and the values that they keep.
func (d *document) charts(folder string) {
	for i, name := range d.named(folder, "chart") {
		d.read(name, ordinal("chart", i), &dialect{text: set("v", "t"), end: map[string]string{"pt": "\n", "p": "\n"}})
	}
}

// sharedStrings reads the table of strings (ECMA-376 §18.4): cells refer to it
// by number.
func (d *document) sharedStrings() []string {
	at := under(d.at, "strings")
	b, ok := d.open("xl/sharedStrings.xml", at)
	if !ok {
		return nil
	}
	var out []string
	var text strings.Builder
	x, inside, phonetic := newXML(b), false, false
	for {
		token, err := x.RawToken()
		if err != nil {
			return out
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "si":
				text.Reset()
			case "rPh":
				phonetic = true
			case "t":
				inside = !phonetic
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "si":
				out = append(out, text.String())
			case "rPh":
				phonetic = false
			case "t":
				inside = false
			}
		case xml.CharData:
			if inside {
				text.Write(e)
			}
		}
	}
}

// cells writes the rows of a sheet. ok is false when the XML ends in the middle.
func cells(b []byte, shared []string, limit int) (text []byte, ok bool) {
	x := newXML(b)
	var kind string
	var value strings.Builder
	column, at, reading := 0, 0, false
	for len(text) <= limit {
		token, err := x.RawToken()
		if err != nil {
			return text, err.Error() == "EOF"
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "row":
				column = 0
			case "c":
				kind, at = attr(e, "t"), columnOf(attr(e, "r"), column)
				value.Reset()
			case "v", "t":
				reading = true
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "row":
				text = append(text, '\n')
			case "v", "t":
				reading = false
			case "c":
				for n := 0; column < at && n < maxSkip; n++ {
					text = append(text, '\t')
					column++
				}
				column = at
				text = appendCell(text, kind, value.String(), shared)
			}
		case xml.CharData:
			if reading {
				value.Write(e)
			}
		}
	}
	return text, true
}

// columnOf is the number of the column of a reference such as "BC23", or next
// when there is none.
func columnOf(ref string, next int) int {
	n := 0
	for _, c := range []byte(ref) {
		if c < 'A' || c > 'Z' || n > maxColumn {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	if n == 0 || n > maxColumn {
		return next
	}
	return n - 1
}

// appendCell writes the value of one cell on one line.
func appendCell(dst []byte, kind, value string, shared []string) []byte {
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || i < 0 || i >= len(shared) {
			return dst
		}
		value = shared[i]
	case "", "n": // numbers are stored as floating point: 4.1111111111111112E15
		if f, err := strconv.ParseFloat(value, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1e18 {
			value = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	return append(dst, strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(value)...)
}
