package idm

import (
	"bytes"
	"encoding/binary"
)

// Classes of bytes.
const (
	letter = 1 << iota // of identifiers and words
	digit
	space
	quote
	sign // what sentences have few of
)

// classes is built once; it never changes.
var classes = classify()

func classify() (t [256]uint8) {
	for b := range t {
		c := byte(b)
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v':
			t[b] = space
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80:
			t[b] = letter
		case c >= '0' && c <= '9':
			t[b] = digit
		case c == '"' || c == '\'' || c == '`':
			t[b] = quote
		}
		if bytes.IndexByte([]byte("(){}[];=<>+*/&|_$@\\:#\"`"), c) >= 0 {
			t[b] |= sign
		}
	}
	return t
}

// mix spreads a value over 64 bits (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// nameHash hashes the identifier, number or string line[i:k] as it stands.
func nameHash(line []byte, i, k int) uint32 {
	h := uint64(k - i)
	for ; k-i >= 8; i += 8 {
		h = (h ^ binary.LittleEndian.Uint64(line[i:])) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	if i < k {
		h = (h ^ few(line, i, k)) * 0x9e3779b97f4a7c15
	}
	return uint32(h>>32) | 1
}

// few is the number that less than eight bytes make.
func few(line []byte, i, k int) (v uint64) {
	if i+8 <= len(line) {
		return binary.LittleEndian.Uint64(line[i:]) & (1<<(8*(k-i)) - 1)
	}
	for n, b := range line[i:k] {
		v |= uint64(b) << (8 * n)
	}
	return v
}

// keywords are the hashes of those of the common languages, which are not
// renamed, by their upper bits; what follows an entry that is taken is next.
var keywords = func() (t [1024]uint32) {
	for _, w := range bytes.Fields([]byte(`if else for while do switch case default break continue return goto func function def class struct interface
		type enum union trait impl fn let var val const static final public private protected internal package import from include
		use using namespace module export new delete this self super nil null None true false True False void int
		string bool char float double long short unsigned try catch except finally throw raise with as in is not and or
		async await yield lambda defer go chan map range select match when where end then fi done elif elsif unless until
		begin rescue ensure pass del global print echo extends implements override virtual abstract template typename auto
		SELECT FROM WHERE INSERT UPDATE DELETE CREATE TABLE JOIN ON AND OR NOT NULL INTO VALUES SET GROUP ORDER BY insert update`)) {
		h := nameHash(w, 0, len(w))
		i := h >> 22
		for t[i] != 0 {
			i = (i + 1) & 1023
		}
		t[i] = h
	}
	return t
}()

func keyword(h uint32) bool {
	for i := h >> 22; keywords[i] != 0; i = (i + 1) & 1023 {
		if keywords[i] == h {
			return true
		}
	}
	return false
}

// A line is read as code unless it is a sentence, which is a comment or stands in
// documentation, and as words unless it has the signs of code.
func judge(line []byte) (code, text bool) {
	for len(line) > 0 && classes[line[0]] == space {
		line = line[1:]
	}
	var a, b uint32 // sums of units: the last of a line is in a
	for ; len(line) >= 2; line = line[2:] {
		a += units[line[0]]
		b += units[line[1]]
	}
	if len(line) > 0 {
		a += units[line[0]]
	}
	a += b
	letters, words, signs := a&2047, a>>11&1023+1, a>>21
	text = signs*16 < letters
	return !text || words < 6, text
}

// units counts letters, white space and signs in one number; a line has at most
// maxLine bytes.
var units = func() (t [256]uint32) {
	for b, c := range classes {
		t[b] = uint32(c&letter) + uint32(c&space)>>2<<11 + uint32(c&sign)>>4<<21
	}
	return t
}()

// A lexer makes tokens of code out of lines for a winnower.
type lexer struct {
	to      *winnower
	comment int // lines of the open "/*" so far; 0 for none
}

// maxComment is how many lines a comment may have: "/*" is not always one.
const maxComment = 300

// line reads a line that begins at an offset; code is what judge says of it.
func (x *lexer) line(line []byte, off int, code bool) {
	i := 0
	for i < len(line) && classes[line[i]] == space {
		i++
	}
	if i == len(line) {
		x.comment = 0 // no comment goes on behind a blank line, as far as we care
		return
	}
	if x.comment > 0 {
		end := bytes.Index(line[i:], []byte("*/"))
		if end < 0 {
			if x.comment++; x.comment > maxComment {
				x.comment = 0
			}
			return
		}
		x.comment = 0
		if i += end + 2; i == len(line) {
			return
		}
	}
	if !code || line[i] == '#' || line[i] == '*' && i+1 < len(line) && line[i+1] == ' ' || line[i] == '-' && i+1 < len(line) && line[i+1] == '-' {
		return
	}
	for i < len(line) {
		b := line[i]
		switch c := classes[b]; {
		case c&space != 0:
			i++
		case c&letter != 0:
			k := i + 1
			for k < len(line) && classes[line[k]]&(letter|digit) != 0 {
				k++
			}
			h := nameHash(line, i, k)
			if keyword(h) {
				x.to.token(mix(uint64(h)), 3, off+i, off+k)
			} else {
				x.to.name(h, off+i, off+k)
			}
			i = k
		case c&digit != 0:
			k := i + 1
			for k < len(line) && (classes[line[k]]&(letter|digit) != 0 || line[k] == '.' && k+1 < len(line) && classes[line[k+1]]&digit != 0) {
				k++
			}
			information := 2
			if k-i > 1 {
				information = min(3*(k-i), 12)
			}
			x.to.token(mix(1<<32|uint64(nameHash(line, i, k))), information, off+i, off+k)
			i = k
		case c&quote != 0:
			k := closing(line, i)
			x.to.token(mix(2<<32|uint64(nameHash(line, i, k))), min(1+(k-i)/2, 12), off+i, off+k)
			i = k
		default:
			if b == '/' && i+1 < len(line) {
				if line[i+1] == '/' {
					return
				}
				if line[i+1] == '*' {
					end := bytes.Index(line[i+2:], []byte("*/"))
					if end < 0 {
						x.comment = 1
						return
					}
					i += 2 + end + 2
					continue
				}
			}
			if b == '#' && i > 0 && line[i-1] == ' ' {
				return
			}
			x.to.token(marks[b], int(weights[b]), off+i, off+i+1)
			i++
		}
	}
}

// closing is the end of the string that begins at i; a quote that is not closed
// on its line stands for itself.
func closing(line []byte, i int) int {
	for k := i + 1; k < len(line); k++ {
		switch line[k] {
		case '\\':
			k++
		case line[i]:
			return k + 1
		}
	}
	return i + 1
}

// marks are the values of punctuation, weights the bits of information in it.
var marks = func() (t [256]uint64) {
	for b := range t {
		t[b] = mix(3<<32 | uint64(b))
	}
	return t
}()

var weights = func() (t [256]uint8) {
	for b := range t {
		switch {
		case bytes.IndexByte([]byte(".,;()"), byte(b)) >= 0:
			t[b] = 1
		case bytes.IndexByte([]byte("{}[]=:"), byte(b)) >= 0:
			t[b] = 2
		default:
			t[b] = 3
		}
	}
	return t
}()

// shortWord is the length in bytes below which a word is left out: articles and
// prepositions say nothing and are half of a text.
const shortWord = 4

// words reads a line of a document. Letters are compared whatever their case.
func (w *winnower) words(line []byte, off int) {
	const lower = 0x2020202020202020
	for i := 0; i < len(line); {
		if classes[line[i]]&(letter|digit) == 0 {
			i++
			continue
		}
		k := i + 1
		for k < len(line) && classes[line[k]]&(letter|digit) != 0 {
			k++
		}
		if k-i < shortWord {
			i = k
			continue
		}
		h, at := uint64(k-i), i
		for ; k-at >= 8; at += 8 {
			h = (h ^ (binary.LittleEndian.Uint64(line[at:]) | lower)) * 0x9e3779b97f4a7c15
			h ^= h >> 29
		}
		h = (h ^ (few(line, at, k) | lower)) * 0x9e3779b97f4a7c15
		w.token(h^h>>31, min(2*(k-i), 10), off+i, off+k)
		i = k
	}
}
