package pattern

import "bytes"

// html looks for the row of a table's headings around index i, which stands in one
// of them, and opens the table:
//
//	<tr><th>Name</th><th>SSN</th></tr> <tr><td>…</td><td>…</td></tr>
func (c *check) html(i int) bool {
	text := c.v.Text
	if near := text[max(0, i-64):i]; !bytes.Contains(near, []byte("<th")) && !bytes.Contains(near, []byte("<TH")) {
		return false
	}
	from := max(0, i-maxHeader)
	row := max(bytes.LastIndex(text[from:i], []byte("<tr")), bytes.LastIndex(text[from:i], []byte("<TR")))
	if row < 0 || c.v.Off+from+row < c.table.none {
		return false
	}
	row += from
	n := bytes.Index(text[row:min(len(text), row+maxHeader)], []byte("</t"))
	for n >= 0 && text[row+n+3]|0x20 != 'r' { // </th> is no end of the row
		k := bytes.Index(text[row+n+3:min(len(text), row+maxHeader)], []byte("</t"))
		if n += 3 + k; k < 0 || row+n+3 >= len(text) {
			return false
		}
	}
	if n < 0 {
		return false
	}
	c.table.none = c.v.Off + row + 1 // looked at once
	c.fold = c.fold[:0]
	for k := row; k < row+n; {
		s, e, next := htmlCell(text[:row+n], k, 'h')
		if s < 0 {
			break
		}
		if len(c.fold) > 0 {
			c.fold = append(c.fold, '\t')
		}
		c.fold = append(c.fold, bytes.ReplaceAll(bytes.TrimSpace(text[s:e]), []byte("\t"), []byte(" "))...)
		k = next
	}
	if !c.names(append([]byte(nil), c.fold...), '\t') {
		return false
	}
	c.table.html, c.table.tuples, c.table.pos = true, nil, c.v.Off+row+n
	return true
}

// htmlCell finds the text of the next cell from i on, <td> or <th> by its last
// letter, tags around the text left out. s is -1 if there is none.
func htmlCell(text []byte, i int, letter byte) (s, e, next int) {
	for {
		k := bytes.Index(text[i:], []byte("<"))
		if k < 0 {
			return -1, -1, len(text)
		}
		if i += k; i+3 < len(text) && text[i+1]|0x20 == 't' && text[i+2]|0x20 == letter && (text[i+3] == '>' || isSpace(text[i+3])) {
			break
		}
		i++
	}
	s = i
	for s < len(text) && text[s] == '<' { // <td><b>
		k := bytes.IndexByte(text[s:], '>')
		if k < 0 {
			return -1, -1, i
		}
		if s += k + 1; s < len(text) && text[s] == '<' && follows(text, s, "</") {
			break
		}
	}
	k := bytes.IndexByte(text[s:], '<')
	if k < 0 {
		return -1, -1, i
	}
	return s, s + k, s + k
}

// htmlRows reads cells from where the table stands to the end of the view.
func (c *check) htmlRows(last bool) {
	t := &c.table
	text := c.v.Text
	for t.open {
		i := t.pos - c.v.Off
		k := -1
		if i < len(text) {
			k = bytes.IndexByte(text[i:], '<')
		}
		if k < 0 {
			t.pos = c.v.Off + max(i, len(text))
			t.open = !last
			return
		}
		i += k
		t.pos = c.v.Off + i
		if len(text)-i < 8 {
			t.open = !last
			return
		}
		switch b := text[i+2] | 0x20; {
		case text[i+1]|0x20 == 't' && b == 'd':
			s, e, next := htmlCell(text, i, 'd')
			if s < 0 {
				t.open = !last && len(text)-i <= maxCell
				return
			}
			c.cell(s, e)
			t.col++
			t.pos = c.v.Off + next
		case text[i+1]|0x20 == 't' && b == 'r':
			t.col = 0
			t.pos += 3
		case text[i+1] == '/' && bytes.EqualFold(text[i+2:i+7], []byte("table")), text[i+1]|0x20 == 't' && b == 'a':
			t.open = false
		default:
			t.pos++
		}
	}
}
