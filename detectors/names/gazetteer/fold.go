package gazetteer

// Hashes begin here; see Step.
const HashSeed uint64 = 0xCBF29CE484222325

// Step adds one folded byte to a hash (FNV-1a).
func Step(h uint64, b byte) uint64 { return (h ^ uint64(b)) * 0x100000001B3 }

// Hash is the hash of a word or phrase as it is compared: folded, blanks as one
// space, without the full stops of abbreviations.
func Hash(b []byte) uint64 {
	h := HashSeed
	blank := false
	for i := 0; i < len(b); {
		r, n, _ := Letter(b[i:])
		i += n
		switch {
		case r == 0:
		case r == ' ':
			blank = h != HashSeed
		default:
			if blank {
				h, blank = Step(h, ' '), false
			}
			h = Step(h, byte(r))
			if r > 0xFF {
				h = Step(h, byte(r>>8))
			}
		}
	}
	return h
}

// Letter reads the first character of b: its folded form, one byte or two in the
// order low, high ("ß" is 's'|'s'<<8), how many bytes it has, and whether it is a
// capital. The folded form is 0 for what does not count in a word: combining
// marks, full stops and apostrophes. b must not be empty.
func Letter(b []byte) (folded uint16, size int, upper bool) {
	c := b[0]
	switch {
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		return uint16(c), 1, false
	case c >= 'A' && c <= 'Z':
		return uint16(c | 0x20), 1, true
	case c == '.' || c == '\'':
		return 0, 1, false
	case c == '\t' || c == '\n' || c == '\r':
		return ' ', 1, false
	case c < 0xC3 || len(b) < 2:
		return uint16(c), 1, false
	}
	d := b[1]
	switch c {
	case 0xC3:
		if d < 0x80 || d > 0xBF {
			break
		}
		if d == 0x9F {
			return 's' | 's'<<8, 2, false
		}
		if d == 0x97 || d == 0xB7 { // × and ÷
			return '*', 2, false
		}
		return pair(latin1[d&0x1F]), 2, d < 0xA0
	case 0xC4, 0xC5:
		if d < 0x80 || d > 0xBF {
			break
		}
		k := int(c-0xC4)<<6 | int(d&0x3F)
		return pair(extended[k]), 2, extendedUpper(k)
	case 0xCC, 0xCD:
		if c == 0xCC || d < 0xB0 {
			return 0, 2, false // U+0300 to U+036F: combining
		}
	case 0xE1:
		if len(b) > 2 && (d == 0xBA && b[2] >= 0xA0 || d == 0xBB) && b[2] >= 0x80 && b[2] <= 0xBF {
			return uint16(vietnamese(int(d&1)<<6 | int(b[2]&0x3F))), 3, b[2]&1 == 0
		}
	case 0xE2:
		if len(b) > 2 && d == 0x80 && (b[2] == 0x99 || b[2] == 0x98) { // ‘ ’
			return 0, 3, false
		}
	}
	return uint16(c), 1, false
}

// latin1 folds U+00E0 to U+00FF, and U+00C0 to U+00DF alike. Capitals stand for
// two letters, see pair.
const latin1 = "aaaaaaAceeeeiiiidnooooo*ouuuuyTy"

// extended folds U+0100 to U+017F.
const extended = "aaaaaacccccccc" + "dddd" + "eeeeeeeeee" + "gggggggg" + "hhhh" + "iiiiiiiiii" + "JJ" + "jj" + "kkk" + "llllllllll" + "nnnnnnnnn" + "oooooo" + "OO" + "rrrrrr" + "ssssssss" + "tttttt" + "uuuuuuuuuuuu" + "ww" + "yyy" + "zzzzzz" + "s"

// extendedUpper reports whether U+0100+k is a capital.
func extendedUpper(k int) bool {
	switch {
	case k == 0x38 || k == 0x49 || k == 0x7F: // ĸ ŉ ſ
		return false
	case k >= 0x39 && k <= 0x48 || k >= 0x79:
		return k&1 == 1
	case k == 0x78: // Ÿ
		return true
	}
	return k&1 == 0
}

// vietnamese folds U+1E80+k for k from 0x20.
func vietnamese(k int) byte {
	switch {
	case k < 0x38:
		return 'a'
	case k < 0x48:
		return 'e'
	case k < 0x4C:
		return 'i'
	case k < 0x64:
		return 'o'
	case k < 0x72:
		return 'u'
	}
	return 'y'
}

// pair is the folded form of a table's byte: a capital stands for two letters.
func pair(c byte) uint16 {
	switch c {
	case 'A':
		return 'a' | 'e'<<8
	case 'O':
		return 'o' | 'e'<<8
	case 'J':
		return 'i' | 'j'<<8
	case 'T':
		return 't' | 'h'<<8
	}
	return uint16(c)
}
