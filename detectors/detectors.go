// Package detectors is the vocabulary of detection: text goes in, findings come out.
//
// It knows nothing of HTTP, of policies or of people, and neither do the
// packages below it: they cannot log, so they cannot leak. The root holds only
// words; package engine assembles detectors into a scan, package pattern makes
// detectors out of TOML rules, package anchor finds where something could be.
//
// A [Detector] says in [Needs] which anchors it wants and how much text around
// them. For each such anchor its [Pass] is shown a [View]: exactly Left bytes
// before the anchor's end and the granted bytes behind it, clipped only by the
// borders of the text. The view is the same for every way the text was cut into
// writes, which is why findings are too (law L1 in ARCHITECTURE.md).
package detectors

import (
	"fmt"
	"strings"

	"github.com/promptgate/promptgate/detectors/anchor"
)

// An InfoType names a kind of sensitive content as category.snake_case, for
// example "pci.payment_card". Names are listed in rules/infotypes.toml and are
// never renamed.
type InfoType string

// Category is the part before the dot: pii, phi, pci, secret, source_code or confidential.
func (t InfoType) Category() string {
	c, _, _ := strings.Cut(string(t), ".")
	return c
}

// A RuleID names the rule that made a finding, for example "pci.payment_card.grouped".
type RuleID string

// A Span is a half-open range of byte offsets.
type Span struct{ Start, End int }

// Len is the number of bytes in s.
func (s Span) Len() int { return s.End - s.Start }

// Overlaps reports whether s and t share at least one byte.
func (s Span) Overlaps(t Span) bool { return s.Start < t.End && t.Start < s.End }

// Confidence is evidence added up, in tenths of a bit of log odds.
// Only its three cuts and its order have a meaning to users.
type Confidence int16

// The cuts of the scale. Below Low nothing is reported.
const (
	Low    Confidence = 65
	Medium Confidence = 75
	High   Confidence = 85
)

// Level rounds c down to 0, Low, Medium or High.
func (c Confidence) Level() Confidence {
	switch {
	case c >= High:
		return High
	case c >= Medium:
		return Medium
	case c >= Low:
		return Low
	}
	return 0
}

// Float is what people are shown: min(c, 100)/100, from 0 to 1.
func (c Confidence) Float() float64 { return float64(max(0, min(c, 100))) / 100 }

func (c Confidence) String() string {
	switch c.Level() {
	case High:
		return "high"
	case Medium:
		return "medium"
	case Low:
		return "low"
	}
	return "none"
}

// Evidence is one reason for a confidence. Name comes from the rule's own
// vocabulary ("luhn", "context:card"), never from the text: a JSON key is text.
type Evidence struct {
	Name   string
	Points int16
}

// A Digest is a keyed hash of the normalised value of a finding: equal values
// have equal digests within one engine key. It is how distinct values are
// counted without keeping them.
type Digest [16]byte

// A Finding says that Span of the text is of Type. It holds no text.
type Finding struct {
	Type       InfoType
	Rule       RuleID
	Span       Span // in the text given to the engine
	Layers     []string
	Confidence Confidence
	Evidence   []Evidence
	Digest     Digest
	Late       bool // known only after its first bytes may have been released (law L7)
}

// A View is the text a detector may look at. It must not be kept or changed.
type View struct {
	Text     []byte
	Off      int    // absolute offset of Text[0]
	At       int    // index in Text of the anchor's End
	BOF, EOF bool   // Text begins (ends) where the text begins (ends)
	Label    string // JSON key, column header or form field that holds for the anchor; it is text
}

// Format hides the text from every verb of package fmt.
func (v View) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d bytes]", len(v.Text)) }

// Needs is what a detector asks of the engine.
type Needs struct {
	Literals []anchor.Literal // hits of kind Literal carry the index in this slice
	Kinds    []anchor.Kind    // other kinds wanted
	Left     int              // bytes of text before the anchor's End
	Right    int              // bytes behind it, granted before the first Check
	MaxRight int              // bound on what Check may ask for in all
	Blocks   bool             // BlockPass is wanted

	// Where the findings of an anchor lie, as far as that is known: by the index
	// of a literal, and by kind. An engine that looks only for findings that touch
	// a certain place need not ask about other anchors.
	LiteralReach []Reach
	KindReach    [anchor.KindCaps + 1]Reach

	// What must stand beside an anchor for a Check of it to do anything, by the
	// same indexes; nil is anything. An engine may leave the other Checks out.
	LiteralBeside []*Beside
	KindBeside    [anchor.KindCaps + 1]*Beside

	// Terms are the kinds of places that its passes find themselves, see
	// [TermPass], with where their findings lie.
	Terms []Reach

	// Open returns how many of the last bytes of text a finding may cover whose
	// anchor ends behind them, however the text goes on; the word at the end of the
	// text is taken to be among them. text is what is known, at least its last Left
	// bytes. Nil stands for as many as any Reach allows.
	Open func(text []byte) int
}

// A Beside bounds the bytes around an anchor. Where the text begins or ends
// instead, anything goes.
type Beside struct {
	Size   int      // bytes of the anchor: it begins Size before its End; 0 leaves Before out
	Before [2]Bytes // what may stand before it; [1] if it begins with a capital, [0] if not
	Behind [2]Bytes // what may stand behind it; [1] if it ends with a capital, [0] if not
	Off    [2]int   // of two more bytes, from its End
	At     [2]Bytes // what may stand there
}

// Bytes is a set of byte values.
type Bytes [4]uint64

// Has reports whether b is in s.
func (s *Bytes) Has(b byte) bool { return s[b>>6]>>(b&63)&1 == 1 }

// A Reach bounds where the findings of an anchor begin and end, in bytes from
// its End; for KindDigits, from the run of digits and single bytes of " -./"
// that End stands in. It does not
// hold for what is Late. The zero value is no bound.
type Reach struct{ Before, Behind int }

// DigitsAgain is the distance, in bytes, at which the engine marks a run of
// digits again that goes on behind its anchor: a detector need not look further
// than that from each.
const DigitsAgain = 1024

// A Detector is immutable and safe for concurrent use.
type Detector interface {
	Needs() Needs
	NewPass() Pass
}

// A Pass is the state of one detector over one text; it is used by one
// goroutine at a time and pooled.
type Pass interface {
	// Check looks at one anchor. more > 0 asks to be called again for the same
	// hit with that many bytes (in all) behind the anchor; the engine grants at
	// most MaxRight and, at the end of the text, what there is.
	Check(v View, h anchor.Hit, emit func(Finding)) (more int)
	// Close reports what only the whole text can show; such findings are Late.
	Close(emit func(Finding))
	// Reset makes the pass ready for another text.
	Reset()
}

// KindTerm is the kind of hits that a [TermPass] finds. Package anchor knows none.
const KindTerm anchor.Kind = 0xFE

// A TermPass is a Pass that finds places in the text itself, beside what package
// anchor finds: more words than an anchor set can hold. Its detector's Needs name
// them in Terms.
type TermPass interface {
	// Terms appends a hit of KindTerm for every place that ends in text[from:], End
	// an index in text, ID one of Needs.Terms, in the order of (End, ID). Check is
	// then shown each as any other anchor. text holds at least Needs.Left − 1 bytes
	// before from, if the text has so many, and the same hits must come out
	// whatever stands before those. Work here is not metered: it must be bounded by
	// a constant for each byte.
	Terms(text []byte, from int, hits []anchor.Hit) []anchor.Hit
}

// A Peeker is a Pass that can say early that nothing will come of an anchor: on
// a stream nothing is held for it then.
type Peeker interface {
	// Peek reports whether a finding of h with at least this confidence may come,
	// however the text goes on behind v, and an index in v.Text before which it does
	// not begin. It changes nothing and counts no work.
	Peek(v View, h anchor.Hit, floor Confidence) (start int, open bool)
}

// A Meter is a Pass that counts its work, so that the engine's budget does too.
type Meter interface {
	// Work returns the units of work, of about a tenth of a microsecond, done
	// since it was last called. It depends on nothing but what was looked at.
	Work() int
}

// A BlockPass is a Pass that also sees every block of the grid, with its text
// and Left bytes before it.
type BlockPass interface {
	Block(v View, b anchor.Block, emit func(Finding))
}
