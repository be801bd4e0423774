package decode

import (
	"unicode"
	"unicode/utf8"
)

// Undecided reports whether a hidden character may begin at or behind text[i],
// where [Finder.Next] will go on, that the text there is does not decide yet or
// Next has not come to.
func (f *Finder) Undecided(text []byte, base, i int) bool {
	for i = max(i, 0); i < len(text); i++ {
		b := text[i]
		switch {
		case b >= 0x80:
			if utf8.RuneStart(b) && mayHide(text, i) {
				return true
			}
		case b == '\n' || b == '\r':
			if mayWrap(text, i) || mayBeSpaced(text, i) {
				return true
			}
		case b == '%' || b == '\\' || b == '&' || b == '=':
			if mayStart(text, i) {
				return true
			}
		case setsApart(b):
			if mayBeSpaced(text, i) {
				return true
			}
		}
	}
	return false
}

// mayStart reports whether a hidden character may begin with the ASCII byte at
// text[i].
func mayStart(text []byte, i int) bool {
	rest := text[i+1:]
	switch text[i] {
	case '%':
		return len(rest) < 2 && onlyHex(rest) || len(rest) >= 2 && onlyHex(rest[:2])
	case '\\':
		return len(rest) == 0 || rest[0] == 'u' || rest[0] == 'x'
	case '=':
		if len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r') {
			return true
		}
		n := min(len(rest), 2)
		for _, b := range rest[:n] {
			if b >= 'a' || hexDigit(b) < 0 {
				return false
			}
		}
		return true
	}
	for k, b := range rest[:min(len(rest), maxUnit)] { // an entity
		switch {
		case b == ';':
			return k >= 2
		case !isAlnum(b) && !(b == '#' && k == 0):
			return false
		}
	}
	return len(rest) < maxUnit
}

func onlyHex(p []byte) bool {
	for _, b := range p {
		if hexDigit(b) < 0 {
			return false
		}
	}
	return true
}

// mayHide reports whether the character at text[i] hides another, or may when
// more of its word is there.
func mayHide(text []byte, i int) bool {
	if !utf8.FullRune(text[i:]) {
		return true
	}
	var buf [8]byte
	if _, ok := letter(text, i, buf[:0]); ok {
		return true
	}
	r, n := utf8.DecodeRune(text[i:])
	switch {
	case r == utf8.RuneError && n <= 1, plainLetter(r):
		return false
	case separator(r) != 0, invisible(r):
		return i+n == len(text) || !utf8.FullRune(text[i+n:])
	case homoglyph(r) == 0:
		return false
	}
	for i += n; i < len(text) && utf8.FullRune(text[i:]); i += n { // the word goes on
		if r, n = utf8.DecodeRune(text[i:]); !unicode.IsLetter(r) && r != '-' && r != '_' && r != '.' && r != '@' {
			return false
		}
	}
	return true
}

// mayWrap reports whether the line break at text[i] may stand inside a number or
// a key.
func mayWrap(text []byte, i int) bool {
	if i == 0 || !keyByte(text[i-1]) && text[i-1] != ' ' {
		return false
	}
	r := i + 1
	for r < len(text) && r-i < maxBreak && (text[r] == '\n' && text[i] == '\r' || text[r] == ' ' || text[r] == '\t' || text[r] == '>') {
		r++
	}
	re, digit := r, false
	for re < len(text) && re-r < Context && keyByte(text[re]) {
		digit = digit || isDigit(text[re])
		re++
	}
	return re == len(text) || digit
}

// mayBeSpaced reports whether text[i] stands between single characters of a row
// that may become long enough, or is.
func mayBeSpaced(text []byte, i int) bool {
	sep := text[i]
	if i == 0 || !setsApart(sep) || !isSingle(text[i-1], sep) || i > 1 && text[i-2] != sep && isAlnum(text[i-2]) {
		return false
	}
	j := i
	for ; j < len(text) && j-i < 2*sideApart; j += 2 {
		switch {
		case text[j] != sep:
			return spaced(text, i)
		case j+1 == len(text):
			return true
		case !isSingle(text[j+1], sep):
			return spaced(text, i)
		}
	}
	return j >= len(text) || spaced(text, i)
}
