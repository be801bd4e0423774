package decode

// A Finder looks for hidden characters in a text that grows at its end, where
// anchors say that one may stand ([Finder.Mark]) and where they set characters
// apart. The zero value is ready for a new text; it holds no text. Not safe for
// concurrent use.
type Finder struct {
	marks  []int // absolute offsets, ascending: where hidden characters may begin
	passed int   // of marks: they were looked at

	apart int  // absolute offset of the next separator that sets characters apart, or of the end of what was searched
	seen  bool // there is one at apart

	mute  stretch   // where quoted-printable does not show itself
	rows  []stretch // where digits may be set apart
	lines []stretch // where line breaks may cut numbers and keys
	// Absolute offsets, ascending: where long runs of token bytes begin and heads
	// of keys end.
	tokens, heads []int
}

// Mark says that a hidden character may begin at an absolute offset: an ASCII
// byte that begins an escape, or the first byte of a character outside ASCII.
// Marks come in order, before the text behind them is searched.
func (f *Finder) Mark(at int) {
	if f.passed == len(f.marks) {
		f.marks, f.passed = f.marks[:0], 0
	}
	f.marks = append(f.marks, at)
}

// Next returns the first hidden character at or after text[i], whose absolute
// offset is base+i. Unless the text ends (eof), places within Context of the end
// are left for later: ok is false then and at is where to go on.
func (f *Finder) Next(text []byte, base, i int, eof bool, buf []byte) (at int, c Change, ok bool) {
	limit := len(text)
	if !eof {
		limit = max(i, len(text)-Context)
	}
	for i < limit {
		if n := f.apart - base; n < i || !f.seen && n < limit {
			f.findNext(text, base, i, limit)
		}
		least := min(limit, f.apart-base)
		for f.passed < len(f.marks) && f.marks[f.passed] < base+i {
			f.passed++
		}
		if f.passed < len(f.marks) {
			least = min(least, f.marks[f.passed]-base)
		}
		if least >= limit {
			return limit, c, false
		}
		switch {
		case f.seen && f.apart == base+least:
			c, ok = f.unit(text, base, least, buf)
		case text[least] == '=' && f.quiet(text, base, least):
			ok = false
		default:
			c, ok = Unit(text, least, buf)
		}
		if ok {
			return least, c, true
		}
		i = least + 1
	}
	return limit, c, false
}

// quiet reports whether the pair at text[i] is none of quoted-printable because
// nothing around it is: as [Unit] says it, but what lies around several pairs is
// read once. It lets Unit decide where it does not know.
func (f *Finder) quiet(text []byte, base, i int) bool {
	if softBreak(text, i) > 0 {
		return false
	}
	b, ok := upperPair(text, i+1)
	if !ok {
		return true
	}
	if b == '=' || pairAt(text, i-3) || pairAt(text, i+3) {
		return false
	}
	lo, hi := max(0, i-Context), min(len(text), i+Context)
	from := lo
	if base+lo >= f.mute.from && base+lo <= f.mute.to {
		from = max(lo, f.mute.to-base)
	}
	shows, until := showsMail(text, from, hi)
	if shows {
		return false
	}
	if from == lo {
		f.mute.from = base + lo
	}
	f.mute.to = base + max(until, from)
	return true
}

// findNext searches text[i:limit], but what was searched, for separators that
// set characters apart.
func (f *Finder) findNext(text []byte, base, i, limit int) {
	from := i
	if !f.seen {
		from = max(i, min(f.apart-base, limit))
	}
	n := f.findApart(text, base, from, limit)
	f.seen, f.apart = n < limit, base+n
}

// Reset makes the finder ready for another text; it keeps its room.
func (f *Finder) Reset() {
	*f = Finder{marks: f.marks[:0], rows: f.rows[:0], lines: f.lines[:0], tokens: f.tokens[:0], heads: f.heads[:0]}
}

// unit is what stands at text[i], where characters are set apart or a value is
// wrapped.
func (f *Finder) unit(text []byte, base, i int, buf []byte) (c Change, ok bool) {
	if text[i] == '\n' || text[i] == '\r' {
		if c, ok = f.wrap(text, base, i, buf); ok {
			return c, true
		}
	}
	return Change{1, buf[:0], Spaced}, true
}
