package decode

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Characters set apart ("4 5 3 9 …", one on each line) and values that a line
// break cuts stand in ordinary text as far as their bytes go: what gives them away
// is what stands around each separator. Looking there for every space would cost
// more than all else, so a Finder looks where anchors say that a number or a key
// stands ([Finder.Number], [Finder.Token], [Finder.Head]) and where every second
// byte of eight is the same. One of these is implied by what counts, so that no
// place depends on when it was told.

// What must stand in a row for it to count.
const (
	minApart  = 16        // characters; so many hold eight bytes of the grid
	minDigits = 9         // digits between spaces, dots or hyphens: their first nine bytes are an anchor
	maxDigits = sideApart // more digits in a row are data; each of them sees all of them
	sideApart = 31        // characters looked at on one side: Context holds as many
	grid      = 24        // bytes between looks
	minKey    = 26        // bytes of one part of a wrapped key that has no head: a token anchor
	minSide   = 3         // digits, or bytes of a key, on either side of a line break
	minWhole  = 15        // bytes of a wrapped key: the shortest IBAN
	minPart   = 9         // bytes of one part of a wrapped number: an anchor of digits
	maxHead   = 24        // bytes of the longest head that is looked for at the start of a line
	maxBreak  = 10        // bytes of a line break and what indents the next line
	maxLine   = 160       // bytes of the longest line that a key fills
)

// A stretch of text, as absolute offsets.
type stretch struct{ from, to int }

// Token says that a run of token bytes became minKey long at an absolute offset.
func (f *Finder) Token(end int) {
	start := end - minKey
	f.tokens = append(f.tokens, start)
	f.lines = add(f.lines, stretch{start - maxBreak, start + maxLine + 2})
}

// Number says that a run of digits and single separators became nine bytes long
// at end, an absolute offset. text is what is known of the text, from base on.
func (f *Finder) Number(text []byte, base, end int) {
	i := end - base
	if i < minPart {
		return
	}
	if s := text[i-2]; joins(s) && text[i-4] == s && text[i-6] == s && text[i-8] == s {
		f.rows = add(f.rows, stretch{end - minPart, end + 2*maxDigits})
	}
	j := i
	for j < len(text) && j-i < Context/2 && (isDigit(text[j]) || joins(text[j])) {
		j++
	}
	if j == len(text) || text[j] == '\n' || text[j] == '\r' || numberAbove(text, i-minPart) {
		f.lines = add(f.lines, stretch{end - minPart - maxBreak, end + Context/2 + 2})
	}
}

// numberAbove reports whether text[i] begins a line and the one above it ends as
// a number does.
func numberAbove(text []byte, i int) bool {
	k := i
	for k > 0 && i-k < maxBreak && (text[k-1] == ' ' || text[k-1] == '\t' || text[k-1] == '>') {
		k--
	}
	if k == 0 || text[k-1] != '\n' {
		return false
	}
	if k--; k > 0 && text[k-1] == '\r' {
		k--
	}
	return k > 0 && (isDigit(text[k-1]) || joins(text[k-1]))
}

// Head says that what may be the head of a key ends at an absolute offset.
func (f *Finder) Head(text []byte, base, end int) {
	f.heads = append(f.heads, end)
	j := end - base
	for j < len(text) && j < end-base+Context && keyByte(text[j]) {
		j++
	}
	if j == len(text) || text[j] == '\n' || text[j] == '\r' {
		f.lines = add(f.lines, stretch{end, end + Context + 2})
	}
}

// headIn reports whether the head of a key ends in (from, to], as absolute offsets.
func (f *Finder) headIn(from, to int) bool {
	h := after(f.heads, from+1)
	return len(h) > 0 && h[0] <= to
}

// add appends a stretch, joined with the last one if they touch.
func add(list []stretch, s stretch) []stretch {
	if n := len(list); n > 0 && list[n-1].to >= s.from {
		list[n-1].from, list[n-1].to = min(list[n-1].from, s.from), max(list[n-1].to, s.to)
		return list
	}
	return append(list, s)
}

// pass drops what lies before an absolute offset.
func pass(list []stretch, off int) []stretch {
	n := 0
	for n < len(list) && list[n].to <= off {
		n++
	}
	if n == 0 {
		return list
	}
	return append(list[:0], list[n:]...)
}

// findApart is the index of the next separator in text[i:limit] that sets
// characters apart or wraps a value, or limit.
func (f *Finder) findApart(text []byte, base, i, limit int) int {
	at := limit
	if len(f.heads) > 0 {
		f.heads = f.heads[:copy(f.heads, after(f.heads, base+i-Context))]
	}
	if len(f.rows) > 0 {
		f.rows = pass(f.rows, base+i)
		for _, s := range f.rows {
			for x := max(i, s.from-base); x < min(at, s.to-base); x++ {
				if joins(text[x]) && spaced(text, x) {
					at = x
				}
			}
		}
	}
	if len(f.lines) > 0 {
		f.lines = pass(f.lines, base+i)
		at = f.findBreak(text, base, i, at)
		f.tokens = f.tokens[:copy(f.tokens, after(f.tokens, base+i-maxLine))]
	}
	for p := max(base+i-grid-8, 0)/grid*grid - base; p < at+grid && p+8 <= len(text); p += grid {
		if p < 0 {
			continue
		}
		w := binary.LittleEndian.Uint64(text[p:])
		if t := w ^ w>>16; t&evenLanes != 0 && t&oddLanes != 0 || !alternates(w) {
			continue
		}
		for x := max(i, p-grid); x < min(at, p+grid+8); x++ {
			if !isAlnum(text[x]) && spaced(text, x) {
				at = x
			}
		}
	}
	return at
}

// after is what of an ascending list is not less than off.
func after(list []int, off int) []int {
	i, _ := slices.BinarySearch(list, off)
	return list[i:]
}

// findBreak is the index of the next line break that begins in text[i:limit] and
// wraps a value, or limit.
func (f *Finder) findBreak(text []byte, base, i, limit int) int {
	for _, s := range f.lines {
		for x := max(i, s.from-base); ; {
			stop := min(limit+1, s.to-base, len(text))
			if x >= stop {
				break
			}
			n := bytes.IndexByte(text[x:stop], '\n')
			if n < 0 {
				break
			}
			x += n
			at := x
			if x > i && text[x-1] == '\r' {
				at--
			}
			if at < limit {
				if _, ok := f.wrap(text, base, at, nil); ok {
					return at
				}
			}
			x++
		}
	}
	return limit
}

// The bytes of eight, but for the last two, at odd and at even places.
const (
	oddLanes  = 0x0000_FF00_FF00_FF00
	evenLanes = 0x0000_00FF_00FF_00FF
)

// alternates reports whether every second of eight bytes is the same separator.
func alternates(w uint64) bool {
	t := w ^ w>>16
	return t&oddLanes == 0 && setsApart(byte(w>>8)) && isSingle(byte(w>>16), byte(w>>8)) ||
		t&evenLanes == 0 && setsApart(byte(w)) && isSingle(byte(w>>8), byte(w))
}

// setsApart reports whether b may stand between single characters.
func setsApart(b byte) bool {
	switch b {
	case ' ', '.', '-', '_', ',', '|', '/', ':', ';', '*', '~', '+', '\t', '\n':
		return true
	}
	return false
}

// isSingle reports whether b may be a character that sep sets apart.
func isSingle(b, sep byte) bool {
	if isAlnum(b) {
		return true
	}
	switch b {
	case '-', '_', '.', '+', '/', '=', '@', ':':
		return b != sep
	}
	return false
}

// spaced reports whether text[i] stands between single characters of a row in
// which the same byte stands between all of them.
func spaced(text []byte, i int) bool {
	sep := text[i]
	if !setsApart(sep) {
		return false
	}
	var row [2 * sideApart]byte
	lo, hi := sideApart, sideApart // row[sideApart] is the character behind text[i]
	for lo > 0 {
		j := i - 1 - 2*(sideApart-lo)
		if j < 0 || !isSingle(text[j], sep) || j > 0 && text[j-1] != sep && isAlnum(text[j-1]) {
			break
		}
		lo--
		row[lo] = text[j]
		if j == 0 || text[j-1] != sep {
			break
		}
	}
	if lo == sideApart {
		return false
	}
	for hi < len(row) {
		j := i + 1 + 2*(hi-sideApart)
		if j >= len(text) || !isSingle(text[j], sep) || j+1 < len(text) && text[j+1] != sep && isAlnum(text[j+1]) {
			break
		}
		row[hi] = text[j]
		hi++
		if j+1 == len(text) || text[j+1] != sep {
			break
		}
	}
	// A word of one letter beside digits is none of them: "number 4 5 3 … 7 a".
	if hi-lo > 2 && !isDigit(row[hi-1]) && allDigits(row[lo+1:hi-1]) {
		hi--
	}
	if hi-lo > 2 && !isDigit(row[lo]) && allDigits(row[lo+1:hi]) {
		lo++
	}
	if lo >= sideApart || hi <= sideApart {
		return false
	}
	digits, alnum, n := 0, 0, hi-lo
	for _, b := range row[lo:hi] {
		if isDigit(b) {
			digits++
		}
		if isAlnum(b) {
			alnum++
		}
	}
	switch {
	case digits == n && joins(sep) && n < minApart:
		first := i - 2*(sideApart-lo) + 1 // its run of digits begins there, so that it is an anchor
		return n >= minDigits && lo > 0 && (first < 2 || !joins(text[first-1]) || !isDigit(text[first-2]))
	case digits == n:
		return n >= minApart && n <= maxDigits
	}
	return n >= minApart && alnum*4 >= n*3
}

func allDigits(p []byte) bool {
	for _, b := range p {
		if !isDigit(b) {
			return false
		}
	}
	return true
}
