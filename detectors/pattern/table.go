package pattern

import (
	"bytes"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// Bounds of what is read as a table.
const (
	maxColumns = 48
	maxCell    = left // bytes: a longer cell ends the table
	maxHeader  = 1024 // bytes of a header line
	maxHints   = 32   // places looked at in a block
	maxBad     = 2    // rows of another width, one after the other, that end a table
)

// A table is what a header said about the rows below it, for as long as they
// come: each cell of a column that some rule's words name is tried whole. Rows
// are read block by block, so that their findings are Late; a row may be cut by
// a block and a table may be of any length.
type table struct {
	open    bool
	tuples  *brackets // rows are tuples in brackets; nil: they are lines
	html    bool      // rows are those of a table in HTML
	inTuple bool
	delim   byte
	columns []column
	pos     int // where the next cell begins, in the text
	col     int // its column
	bad     int
	none    int // no header stands above what ends here
}

// brackets are what tuples stand between, and how their strings are quoted.
type brackets struct{ left, right, quote byte }

var (
	inSQL  = &brackets{'(', ')', '\''}
	inJSON = &brackets{'[', ']', '"'}
)

// hint notes a place that may be a cell of a table: it stands between the
// borders of cells, or the words around it do.
func (c *check) hint(s, e int) {
	if k := len(c.hints); c.table.open && c.table.tuples == nil && !c.table.html || k == maxHints || k > 0 && c.hints[k-1] == c.v.Off+s {
		return
	}
	if c.border(e, 1) && c.border(s-1, -1) {
		c.hints = append(c.hints, c.v.Off+s)
	}
}

// What borders cells, and what may stand in the cell of a number.
var (
	cellBorders = setOf(",;\t|()<>\n\r")
	cellBytes   = bytesThat(func(b byte) bool { return isWord(b) || b >= 0x80 || bytes.IndexByte([]byte(" .#\"'`"), b) >= 0 })
)

// border reports whether text[i], or what follows it in that direction behind
// words, is the border of a cell.
func (c *check) border(i, step int) bool {
	text := c.v.Text
	for n := 0; n < 24 && i >= 0 && i < len(text); n++ {
		switch b := text[i]; {
		case cellBorders.has(b):
			return true
		case cellBytes.has(b):
			i += step
		case b == '[' || b == ']':
			return text[i-step] == '"' // of strings: a row in JSON
		default:
			return false
		}
	}
	return i < 0 && c.v.BOF || i >= len(text) && c.v.EOF
}

// Block implements [detectors.BlockPass]: it reads the rows of the open table
// and looks for headers at the places that anchors of the block hinted at.
func (p *pass) Block(v detectors.View, _ anchor.Block, emit func(detectors.Finding)) {
	t := &p.table
	if !t.open && len(p.hints) == 0 {
		return
	}
	last := v.EOF
	c := &p.check
	c.v, c.at, c.more, c.emit = v, 0, 0, emit
	c.v.EOF = true // a cell is whole: nothing behind it matters
	for {
		if t.open {
			c.rows(last)
			if t.open {
				return
			}
		}
		if len(p.hints) == 0 {
			return
		}
		if h := p.hints[0]; h >= t.pos && h >= v.Off && !c.header(h-v.Off, last) {
			return // asked again with the next block
		}
		p.hints = append(p.hints[:0], p.hints[1:]...)
	}
}

// header looks for the header of a table that has a cell at index i, and opens
// the table. It reports false if that cannot be said yet.
func (c *check) header(i int, last bool) bool {
	text := c.v.Text
	if c.insert(i) || c.matrix(i) || c.html(i) {
		return true
	}
	start := bytes.LastIndexByte(text[:i], '\n') + 1
	end := bytes.IndexByte(text[i:], '\n')
	if end < 0 && !last {
		return i < len(text)-maxHeader
	}
	if end += i; end < i {
		end = len(text)
	}
	if start == 0 && !c.v.BOF || end-start > maxHeader {
		return true
	}
	t := &c.table
	for _, d := range []byte("\t|;,") {
		n := cells(text[start:end], d)
		if n < 2 {
			continue
		}
		from := c.v.Off + end
		if titles(text[start:end], d) { // the header itself, if a row follows
			below := bytes.IndexByte(text[min(end+1, len(text)):], '\n')
			if below < 0 && !last && len(text)-end < maxHeader {
				return false
			}
			if below += end + 1; below <= end {
				below = len(text)
			}
			if row := text[min(end+1, len(text)):below]; cells(row, d) != n && !ruled(row) {
				continue
			}
		}
		for s, e := start, end; ; {
			if c.v.Off+e <= t.none {
				break
			}
			if c.names(text[s:e], d) {
				t.delim, t.tuples, t.pos = d, nil, c.v.Off+e+1
				return true
			}
			if s == 0 {
				break
			}
			up := bytes.LastIndexByte(text[:s-1], '\n') + 1
			if up == 0 && !c.v.BOF || s-1-up > maxHeader || !ruled(text[up:s-1]) && cells(text[up:s-1], d) != n {
				break
			}
			s, e = up, s-1
		}
		t.none = from
		return true
	}
	return true
}

// cells counts the cells of a line.
func cells(line []byte, delim byte) int {
	n, quoted := 1, false
	for _, b := range line {
		switch {
		case b == '"':
			quoted = !quoted
		case b == delim && !quoted:
			n++
		}
	}
	return n
}

// ruled reports whether a line only draws: |---|:--:|, +----+.
func ruled(line []byte) bool {
	for _, b := range line {
		if b != '-' && b != '|' && b != ':' && b != '+' && b != '=' && b != ' ' && b != '\r' && b != '\t' {
			return false
		}
	}
	return len(line) > 0
}

// eachCell calls f with the cells of a line, trimmed, while it returns true.
func eachCell(line []byte, delim byte, f func(cell []byte) bool) {
	for {
		cell, rest, more := bytes.Cut(line, []byte{delim})
		if !f(bytes.Trim(cell, " \t\r\"'`*")) || !more {
			return
		}
		line = rest
	}
}

// titles reports whether every cell of a line is a few words and no sentence.
func titles(line []byte, delim byte) bool {
	n, ok := 0, true
	eachCell(line, delim, func(cell []byte) bool {
		if n++; len(cell) == 0 {
			return true
		}
		ok = n <= maxColumns && len(cell) <= 48 && !isDigit(cell[0]) && (letterAt(cell, 0) || cell[0] == '#' || cell[0] == '_') &&
			bytes.Count(cell, []byte(" ")) <= 5 && !bytes.Contains(cell, []byte(". "))
		return ok
	})
	return ok
}

// names reports whether the titles of a line name the column of some rule, and
// opens the table if so.
func (c *check) names(line []byte, delim byte) bool {
	if !titles(line, delim) {
		return false
	}
	t := &c.table
	t.columns = t.columns[:0]
	named := false
	eachCell(line, delim, func(cell []byte) bool {
		col := column{label: string(cell), rules: c.d.columns.of(string(cell))}
		named = named || len(col.rules) > 0
		t.columns = append(t.columns, col)
		return true
	})
	c.work += len(line)
	t.open, t.col, t.bad, t.inTuple, t.html = named, 0, 0, false, false
	return named
}

// insert looks for INSERT INTO … (columns) VALUES around index i, which stands
// in the columns or in a tuple.
func (c *check) insert(i int) bool {
	text := c.v.Text
	from := max(0, i-maxHeader)
	paren := from + bytes.LastIndexByte(text[from:i], '(')
	if paren < from {
		return false
	}
	head := text[max(0, paren-160):paren]
	into := func(b []byte) int {
		return max(bytes.LastIndex(b, []byte("INSERT INTO")), bytes.LastIndex(b, []byte("insert into")))
	}
	at := into(head)
	if at >= 0 {
		at += paren - len(head)
	} else if before := bytes.TrimRight(head, " \t\r\n"); len(before) > 0 && (before[len(before)-1] == ',' || before[len(before)-1]|0x20 == 's') {
		at = into(text[:i])
	}
	if at < 0 || c.v.Off+at < c.table.none {
		return false
	}
	c.table.none = max(c.table.none, c.v.Off+at+1) // looked at once
	open := bytes.IndexByte(text[at:min(len(text), at+160)], '(')
	if open < 0 {
		return false
	}
	open += at + 1
	n := bytes.IndexByte(text[open:min(len(text), open+maxHeader)], ')')
	if n < 0 {
		return false
	}
	k := open + n + 1
	rest := bytes.TrimLeft(text[k:min(len(text), k+32)], " \t\r\n")
	if len(rest) < 6 || !strings.EqualFold(string(rest[:6]), "values") || !c.names(text[open:open+n], ',') {
		return false
	}
	c.table.tuples, c.table.delim = inSQL, ','
	c.table.pos = c.v.Off + k + bytes.IndexByte(text[k:], rest[0]) + 6
	return true
}

// matrix looks for an array of column names around index i, before arrays of
// values: [["name","ssn"],["…","…"]], {"columns":["name","ssn"],"rows":[["…","…"]]}.
func (c *check) matrix(i int) bool {
	text := c.v.Text
	from := max(0, i-maxHeader)
	open := bytes.LastIndexByte(text[from:i], '[')
	if open < 0 {
		return false
	}
	open += from + 1
	n := bytes.IndexByte(text[i:min(len(text), open+maxHeader)], ']')
	if n < 0 || c.v.Off+open < c.table.none || text[open] != '"' {
		return false
	}
	k := i + n + 1
	for k < len(text) && k-i-n < 40 && text[k] != '[' && text[k] != '{' && text[k] != ']' {
		k++
	}
	for k+1 < len(text) && text[k] == '[' && bytes.IndexByte([]byte("[ \r\n"), text[k+1]) >= 0 {
		k++
		for k < len(text) && isSpace(text[k]) {
			k++
		}
	}
	if k >= len(text) || text[k] != '[' {
		return false
	}
	c.table.none = c.v.Off + open + 1 // looked at once
	if bytes.Count(text[open:i+n], []byte(",")) == 0 || !c.names(text[open:i+n], ',') {
		return false
	}
	c.table.tuples, c.table.delim, c.table.pos = inJSON, ',', c.v.Off+k
	return true
}

// rows reads cells from where the table stands to the end of the view.
func (c *check) rows(last bool) {
	t := &c.table
	text := c.v.Text
	if t.pos < c.v.Off {
		t.open = false
		return
	}
	if t.html {
		c.htmlRows(last)
		return
	}
	for t.open {
		i := t.pos - c.v.Off
		if i >= len(text) {
			t.open = !last
			return
		}
		if t.tuples != nil && !t.inTuple {
			for i < len(text) && (isSpace(text[i]) || text[i] == ',') {
				i++
			}
			t.pos = c.v.Off + i
			if i == len(text) {
				return
			}
			if t.open = text[i] == t.tuples.left; !t.open {
				return
			}
			t.inTuple, t.col, t.pos = true, 0, t.pos+1
			continue
		}
		end, ends := cell(text, i, t)
		if end < 0 {
			if end = len(text); !last {
				t.open = end-i <= maxCell
				return
			}
		}
		if end-i > maxCell {
			t.open = false
			return
		}
		c.cell(i, end)
		t.col++
		t.pos = c.v.Off + end + 1
		if end == len(text) {
			t.open = false
			return
		}
		if ends {
			c.endRow(bytes.TrimSpace(text[i:end]))
		}
	}
}

// quote is what strings stand between.
func (t *table) quote() byte {
	if t.tuples != nil {
		return t.tuples.quote
	}
	return '"'
}

// cell finds the end of the cell at index i, and whether it is the last of its
// row; end < 0 if it goes on behind the text.
func cell(text []byte, i int, t *table) (end int, ends bool) {
	quote := byte(0)
	for k := i; k < len(text) && k-i <= maxCell; k++ {
		b := text[k]
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == t.quote() && len(bytes.TrimSpace(text[i:k])) == 0:
			quote = b
		case b == t.delim:
			return k, false
		case t.tuples == nil && b == '\n', t.tuples != nil && b == t.tuples.right:
			return k, true
		}
	}
	if len(text)-i > maxCell {
		return len(text), true // too long: the caller gives up
	}
	return -1, false
}

// endRow counts what the row just read says about the table.
func (c *check) endRow(tail []byte) {
	t := &c.table
	switch n := t.col; {
	case n == len(t.columns), n == 1 && ruled(tail):
		t.bad = 0
	case n == 1 && len(tail) == 0:
		t.open = false // an empty line
	default:
		if t.bad++; t.bad == maxBad {
			t.open = false
		}
	}
	t.col, t.inTuple = 0, false
}

// cell tries the rules of the current column on the cell text[s:e].
func (c *check) cell(s, e int) {
	t := &c.table
	if t.col >= len(t.columns) || len(t.columns[t.col].rules) == 0 {
		return
	}
	text := c.v.Text
	for s < e && (isSpace(text[s]) || bytes.IndexByte([]byte("\"'`*=~"), text[s]) >= 0) {
		s++
	}
	for e > s && (isSpace(text[e-1]) || bytes.IndexByte([]byte("\"'`*~"), text[e-1]) >= 0) {
		e--
	}
	if s == e {
		return
	}
	col := &t.columns[t.col]
	c.v.Label = col.label
	for _, r := range col.rules {
		switch {
		case r.src.Shape == "digits":
			if f := r.fits(text[s:e]); f != nil {
				c.judge(r, candidate{start: s, end: e, head: s, points: f.points, evidence: "separators"})
			}
		case r.match != nil:
			if end, value, _ := c.match(r.match, text[:e], s, r.src.MaxLength); end == e {
				c.judge(r, candidate{start: value.Start, end: value.End, head: s, shown: r.src.Shape == "labelled"})
			}
		}
	}
	c.v.Label = ""
}

// fits returns the format that v has from end to end.
func (r *rule) fits(v []byte) *format {
next:
	for f := range r.formats {
		fm := &r.formats[f]
		var sep byte
		i := 0
		for k, n := range fm.lens {
			if k > 0 {
				want := fm.seps[k-1]
				if i >= len(v) || want != '_' && v[i] != want || want == '_' && (!isSeparator(v[i]) || sep != 0 && v[i] != sep) {
					continue next
				}
				if want == '_' {
					sep = v[i]
				}
				i++
			}
			for j := range n {
				if i+j >= len(v) || !isDigit(v[i+j]) {
					continue next
				}
			}
			i += n
		}
		if i == len(v) {
			return fm
		}
	}
	return nil
}
