package idm

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// Rule ids and info types of the findings.
const (
	RuleCode detectors.RuleID   = "source_code.fingerprint"
	RuleText detectors.RuleID   = "confidential.fingerprint"
	TypeCode detectors.InfoType = "source_code.proprietary"
	TypeText detectors.InfoType = "confidential.document"
)

const (
	maxLine  = 1024 // bytes after which a line is read on as another
	maxRuns  = 16   // stretches that are open at once; the oldest is closed
	maxFound = 256  // stretches of one text; what comes after them is added to the last
	nearby   = 512  // bytes between stretches of one source that are one finding
	hole     = 60   // tokens between two hits of one stretch that may say nothing
	misses   = 1    // hashes in a row that would say something and are not the source's: the stretch ends
)

// leastGram is the information, in bits, that one hash must carry to be in an
// index, leastStretch that of a stretch that is found.
func leastGram(k fileKind) int {
	if k == isText {
		return 60
	}
	return 21
}

func leastStretch(k fileKind) int {
	if k == isText {
		return 110
	}
	return 74
}

// leastShare is the information, in bits, of a stretch of code that is found
// because the text holds little other code: share percent of the hashes in it that
// say something, and two of them at least.
const (
	leastShare = 34
	share      = 70
	maxTelling = 256
)

// New returns the detector of an index, which must stay open as long as the
// detector is used.
func New(x *Index) detectors.Detector { return detector{x} }

type detector struct{ *Index }

// Needs implements [detectors.Detector].
func (detector) Needs() detectors.Needs { return detectors.Needs{Blocks: true} }

// NewPass implements [detectors.Detector].
func (d detector) NewPass() detectors.Pass {
	p := &pass{index: d.Index}
	for i, kind := range []fileKind{isCode, isText} {
		t := &p.tracks[i]
		t.kind = kind
		t.hit = func(source uint32) { p.hit(t, int(source)) }
		t.lexer.to = &t.winnower
		t.winnower.choose = func(c chosen) {
			t.at = c
			if t.tells = c.bitsTo-c.bits >= leastGram(kind); t.tells {
				t.telling[t.told%maxTelling] = c.hash
				t.told++
			}
			if c.bitsTo-c.bits >= leastGram(kind)-5 { // the text around it makes a little difference
				p.index.find(c.hash, t.hit)
			}
			if t.tells && len(t.runs) > 0 && !isCommon(c.hash) {
				p.missed(t)
			}
		}
	}
	return p
}

// A pass keeps the line that a block cut, and what was found.
type pass struct {
	index  *Index
	line   []byte // the beginning of the current line
	start  int    // where it begins in the text
	end    int    // how far the text was read
	first  int    // where the text begins
	tracks [2]track
	found  []stretch
}

// A track is the text as code, or as a document.
type track struct {
	kind     fileKind
	lexer    lexer
	winnower winnower
	at       chosen
	tells    bool               // it says something
	told     int                // how many of the text's do
	telling  [maxTelling]uint64 // the last of these
	runs     []stretch          // open

	hit func(source uint32)
}

// A stretch is text that a source has as well.
type stretch struct {
	source     int
	kind       fileKind
	start, end int // in the text
	to         int // ordinal behind its last token
	bitsTo     int
	tokens     int
	bits       int
	most       int // bits of the longest of those that are one finding
	hits       int
	telling    int // hits that say something
	last       int // ordinal of its last hit
	missed     int // hashes since then that are not the source's
}

// Check implements [detectors.Pass]; fingerprints have no anchors.
func (p *pass) Check(detectors.View, anchor.Hit, func(detectors.Finding)) int { return 0 }

// Reset implements [detectors.Pass].
func (p *pass) Reset() {
	clear(p.line[:cap(p.line)])
	p.line, p.start, p.end, p.first, p.found = p.line[:0], 0, 0, 0, p.found[:0]
	for i := range p.tracks {
		t := &p.tracks[i]
		t.lexer.comment, t.winnower.winnowing, t.runs, t.told = 0, winnowing{}, t.runs[:0], 0
	}
}

// Block implements [detectors.BlockPass].
func (p *pass) Block(v detectors.View, b anchor.Block, _ func(detectors.Finding)) {
	lo, hi := max(b.Off-v.Off, 0), min(b.Off+b.Len-v.Off, len(v.Text))
	if lo >= hi {
		return
	}
	text, off := v.Text[lo:hi], v.Off+lo
	if off != p.end {
		p.start, p.first = off, off
	}
	for len(text) > 0 {
		n := bytes.IndexByte(text, '\n')
		whole := n >= 0
		if !whole {
			n = len(text)
		}
		if room := maxLine - len(p.line); n > room { // a long line is read in pieces
			n, whole = room, false
		}
		part := text[:n]
		if len(p.line) > 0 || !whole && len(p.line)+n < maxLine {
			p.line = append(p.line, part...)
			part = p.line
		}
		off += n
		text = text[n:]
		p.end = off
		if !whole && len(part) < maxLine {
			return
		}
		p.read(part, p.start)
		p.line = p.line[:0]
		if whole {
			off++
			text = text[1:]
		}
		p.start, p.end = off, off
	}
}

// read looks at a line, or at a piece of a long one.
func (p *pass) read(line []byte, off int) {
	code, text := judge(line)
	if p.index.code {
		p.tracks[0].lexer.line(line, off, code)
	}
	if text && p.index.text {
		p.tracks[1].winnower.words(line, off)
	}
}

// hit notes that a source has the hash at hand.
func (p *pass) hit(t *track, source int) {
	c := &t.at
	for i := range t.runs {
		r := &t.runs[i]
		if r.source != source {
			continue
		}
		if c.from > r.to+hole {
			p.close(*r)
			t.runs = slices.Delete(t.runs, i, i+1)
			break
		}
		r.bits += max(c.bitsTo-max(c.bits, r.bitsTo), 0)
		r.tokens += max(c.to-max(c.from, r.to), 0)
		r.end, r.to, r.bitsTo, r.last, r.missed = c.end, c.to, c.bitsTo, c.from, 0
		r.hits++
		r.telling += t.tell()
		return
	}
	if len(t.runs) == maxRuns {
		p.close(t.runs[0])
		t.runs = slices.Delete(t.runs, 0, 1)
	}
	t.runs = append(t.runs, stretch{source: source, kind: t.kind, start: c.start, end: c.end, to: c.to, bitsTo: c.bitsTo, last: c.from, tokens: gram, bits: c.bitsTo - c.bits, hits: 1, telling: t.tell()})
}

// tell is 1 if the hash at hand says something.
func (t *track) tell() int {
	if t.tells {
		return 1
	}
	return 0
}

// missed counts a hash against the stretches whose sources do not have it.
func (p *pass) missed(t *track) {
	keep := t.runs[:0]
	for _, r := range t.runs {
		if r.last != t.at.from {
			r.missed++
		}
		if r.missed < misses {
			keep = append(keep, r)
		} else {
			p.close(r)
		}
	}
	t.runs = keep
}

// close keeps a stretch if it is evidence, or may be when all the text is known.
func (p *pass) close(r stretch) {
	if r.most = r.bits; r.bits < leastStretch(r.kind) && (r.kind != isCode || r.bits < leastShare) {
		return
	}
	for i := len(p.found) - 1; i >= 0; i-- {
		f := &p.found[i]
		if f.source == r.source && f.kind == r.kind && (r.start <= f.end+nearby || len(p.found) == maxFound) {
			f.end = max(f.end, r.end)
			f.tokens += r.tokens
			f.hits += r.hits
			f.bits += r.bits
			f.most = max(f.most, r.most)
			f.telling += r.telling
			return
		}
	}
	if len(p.found) < maxFound {
		p.found = append(p.found, r)
	}
}

// Close implements [detectors.Pass].
func (p *pass) Close(emit func(detectors.Finding)) {
	if len(p.line) > 0 {
		p.read(p.line, p.start)
	}
	for i := range p.tracks {
		for _, r := range p.tracks[i].runs {
			p.close(r)
		}
		p.tracks[i].runs = p.tracks[i].runs[:0]
	}
	for i := range p.found {
		if r := &p.found[i]; r.most >= leastStretch(r.kind) || r.telling > 1 && p.tracks[0].mostly(r.telling) {
			emit(p.finding(r))
		}
	}
	clear(p.line[:cap(p.line)])
	p.line, p.found = p.line[:0], p.found[:0]
}

// mostly reports whether so many hashes are nearly all of the text's that say
// something, what everybody writes left out. A longer text has too many others.
func (t *track) mostly(n int) bool {
	if t.told > maxTelling {
		return false
	}
	others := 0
	for _, h := range t.telling[:t.told] {
		if !isCommon(h) {
			others++
		}
	}
	return n*100 >= share*others
}

// finding is what is told of a stretch. Its level says how much there is: High
// from about ten lines.
func (p *pass) finding(r *stretch) detectors.Finding {
	s := &p.index.sources[r.source]
	f := detectors.Finding{Type: TypeCode, Rule: RuleCode, Span: detectors.Span{Start: r.start, End: r.end}, Late: true, Confidence: 78}
	if r.kind == isText {
		f.Type, f.Rule = TypeText, RuleText
	}
	if r.tokens >= 60 {
		f.Confidence = 88
	}
	f.Evidence = []detectors.Evidence{
		{Name: "fingerprint:" + s.Label, Points: int16(f.Confidence)},
		{Name: fmt.Sprintf("of_message:%d%%", percent(r.end-r.start, p.end-p.first))},
		{Name: fmt.Sprintf("of_source:%d%%", percent(r.hits, s.Hashes))},
	}
	return f
}

// percent is a share, rounded up: what is there is not nothing.
func percent(part, of int) int { return min((100*part+max(of, 1)-1)/max(of, 1), 100) }
