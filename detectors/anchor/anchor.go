// Package anchor finds, in one pass over the bytes, the places where something could be.
//
// Text goes in as pieces of any size; hits and block counters come out. A hit
// says only "a literal ended here", "a run of digits became long enough here";
// it is never a finding. Everything that survives between two pieces is in a
// [Carry] of at most 256 bytes, so the position of a cut cannot matter:
//
//	LAW: for every way of cutting a text into pieces, the concatenated hits
//	and blocks are equal.
//
// The package imports nothing of ours, holds no text, and knows no rule.
//
// # How it works
//
// A kernel turns 64 bytes at a time into bit masks, one bit a byte: which are
// digits, which are token bytes, and where the last five (four, two) bytes look
// like a window of some literal. Runs are then found by arithmetic on the masks,
// and each place a literal may stand is compared exactly with the literals that
// have that window. The work is a constant per byte and per hit, whatever the
// text is.
package anchor

// Kind says what kind of place a [Hit] marks.
type Kind uint8

// The kinds, in the order in which hits with the same End are reported.
const (
	KindLiteral Kind = iota // a literal of the set ended at End; ID is its index
	KindDigits              // a run of digits with single separators reached the set's minimum at End
	KindToken               // a run of token bytes [A-Za-z0-9_+/=-] reached the set's minimum at End
	KindAt                  // the byte before End is '@'
	KindIBAN                // two upper-case letters and two digits ended at End
	KindCaps                // an upper-case letter that begins a word is the byte before End
	KindEscape              // two bytes ended at End with which an escape may begin; see below
	KindWide                // the byte before End begins a character outside ASCII

	lastKind = KindWide
)

// KindEscape is % and a hex digit, \ and u or x, & and # or a letter or digit, =
// and a hex digit or line break (quoted-printable, in capitals): one of the two
// bytes alone stands in all text.

// A Hit is one place. End is the absolute offset just behind its last byte:
// the position at which the hit became known. Hits are ordered by (End, Kind, ID).
type Hit struct {
	End  int
	ID   uint32
	Kind Kind
}

// BlockSize is the grid on which [Block] counters are kept. It starts at byte 0
// of the text and never moves.
const BlockSize = 4096

// A Block counts byte classes in one grid cell; Len is BlockSize but in the last.
//
// Digit is 0-9, Upper A-Z, Token [A-Za-z0-9_+/=-], Punct every printable ASCII
// byte that is neither letter, digit nor space, Newline LF, Space the space, tab
// and CR, High every byte from 0x80, Ctl the other control bytes and DEL. Punct,
// Newline, Space, High, Ctl, letters and digits make up Len; the rest overlap.
type Block struct {
	Off, Len                                              int
	Digit, Upper, Token, Punct, Newline, Space, High, Ctl uint16
}

// A Literal is a string to be found. Fold makes it ASCII-caseless
// (no Unicode folding: U+212A is not 'k'). With Begins it is reported only where it
// begins a word: its first byte or the one before it is no letter, or a small
// letter stands before a capital.
type Literal struct {
	Text   string
	Fold   bool
	Begins bool
}

// The bounds of a [Literal]'s Text in bytes, and of a run's minimum.
const (
	MinLiteral = 2
	MaxLiteral = 128
	MaxRun     = 64
)
