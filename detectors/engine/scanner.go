package engine

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// border is the byte that a Break stands for.
const border = 0x1E

// maxLabel is how much of a label detectors are shown, in bytes.
const maxLabel = 256

// A Scanner looks for findings in a text that comes in pieces. It is made by
// [Engine.NewScanner], belongs to one goroutine at a time, and ends with Close
// and Release.
//
// Offsets outside count the bytes written. Offsets inside count the border
// bytes of Breaks as well; breaks is the difference for the current part.
type Scanner struct {
	engine   *Engine
	o        Options
	passes   []detectors.Pass
	blockers []detectors.BlockPass // by part; nil for a part that reads none
	termers  []detectors.TermPass  // by part; nil for a part that finds no terms
	meters   []detectors.Meter     // by part; nil for a part that does not count
	digester digester
	emit     func(detectors.Finding) // s.found, bound once
	report   func(detectors.Finding) // s.tell, bound once

	carry  anchor.Carry
	tail   []byte // text that may still be needed, from base on
	window []byte // what views are cut from, from base on: the tail, or a text in hand
	base   int
	seen   int  // how far anchors were looked for
	total  int  // how far the text is known
	ended  bool // the text ends at total: views are not awaited
	part   int  // where the current part begins: behind the last Break
	breaks int

	digits digitRun
	queue  queue
	layers layers
	depth  int   // layers above this text
	region bool  // the text is a region's: only what touches a mark counts, and nothing that is Late
	marks  marks // of a region
	silent bool  // no anchor in what is written now leads to what counts
	labels []labelled
	view   detectors.View // of the check at work
	at     int            // end of the anchor or block at work
	late   bool           // what is emitted now is Late

	flushing bool // a Flush is at work

	contest contest // of findings that are not Late
	lates   contest
	crowded bool   // there were more of them than are kept
	told    []told // by checks that will be made again after a Flush
	flushed int    // outside: where the last Flush was
	settled int    // outside: never goes back
	bounded int    // the farthest bound there was

	used   int // units of work
	spent  bool
	closed bool

	whole    bool // Scan is at work and collects:
	findings []detectors.Finding
	gaps     []detectors.Gap
}

// maxLate is how many findings that are Late a text keeps until it ends, as many as
// a message keeps the places of.
const maxLate = 10_000

// A labelled is where a label begins to hold.
type labelled struct {
	from int
	text string
}

// A scratch is what one Write needs and nothing remembers.
type scratch struct {
	text   []byte
	hits   []anchor.Hit
	blocks []anchor.Block
}

func newScanner(e *Engine) *Scanner {
	s := &Scanner{
		engine: e, digester: newDigester(e.key),
		passes: make([]detectors.Pass, len(e.parts)), blockers: make([]detectors.BlockPass, len(e.parts)),
		meters: make([]detectors.Meter, len(e.parts)), termers: make([]detectors.TermPass, len(e.parts)),
	}
	for i, p := range e.parts {
		s.passes[i] = p.NewPass()
		s.meters[i], _ = s.passes[i].(detectors.Meter)
		if len(p.needs.Terms) > 0 {
			s.termers[i] = s.passes[i].(detectors.TermPass)
		}
		if p.needs.Blocks {
			s.blockers[i], _ = s.passes[i].(detectors.BlockPass)
		}
	}
	s.emit, s.report = s.found, s.tell
	return s
}

func (s *Scanner) begin(o Options) {
	if o.Floor == 0 {
		o.Floor = detectors.Low
	}
	s.o = o
	s.Label(o.Label)
}

// scan reads a text that is whole; it is not copied.
func (s *Scanner) scan(text []byte) ([]detectors.Finding, []detectors.Gap) {
	s.whole = true
	s.window, s.total, s.ended = text, len(text), true
	s.read(text)
	s.end()
	s.closed = true
	slices.SortStableFunc(s.findings, byStart)
	return s.findings, s.gaps
}

// Write appends p to the text. It does not keep p. A caller that has a deadline
// looks at it between writes of at most 64 KiB.
func (s *Scanner) Write(p []byte) {
	s.mustBeOpen()
	if len(p) == 0 {
		return
	}
	s.total += len(p)
	if s.spent {
		s.seen = s.total
		return
	}
	const little = 2 << 10 // appended to the tail, which may grow by as much
	switch {
	case len(p) <= little:
		if len(s.tail) == 0 {
			s.base = s.total - len(p)
		}
		s.tail = append(s.tail, p...)
		s.window = s.tail
		s.read(p)
	case len(s.tail) == 0:
		s.base, s.window = s.total-len(p), p
		s.read(p)
	default:
		x := s.engine.scratch.Get().(*scratch)
		x.text = append(append(x.text[:0], s.tail...), p...)
		s.window = x.text
		s.read(p)
		s.keep()
		clear(x.text)
		s.engine.scratch.Put(x)
		return
	}
	s.keep()
}

// Label says what the following text stands under: a JSON key, a column's
// header, a form field. It holds until the next Label or Break; detectors are
// shown its first 256 bytes.
func (s *Scanner) Label(l string) {
	s.mustBeOpen()
	l = l[:min(len(l), maxLabel)]
	if n := len(s.labels); n > 0 && s.labels[n-1].from == s.total {
		s.labels[n-1].text = l
		return
	}
	s.labels = append(s.labels, labelled{s.total, l})
}

// label is what holds at the byte before an offset.
func (s *Scanner) label(end int) string {
	if len(s.labels) == 1 {
		return s.labels[0].text
	}
	i := sort.Search(len(s.labels), func(i int) bool { return s.labels[i].from >= end })
	return s.labels[max(i-1, 0)].text
}

// Break ends one part of a joined text and begins the next. No finding crosses
// it. What stands before it remains left context of what follows, behind a
// border byte that no offset counts; it is no right context of what stands
// before. The label that began the text holds again.
func (s *Scanner) Break() {
	s.mustBeOpen()
	s.window = s.tail
	s.ended = true
	s.end()
	s.ended = false
	for _, p := range s.passes {
		p.Reset()
	}
	s.total++
	s.breaks++
	s.seen, s.part = s.total, s.total
	s.resetLayers()
	s.carry, s.digits = anchor.Carry{}, digitRun{}
	s.labels = append(s.labels[:0], labelled{s.part, s.o.Label})
	if s.spent {
		return
	}
	if len(s.tail) == 0 {
		s.base = s.total - 1
	}
	s.tail = append(s.tail, border)
	s.window = s.tail
	s.keep()
}

// Flush decides what stands open, layers included, with the text there is, as if
// it ended here.
// What follows may complete it: it is looked at again then, and what that shows
// is Late when it begins before the Flush.
func (s *Scanner) Flush() {
	s.mustBeOpen()
	if s.spent {
		return
	}
	s.window = s.tail
	next := max(s.bound(), s.bounded-s.breaks)
	s.ended, s.flushing = true, true
	s.queue.flush(s)
	s.ended = false
	s.flushLayers(s.tail, next)
	s.flushing = false
	s.contest.settle(math.MaxInt, s.bound(), s.report)
	s.flushed = s.total - s.breaks
	s.keep()
}

// Close ends the text: what is open is decided and what is Late is reported.
// Only Release may follow.
func (s *Scanner) Close() {
	if s.closed {
		return
	}
	s.window = s.tail
	s.ended = true
	s.end()
	s.closed = true
}

// Release gives back what the scanner holds, closed or not, and zeroes its
// text. The scanner must not be used again.
func (s *Scanner) Release() {
	e := s.engine
	for _, p := range s.passes {
		p.Reset()
	}
	clear(s.tail) // what it held beyond was zeroed when it went
	clear(s.labels)
	s.queue.reset()
	s.contest.reset()
	s.lates.reset()
	s.resetLayers()
	s.layers.runner.Reset()
	s.marks.reset()
	*s = Scanner{
		engine: e, passes: s.passes, blockers: s.blockers, termers: s.termers, meters: s.meters, digester: s.digester, emit: s.emit, report: s.report,
		tail: s.tail[:0], queue: s.queue, labels: s.labels[:0], contest: s.contest, lates: s.lates, told: s.told[:0],
		layers: layers{finder: s.layers.finder, runner: s.layers.runner, room: s.layers.room, runs: s.layers.room[:0], pieces: s.layers.pieces, text: s.layers.text}, marks: s.marks,
	}
	if cap(s.tail) > maxPooled {
		s.tail = nil
	}
	e.scanners.Put(s)
}

// maxPooled is the largest buffer that is kept for another text.
const maxPooled = 256 << 10

func (s *Scanner) mustBeOpen() {
	if s.closed {
		panic("engine: internal error: a closed scanner was used")
	}
}

// Format hides the scanner's text from every verb of package fmt.
func (s *Scanner) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d bytes]", len(s.tail)) }
