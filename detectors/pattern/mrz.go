package pattern

import "bytes"

// Lines of a machine-readable zone (ICAO 9303): TD1 3×30, TD2 2×36, TD3 2×44.
const (
	mrzLines   = 3
	mrzLongest = 44
	mrzBreak   = 4 // bytes between two lines: \r\n, an escaped break, spaces
)

// findMRZ reads a machine-readable zone around its fillers: the line they stand
// in and one or two before it, or behind it.
func findMRZ(c *check, r *rule, n int) {
	text := c.v.Text
	s := c.at - n
	if s > 0 && text[s-1] == '<' || !c.has(c.at, (mrzLines+1)*(mrzLongest+mrzBreak)) {
		return // not the first of a row of fillers
	}
	first := s
	for first > 0 && mrzByte(text[first-1]) {
		first--
	}
	if bytes.Contains(text[first:s], []byte("<<<<")) {
		return
	}
	starts := [mrzLines]int{first, -1, -1}
	for k := 1; k < mrzLines; k++ {
		starts[k] = mrzBefore(text, starts[k-1])
		if starts[k] < 0 {
			break
		}
	}
	for k := mrzLines - 1; k >= 0; k-- {
		if starts[k] >= 0 && c.zone(r, starts[k]) {
			return
		}
	}
}

// zone judges the lines from index i on.
func (c *check) zone(r *rule, i int) bool {
	text := c.v.Text
	if i > 0 && isWord(text[i-1]) || i == 0 && !c.v.BOF {
		return false
	}
	length, end := 0, i
	for k := range mrzLines {
		e := end
		for e < len(text) && mrzByte(text[e]) {
			e++
		}
		if k == 0 {
			length = e - i
		} else if e == end+length+1 && e < len(text) && text[e] == '/' {
			e-- // the < of a tag that ends
		}
		if e-end != length {
			return false
		}
		switch {
		case k == 1 && (length == 36 || length == mrzLongest), k == 2 && length == 30:
			if e < len(text) && isWord(text[e]) {
				return false
			}
			before := c.next
			c.judge(r, candidate{start: i, end: e, head: i})
			return c.next != before
		case length != 30 && length != 36 && length != mrzLongest:
			return false
		}
		if end = mrzBehind(text, e); end < 0 {
			return false
		}
	}
	return false
}

func mrzByte(b byte) bool { return isDigit(b) || isUpper(b) || b == '<' }

// mrzBehind is where a line begins behind the break at i, -1 if there is none.
func mrzBehind(text []byte, i int) int {
	for j := i; j < len(text) && j-i <= mrzBreak; j++ {
		if mrzByte(text[j]) {
			if j == i {
				return -1
			}
			return j
		}
		if !isSpace(text[j]) && text[j] != '\\' && (text[j]|0x20 != 'n' && text[j]|0x20 != 'r' || text[j-1] != '\\') {
			return -1
		}
	}
	return -1
}

// mrzBefore is where the line before the one at i begins, -1 if there is none.
func mrzBefore(text []byte, i int) int {
	j := i
	for j > 0 && i-j <= mrzBreak && !mrzByte(text[j-1]) {
		j--
	}
	if j == i || j == 0 || mrzBehind(text, j) != i {
		return -1
	}
	for i = j; i > 0 && j-i <= mrzLongest && mrzByte(text[i-1]); {
		i--
	}
	return i
}
