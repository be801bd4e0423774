package anchor

// Properties of a byte, one bit each. LF is marked by propDigit and propAt
// together and what may begin an escape by propDigit and propUpper, which nothing
// else is: ten properties in eight bits.
const (
	propDigit = 1 << iota
	propSep   // one of " -.", which may separate digits
	propToken
	propAt
	propUpper
	propPunct
	propCtl
	propWord    // letter, digit or '_'
	propNewline = propDigit | propAt
	propEscape  = propDigit | propUpper // one of % \ & =
)

// Sets of pairs of neighbouring bytes, by the bit they have in the pair table.
// The sets of a window stand one behind the other, its first pair first: a shift
// by one bit and one byte lines a window up.
const (
	setTwo   = 0 // literals of two bytes
	setThree = 1 // two sets: literals of three bytes
	setFour  = 3 // three sets: literals of four bytes
	setFree  = 6 // three sets: literals of three and four bytes that need not begin a word
	setLong  = 9 // four sets for each lot of longer literals
	sets     = setLong + lots*(longWindow-1)
)

// longWindow is the number of bytes of a long literal that the kernel looks at.
const longWindow = 5

// lots is how many groups the long literals are divided into. A window counts
// only if all its pairs are of one lot: with three lots a third of the places in
// text are candidates that would be with one.
const lots = 3

// tables is what a kernel reads.
type tables struct {
	path Path
	prop [256]byte
	pair *pairTable // only for Portable
	half *tables256 // only for AVX2
	wide *tables512 // only for AVX512
}

// kernelReach is how many bytes before a block a kernel may read.
const kernelReach = 32

// masks is what a kernel says of 64 bytes, bit i for byte i. The first five
// say where the window of a literal may end; they may err by too many.
type masks struct {
	two, three, four, free, long    uint64
	digit, sep, token, at, upper    uint64
	punct, ctl, word, newline, high uint64
	escape                          uint64
}

func properties() (t [256]byte) {
	for i := range t {
		b := byte(i)
		letter := b|0x20 >= 'a' && b|0x20 <= 'z'
		digit := b >= '0' && b <= '9'
		var p byte
		switch {
		case digit:
			p = propDigit | propToken | propWord
		case letter:
			p = propToken | propWord
			if b <= 'Z' {
				p |= propUpper
			}
		case b == '\n':
			p = propNewline
		case b == ' ':
			p = propSep
		case b == '\t' || b == '\r' || b >= 0x80:
		case b < ' ' || b == 0x7f:
			p = propCtl
		default:
			p = propPunct
		}
		switch b {
		case '-':
			p |= propSep | propToken
		case '.':
			p |= propSep
		case '+', '/', '=':
			p |= propToken
		case '_':
			p |= propToken | propWord
		case '@':
			p |= propAt
		}
		if b == '%' || b == '\\' || b == '&' || b == '=' {
			p |= propEscape
		}
		t[i] = p
	}
	return t
}

// classOf sorts bytes into 32 classes: the kernel knows pairs of classes, not
// of bytes. Letters of both cases are one class each; bytes from 0x80 go with
// the byte 0x80 lower, for which the control bytes, rare in text, are spread.
func classOf(b byte) byte {
	b &= 0x7f
	switch {
	case b == '\t' || b == '\n' || b == '\r':
		return 0
	case b < ' ' || b|0x20 >= 'a' && b|0x20 <= 'z':
		return b & 0x1f
	case b >= '0' && b <= '2':
		return 27 // years and versions apart from other numbers
	case b >= '3' && b <= '9':
		return 31
	case b == ' ':
		return 28
	case b == '_' || b == '-':
		return 29
	case b == '.' || b == ':' || b == '/':
		return 30
	}
	return 0
}

// keep clears the bits from n on; n is not 0.
func (m *masks) keep(n int) {
	k := ^uint64(0) >> (64 - n)
	for _, p := range [...]*uint64{
		&m.two, &m.three, &m.four, &m.free, &m.long, &m.digit, &m.sep, &m.token, &m.at, &m.upper,
		&m.punct, &m.ctl, &m.word, &m.newline, &m.high, &m.escape,
	} {
		*p &= k
	}
}
