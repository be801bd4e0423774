package engine

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// What runs must reach before they are an anchor, in bytes.
const (
	minDigits = 9
	minToken  = 26
)

// chunk is how much text is searched for anchors before they are looked at: it
// bounds the scratch and keeps the text in the cache for the checks.
const chunk = 16 << 10

// Bounds on what a detector may need.
const (
	maxLeft  = 4 << 10
	maxRight = 64 << 10
)

// A Config says how an engine works. The zero value is ready for use.
type Config struct {
	// Key makes digests that nobody can compute without it; values found by two
	// engines have equal digests only if their keys are equal. Empty means a key
	// of the engine's own that is lost with it.
	Key []byte
	// Budget bounds the work spent on one text.
	Budget Budget
	// Plain leaves out what is hidden in layers of the text.
	Plain bool
	// Path is how anchors are found; 0 is the fastest way this CPU has. What is
	// found is the same on each.
	Path anchor.Path
}

// Options say what one text is scanned for and who hears of it. Callbacks come
// from the goroutine that calls the scanner; they must not call it back.
type Options struct {
	// Floor is the least confidence that is reported; 0 means Low. What is below
	// it does not outrank anything either.
	Floor detectors.Confidence
	// Label holds from the first byte on, until Scanner.Label changes it.
	Label string
	// Found is called for each finding that nothing outranks, ordered by (End,
	// Start, Rule); those that are Late come last, when the text ends.
	Found func(detectors.Finding)
	// Gap is called at most once for the text and once for the layers of a text,
	// when their budget is spent, for each run that decompresses to too much, and once
	// when there are more findings that are Late than are kept.
	Gap func(detectors.Gap)
	// Matched is called for every span that any rule matched with at least Low,
	// when it is known and whatever Floor is: a redaction covers their union. A
	// span may be told more than once.
	Matched func(detectors.Span)
}

// An Engine is a set of detectors made ready to run. It is immutable and safe
// for concurrent use.
type Engine struct {
	set      *anchor.Set
	parts    []part
	literals [][]use                    // by the id of the set
	heads    []uint8                    // likewise: the length of those whose case counts, which may be heads of keys
	kinds    [anchor.KindCaps + 1][]use // all but KindLiteral
	terms    []use                      // by the id of a term: of each part those of its Needs
	termers  []termer                   // parts that find terms
	blocks   []uint16                   // parts that read blocks
	besides  besides
	left     int // the widest Left
	before   int // the widest Reach.Before, Left where there is none
	key      []byte
	budget   Budget
	plain    bool
	scanners sync.Pool // of *Scanner
	scratch  sync.Pool // of *scratch
}

// A part is a detector and what it asked for.
type part struct {
	detectors.Detector
	needs detectors.Needs
	open  func(text []byte) int
}

// A use is a part that asked for an anchor; id is what it calls it.
type use struct {
	part  uint16
	id    uint32
	right int32 // what its part is granted at once
	glance
	reach detectors.Reach
}

// A termer is a part that finds terms; first is the id of its first one.
type termer struct {
	part  uint16
	first uint32
}

// before is how far before an anchor a finding of its may begin.
func (u *use) before(n *detectors.Needs) int {
	if u.reach == (detectors.Reach{}) {
		return n.Left
	}
	return u.reach.Before
}

// New makes an engine. The order of the detectors is the order in which they
// look at one anchor. The error names detectors by their place in ds.
func New(c Config, ds ...detectors.Detector) (*Engine, error) {
	e := &Engine{key: slices.Clone(c.Key), budget: c.Budget.orDefault(), plain: c.Plain}
	if len(e.key) == 0 {
		e.key = make([]byte, 32)
		rand.Read(e.key) // never fails (crypto/rand, Go 1.24)
	}
	ids := make(map[anchor.Literal]uint32)
	var literals []anchor.Literal
	var kinds []anchor.Kind
	var errs []error
	for i, d := range ds {
		n := d.Needs()
		n.MaxRight = max(n.MaxRight, n.Right)
		if n.Left < 0 || n.Left > maxLeft || n.Right < 0 || n.MaxRight > maxRight {
			errs = append(errs, fmt.Errorf("engine: detector %d wants %d bytes before and %d to %d behind an anchor, at most %d and %d", i, n.Left, n.Right, n.MaxRight, maxLeft, maxRight))
		}
		p := uint16(len(e.parts))
		e.parts = append(e.parts, part{Detector: d, needs: n})
		e.left = max(e.left, n.Left)
		before := 0 // the widest of this detector
		for k, l := range n.Literals {
			id, ok := ids[l]
			if !ok {
				id = uint32(len(literals))
				ids[l] = id
				literals = append(literals, l)
				e.literals = append(e.literals, nil)
				size := 0
				if !l.Fold {
					size = len(l.Text)
				}
				e.heads = append(e.heads, uint8(size))
			}
			u := use{part: p, id: uint32(k), right: int32(n.Right)}
			if k < len(n.LiteralReach) {
				u.reach = n.LiteralReach[k]
			}
			if k < len(n.LiteralBeside) {
				u.glance = e.besides.add(n.LiteralBeside[k], n.Left, n.Right)
			}
			before = max(before, u.before(&n))
			e.literals[id] = append(e.literals[id], u)
		}
		for _, k := range n.Kinds {
			if k == anchor.KindLiteral || k > anchor.KindCaps {
				errs = append(errs, fmt.Errorf("engine: detector %d wants anchors of an unknown kind %d", i, k))
				continue
			}
			u := use{part: p, right: int32(n.Right), reach: n.KindReach[k], glance: e.besides.add(n.KindBeside[k], n.Left, n.Right)}
			before = max(before, u.before(&n))
			e.kinds[k] = append(e.kinds[k], u)
			kinds = append(kinds, k)
		}
		if len(n.Terms) > 0 {
			e.termers = append(e.termers, termer{part: p, first: uint32(len(e.terms))})
		}
		for k, reach := range n.Terms {
			u := use{part: p, id: uint32(k), right: int32(n.Right), reach: reach}
			before = max(before, u.before(&n))
			e.terms = append(e.terms, u)
		}
		if n.Blocks {
			e.blocks = append(e.blocks, p)
		}
		e.before = max(e.before, before)
		if e.parts[p].open = n.Open; n.Open == nil {
			e.parts[p].open = func([]byte) int { return before }
		}
	}
	if !e.plain { // where runs may be decoded and characters hidden
		kinds = append(kinds, anchor.KindToken, anchor.KindEscape, anchor.KindWide)
	}
	for id, uses := range e.literals {
		literals[id].Begins = !slices.ContainsFunc(uses, func(u use) bool { return !begins(&e.parts[u.part].needs, int(u.id)) })
	}
	var err error
	e.set, err = anchor.Config{
		Literals: literals, MinDigits: minDigits, MinToken: minToken,
		Kinds: kinds, NoBlocks: len(e.blocks) == 0, Path: c.Path,
	}.Compile()
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	e.scanners.New = func() any { return newScanner(e) }
	e.scratch.New = func() any { return &scratch{} }
	return e, nil
}

// Anchors is the set of anchors that the engine looks for, for those who measure
// that search alone.
func (e *Engine) Anchors() *anchor.Set { return e.set }

// Scan finds what stands in a text that is whole, ordered by (Start, End, Rule).
// The callbacks of o are called as well. The text is not kept.
func (e *Engine) Scan(text []byte, o Options) (found []detectors.Finding, gaps []detectors.Gap) {
	s := e.NewScanner(o)
	found, gaps = s.scan(text)
	s.Release()
	return found, gaps
}

// NewScanner begins a text that comes in pieces. Release gives back what the
// scanner holds.
func (e *Engine) NewScanner(o Options) *Scanner {
	s := e.scanners.Get().(*Scanner)
	s.begin(o)
	return s
}
