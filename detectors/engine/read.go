package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// read looks at p, the end of the window, which was not seen yet.
func (s *Scanner) read(p []byte) {
	e := s.engine
	s.queue.drain(s)
	x := e.scratch.Get().(*scratch)
	for len(p) > 0 && !s.spent {
		n := min(len(p), chunk)
		if s.silent {
			s.seen += n
		} else {
			x.hits, x.blocks = e.set.Find(&s.carry, p[:n], s.seen-s.part, x.hits[:0], x.blocks[:0])
			if len(e.kinds[anchor.KindDigits]) > 0 {
				x.hits = s.digits.mark(x.hits, p[:n], s.seen-s.part)
			}
			s.seen += n
			x.hits = s.terms(x.hits, n)
			s.take(x.hits, x.blocks)
		}
		s.lookDeeper(s.ended && s.seen == s.total)
		if len(s.contest.list) > 0 {
			at := s.bound()
			s.contest.settle(at, at, s.report)
		}
		p = p[n:]
	}
	e.scratch.Put(x)
	s.view = detectors.View{}
	if s.spent {
		s.seen = s.total
	}
}

// terms adds to hits the places that passes find themselves in the last n bytes.
func (s *Scanner) terms(hits []anchor.Hit, n int) []anchor.Hit {
	e := s.engine
	if len(e.termers) == 0 {
		return hits
	}
	had := len(hits)
	for _, t := range e.termers {
		from := s.seen - n - s.base
		lo := max(0, from-e.parts[t.part].needs.Left)
		first := len(hits)
		hits = s.termers[t.part].Terms(s.window[lo:s.seen-s.base:s.seen-s.base], from-lo, hits)
		for i := first; i < len(hits); i++ {
			hits[i].End += s.base + lo - s.part
			hits[i].ID += t.first
		}
	}
	if len(hits) > had {
		slices.SortStableFunc(hits, func(a, b anchor.Hit) int {
			return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
		})
	}
	return hits
}

// take queues or checks what one chunk brought: hits and blocks by End, a block
// behind the hits that end in it.
func (s *Scanner) take(hits []anchor.Hit, blocks []anchor.Block) {
	e := s.engine
	if !s.readsBlocks() {
		blocks = nil
	}
	layered := s.layered()
	for i := range hits {
		h := &hits[i]
		for len(blocks) > 0 && blocks[0].Off+blocks[0].Len < h.End {
			s.block(blocks[0])
			blocks = blocks[1:]
		}
		if layered {
			s.point(h, h.End+s.part)
		}
		var uses []use
		switch h.Kind {
		case anchor.KindLiteral:
			uses = e.literals[h.ID]
		case detectors.KindTerm:
			uses = e.terms[h.ID : h.ID+1]
		case anchor.KindEscape, anchor.KindWide:
			continue // of layers alone
		default:
			uses = e.kinds[h.Kind]
		}
		end := h.End + s.part
		for i := range uses {
			if u := &uses[i]; !e.besides.refuses(&u.glance, s.window, end-s.base) {
				s.queue.put(s, entry{end: end, use: u, kind: h.Kind, granted: u.right})
			}
		}
	}
	for _, b := range blocks {
		s.block(b)
	}
}

func (s *Scanner) block(b anchor.Block) {
	b.Off += s.part
	s.queue.blocks = append(s.queue.blocks, b)
	s.queue.put(s, entry{end: b.Off + b.Len, kind: kindBlock})
}

// advance looks at one entry as far as the text allows. It reports whether the
// entry is done, and whether a view ended with the text because of ended. A glance
// was cast at one that is fresh.
func (s *Scanner) advance(en *entry, fresh bool) (done, clipped bool) {
	if en.kind == kindBlock {
		s.showBlock()
		return true, false
	}
	part := en.use.part
	n := &s.engine.parts[part].needs
	pass := s.passes[part]
	s.at = en.end
	for first := true; ; first = false {
		hi := en.end + int(en.granted)
		if hi >= s.total {
			// Whether the text ends there is not known before it does.
			if !s.ended {
				return false, false
			}
			hi, clipped = s.total, true
		}
		lo := max(0, en.end-n.Left)
		if first && !fresh && s.engine.besides.refuses(&en.use.glance, s.window[:hi-s.base], en.end-s.base) {
			return true, clipped
		}
		if first && s.region && !s.marked(en, lo, hi, clipped) {
			return true, clipped
		}
		cost := checkCost
		if int(en.granted) > n.Right {
			cost += (hi - lo) / viewShare
		}
		if !s.spend(cost, en.end) {
			return true, clipped
		}
		s.view = detectors.View{
			Text: s.window[lo-s.base : hi-s.base : hi-s.base], Off: lo - s.breaks, At: en.end - lo,
			BOF: lo == 0, EOF: clipped, Label: s.label(en.end),
		}
		more := pass.Check(s.view, anchor.Hit{End: en.end - s.breaks, ID: en.use.id, Kind: en.kind}, s.emit)
		if m := s.meters[part]; m != nil {
			s.spend(m.Work(), en.end)
		}
		if more <= int(en.granted) || clipped || int(en.granted) >= n.MaxRight {
			return true, clipped
		}
		en.granted = int32(min(more, n.MaxRight))
	}
}

// showBlock shows the first block of the queue to those who read blocks.
func (s *Scanner) showBlock() {
	b := s.queue.blocks[0]
	s.queue.blocks = append(s.queue.blocks[:0], s.queue.blocks[1:]...)
	end := b.Off + b.Len
	s.at, s.late = end, true
	for _, p := range s.engine.blocks {
		if s.blockers[p] == nil || !s.spend(1+b.Len/viewShare, end) {
			continue
		}
		lo := max(s.part, b.Off-s.engine.parts[p].needs.Left)
		s.view = detectors.View{
			Text: s.window[lo-s.base : end-s.base : end-s.base], Off: lo - s.breaks, At: end - lo,
			BOF: lo == 0, EOF: s.ended && end == s.total, Label: s.label(end),
		}
		out := b
		out.Off -= s.breaks
		s.blockers[p].Block(s.view, out, s.emit)
	}
	s.late = false
}

// end decides everything up to total, where the text or a part of it ends.
func (s *Scanner) end() {
	s.queue.drain(s)
	if !s.spent {
		s.lookDeeper(true)
	}
	if s.readsBlocks() && !s.spent {
		var last [1]anchor.Block
		s.take(nil, s.engine.set.Finish(&s.carry, last[:0]))
	}
	s.view = detectors.View{}
	s.at, s.late = s.total, true
	for _, p := range s.passes {
		p.Close(s.emit)
	}
	s.late = false
	s.queue.reset()
	s.told = s.told[:0]
	s.contest.settle(math.MaxInt, math.MaxInt, s.report)
	s.lates.settle(math.MaxInt, math.MaxInt, s.report)
}

// found takes what a detector emits.
func (s *Scanner) found(f detectors.Finding) {
	if f.Confidence < detectors.Low || s.again(f) {
		return
	}
	first := s.part - s.breaks // a part's borders, as offsets outside
	if f.Span.Start < first {
		return // it crosses a Break
	}
	if f.Span.Len() <= 0 || f.Span.End > s.total-s.breaks {
		panic("engine: internal error: a finding lies outside the text")
	}
	s.spend(findingCost, s.at)
	if s.o.Matched != nil {
		s.o.Matched(f.Span)
	}
	if f.Confidence < s.o.Floor {
		return
	}
	lo, hi := f.Span.Start-s.view.Off, f.Span.End-s.view.Off
	seen := lo >= 0 && hi <= len(s.view.Text)
	if seen {
		f.Digest = s.digester.digest(f.Type, s.view.Text[lo:hi])
	}
	if f.Late = f.Late || s.late; f.Late {
		s.addLate(f) // what is longer than its view has no digest
		return
	}
	if !seen {
		panic("engine: internal error: a finding lies outside its view")
	}
	s.contest.add(f)
}

// addLate keeps a finding until the text ends, if there is room.
func (s *Scanner) addLate(f detectors.Finding) {
	if len(s.lates.list) < maxLate {
		s.lates.add(f)
		return
	}
	if !s.crowded {
		s.crowded = true
		s.gap(detectors.CauseTooManyFindings)
	}
}

// tell reports a finding that nothing outranks.
func (s *Scanner) tell(f detectors.Finding) {
	f.Late = f.Late || f.Span.Start < s.flushed
	if s.whole {
		s.findings = append(s.findings, f)
	}
	if s.o.Found != nil {
		s.o.Found(f)
	}
}

// keep carries over what views may still need, and forgets the rest.
func (s *Scanner) keep() {
	if s.spent {
		clear(s.tail)
		s.tail, s.window = s.tail[:0], nil
		return
	}
	first, need := s.queue.first(), s.seen+1
	if first != nil {
		need = min(need, first.end)
	}
	for len(s.labels) > 1 && s.labels[1].from < need {
		s.labels = append(s.labels[:0], s.labels[1:]...)
	}
	from := max(need-s.engine.left, 0)
	if s.layered() && !s.layers.spent {
		from = max(min(from, s.layers.next-reach, s.layersFrom()), 0)
		if s.layers.region != nil {
			from = min(from, s.layers.fed)
		}
	}
	if s.readsBlocks() {
		first := s.part + (s.seen-s.part)/anchor.BlockSize*anchor.BlockSize
		if len(s.queue.blocks) > 0 {
			first = min(first, s.queue.blocks[0].Off)
		}
		from = max(min(from, first-s.engine.left), 0)
	}
	own := len(s.tail) > 0 && len(s.window) > 0 && &s.tail[0] == &s.window[0]
	if dead := from - s.base; !own || dead > 4<<10 {
		had := len(s.tail)
		s.tail = append(s.tail[:0], s.window[min(max(dead, 0), len(s.window)):]...)
		if had > len(s.tail) {
			clear(s.tail[len(s.tail):had])
		}
		s.base = max(from, s.base)
	}
	s.window = nil
}
