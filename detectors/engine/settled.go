package engine

import (
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// maxWord is how much of a word that has not ended is held, in bytes: it may be
// the local part of an address, or the head of a key. What is longer and still
// open is held by its own anchor.
const maxWord = 64

// Settled is an offset before which no finding begins that is not reported yet
// and not Late: text before it may be released. On a stream it stands at the last
// border of words, unless something before that is open (laws L2 and L4).
func (s *Scanner) Settled() int {
	at := s.total - s.breaks
	if !s.spent && !s.closed {
		at = max(s.contest.start(s.bound()), s.flushed)
	}
	s.settled = max(s.settled, at)
	return s.settled
}

// bound is an offset, as counted outside, before which no finding begins that
// is not known yet.
//
// Text that is not there yet may complete an anchor whose finding begins in what
// is: each detector says how far back. An anchor that is there and waits for text
// holds what its finding may cover, if one may come at all. A hidden character
// that is not decided yet holds what was held before it: a finding through it
// began as any other would.
func (s *Scanner) bound() int {
	text := s.window
	if text == nil {
		text = s.tail
	}
	text = text[:s.seen-s.base]
	at := s.seen - word(text, s.seen-s.part)
	for i := range s.engine.parts {
		at = min(at, s.seen-s.engine.parts[i].open(text))
	}
	at = s.waiting(text, at)
	if s.layered() && !s.layers.spent {
		at = s.hidden(text, at)
	}
	at = max(at, s.part)
	s.bounded = max(s.bounded, at)
	return at - s.breaks
}

// word is the length of the word that ends text, of which n bytes belong to this
// part.
func word(text []byte, n int) int {
	k := 0
	for k < min(n, len(text), maxWord) && text[len(text)-1-k] > ' ' {
		k++
	}
	return k
}

// waiting lowers a bound to where findings of anchors that wait may begin.
func (s *Scanner) waiting(text []byte, at int) int {
	for i := range s.queue.list {
		en := &s.queue.list[i]
		if en.kind == kindBlock || en.dead {
			continue
		}
		part := &s.engine.parts[en.use.part]
		first := en.end - en.use.before(&part.needs)
		if en.kind == anchor.KindDigits && en.use.reach != (detectors.Reach{}) {
			for k := en.end - s.base; k > 0 && inNumber(text[k-1]); k-- {
				first--
			}
		}
		if first >= at {
			continue
		}
		peeker, ok := s.passes[en.use.part].(detectors.Peeker)
		if !ok {
			at = first
			continue
		}
		lo := max(0, en.end-part.needs.Left)
		start, open := peeker.Peek(detectors.View{
			Text: text[lo-s.base:], Off: lo - s.breaks, At: en.end - lo, BOF: lo == 0, Label: s.label(en.end),
		}, anchor.Hit{End: en.end - s.breaks, ID: en.use.id, Kind: en.kind}, s.o.Floor)
		if !open {
			en.dead = true
			continue
		}
		at = min(at, max(lo+start, first))
	}
	return at
}

// hidden lowers a bound to where findings in layers may begin.
func (s *Scanner) hidden(text []byte, at int) int {
	l := &s.layers
	if len(l.runs) > 0 {
		at = min(at, l.runs[0])
	}
	if l.region != nil {
		at = min(at, l.raw(l.region.Settled()))
	}
	if l.finder.Undecided(text, s.base, l.next-s.base) {
		at = min(at, max(s.bounded, l.next-reach))
	}
	return at
}
