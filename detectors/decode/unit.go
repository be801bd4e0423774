package decode

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Change is one hidden character: Len raw bytes that stand for With, which is
// empty for what is only noise. With is valid until the next call.
type Change struct {
	Len   int
	With  []byte
	Layer Layer
}

// Unit says whether a hidden character begins at text[i], and what it stands
// for. It looks at no more than Context bytes before i and behind it; the
// caller sees to it that these are there, unless the text begins or ends. buf
// is room for the replacement.
func Unit(text []byte, i int, buf []byte) (c Change, ok bool) {
	switch b := text[i]; {
	case b == '%':
		return percent(text, i, buf)
	case b == '\\':
		return escape(text, i, buf)
	case b == '&':
		return entity(text, i, buf)
	case b == '=':
		return quoted(text, i, buf)
	case b >= 0x80:
		return letter(text, i, buf)
	}
	return c, false
}

// visible reports whether a byte that was hidden is worth having: not a control.
func visible(b byte) bool { return b >= 0x20 && b != 0x7F || b == '\t' || b == '\n' || b == '\r' }

func percent(text []byte, i int, buf []byte) (Change, bool) {
	if b, ok := hexPair(text, i+1); ok && visible(b) {
		return Change{3, append(buf[:0], b), Percent}, true
	}
	return Change{}, false
}

// quoted undoes quoted-printable. "=20" also stands in every other query string
// and row of fields (page=16 size=2048), so a pair, in upper-case digits, counts
// only beside another one, or where mail shows itself near by: a soft line
// break, or the "=3D" that every other '=' of such a text became.
func quoted(text []byte, i int, buf []byte) (Change, bool) {
	if n := softBreak(text, i); n > 0 {
		return Change{n, buf[:0], Quoted}, true
	}
	b, ok := upperPair(text, i+1)
	if !ok || !visible(b) {
		return Change{}, false
	}
	if b == '=' || pairAt(text, i-3) || pairAt(text, i+3) {
		return Change{3, append(buf[:0], b), Quoted}, true
	}
	if shows, _ := showsMail(text, max(0, i-Context), min(len(text), i+Context)); shows {
		return Change{3, append(buf[:0], b), Quoted}, true
	}
	return Change{}, false
}

// showsMail reports whether quoted-printable shows itself in text[lo:hi], and if
// not, up to where nothing that stands behind hi could make it.
func showsMail(text []byte, lo, hi int) (shows bool, until int) {
	for j := lo; j < hi; j++ {
		n := bytes.IndexByte(text[j:hi], '=')
		if n < 0 {
			break
		}
		if j += n; softBreak(text[:hi], j) > 0 || j+2 < hi && text[j+1] == '3' && text[j+2] == 'D' {
			return true, j
		}
	}
	return false, hi - 2
}

// pairAt reports whether a whole pair stands at i.
func pairAt(text []byte, i int) bool {
	if i < 0 || i >= len(text) || text[i] != '=' {
		return false
	}
	_, ok := upperPair(text, i+1)
	return ok
}

func softBreak(text []byte, i int) int {
	switch {
	case i+1 < len(text) && text[i+1] == '\n' && i > 0 && text[i-1] > ' ' && text[i-1] != '=':
		return 2
	case i+2 < len(text) && text[i+1] == '\r' && text[i+2] == '\n' && i > 0 && text[i-1] > ' ' && text[i-1] != '=':
		return 3
	}
	return 0
}

// escape undoes the escapes of JSON, JavaScript, Python, Java and C.
func escape(text []byte, i int, buf []byte) (Change, bool) {
	if i+1 >= len(text) || i > 0 && text[i-1] == '\\' && oddBackslashes(text, i) {
		return Change{}, false
	}
	switch text[i+1] {
	case 'x':
		if b, ok := hexPair(text, i+2); ok && visible(b) {
			return Change{4, append(buf[:0], b), Escape}, true
		}
	case 'u':
		r, n := codePoint(text, i+2)
		if n == 0 || r < 0x20 && !visible(byte(r)) {
			return Change{}, false
		}
		n += 2
		if r >= 0xD800 && r < 0xDC00 && i+n+1 < len(text) && text[i+n] == '\\' && text[i+n+1] == 'u' {
			if low, m := codePoint(text, i+n+2); m > 0 && low >= 0xDC00 && low < 0xE000 {
				r, n = 0x10000+(r-0xD800)<<10+(low-0xDC00), n+2+m
			}
		}
		return Change{n, utf8.AppendRune(buf[:0], r), Escape}, true
	}
	return Change{}, false
}

// oddBackslashes reports whether the backslash at i is itself escaped.
func oddBackslashes(text []byte, i int) bool {
	n := 0
	for j := i - 1; j >= 0 && text[j] == '\\' && n < Context; j-- {
		n++
	}
	return n%2 == 1
}

// codePoint reads XXXX or {X…} at i.
func codePoint(text []byte, i int) (r rune, n int) {
	if i < len(text) && text[i] == '{' {
		for j := i + 1; j < len(text) && j <= i+7; j++ {
			if text[j] == '}' && j > i+1 && r <= unicode.MaxRune {
				return r, j - i + 1
			}
			d := hexDigit(text[j])
			if d < 0 {
				return 0, 0
			}
			r = r<<4 | rune(d)
		}
		return 0, 0
	}
	if i+4 > len(text) {
		return 0, 0
	}
	for _, b := range text[i : i+4] {
		d := hexDigit(b)
		if d < 0 {
			return 0, 0
		}
		r = r<<4 | rune(d)
	}
	return r, 4
}

func entity(text []byte, i int, buf []byte) (Change, bool) {
	end := i + 1
	for end < len(text) && end-i < maxUnit && text[end] != ';' {
		if b := text[end]; !(isAlnum(b) || b == '#' && end == i+1) {
			return Change{}, false
		}
		end++
	}
	if end >= len(text) || text[end] != ';' || end-i < 3 {
		return Change{}, false
	}
	name, n := text[i+1:end], end-i+1
	if name[0] != '#' {
		s, ok := named(name)
		return Change{n, append(buf[:0], s...), Entity}, ok
	}
	digits, base := name[1:], rune(10)
	if digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	r := rune(0)
	for _, b := range digits {
		d := hexDigit(b)
		if d < 0 || rune(d) >= base || r > unicode.MaxRune {
			return Change{}, false
		}
		r = r*base + rune(d)
	}
	if len(digits) == 0 || r < 0x80 && !visible(byte(r)) || !utf8.ValidRune(r) {
		return Change{}, false
	}
	return Change{n, utf8.AppendRune(buf[:0], r), Entity}, true
}

// letter folds one character outside ASCII.
func letter(text []byte, i int, buf []byte) (Change, bool) {
	r, n := utf8.DecodeRune(text[i:])
	if r == utf8.RuneError && n <= 1 || plainLetter(r) {
		return Change{}, false
	}
	switch {
	case invisible(r):
		// A joiner shapes letters of scripts that need it, and emoji.
		if (r == 0x200C || r == 0x200D || r >= 0xFE00 && r <= 0xFE0F) && !asciiBeside(text, i, n) {
			return Change{}, false
		}
		return Change{n, buf[:0], Invisible}, true
	case combines(r) && (i > 0 && text[i-1] > ' ' && text[i-1] < 0x7F || stacked(text, i)):
		return Change{n, buf[:0], Invisible}, true
	}
	if s := separator(r); s != 0 {
		if digitBeside(text, i, n) {
			return Change{n, append(buf[:0], s), Separator}, true
		}
		return Change{}, false
	}
	if digit(r) {
		return Change{n, append(buf[:0], byte('0'+digitValue(r))), Width}, true
	}
	if l := homoglyph(r); l != 0 {
		if latinBeside(text, i, n) {
			return Change{n, append(buf[:0], l), Homoglyph}, true
		}
		return Change{}, false
	}
	if wide(r) {
		if out := norm.NFKC.AppendString(buf[:0], string(r)); len(out) > 0 && len(out) <= 4 && out[0] < 0x80 {
			return Change{n, out, Width}, true
		}
	}
	return Change{}, false
}

// combines reports whether r is drawn over or around what stands before it, as
// the keycap of an emoji is, digit whether it is a digit of any script. There are
// none of either from U+2010 to U+20CF, dashes and bullets and signs for money, and from U+2100 to U+2CEE, arrows, mathematics and
// boxes (Unicode 15.1), which are all there is in most texts.
func combines(r rune) bool {
	return !signs(r) && (unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r))
}
func digit(r rune) bool { return !signs(r) && unicode.Is(unicode.Nd, r) }

func signs(r rune) bool { return r >= 0x2010 && r < 0x20D0 || r >= 0x2100 && r < 0x2CEF }

// plainLetter knows most characters of ordinary text: letters with accents,
// typographic quotes, kana, ideographs and syllables that hide nothing.
func plainLetter(r rune) bool {
	return r >= 0xC0 && r < 0x17F && r != 'ı' || r >= 0x2018 && r < 0x2020 || r == 0x2026 ||
		r >= 0x3041 && r < 0x3097 || r >= 0x309D && r < 0x30FB || r >= 0x3400 && r < 0xA4D0 || r >= 0xAC00 && r < 0xD7A4
}

// stacked reports whether the mark at i is one of several on an ASCII character.
func stacked(text []byte, i int) bool {
	for j := i; j > 0 && i-j < Context; {
		r, n := utf8.DecodeLastRune(text[:j])
		if r < 0x80 {
			return r > ' '
		}
		if !combines(r) {
			return false
		}
		j -= n
	}
	return false
}

// asciiBeside reports whether text[i:i+n] touches a letter or digit, or stands
// between two signs.
func asciiBeside(text []byte, i, n int) bool {
	before, behind := byte(0), byte(0)
	if i > 0 {
		before = text[i-1]
	}
	if i+n < len(text) {
		behind = text[i+n]
	}
	return isAlnum(before) || isAlnum(behind) || before > ' ' && before < 0x7F && behind > ' ' && behind < 0x7F
}

// digitBeside reports whether a digit, plain or full-width, stands next to text[i:i+n].
func digitBeside(text []byte, i, n int) bool {
	if i > 0 {
		if r, _ := utf8.DecodeLastRune(text[:i]); r < 0x80 && isDigit(byte(r)) || r >= 0x80 && digit(r) {
			return true
		}
	}
	if i+n < len(text) {
		if r, _ := utf8.DecodeRune(text[i+n:]); r < 0x80 && isDigit(byte(r)) || r >= 0x80 && digit(r) {
			return true
		}
	}
	return false
}

// latinBeside reports whether the word around text[i:i+n] also holds an ASCII
// letter or digit: a word of one script hides nothing.
func latinBeside(text []byte, i, n int) bool {
	for j := i; j > 0 && i-j < Context/2; {
		r, m := utf8.DecodeLastRune(text[:j])
		if r < 0x80 {
			if isAlnum(byte(r)) {
				return true
			}
			if r != '-' && r != '_' && r != '.' && r != '@' {
				break
			}
		} else if !unicode.IsLetter(r) {
			break
		}
		j -= m
	}
	for j := i + n; j < len(text) && j-i < Context/2; {
		r, m := utf8.DecodeRune(text[j:])
		if r < 0x80 {
			if isAlnum(byte(r)) {
				return true
			}
			if r != '-' && r != '_' && r != '.' && r != '@' {
				break
			}
		} else if !unicode.IsLetter(r) {
			break
		}
		j += m
	}
	return false
}

func hexPair(text []byte, i int) (byte, bool) {
	if i+2 > len(text) {
		return 0, false
	}
	h, l := hexDigit(text[i]), hexDigit(text[i+1])
	return byte(h<<4 | l), h >= 0 && l >= 0
}

func upperPair(text []byte, i int) (byte, bool) {
	b, ok := hexPair(text, i)
	return b, ok && text[i] < 'a' && text[i+1] < 'a'
}

func hexDigit(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return int(b|0x20-'a') + 10
	}
	return -1
}

func isAlnum(b byte) bool { return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' }
