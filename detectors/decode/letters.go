package decode

import "unicode"

// invisible reports whether r draws nothing: format characters, fillers,
// variation selectors and tags (Unicode 15.1, Default_Ignorable_Code_Point).
func invisible(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5,
		r >= 0x180B && r <= 0x180F, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E,
		r >= 0x2060 && r <= 0x206F, r == 0x3164, r >= 0xFE00 && r <= 0xFE0F, r == 0xFEFF, r == 0xFFA0,
		r >= 0xFFF0 && r <= 0xFFFB, r >= 0x1BCA0 && r <= 0x1BCA3, r >= 0x1D173 && r <= 0x1D17A,
		r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return false
}

// separator is the ASCII byte for a Unicode space, hyphen, dot, slash or at
// sign, or 0.
func separator(r rune) byte {
	switch {
	case r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A, r == 0x202F, r == 0x205F, r == 0x3000:
		return ' '
	case r >= 0x2010 && r <= 0x2015, r == 0x2043, r == 0x2212, r == 0xFE58, r == 0xFE63, r == 0x2E3A:
		return '-'
	case r == 0x2024, r == 0xB7, r == 0x2022, r == 0x3002, r == 0x30FB:
		return '.'
	case r == 0x2044, r == 0x2215:
		return '/'
	}
	return 0
}

// wide reports whether r is a styled form of ASCII characters.
func wide(r rune) bool {
	return r >= 0xFF01 && r <= 0xFF5E || // full-width
		r >= 0x1D400 && r <= 0x1D7FF || // mathematical letters and digits
		r >= 0x2460 && r <= 0x24FF || // circled and in parentheses
		r >= 0x2070 && r <= 0x209C || r == 0xB2 || r == 0xB3 || r == 0xB9 || // super- and subscript
		r >= 0x2100 && r <= 0x214F || // letter-like
		r >= 0x1F100 && r <= 0x1F16F || // squared and circled letters
		r >= 0xFE50 && r <= 0xFE6B || // small forms
		r >= 0x2776 && r <= 0x2793 // dingbat digits
}

// digitValue is the value of a decimal digit of any script. Digits of a script
// stand in one ascending row of ten (Unicode 15.1 §4.6).
func digitValue(r rune) int {
	zero := r
	for range 9 {
		if !unicode.Is(unicode.Nd, zero-1) {
			break
		}
		zero--
	}
	if r >= 0x1D7CE && r <= 0x1D7FF { // five rows of mathematical digits without a border
		return int(r-0x1D7CE) % 10
	}
	return int(r-zero) % 10
}

// homoglyph is the Latin letter or digit that a letter of another script looks
// like, or 0. The choice follows the single-character rows of the Unicode
// confusables data (UTS #39) for Cyrillic, Greek, Armenian and a few Latin
// extensions.
func homoglyph(r rune) byte {
	switch r {
	case 'а', 'α', 'ɑ':
		return 'a'
	case 'Ь', 'Ƅ':
		return 'b'
	case 'с', 'ϲ', 'ⅽ':
		return 'c'
	case 'ԁ', 'ժ', 'ⅾ':
		return 'd'
	case 'е', 'ҽ', 'ε':
		return 'e'
	case 'ք', 'ẝ':
		return 'f'
	case 'ց', 'ɡ':
		return 'g'
	case 'һ', 'հ':
		return 'h'
	case 'і', 'ι', 'ı', 'ӏ', 'ⅰ':
		return 'i'
	case 'ј', 'ϳ':
		return 'j'
	case 'к', 'κ':
		return 'k'
	case 'ⅼ', 'ǀ':
		return 'l'
	case 'м', 'ⅿ':
		return 'm'
	case 'п', 'ո', 'η':
		return 'n'
	case 'о', 'ο', 'օ', 'σ':
		return 'o'
	case 'р', 'ρ', 'ϱ':
		return 'p'
	case 'ԛ', 'գ':
		return 'q'
	case 'г', 'ᴦ':
		return 'r'
	case 'ѕ', 'ꜱ':
		return 's'
	case 'т', 'τ':
		return 't'
	case 'υ', 'ս', 'ʋ':
		return 'u'
	case 'ν', 'ѵ', 'ⅴ':
		return 'v'
	case 'ѡ', 'ԝ', 'ω':
		return 'w'
	case 'х', 'χ', 'ⅹ':
		return 'x'
	case 'у', 'γ', 'ү':
		return 'y'
	case 'ᴢ', 'ʐ':
		return 'z'
	case 'А', 'Α', 'Ꭺ':
		return 'A'
	case 'В', 'Β', 'Ᏼ':
		return 'B'
	case 'С', 'Ϲ', 'Ⅽ':
		return 'C'
	case 'Ⅾ', 'Ꭰ':
		return 'D'
	case 'Е', 'Ε', 'Ꭼ':
		return 'E'
	case 'Ϝ':
		return 'F'
	case 'Ԍ', 'Ꮐ':
		return 'G'
	case 'Н', 'Η', 'Ꮋ':
		return 'H'
	case 'І', 'Ι', 'Ӏ', 'Ⅰ':
		return 'I'
	case 'Ј', 'Ꭻ':
		return 'J'
	case 'К', 'Κ', 'Ꮶ':
		return 'K'
	case 'Ꮮ', 'Ⅼ':
		return 'L'
	case 'М', 'Μ', 'Ⅿ':
		return 'M'
	case 'Ν':
		return 'N'
	case 'О', 'Ο', 'Օ':
		return 'O'
	case 'Р', 'Ρ', 'Ꮲ':
		return 'P'
	case 'Ԛ':
		return 'Q'
	case 'Ꭱ', 'Ꮢ':
		return 'R'
	case 'Ѕ', 'Տ', 'Ꮪ':
		return 'S'
	case 'Т', 'Τ', 'Ꭲ':
		return 'T'
	case 'Ս':
		return 'U'
	case 'Ѵ', 'Ꮩ', 'Ⅴ':
		return 'V'
	case 'Ԝ', 'Ꮃ':
		return 'W'
	case 'Х', 'Χ', 'Ⅹ':
		return 'X'
	case 'У', 'Υ', 'Ү':
		return 'Y'
	case 'Ζ', 'Ꮓ':
		return 'Z'
	}
	return 0
}

// named is the character of a named entity that can hide something.
func named(name []byte) (string, bool) {
	switch string(name) {
	case "commat":
		return "@", true
	case "period":
		return ".", true
	case "lowbar", "UnderBar":
		return "_", true
	case "hyphen", "dash", "ndash":
		return "-", true
	case "num":
		return "#", true
	case "colon":
		return ":", true
	case "sol":
		return "/", true
	case "plus":
		return "+", true
	case "equals":
		return "=", true
	case "amp":
		return "&", true
	case "quot":
		return "\"", true
	case "apos":
		return "'", true
	case "lt":
		return "<", true
	case "gt":
		return ">", true
	case "nbsp", "ensp", "emsp", "thinsp":
		return " ", true
	case "shy", "zwj", "zwnj", "lrm", "rlm", "ZeroWidthSpace":
		return "", true
	}
	return "", false
}
