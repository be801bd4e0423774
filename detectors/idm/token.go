package idm

import "bytes"

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

// nameHash hashes an identifier or a number as it stands.
func nameHash(t []byte) uint32 {
	h := uint64(len(t))
	for ; len(t) >= 8; t = t[8:] {
		h = (h ^ uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 | uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	for _, b := range t {
		h = (h ^ uint64(b)) * 0x100000001b3
	}
	return uint32(h^h>>32) | 1
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
		h := nameHash(w)
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

// A wordy line reads as a sentence: it is a comment, or documentation, and no code.
func wordy(line []byte) bool {
	words, signs, letters := 1, 0, 0
	for _, b := range line {
		c := classes[b]
		words += int(c>>2) & 1
		letters += int(c) & 1
		signs += int(c>>4) & 1
	}
	return words >= 6 && signs*16 < letters
}

// A lexer makes tokens of code out of lines for a winnower.
type lexer struct {
	to      *winnower
	comment int // lines of the open "/*" so far; 0 for none
}

// maxComment is how many lines a comment may have: "/*" is not always one.
const maxComment = 300

// line reads a line that begins at an offset.
func (x *lexer) line(line []byte, off int) {
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
	if wordy(line[i:]) {
		return
	}
	if line[i] == '#' || line[i] == '*' && i+1 < len(line) && line[i+1] == ' ' || line[i] == '-' && i+1 < len(line) && line[i+1] == '-' {
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
			h := nameHash(line[i:k])
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
			x.to.token(mix(1<<32|uint64(nameHash(line[i:k]))), information, off+i, off+k)
			i = k
		case c&quote != 0:
			k := closing(line, i)
			x.to.token(mix(2<<32|uint64(nameHash(line[i:k]))), min(1+(k-i)/2, 12), off+i, off+k)
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

// words reads a line of a document.
func (w *winnower) words(line []byte, off int) {
	for i := 0; i < len(line); {
		if classes[line[i]]&(letter|digit) == 0 {
			i++
			continue
		}
		k, h := i, uint64(0)
		for k < len(line) && classes[line[k]]&(letter|digit) != 0 {
			b := line[k]
			if b >= 'A' && b <= 'Z' {
				b |= 0x20
			}
			h = (h ^ uint64(b)) * 0x100000001b3
			h ^= h >> 32
			k++
		}
		w.token(mix(4<<32^h), min(2*(k-i), 10), off+i, off+k)
		i = k
	}
}
