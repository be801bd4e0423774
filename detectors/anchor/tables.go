package anchor

// Properties of a byte, one bit each. LF is marked by propDigit and propAt
// together, which nothing else is: nine properties in eight bits.
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
)

// Bits of the pair table: in which sets a pair of neighbouring bytes is. The
// last pair of a window has the highest bit of its group, so that a shift by one
// bit and one byte lines a window up.
const (
	pairTwo    = 1 << iota // literals of two bytes
	pairShort2             // first pair of literals of four bytes
	pairShort1
	pairShort0 // last pair of literals of three and four bytes
	pairLong3  // first pair of the window of longer literals
	pairLong2
	pairLong1
	pairLong0
)

// longWindow is the number of bytes of a long literal that the kernel looks at.
const longWindow = 5

// tables is what a kernel reads.
type tables struct {
	path Path
	prop [256]byte
	pair *[1 << 16]byte // by previous byte | byte << 8; only for Portable
	half *tables256     // only for AVX2
	wide *tables512     // only for AVX512
}

// kernelReach is how many bytes before a block a kernel may read.
const kernelReach = 32

// masks is what a kernel says of 64 bytes, bit i for byte i. The first three
// say where the window of a literal may end; they may err by too many.
type masks struct {
	two, short, long                uint64
	digit, sep, token, at, upper    uint64
	punct, ctl, word, newline, high uint64
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
	case b >= '0' && b <= '9':
		return 27
	case b == ' ':
		return 28
	case b == '_' || b == '-':
		return 29
	case b == '.' || b == ':' || b == '/':
		return 30
	case b == '(' || b == '$' || b == '"' || b == '=':
		return 31
	}
	return 0
}

// keep clears the bits from n on; n is not 0.
func (m *masks) keep(n int) {
	k := ^uint64(0) >> (64 - n)
	for _, p := range [...]*uint64{
		&m.two, &m.short, &m.long, &m.digit, &m.sep, &m.token, &m.at, &m.upper,
		&m.punct, &m.ctl, &m.word, &m.newline, &m.high,
	} {
		*p &= k
	}
}
