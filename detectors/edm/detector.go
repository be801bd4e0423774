package edm

import (
	"bytes"
	"math/bits"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// New returns the detector of an index, which must stay open as long as the
// detector is used.
func New(x *Index) detectors.Detector { return detector{x} }

type detector struct{ *Index }

// Needs implements [detectors.Detector].
func (detector) Needs() detectors.Needs { return detectors.Needs{Blocks: true} }

// NewPass implements [detectors.Detector].
func (d detector) NewPass() detectors.Pass { return &pass{index: d.Index} }

// A pass keeps the text that values around a coming anchor may stand in.
type pass struct {
	index *Index
	text  []byte // from base on: as much as Within before what was not looked at yet
	base  int
	next  int // where in text anchors are looked for next
	work  int
	buf   []byte
	last  detectors.Span // of the finding told last
	tail  []place        // values around an anchor; scratch
}

// A place is a value in the text.
type place struct {
	hash       uint64
	start, end int
	column     int // that it has in the row at hand
}

// longest is how far a value may reach, in bytes.
const longest = 96

// maxPlaces bounds the values that one anchor is paired with.
const maxPlaces = 512

// Check implements [detectors.Pass]; values have no anchors of the engine's.
func (p *pass) Check(detectors.View, anchor.Hit, func(detectors.Finding)) int { return 0 }

// Work implements [detectors.Meter].
func (p *pass) Work() int {
	w := p.work
	p.work = 0
	return w
}

// Reset implements [detectors.Pass].
func (p *pass) Reset() {
	clear(p.text[:cap(p.text)])
	clear(p.buf[:cap(p.buf)])
	*p = pass{index: p.index, text: p.text[:0], buf: p.buf[:0], tail: p.tail[:0]}
}

// Block implements [detectors.BlockPass].
func (p *pass) Block(v detectors.View, b anchor.Block, emit func(detectors.Finding)) {
	lo, hi := max(b.Off-v.Off, 0), min(b.Off+b.Len-v.Off, len(v.Text))
	if lo >= hi {
		return
	}
	if len(p.text) == 0 {
		p.base = v.Off + lo
	}
	p.text = append(p.text, v.Text[lo:hi]...)
	p.look(len(p.text)-p.index.Within-longest, emit)
}

// Close implements [detectors.Pass].
func (p *pass) Close(emit func(detectors.Finding)) {
	p.look(len(p.text), emit)
	clear(p.text[:cap(p.text)])
	p.text, p.next, p.last = p.text[:0], 0, detectors.Span{}
}

// look reads anchors that begin before an offset in text, and forgets what is
// not needed any more.
func (p *pass) look(upto int, emit func(detectors.Finding)) {
	t := p.text
	i := p.next
	for i < upto {
		b := t[i]
		switch {
		case b == '@':
			if start, end := addressAt(t, i); end > start {
				p.buf = lower(p.buf[:0], t[start:end])
				p.anchor(address, start, end, emit)
			}
			i++
		case digitByte(b) && (i == 0 || !digitByte(t[i-1])):
			p.numbers(i, emit)
			if p.index.looks&look(date, 0) != 0 {
				p.dates(i, emit)
			}
			for i < upto && digitByte(t[i]) {
				i++
			}
		default:
			i++
		}
	}
	p.next = max(i, p.next)
	if drop := p.next - p.index.Within - longest; drop > 4096 {
		n := copy(t, t[drop:])
		clear(t[n:])
		p.text = t[:n]
		p.base += drop
		p.next -= drop
	}
}

// anchor looks around a value at [start, end) of the text, whose canonical bytes
// are in buf.
func (p *pass) anchor(f form, start, end int, emit func(detectors.Finding)) {
	if p.index.looks&look(f, len(p.buf)) == 0 {
		return
	}
	p.work++
	h := value(p.index.key, f, p.buf)
	if p.index.anchors(h) {
		p.around(place{h, start, end, 0}, emit)
	}
}

// numbers tries the numbers that begin in the word with the digit at i: up to
// eight groups of letters and digits, one separator between them.
func (p *pass) numbers(i int, emit func(detectors.Finding)) {
	t := p.text
	start := i
	for start > 0 && wordByte(t[start-1]) {
		if start--; i-start > 8 || digitByte(t[start]) {
			return // the word is too long, or was looked at from its first digit
		}
	}
	p.buf = p.buf[:0]
	k, digits := start, 0
	for range 8 {
		from, before := k, digits
		for k < len(t) && k-start < longest && wordByte(t[k]) {
			if digitByte(t[k]) {
				digits++
			}
			k++
		}
		if digits == before {
			return
		}
		p.buf = compact(p.buf, t[from:k])
		if digits >= minDigits && p.index.looks&look(number, len(p.buf)) != 0 && isNumber(p.buf, p.buf) {
			p.anchor(number, start, k, emit)
		}
		if len(p.buf) >= bits.Len64(p.index.looks) || k+1 >= len(t) || !separator(t[k]) || !wordByte(t[k+1]) {
			return
		}
		k++
	}
}

func separator(b byte) bool { return b == ' ' || b == '-' || b == '.' || b == '/' }

// dates tries the date of which the digit at i is the first of its day, month or
// year.
func (p *pass) dates(i int, emit func(detectors.Finding)) {
	t := p.text
	if i > 0 && wordByte(t[i-1]) {
		return
	}
	d, ok := dateAt(t, i)
	if !ok && i > 0 && t[i-1] == ' ' { // March 12, 1985
		k := i - 1
		for k > 0 && i-k < 12 && wordByte(t[k-1]) {
			k--
		}
		d, ok = dateAt(t, k)
	}
	if !ok {
		return
	}
	p.buf = d.append(p.buf[:0])
	p.anchor(date, d.start, d.end, emit)
	if d.ambiguous {
		d.day, d.month = d.month, d.day
		p.buf = d.append(p.buf[:0])
		p.anchor(date, d.start, d.end, emit)
	}
}

// addressAt is the e-mail address around the sign at i.
func addressAt(t []byte, i int) (start, end int) {
	start, end = i, i+1
	for start > 0 && i-start < 64 && (wordByte(t[start-1]) || bytes.IndexByte([]byte("._%+-"), t[start-1]) >= 0) {
		start--
	}
	for end < len(t) && end-i < 80 && (wordByte(t[end]) || t[end] == '.' || t[end] == '-') {
		end++
	}
	for end > i && (t[end-1] == '.' || t[end-1] == '-') {
		end--
	}
	if start == i || end == i+1 {
		return 0, 0
	}
	return start, end
}

// around pairs an anchor with what stands near it.
func (p *pass) around(a place, emit func(detectors.Finding)) {
	x := p.index
	lo, hi := max(a.end-x.Within, 0), min(a.start+x.Within, len(p.text))
	for lo > 0 && lo < a.start && wordByte(p.text[lo-1]) && wordByte(p.text[lo]) {
		lo++ // no half words
	}
	for hi < len(p.text) && hi > a.end && wordByte(p.text[hi]) && wordByte(p.text[hi-1]) {
		hi--
	}
	p.places(lo, hi)
	p.work += 4 * len(p.tail)
	for column := range x.Columns {
		a.column = column
		if found := p.rowOf(a); len(found) >= x.Any {
			p.tell(found, emit)
			return
		}
	}
}

// places collects the values in a stretch of the text.
func (p *pass) places(lo, hi int) {
	t := p.text
	p.tail = p.tail[:0]
	add := func(f form, start, end int) {
		if len(p.tail) < maxPlaces {
			p.tail = append(p.tail, place{hash: value(p.index.key, f, p.buf), start: start, end: end})
		}
	}
	var before [2][2]int
	n := 0
	eachWord(t[lo:hi], func(start, end int) {
		start, end = start+lo, end+lo
		p.buf = foldWord(p.buf[:0], t[start:end])
		add(words, start, end)
		for k := range min(n, 2) { // the last words before it, one of them left out perhaps
			if w := before[k]; start-w[1] < 32 {
				p.buf = pair(p.buf[:0], t[w[0]:w[1]], t[start:end])
				add(words, w[0], end)
			}
		}
		before[1], before[0] = before[0], [2]int{start, end}
		n++
		if !digitByte(t[start]) && !digitByte(t[end-1]) {
			return
		}
		p.buf = p.buf[:0]
		for k := start; k < end; {
			p.buf = compact(p.buf, t[k:end])
			if isNumber(p.buf, p.buf) {
				add(number, start, end)
			}
			if end+1 >= hi || !separator(t[end]) || !wordByte(t[end+1]) || end-start > longest {
				break
			}
			k = end + 1
			for end = k; end < hi && wordByte(t[end]); {
				end++
			}
		}
	})
	for _, d := range dates(t[lo:hi]) {
		for range 2 {
			p.buf = d.append(p.buf[:0])
			add(date, d.start+lo, d.end+lo)
			if !d.ambiguous {
				break
			}
			d.day, d.month = d.month, d.day
		}
	}
	for i := lo; i < hi; i++ {
		if t[i] == '@' {
			if start, end := addressAt(t, i); start >= lo && end <= hi && end > start {
				p.buf = lower(p.buf[:0], t[start:end])
				add(address, start, end)
			}
		}
	}
}

// rowOf is the values that stand in one row with an anchor in its column, the
// anchor among them.
func (p *pass) rowOf(a place) []place {
	x := p.index
	found := []place{a}
	for column := range x.Columns {
		if column == a.column {
			continue
		}
		for _, v := range p.tail {
			if v.start < a.end && a.start < v.end || !x.pairs.Has(row(x.key, a.column, a.hash, column, v.hash)) {
				continue
			}
			v.column = column
			same := true // as those that were found before it
			for _, f := range found[1:] {
				same = same && x.pairs.Has(row(x.key, f.column, f.hash, column, v.hash)) && (v.end <= f.start || f.end <= v.start)
			}
			first, last := v.start, v.end
			for _, f := range found {
				first, last = min(first, f.start), max(last, f.end)
			}
			if same && last-first <= x.Within {
				found = append(found, v)
				break
			}
		}
	}
	return found
}

// tell reports a row. What overlaps the row told before it is that row again,
// from another of its values.
func (p *pass) tell(found []place, emit func(detectors.Finding)) {
	span := detectors.Span{Start: found[0].start, End: found[0].end}
	columns := make([]int, 0, len(found))
	for _, f := range found {
		span.Start, span.End = min(span.Start, f.start), max(span.End, f.end)
		columns = append(columns, f.column)
	}
	span.Start += p.base
	span.End += p.base
	if span.Overlaps(p.last) {
		return
	}
	p.last = span
	slices.Sort(columns)
	f := detectors.Finding{Type: Type, Rule: Rule, Span: span, Confidence: 90, Late: true}
	f.Evidence = append(f.Evidence, detectors.Evidence{Name: "table:" + p.index.Label, Points: 90})
	for _, c := range columns {
		f.Evidence = append(f.Evidence, detectors.Evidence{Name: "column:" + string(rune('1'+c))})
	}
	emit(f)
}
