package inspect

import (
	"hash/maphash"
	"math"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/proxy/content"
)

// An item is one text of a streamed answer: all deltas of a message, of the
// arguments of a call; or a text that stands in one event alone. Offsets are in
// the text.
type item struct {
	key     string
	doc     int // number in findings
	locator string
	role    content.Role
	scanner *engine.Scanner // nil when the text has ended
	end     int             // bytes so far
	settled int             // nothing will be found before it, but what is Late
	gone    int             // what was sent
	edits   []itemEdit      // in order and apart
	matched []detectors.Span
	again   bool       // tells what was told before
	aliases []alias    // findings of values that were found before
	json    *unescaper // of a text that is JSON, in pieces

	repeats bool   // each event has the text from its beginning
	sum     uint64 // of the text so far, of one that repeats

	rewriter Rewriter
	about    Text
	unread   int    // pieces that the rewriter was not given yet
	tail     *piece // the last piece that the rewriter was given
}

// An alias is a finding of a value that finding number k is of as well.
type alias struct {
	finding int
	span    detectors.Span
}

// An itemEdit replaces text[start:end].
type itemEdit struct {
	start, end int
	with       string
	rest       bool // of an edit that began in an earlier piece
}

// write takes the next piece of the text.
func (it *item) write(p []byte) {
	it.end += len(p)
	if it.json != nil {
		p = it.json.take(p)
	}
	it.scanner.Write(p)
	it.settle()
}

// settle asks how far the text is settled.
func (it *item) settle() {
	it.settled = it.scanner.Settled()
	if u := it.json; u != nil {
		if it.settled == u.text {
			it.settled = u.raw - len(u.open)
		} else {
			it.settled, _ = u.at(it.settled)
		}
	}
}

// span is where a span of the scanned text stands.
func (it *item) span(sp detectors.Span) detectors.Span {
	if it.json != nil {
		return it.json.back(sp)
	}
	return sp
}

// flush decides what stands open with the text there is.
func (it *item) flush() {
	if it.scanner != nil {
		it.scanner.Flush()
		it.settled = it.end
	}
}

// close ends the text.
func (it *item) close() {
	if it.scanner == nil {
		return
	}
	it.scanner.Close()
	it.drop()
	it.settled = math.MaxInt
	if it.rewriter != nil && !it.repeats && it.tail != nil && it.unread == 0 {
		it.tail.add(it.rewriter.Close())
		it.tail = nil
	}
}

// drop gives the scanner back.
func (it *item) drop() {
	if it.scanner != nil {
		it.scanner.Release()
		it.scanner = nil
	}
}

// match notes a span that any rule matched. What ends before the text that is
// still here is of no use any more.
func (it *item) match(sp detectors.Span) {
	sp = it.span(sp)
	if len(it.matched) >= 64 && !it.repeats {
		it.matched = slices.DeleteFunc(it.matched, func(m detectors.Span) bool { return m.End <= it.gone })
	}
	it.matched = append(it.matched, sp)
}

// edit plans the replacement of a span, grown over every match that it touches.
// It reports false when the beginning of the span has been sent.
func (it *item) edit(sp detectors.Span, with string) bool {
	for grown := true; grown; { // matches may overlap in chains
		grown = false
		for _, m := range it.matched {
			if m.Overlaps(sp) && (m.Start < sp.Start || m.End > sp.End) {
				sp.Start, sp.End = min(sp.Start, m.Start), max(sp.End, m.End)
				grown = true
			}
		}
	}
	late := sp.Start < it.gone && !it.repeats
	if late {
		sp.Start = it.gone
	}
	for i := 0; i < len(it.edits) && sp.Start < sp.End; i++ { // what is replaced already stays as it is
		e := it.edits[i]
		switch {
		case e.end <= sp.Start:
			continue
		case e.start <= sp.Start:
			sp.Start = e.end
		case e.start < sp.End:
			if sp.End > e.end {
				it.insert(itemEdit{start: e.end, end: sp.End})
			}
			sp.End = e.start
		}
	}
	if sp.Start < sp.End {
		it.insert(itemEdit{start: sp.Start, end: sp.End, with: with})
	}
	return !late
}

func (it *item) insert(e itemEdit) {
	at, _ := slices.BinarySearchFunc(it.edits, e, func(a, b itemEdit) int { return a.start - b.start })
	it.edits = slices.Insert(it.edits, at, e)
}

// within are the edits of text[start:end], relative to start. What was begun
// before start goes on as a removal.
func (it *item) within(start, end int) (out []itemEdit) {
	for _, e := range it.edits {
		if e.end <= start || e.start >= end {
			continue
		}
		cut := itemEdit{max(e.start, start) - start, min(e.end, end) - start, e.with, e.start < start}
		if cut.rest {
			cut.with = ""
		}
		out = append(out, cut)
	}
	return out
}

// sent notes that text up to end is gone.
func (it *item) sent(end int) {
	if it.gone = max(it.gone, end); it.repeats {
		return
	}
	n := 0
	for n < len(it.edits) && it.edits[n].end <= it.gone {
		n++
	}
	it.edits = slices.Delete(it.edits, 0, n)
	if it.json != nil {
		it.json.forget(it.gone)
	}
}

// goesOn returns what text adds to that of an item that repeats; ok is false when
// it is another text.
func (it *item) goesOn(text []byte, seed maphash.Seed) (more []byte, ok bool) {
	if len(text) < it.end || it.end > 0 && maphash.Bytes(seed, text[:it.end]) != it.sum {
		return nil, false
	}
	more = text[it.end:]
	it.sum = maphash.Bytes(seed, text)
	return more, true
}
