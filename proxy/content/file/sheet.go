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
		s := sheet{shared: shared, limit: d.limits.Text - d.text, placed: d.editing}
		if !s.read(b) {
			d.gap(at, detectors.CauseDecodeError, len(b))
		}
		d.editable(at, "text/tab-separated-values", s.text, origin{entry: name, cells: s.cells})
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

// A sheet is the table of one worksheet as text.
type sheet struct {
	shared []string
	limit  int  // bytes of text
	placed bool // cells are wanted

	text  []byte
	cells []cell
}

// A cell is where the text of one stands.
type cell struct {
	start, end int    // in the text
	from, to   int    // of its element in the XML
	tag, ref   string // its name, and its attribute r
	style      string // its attribute s
	shared     int    // number of its string in the table, -1 for none
}

// read writes the rows of a sheet. It reports false when the XML ends in the middle.
func (s *sheet) read(b []byte) bool {
	x := newXML(b)
	var kind string
	var value strings.Builder
	var here cell
	column, at, reading, open := 0, 0, false, false
	for len(s.text) <= s.limit {
		before := int(x.InputOffset())
		token, err := x.RawToken()
		if err != nil {
			return err.Error() == "EOF"
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "row":
				column = 0
			case "c":
				kind, at = attr(e, "t"), columnOf(attr(e, "r"), column)
				here = cell{from: before, tag: e.Name.Local, ref: attr(e, "r"), style: attr(e, "s"), shared: -1}
				if e.Name.Space != "" {
					here.tag = e.Name.Space + ":" + e.Name.Local
				}
				value.Reset()
				open = true
			case "v", "t":
				reading = true
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "row":
				s.text = append(s.text, '\n')
			case "v", "t":
				reading = false
			case "c":
				for n := 0; column < at && n < maxSkip; n++ {
					s.text = append(s.text, '\t')
					column++
				}
				column = at
				here.start = len(s.text)
				s.text, here.shared = s.append(kind, value.String())
				if here.end, here.to = len(s.text), int(x.InputOffset()); s.placed && open && here.end > here.start {
					s.cells = append(s.cells, here)
				}
				open = false
			}
		case xml.CharData:
			if reading {
				value.Write(e)
			}
		}
	}
	return true
}

// oneLine keeps a value on its line, byte for byte.
var oneLine = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

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

// append writes the value of one cell on one line; shared is its number when it
// stands in the table of strings, else -1.
func (s *sheet) append(kind, value string) (text []byte, shared int) {
	shared = -1
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || i < 0 || i >= len(s.shared) {
			return s.text, -1
		}
		value, shared = s.shared[i], i
	case "", "n": // numbers are stored as floating point: 4.1111111111111112E15
		if f, err := strconv.ParseFloat(value, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1e18 {
			value = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	return append(s.text, oneLine.Replace(value)...), shared
}
