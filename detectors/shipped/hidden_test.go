package shipped_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

// A way is one way to write a text so that its bytes no longer say what it
// says. Ways of digits are tried on values that are digits and separators only.
type way struct {
	name   string
	layer  string // as findings name it
	digits bool
	keys   bool // only on values without spaces
	long   bool // only on values of at least 16 letters and digits
	deep   bool // hides in two layers
	run    bool // hides a whole text as one run; the others hide character by character
	hide   func(string) string
}

// each rewrites every byte of a text.
func each(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, format, s[i])
		}
		return b.String()
	}
}

// between puts something between all characters.
func between(sep string) func(string) string {
	return func(s string) string { return strings.Join(strings.Split(s, ""), sep) }
}

// shift moves ranges of ASCII to other places of Unicode.
func shift(r func(rune) rune) func(string) string {
	return func(s string) string { return strings.Map(r, s) }
}

// letters replaces by a list of pairs.
func letters(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

// bare keeps letters and digits and joins them by sep.
func bare(sep string) func(string) string {
	return func(s string) string {
		return between(sep)(strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' {
				return -1
			}
			return r
		}, s))
	}
}

// broken puts a line break behind the middle, for a separator if one stands there.
func broken(brk string) func(string) string {
	return func(s string) string {
		i := len(s)*2/3 - 1
		if s[i-1] == ' ' {
			return s[:i-1] + brk + s[i:]
		}
		return s[:i] + brk + s[i:]
	}
}

func packed(z func(*bytes.Buffer) interface {
	Write([]byte) (int, error)
	Close() error
}) func(string) []byte {
	return func(s string) []byte {
		var b bytes.Buffer
		w := z(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.Bytes()
	}
}

type writeCloser = interface {
	Write([]byte) (int, error)
	Close() error
}

var (
	gzipped = packed(func(b *bytes.Buffer) writeCloser { return gzip.NewWriter(b) })
	zlibbed = packed(func(b *bytes.Buffer) writeCloser { return zlib.NewWriter(b) })
)

// wide is a text in UTF-16, little endian.
func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func wrapped(s string, n int, nl string) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + nl)
		s = s[n:]
	}
	return b.String() + s
}

// quotedPrintable writes every byte as a pair, in lines of at most 76 (RFC 2045 §6.7).
func quotedPrintable(s string) string {
	q := each("=%02X")(s)
	return wrapped(q, 75, "=\r\n")
}

const note = "the note of this morning says: "

// noted puts a text into a sentence before it is encoded.
func noted(encode func([]byte) string) func(string) string {
	return func(s string) string { return encode([]byte(note + s + " .")) }
}

// ways are the kinds of the paragraph on normalisation, all of them.
var ways = []way{
	{name: "zero-width space", layer: "invisible", hide: between("\u200b")},
	{name: "word joiner", layer: "invisible", hide: between("\u2060")},
	{name: "byte order mark", layer: "invisible", hide: between("\ufeff")},
	{name: "joiner", layer: "invisible", hide: between("\u200d")},
	{name: "bidi isolates", layer: "invisible", hide: func(s string) string { return "\u2066" + between("\u2069\u2066")(s) + "\u2069" }},
	{name: "bidi override", layer: "invisible", hide: func(s string) string { return "\u202d" + s[:len(s)/2] + "\u202c\u202d" + s[len(s)/2:] + "\u202c" }},
	{name: "soft hyphen", layer: "invisible", hide: between("\u00ad")},
	{name: "one soft hyphen", layer: "invisible", hide: func(s string) string { return s[:len(s)*2/3] + "\u00ad" + s[len(s)*2/3:] }},
	{name: "variation selector", layer: "invisible", hide: between("\ufe0f")},
	{name: "variation selector of the supplement", layer: "invisible", hide: between("\U000e0101")},
	{name: "tag characters", layer: "invisible", hide: between("\U000e0020")},
	{name: "combining marks", layer: "invisible", hide: shiftAfter("\u0336")},
	{name: "full width", layer: "width", hide: shift(func(r rune) rune {
		if r > ' ' && r < 0x7F {
			return r - 0x20 + 0xFF00
		}
		return r
	})},
	{name: "mathematical bold", layer: "width", hide: shift(math(0x1D400, 0x1D41A, 0x1D7CE))},
	{name: "mathematical monospace", layer: "width", hide: shift(math(0x1D670, 0x1D68A, 0x1D7F6))},
	{name: "circled", layer: "width", hide: shift(circled)},
	{name: "Arabic-Indic digits", layer: "width", digits: true, hide: shift(digit(0x0660))},
	{name: "Devanagari digits", layer: "width", digits: true, hide: shift(digit(0x0966))},
	{name: "superscript digits", layer: "width", digits: true, hide: letters("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")},
	{name: "Cyrillic look-alikes", layer: "homoglyph", hide: letters("a", "а", "e", "е", "o", "о", "p", "р", "c", "с", "x", "х", "A", "А", "B", "В", "C", "С", "E", "Е", "H", "Н", "K", "К", "M", "М", "O", "О", "P", "Р", "T", "Т", "X", "Х", "S", "Ѕ", "I", "І", "J", "Ј")},
	{name: "Greek look-alikes", layer: "homoglyph", hide: letters("o", "ο", "v", "ν", "A", "Α", "B", "Β", "E", "Ε", "H", "Η", "I", "Ι", "K", "Κ", "M", "Μ", "N", "Ν", "O", "Ο", "P", "Ρ", "T", "Τ", "X", "Χ", "Y", "Υ", "Z", "Ζ")},
	{name: "no-break spaces", layer: "separator", digits: true, hide: letters(" ", "\u00a0", "-", "\u00a0")},
	{name: "thin spaces", layer: "separator", digits: true, hide: letters(" ", "\u2009", "-", "\u2009")},
	{name: "ideographic spaces", layer: "separator", digits: true, hide: letters(" ", "\u3000", "-", "\u3000")},
	{name: "non-breaking hyphens", layer: "separator", digits: true, hide: letters(" ", "\u2011", "-", "\u2011")},
	{name: "en dashes", layer: "separator", digits: true, hide: letters(" ", "\u2013", "-", "\u2013")},
	{name: "minus signs", layer: "separator", digits: true, hide: letters(" ", "\u2212", "-", "\u2212")},

	{name: "spaced digits", layer: "spaced", digits: true, hide: bare(" ")},
	{name: "dotted digits", layer: "spaced", digits: true, hide: bare(".")},
	{name: "hyphenated digits", layer: "spaced", digits: true, hide: bare("-")},
	{name: "digits on lines", layer: "spaced", digits: true, long: true, hide: bare("\n")},
	{name: "digits with commas", layer: "spaced", digits: true, long: true, hide: bare(",")},
	{name: "digits with underscores", layer: "spaced", digits: true, long: true, hide: bare("_")},
	{name: "digits with no-break spaces", layer: "spaced", digits: true, deep: true, hide: bare("\u00a0")},
	{name: "spaced keys", layer: "spaced", keys: true, hide: between(" ")},
	{name: "keys with bars", layer: "spaced", keys: true, hide: between("|")},
	{name: "digits over two lines", layer: "wrapped", digits: true, long: true, hide: broken("\n")},
	{name: "digits over two lines of Windows", layer: "wrapped", digits: true, long: true, hide: broken("\r\n")},
	{name: "digits over two indented lines", layer: "wrapped", digits: true, long: true, hide: broken("\n    ")},
	{name: "keys over two lines", layer: "wrapped", keys: true, hide: broken("\n")},
	{name: "keys over two lines of Windows", layer: "wrapped", keys: true, hide: broken("\r\n")},
	{name: "keys over two quoted lines", layer: "wrapped", keys: true, hide: broken("\n  ")},

	{name: "JSON escapes", layer: "escape", hide: each(`\u%04x`)},
	{name: "braced escapes", layer: "escape", hide: each(`\u{%x}`)},
	{name: "hex escapes", layer: "escape", hide: each(`\x%02x`)},
	{name: "decimal entities", layer: "entity", hide: each("&#%d;")},
	{name: "hex entities", layer: "entity", hide: each("&#x%x;")},
	{name: "percent", layer: "percent", hide: each("%%%02X")},
	{name: "quoted-printable", layer: "quoted", hide: quotedPrintable},
	{name: "soft line break", layer: "quoted", hide: func(s string) string { return s[:len(s)*2/3] + "=\r\n" + s[len(s)*2/3:] }},

	{name: "base64", layer: "base64", run: true, hide: noted(base64.StdEncoding.EncodeToString)},
	{name: "base64 url", layer: "base64", run: true, hide: noted(base64.URLEncoding.EncodeToString)},
	{name: "base64 unpadded", layer: "base64", run: true, hide: noted(base64.RawStdEncoding.EncodeToString)},
	{name: "base64 wrapped", layer: "base64", run: true, hide: func(s string) string {
		return wrapped(noted(base64.StdEncoding.EncodeToString)(strings.Repeat(note, 3)+s), 76, "\r\n")
	}},
	{name: "base64 wrapped at 64", layer: "base64", run: true, hide: func(s string) string {
		return wrapped(noted(base64.StdEncoding.EncodeToString)(strings.Repeat(note, 3)+s), 64, "\n")
	}},
	{name: "base64 without a sentence", layer: "base64", run: true, hide: func(s string) string { return base64.StdEncoding.EncodeToString([]byte("id: " + s + " ")) }},
	{name: "base32", layer: "base32", run: true, hide: noted(base32.StdEncoding.EncodeToString)},
	{name: "hex", layer: "hex", run: true, hide: noted(hex.EncodeToString)},
	{name: "upper-case hex", layer: "hex", run: true, hide: func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(note + s + " ."))) }},
	{name: "gzip in base64", layer: "gzip", run: true, hide: func(s string) string { return base64.StdEncoding.EncodeToString(gzipped(note + s + " .")) }},
	{name: "zlib in base64", layer: "zlib", run: true, hide: func(s string) string { return base64.URLEncoding.EncodeToString(zlibbed(note + s + " .")) }},
	{name: "gzip in hex", layer: "gzip", run: true, hide: func(s string) string { return hex.EncodeToString(gzipped(note + s + " .")) }},
	{name: "zlib in base32", layer: "zlib", run: true, hide: func(s string) string { return base32.StdEncoding.EncodeToString(zlibbed(note + s + " .")) }},
	{name: "UTF-16 in base64", layer: "utf16", run: true, hide: func(s string) string { return base64.StdEncoding.EncodeToString(wide(note + s + " .")) }},
	{name: "UTF-16 in hex", layer: "utf16", run: true, hide: func(s string) string { return hex.EncodeToString(wide(note + s + " .")) }},
	{name: "UTF-16 in gzip in base64", layer: "utf16", run: true, hide: func(s string) string {
		return base64.StdEncoding.EncodeToString(gzipped(string(wide(note + s + " ."))))
	}},
}

// shiftAfter puts a mark behind every letter and digit.
func shiftAfter(mark string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteRune(r)
			if r > ' ' {
				b.WriteString(mark)
			}
		}
		return b.String()
	}
}

func math(upper, lower, zero rune) func(rune) rune {
	return func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return upper + r - 'A'
		case r >= 'a' && r <= 'z':
			return lower + r - 'a'
		case r >= '0' && r <= '9':
			return zero + r - '0'
		}
		return r
	}
}

func circled(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return 'Ⓐ' + r - 'A'
	case r >= 'a' && r <= 'z':
		return 'ⓐ' + r - 'a'
	case r >= '1' && r <= '9':
		return '①' + r - '1'
	case r == '0':
		return '⓪'
	}
	return r
}

func digit(zero rune) func(rune) rune {
	return func(r rune) rune {
		if r >= '0' && r <= '9' {
			return zero + r - '0'
		}
		return r
	}
}
