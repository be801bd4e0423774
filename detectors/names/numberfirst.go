package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// number reads a house number that begins at text[i]: 12, 12a, 12-14, 15/3, 120.
func number(text []byte, i int) int {
	j := digits(text, i)
	if j == i || j-i > 5 || text[i] == '0' {
		return 0
	}
	if j < len(text) && text[j]|0x20 >= 'a' && text[j]|0x20 <= 'h' && (j+1 >= len(text) || !labelLetter(text[j+1]) && !isDigit(text[j+1])) {
		j++
	} else if j+1 < len(text) && text[j] == ' ' && text[j+1] >= 'a' && text[j+1] <= 'd' && (j+2 >= len(text) || text[j+2] == ',' || text[j+2] == '\n') { // 12 a
		j += 2
	}
	if j+1 < len(text) && (text[j] == '-' || text[j] == '/') && isDigit(text[j+1]) {
		k := digits(text, j+1)
		if k-j > 5 || text[j] == '-' && j-i == 4 && k-j == 5 { // 1991-2012 are years
			return 0
		}
		if k < len(text) && text[k]|0x20 >= 'a' && text[k]|0x20 <= 'h' && (k+1 >= len(text) || !labelLetter(text[k+1])) {
			k++
		}
		j = k
	}
	if j < len(text) && (labelLetter(text[j]) || isDigit(text[j]) || text[j] == '_' || text[j] == '%' || text[j] == ':') {
		return 0
	}
	if j+1 < len(text) && text[j] == '.' && isDigit(text[j+1]) {
		return 0
	}
	return j
}

// numberBefore finds the house number that ends before text[end] and a blank or
// a comma; start is where it begins.
func numberBefore(text []byte, end int) (start int, ok bool) {
	i := end
	if i > 0 && text[i-1] == ' ' {
		i--
	}
	if i > 0 && text[i-1] == ',' {
		i--
	}
	if i == end {
		return 0, false
	}
	j := i
	for j > 0 && i-j < 12 && (isDigit(text[j-1]) || text[j-1] == '-' || text[j-1] == '/' || text[j-1]|0x20 >= 'a' && text[j-1]|0x20 <= 'h') {
		j--
	}
	for j < i && !isDigit(text[j]) {
		j++
	}
	if j == i {
		return 0, false
	}
	if j > 0 {
		switch b := text[j-1]; {
		case labelLetter(b), isDigit(b), b == '_', b == '.', b == '$', b == '\'', b == '@':
			return 0, false
		}
	}
	if n := number(text[:i], j); n != i {
		return 0, false
	}
	return j, true
}

// readNumberFirst reads "12 Elm Street" at the word text[at+1:end].
func readNumberFirst(text []byte, at, end int, s *street) (a place, ok bool) {
	sure := s.sure
	if end < len(text) && (labelLetter(text[end]) || isDigit(text[end]) || text[end] == '_' || text[end] == '-' || text[end] == '\'') {
		return a, false
	}
	capital := isUpper(text[at+1])
	i, n, caps := at, 0, 0
	for n < 5 {
		start, isCap, ok := nameWordBefore(text, i)
		if !ok {
			break
		}
		n++
		if isCap {
			caps++
		}
		i = start
		if num, ok := numberBefore(text, i); ok {
			if caps == 0 && !sure || caps == 0 && n > 2 {
				return a, false
			}
			if _, street := streetWord(text, start); street && !sure && n == 1 { // 12 Street View
				return a, false
			}
			a = place{start: num, end: end, points: 68}
			if sure {
				a.points = 71
			}
			if capital && caps > 0 {
				a.points += 4
			}
			switch {
			case !capital && !sure: // 4 rounds of B loop
				a.points -= 8
			case caps == 0 || !capital && end-at <= 4:
				a.points -= 5
			case s.rare:
				a.points -= 8
			}
			break
		}
		if i == 0 || text[i-1] != ' ' {
			break
		}
		i--
	}
	if a.end == 0 {
		return a, false
	}
	if end < len(text) && text[end] == '.' {
		a.end++
	}
	// A quarter behind it: "Queen Street West", "K Street NW". Another word for a
	// street there has an anchor of its own: "Harbour View Road".
	if a.end+1 < len(text) && text[a.end] == ' ' {
		if is, _ := streetWord(text, a.end+1); is {
			return a, false
		}
		if w, ok := sequence.ReadWord(text, a.end+1); ok {
			switch string(text[w.Start:w.End]) {
			case "North", "South", "East", "West", "NW", "NE", "SW", "SE", "N", "S", "E", "W", "N.", "S.", "E.", "W.":
				a.end = w.End
			}
		}
	}
	a.start = flatBefore(text, a.start)
	return a, true
}

// streetWord reports whether the word that begins at text[i] is one for a street,
// and whether it hardly ever means something else.
func streetWord(text []byte, i int) (is, sure bool) {
	w, ok := sequence.ReadWord(text, i)
	if !ok {
		return false, false
	}
	var buf [64]byte
	sure, is = streetWords[string(fold(buf[:0], text[w.Start:w.End]))]
	return is, sure
}

// nameWordBefore reads a word of a street's name that ends at text[end]:
// "Elm", "St.", "5th", "N.", "of", "the".
func nameWordBefore(text []byte, end int) (start int, isCap, ok bool) {
	i := end
	if i > 1 && text[i-1] == '.' {
		i--
	}
	j := i
	for j > 0 && i-j < 24 && (labelLetter(text[j-1]) || isDigit(text[j-1]) || text[j-1] == '\'' || text[j-1] == '-') {
		j--
	}
	if j == i {
		return 0, false, false
	}
	w := text[j:i]
	switch {
	case isDigit(w[0]): // 5th, 42nd
		k := digits(w, 0)
		if k == len(w) || len(w)-k != 2 {
			return 0, false, false
		}
		switch string(w[k:]) {
		case "st", "nd", "rd", "th":
			return j, true, true
		}
		return 0, false, false
	case isUpper(w[0]) || w[0] >= 0xC3:
		return j, true, true
	}
	if w, ok := sequence.ReadWord(text[:i], j); ok {
		switch w.Info.Class() {
		case gazetteer.None, gazetteer.The, gazetteer.Place, gazetteer.Month:
			return j, false, true
		case gazetteer.By:
			return j, false, string(text[j:i]) == "of"
		}
	}
	return 0, false, false
}

// flatBefore takes "Flat 3, " and "Apt 4B, " before a number to the address.
func flatBefore(text []byte, start int) int {
	from := max(0, start-20)
	b := text[from:start]
	if i := bytes.LastIndexAny(b, "\n:;"); i >= 0 {
		b, from = b[i+1:], from+i+1
	}
	b = bytes.TrimRight(b, " ,")
	if len(b) == start-from {
		return start
	}
	i := bytes.LastIndexByte(b, ' ')
	if i <= 0 {
		return start
	}
	k := bytes.LastIndexByte(b[:i], ' ') + 1
	if isUnit(b[k:i]) && len(b)-i <= 6 && hasDigit(b[i+1:]) {
		return from + k
	}
	return start
}
