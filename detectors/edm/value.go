package edm

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// A form says how a value is compared.
type form uint8

const (
	noForm  form = iota // it is empty, or too short to say anything
	words               // by its first and last word
	number              // by its letters and digits
	date                // as YYYYMMDD
	address             // an e-mail address, in lower case
)

// An Order is that of day and month in dates such as 03/04/1985.
type Order uint8

// The orders.
const (
	DayFirst Order = iota
	MonthFirst
)

// canonical is how a value of a table is compared; dst is for its bytes.
func canonical(dst []byte, v []byte, o Order) (form, []byte) {
	v = bytes.TrimSpace(v)
	switch {
	case len(v) == 0 || len(v) > 4*maxValue:
		return noForm, dst
	case bytes.IndexByte(v, '@') > 0 && bytes.IndexByte(v, ' ') < 0:
		return address, lower(dst, v)
	}
	if days := dates(v); len(days) > 0 && days[0].end == len(v) {
		d := days[0]
		if d.ambiguous && o == MonthFirst {
			d.day, d.month = d.month, d.day
		}
		return date, d.append(dst)
	}
	if k := compact(nil, v); isNumber(k, v) {
		return number, append(dst, k...)
	}
	var list [][2]int
	eachWord(v, func(start, end int) { list = append(list, [2]int{start, end}) })
	switch n := len(list); {
	case n == 0:
		return noForm, dst
	case n == 1:
		w := foldWord(nil, v[list[0][0]:list[0][1]])
		if utf8.RuneCount(w) < 3 {
			return noForm, dst
		}
		return words, append(dst, w...)
	default:
		return words, pair(dst, v[list[0][0]:list[0][1]], v[list[n-1][0]:list[n-1][1]])
	}
}

// pair is how two words of a value are compared, in any order.
func pair(dst, a, b []byte) []byte {
	x, y := foldWord(nil, a), foldWord(nil, b)
	if bytes.Compare(x, y) > 0 {
		x, y = y, x
	}
	return append(append(append(dst, x...), ' '), y...)
}

// isNumber reports whether k, v without separators, is a number or an identifier:
// digits enough, few letters, and no words.
func isNumber(k, v []byte) bool {
	digits, letters := 0, 0
	for _, b := range k {
		if b >= '0' && b <= '9' {
			digits++
		} else {
			letters++
		}
	}
	return digits >= minDigits && letters <= digits && len(k) <= maxValue && len(k)+len(k)/2+2 >= len(v)
}

// compact appends the letters and digits of a number, letters in capitals.
func compact(dst, v []byte) []byte {
	for _, b := range v {
		switch {
		case b >= 'a' && b <= 'z':
			dst = append(dst, b-'a'+'A')
		case b >= '0' && b <= '9', b >= 'A' && b <= 'Z', b >= 0x80:
			dst = append(dst, b)
		}
	}
	return dst
}

func lower(dst, v []byte) []byte {
	for _, b := range v {
		if b >= 'A' && b <= 'Z' {
			b |= 0x20
		}
		dst = append(dst, b)
	}
	return dst
}

// foldWord appends a word in lower case.
func foldWord(dst, w []byte) []byte {
	for len(w) > 0 {
		r, n := utf8.DecodeRune(w)
		if r < utf8.RuneSelf {
			if r >= 'A' && r <= 'Z' {
				r |= 0x20
			}
			dst = append(dst, byte(r))
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		w = w[n:]
	}
	return dst
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}

func digitByte(b byte) bool { return b >= '0' && b <= '9' }

// eachWord calls f for each run of letters, digits and what lies beyond ASCII.
func eachWord(t []byte, f func(start, end int)) {
	for i := 0; i < len(t); i++ {
		if !wordByte(t[i]) {
			continue
		}
		k := i
		for k < len(t) && wordByte(t[k]) {
			k++
		}
		f(i, k)
		i = k
	}
}

// A day is a date in a text.
type day struct {
	start, end       int
	year, month, day int
	ambiguous        bool // day and month might be the other way round
}

func (d day) append(dst []byte) []byte {
	for _, n := range []int{d.year / 100, d.year % 100, d.month, d.day} {
		dst = append(dst, byte('0'+n/10), byte('0'+n%10))
	}
	return dst
}

// monthNames are those of six languages by their first three letters; a word
// that begins like that is one if it is a month somewhere, which is not asked.
var monthNames = map[string]int{
	"jan": 1, "gen": 1, "ene": 1, "feb": 2, "fév": 2, "mar": 3, "mär": 3, "maa": 3, "apr": 4, "avr": 4, "abr": 4, "may": 5, "mai": 5, "mag": 5, "mei": 5,
	"jun": 6, "jui": 6, "giu": 6, "jul": 7, "lug": 7, "aug": 8, "aoû": 8, "ago": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "ott": 10, "nov": 11, "dec": 12, "déc": 12, "dez": 12, "dic": 12,
}

// dates finds the dates in a text: 1985-03-12, 12.3.1985, 03/12/1985, 12 March
// 1985, March 12, 1985. Years are of four digits.
func dates(t []byte) (out []day) {
	for i := 0; i < len(t); i++ {
		if i > 0 && wordByte(t[i-1]) || !wordByte(t[i]) {
			continue
		}
		if d, ok := dateAt(t, i); ok {
			out = append(out, d)
			i = d.end - 1
		}
	}
	return out
}

// dateAt reads three parts with separators of at most two bytes between them.
func dateAt(t []byte, i int) (day, bool) {
	var n, size [3]int
	var name [3]bool
	k := i
	for p := range 3 {
		from := k
		for k < len(t) && wordByte(t[k]) && k-from < 12 {
			k++
		}
		part := t[from:k]
		if len(part) == 0 {
			return day{}, false
		}
		if digitByte(part[0]) {
			if len(part) > 4 {
				return day{}, false
			}
			for _, b := range part {
				if !digitByte(b) {
					return day{}, false
				}
				n[p] = n[p]*10 + int(b-'0')
			}
		} else {
			w := []rune(string(foldWord(nil, part)))
			if len(w) < 3 || monthNames[string(w[:3])] == 0 || p == 2 {
				return day{}, false
			}
			n[p], name[p] = monthNames[string(w[:3])], true
			if n[p] == 6 && len(w) > 4 && w[3] == 'l' { // juillet
				n[p] = 7
			}
		}
		size[p] = len(part)
		if p == 2 {
			break
		}
		s := k
		for k < len(t) && k-s < 2 && (t[k] == '-' || t[k] == '.' || t[k] == '/' || t[k] == ' ' || t[k] == ',') {
			k++
		}
		if k == s {
			return day{}, false
		}
	}
	if k < len(t) && wordByte(t[k]) {
		return day{}, false
	}
	d := day{start: i, end: k}
	switch {
	case name[0]:
		d.month, d.day, d.year = n[0], n[1], n[2]
	case name[1]:
		d.day, d.month, d.year = n[0], n[1], n[2]
	case size[0] == 4:
		d.year, d.month, d.day = n[0], n[1], n[2]
	default:
		d.day, d.month, d.year = n[0], n[1], n[2]
		d.ambiguous = d.day <= 12 && d.month <= 12
		if d.month > 12 && d.day <= 12 {
			d.day, d.month = d.month, d.day
		}
	}
	ok := d.year >= 1800 && d.year <= 2200 && d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31 && (size[2] == 4 || size[0] == 4)
	return d, ok
}
