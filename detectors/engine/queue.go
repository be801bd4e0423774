package engine

import (
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// kindBlock marks the place of a block among the anchors.
const kindBlock anchor.Kind = 0xFF

// An entry is an anchor for one part, or a block, that waits for its text.
type entry struct {
	end     int
	use     *use  // nil for a block
	granted int32 // bytes behind end that the next view shows
	kind    anchor.Kind
	again   bool // it was looked at in a Flush
	dead    bool // nothing comes of it, however the text goes on
}

// A queue holds what cannot be looked at yet, in the order of ends. One that
// waits holds up those behind it: checks come in the same order for every cut.
type queue struct {
	list   []entry
	blocks []anchor.Block // of the entries of kindBlock
}

// put looks at an entry at once if nothing waits and its text is there. One that
// a glance refuses does not wait: it does nothing when its time has come.
func (q *queue) put(s *Scanner, en entry) {
	if len(q.list) == 0 {
		if s.spent {
			return
		}
		if done, _ := s.advance(&en, true); done {
			return
		}
	}
	q.list = append(q.list, en)
}

// drain looks at what waits as far as the text allows.
func (q *queue) drain(s *Scanner) {
	n := 0
	for ; n < len(q.list) && !s.spent; n++ {
		if done, _ := s.advance(&q.list[n], false); !done {
			break
		}
	}
	if s.spent {
		q.reset()
		return
	}
	if n > 0 {
		q.list = append(q.list[:0], q.list[n:]...)
		if len(s.told) > 0 && q.firstAgain() < 0 && !s.remembers() {
			s.told = s.told[:0]
		}
	}
}

// flush looks at every anchor that waits with the text there is. Those whose
// view that cut short remain, to be looked at again from the beginning.
func (q *queue) flush(s *Scanner) {
	keep := q.list[:0]
	for _, en := range q.list {
		if s.spent {
			break
		}
		if en.kind == kindBlock {
			keep = append(keep, en)
			continue
		}
		probe := en
		probe.again = true
		if _, clipped := s.advance(&probe, false); clipped {
			en.again = true
			en.granted = int32(s.engine.parts[en.use.part].needs.Right)
			keep = append(keep, en)
		}
	}
	q.list = keep
}

// first is the anchor that waits longest, nil if none does.
func (q *queue) first() *entry {
	for i := range q.list {
		if q.list[i].kind != kindBlock {
			return &q.list[i]
		}
	}
	return nil
}

func (q *queue) firstAgain() int {
	for i := range q.list {
		if q.list[i].again {
			return i
		}
	}
	return -1
}

func (q *queue) reset() { q.list, q.blocks = q.list[:0], q.blocks[:0] }

// A told is a finding of a check that will be made again.
type told struct {
	rule   detectors.RuleID
	span   detectors.Span
	hidden bool // in a layer
}

// again reports whether f was found in a Flush already, and notes it in one.
func (s *Scanner) again(f detectors.Finding) bool {
	t := told{f.Rule, f.Span, len(f.Layers) > 0}
	for _, o := range s.told {
		if o == t {
			return true
		}
	}
	if s.flushing {
		s.told = append(s.told, t)
	}
	return false
}
