package engine

import (
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/decode"
)

// maxDepth is how many layers may lie over each other: base64 in percent in
// base64 is read, what lies deeper is not.
const maxDepth = 3

const (
	// reach is how much text on either side of a hidden character is read together
	// with it, in bytes: a match and its context.
	reach = 512
	// wordReach is how far behind a word with a hidden letter a finding may begin
	// that owes to it: "p&#97;ssword: …", context words before a number.
	wordReach = 304
	// beside is how far from a finding another hidden character may stand for it to count.
	beside = 4
)

// layers reads what is hidden in a text beside the text itself (law L8).
//
// Text with hidden characters is read again, rewritten, in regions: from reach
// bytes before a hidden character to reach bytes behind the last one that no
// other follows so soon. An encoded run is decoded in units of 64 KiB. What is
// found in either has its place in the raw text: for a rewritten region the raw
// bytes of the match, for a run the whole unit. A region's findings count only
// when a hidden character stands in them or at their border, or a word with a
// hidden letter before them: the others were found in the text.
//
// Where a region begins, and what a unit holds, depends on nothing but the text,
// so findings do not depend on how it was cut. The work of layers has a budget
// of its own, of the same size.
type layers struct {
	finder decode.Finder
	next   int // offset from which hidden characters are looked for

	region  *Scanner // over the rewritten text of the open region; nil outside
	opened  int      // where the region began
	fed     int      // how far raw text was given to it
	last    int      // end of its last hidden character
	until   int      // how far that one matters
	written int      // bytes of rewritten text
	text    []byte   // those not yet given to the region
	pieces  []piece

	runner decode.Runner
	runs   []int // where runs begin that are not decoded yet
	room   []int // what runs is a part of
	open   int   // how far the first of them goes on, if it is encoded; else 0
	read   int   // end of the last unit

	used  int
	spent bool
	buf   [8]byte
}

// A piece is a stretch of rewritten text: raw text as it stood, or what one
// hidden character stands for.
type piece struct {
	at, size int // in the rewritten text
	raw, len int // in the raw text; equal to size when nothing was hidden
	layer    decode.Layer
	word     bool // it hides a part of a word
}

// layered reports whether the scanner reads layers.
func (s *Scanner) layered() bool { return s.depth < maxDepth && !s.engine.plain }

// token notes a run of token bytes that became long enough at end.
func (l *layers) token(end int) {
	if start := end - minToken; start >= l.read {
		if len(l.runs) == cap(l.runs) {
			l.room = append(l.room[:0], l.runs...)
			l.room = slices.Grow(l.room, 16)
			l.runs = l.room
		}
		l.runs = append(l.runs, start)
	}
}

// point tells layers of an anchor that ends at an offset: characters may be
// hidden there, runs decoded, numbers set apart, keys wrapped.
func (s *Scanner) point(h *anchor.Hit, end int) {
	l := &s.layers
	switch h.Kind {
	case anchor.KindToken:
		l.token(end)
		l.finder.Token(end)
	case anchor.KindDigits:
		l.finder.Number(s.window[:s.seen-s.base], s.base, end)
	case anchor.KindEscape:
		l.finder.Mark(end - 2)
	case anchor.KindWide:
		l.finder.Mark(end - 1)
	case anchor.KindIBAN:
		l.finder.Head(s.window[:s.seen-s.base], s.base, end)
	case anchor.KindLiteral:
		// Some literals are found only where a word begins: no head counts elsewhere.
		if n := int(s.engine.heads[h.ID]); n > 0 && s.beginsWord(end-n) {
			l.finder.Head(s.window[:s.seen-s.base], s.base, end)
		}
	}
}

// beginsWord reports whether no letter stands before an offset, or before what is
// no letter, but for a small one before a capital.
func (s *Scanner) beginsWord(at int) bool {
	i := at - s.base
	if at == s.part || i <= 0 || i >= len(s.window) {
		return true
	}
	a, b := s.window[i-1], s.window[i]
	return !isAlnum(a) || isDigit(a) || !isAlnum(b) || isDigit(b) || a >= 'a' && b <= 'Z'
}

// layersFrom is an offset before which layers find nothing more.
func (s *Scanner) layersFrom() int {
	l := &s.layers
	if !s.layered() || l.spent {
		return s.seen
	}
	at := l.next - reach
	if l.region != nil {
		at = min(at, l.raw(l.region.Settled()))
	}
	if len(l.runs) > 0 {
		at = min(at, l.runs[0])
	}
	return max(at, s.part)
}

// lookDeeper reads layers as far as the text allows; ended says that the text
// seen is all there is of this part.
func (s *Scanner) lookDeeper(ended bool) {
	if !s.layered() || s.layers.spent {
		return
	}
	text := s.window[:s.seen-s.base]
	s.unfold(text, ended)
	s.decode(text, ended)
}

// unfold finds hidden characters and feeds the region around them.
func (s *Scanner) unfold(text []byte, ended bool) {
	l := &s.layers
	for !l.spent {
		at, c, ok := l.finder.Next(text, s.base, l.next-s.base, ended, l.buf[:0])
		at += s.base
		if !ok {
			l.next = at
			break
		}
		if l.region != nil && at > l.until {
			s.closeRegion(text)
		}
		if l.region == nil {
			s.openRegion(max(at-reach, l.last, s.part))
		}
		s.feed(text, at)
		word := s.inWord(text, at, &c)
		l.region.marks.add(detectors.Span{Start: l.written, End: l.written + len(c.With)}, word)
		l.add(piece{l.written, len(c.With), at, c.Len, c.Layer, word})
		l.write(c.With)
		l.fed = at + c.Len
		l.last, l.next = l.fed, l.fed
		if l.until = max(l.until, l.last+reach); word {
			l.until = l.last + reach + wordReach
		}
	}
	if l.region == nil {
		return
	}
	if ended || l.next > l.until {
		s.closeRegion(text)
		return
	}
	s.feed(text, l.next)
	l.flush()
}

// inWord reports whether a change at an offset hides a letter of a word, or
// what draws nothing within one.
func (s *Scanner) inWord(text []byte, at int, c *decode.Change) bool {
	letter := func(b byte) bool { return isAlnum(b) || b >= 0x80 }
	switch {
	case c.Layer == decode.Spaced || c.Layer == decode.Wrapped:
		return false
	case len(c.With) > 0:
		return letter(c.With[0])
	}
	before, behind := at-s.base-1, at-s.base+c.Len
	return before >= 0 && letter(text[before]) && behind < len(text) && letter(text[behind])
}

func (s *Scanner) openRegion(at int) {
	l := &s.layers
	l.opened, l.fed, l.written, l.pieces = at, at, 0, l.pieces[:0]
	inner := Options{Floor: s.o.Floor, Label: s.label(at + 1), Found: s.foundInRegion, Gap: func(g detectors.Gap) { s.gap(g.Cause) }}
	if s.o.Matched != nil {
		inner.Matched = func(sp detectors.Span) {
			if raw, hidden := l.place(sp, 0); len(hidden) > 0 {
				s.o.Matched(s.outside(raw))
			}
		}
	}
	l.region = s.engine.NewScanner(inner)
	l.region.depth, l.region.region = s.depth+1, true
}

// write gives the region text, many pieces at a time.
func (l *layers) write(p []byte) {
	l.text = append(l.text, p...)
	if len(l.text) >= chunk {
		l.flush()
	}
}

func (l *layers) flush() {
	if len(l.text) > 0 {
		l.region.Write(l.text)
		clear(l.text)
		l.text = l.text[:0]
	}
}

// feed gives the region raw text up to an offset.
func (s *Scanner) feed(text []byte, to int) {
	l := &s.layers
	to = min(to, s.seen)
	if n := to - l.fed; n > 0 {
		l.add(piece{at: l.written, size: n, raw: l.fed, len: n})
		l.write(text[l.fed-s.base : to-s.base])
		l.fed = to
	}
}

// add appends a piece, joined with the one before when both are raw text.
func (l *layers) add(p piece) {
	l.written += p.size
	if n := len(l.pieces); n > 0 && p.layer == "" && l.pieces[n-1].layer == "" {
		l.pieces[n-1].size += p.size
		l.pieces[n-1].len += p.len
		return
	}
	if len(l.pieces) >= 2048 { // no finding begins before what the region may still report
		first := l.region.Settled()
		l.pieces = slices.DeleteFunc(l.pieces, func(p piece) bool { return p.at+p.size <= first })
	}
	l.pieces = append(l.pieces, p)
}

func (s *Scanner) closeRegion(text []byte) {
	l := &s.layers
	to := min(l.until, s.seen)
	s.feed(text, min(to, l.until-reach+s.engine.before+beside+minDigits))
	l.flush()
	l.region.silent = true // what an anchor farther on leads to begins behind the last mark
	s.feed(text, to)
	l.flush()
	l.region.Close()
	s.charge(l.region.work(), l.last)
	l.region.Release()
	l.region = nil
}

// charge counts the work of a layer at an offset.
func (s *Scanner) charge(n, off int) {
	l := &s.layers
	l.used += n
	if l.spent || l.used <= s.engine.budget.at(off) {
		return
	}
	l.spent = true
	if l.region != nil {
		l.region.Release()
		l.region = nil
	}
	clear(l.text)
	l.text = l.text[:0]
	s.gap(detectors.CauseWorkBudget)
}

// work is what was spent on the text and its layers.
func (s *Scanner) work() int { return s.used + s.layers.used }

// foundInRegion takes what is found in rewritten text. What only its end can
// show was shown by the raw text's.
func (s *Scanner) foundInRegion(f detectors.Finding) {
	l := &s.layers
	if f.Late || f.Span.Start == 0 && l.opened > s.part {
		return
	}
	near := 0
	if len(f.Layers) > 0 {
		near = beside // of "%2520" only the first three bytes are hidden here
	}
	raw, hidden := l.place(f.Span, near)
	if len(hidden) == 0 {
		return
	}
	f.Span = s.outside(raw)
	f.Layers = append(hidden, f.Layers...)
	if !s.again(f) {
		s.contest.add(f)
	}
}

// readsBlocks reports whether blocks are shown to anyone: what they lead to is
// Late.
func (s *Scanner) readsBlocks() bool { return len(s.engine.blocks) > 0 && !s.region }

func isAlnum(b byte) bool { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z' }

// outside is a span as callers count it.
func (s *Scanner) outside(sp detectors.Span) detectors.Span {
	return detectors.Span{Start: sp.Start - s.breaks, End: sp.End - s.breaks}
}

// place maps a span of rewritten text to the raw text and names the layers of
// the hidden characters in it, at its borders, up to so many bytes beside it, and
// in the words before it.
func (l *layers) place(sp detectors.Span, beside int) (raw detectors.Span, hidden []string) {
	raw = detectors.Span{Start: l.raw(sp.Start), End: l.raw(sp.End - 1)}
	for i := range l.pieces {
		p := &l.pieces[i]
		if p.at > sp.End+beside {
			break
		}
		if last := sp.End - 1; p.at <= last && last < p.at+p.size {
			if raw.End = p.raw + last - p.at + 1; p.layer != "" {
				raw.End = p.raw + p.len
			}
		}
		counts := p.at+p.size >= sp.Start-beside || p.word && p.at+p.size >= sp.Start-wordReach
		if p.layer != "" && counts && !slices.Contains(hidden, string(p.layer)) {
			hidden = append(hidden, string(p.layer))
		}
	}
	return raw, hidden
}

// raw is the raw offset of a byte of rewritten text.
func (l *layers) raw(at int) int {
	for i := len(l.pieces) - 1; i >= 0; i-- {
		p := &l.pieces[i]
		if p.at > at || p.size == 0 {
			continue
		}
		switch {
		case at >= p.at+p.size:
			return p.raw + p.len
		case p.layer != "":
			return p.raw
		}
		return p.raw + at - p.at
	}
	return l.opened
}

// gap tells of something that was not read.
func (s *Scanner) gap(c detectors.Cause) {
	g := detectors.Gap{Cause: c}
	if s.whole {
		s.gaps = append(s.gaps, g)
	}
	if s.o.Gap != nil {
		s.o.Gap(g)
	}
}

// resetLayers forgets the text of a part.
func (s *Scanner) resetLayers() {
	l := &s.layers
	if l.region != nil {
		l.region.Release()
	}
	clear(l.text)
	l.finder.Reset()
	*l = layers{finder: l.finder, runner: l.runner, room: l.room[:0], runs: l.room[:0], pieces: l.pieces[:0], text: l.text[:0], next: s.part, read: s.part, last: s.part, used: l.used, spent: l.spent}
}
