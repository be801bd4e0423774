package pattern

import (
	"maps"
	"slices"

	"github.com/promptgate/promptgate/detectors"
)

// Around is what must stand around an anchor for a rule to look at more: the
// first conditions of its shape, said so that the engine can ask them before it
// shows the text. They may let through what the shape refuses, never less.
type around struct {
	before, behind [2]byteSet // by whether the anchor begins, or ends, with a capital
	at             map[int]byteSet
}

var anyByte = byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

func bytesThat(is func(b byte) bool) (s byteSet) {
	for b := range 256 {
		if is(byte(b)) {
			s.add(byte(b))
		}
	}
	return s
}

func both(s byteSet) [2]byteSet { return [2]byteSet{s, s} }

// besides says what stands around an anchor of n bytes for any of these rules.
// first and last are its first and last byte; 0 if it is no literal.
func besides(rs []*rule, n int, first, last byte) *detectors.Beside {
	var all around
	for i, r := range rs {
		a := r.around(n, first, last)
		if i == 0 {
			all = a
			continue
		}
		for k := range 2 {
			all.before[k].addAll(a.before[k])
			all.behind[k].addAll(a.behind[k])
		}
		for off, set := range all.at {
			other, ok := a.at[off]
			if !ok {
				delete(all.at, off)
				continue
			}
			set.addAll(other)
			all.at[off] = set
		}
	}
	b := &detectors.Beside{Size: n}
	for k := range 2 {
		b.Before[k], b.Behind[k] = detectors.Bytes(all.before[k]), detectors.Bytes(all.behind[k])
	}
	for k := range b.Off {
		off, set := all.rarest(0, b.Off[0])
		b.Off[k], b.At[k] = off, detectors.Bytes(set)
	}
	return b
}

// rarest is the position at which text fits least often. Of those that are alike
// it is the one farthest from two others: the bytes of a word are alike, too.
func (a *around) rarest(one, other int) (at int, set byteSet) {
	distance := func(off int) int { return min(max(off-one, one-off), max(off-other, other-off)) }
	set = anyByte
	for _, off := range slices.Sorted(maps.Keys(a.at)) {
		w, best := common(a.at[off]), common(set)
		if w < best || w == best && distance(off) > distance(at) {
			at, set = off, a.at[off]
		}
	}
	return at, set
}

// common is about how many of a hundred bytes of text are in s.
func common(s byteSet) int {
	share := 0
	for b := range 256 {
		if !s.has(byte(b)) {
			continue
		}
		switch b := byte(b); {
		case b == ' ':
			share += 150
		case isLower(b):
			share += 25
		case b >= 0x80:
			share++
		default:
			share += 3
		}
	}
	return share / 10
}

// around says what a rule's shape asks of the bytes around its anchor first.
func (r *rule) around(n int, first, last byte) around {
	a := around{before: both(anyByte), behind: both(anyByte)}
	if len(r.src.Heads) > 0 {
		return a
	}
	switch r.src.Shape {
	case "":
		a.before = both(byteSet{})
		for i, lead := range r.leads {
			before := anyByte
			if lead == 0 {
				before = bytesThat(func(b byte) bool { return r.left.clear(b, 'x') })
			}
			at := make(map[int]byteSet)
			for k, set := range r.match.probes {
				if off := k - n - lead; off >= 0 || off < -n || first == 0 {
					at[off] = set
				}
			}
			for k := range 2 {
				a.before[k].addAll(before)
			}
			a.join(at, i == 0)
		}
	case "street":
		a.at = make(map[int]byteSet)
		for k := n; k < len(r.match.probes); k++ {
			a.at[k-n] = r.match.probes[k]
		}
	case "labelled":
		a.before = labelBefore(first)
		for k := range 2 {
			a.behind[k] = bytesThat(func(b byte) bool {
				if isLetter(b) {
					return !isLetter(last) || b|0x20 == 's' || k == 0 && isUpper(b)
				}
				return b >= 0x80 || b == '\n' || gapSigns.has(b) || !isDigit(b) && (len(r.match.probes) == 0 || r.match.probes[0].has(b))
			})
		}
	case "assignment", "pairs":
		if isWord(last) {
			a.behind = both(bytesThat(func(b byte) bool { return isWord(b) || behindName.has(b) }))
		}
	case "prose":
		a.before = both(bytesThat(func(b byte) bool { return (!isWord(b) || first >= 0x80) && (!variableSigns.has(b) || b == '-') }))
		if isWord(last) {
			a.behind = both(bytesThat(func(b byte) bool { return !isWord(b) && b != '.' && b != '\n' }))
		}
	case "record":
		a.before = both(bytesThat(func(b byte) bool { return !isWord(b) || !isWord(first) }))
	case "signals", "marking", "marking_line":
		whole := bytesThat(func(b byte) bool { return !isWord(b) })
		plural := whole
		if r.src.Shape == "signals" {
			plural.add('s')
			plural.add('S')
		}
		if isWord(first) || r.src.Shape != "signals" {
			a.before = both(whole)
		}
		if isWord(last) || r.src.Shape != "signals" {
			a.behind = both(plural)
		}
	case "mrz":
		a.before = both(bytesThat(func(b byte) bool { return mrzByte(b) && b != '<' }))
	case "email":
		a.before = both(bytesThat(func(b byte) bool { return localByte(b) && b != '.' }))
		a.behind = both(bytesThat(func(b byte) bool { return isAlnum(b) || b >= 0xC3 && b <= 0xC9 }))
	case "phone":
		a.before = both(bytesThat(func(b byte) bool { return !isWord(b) && b != ')' }))
		a.behind = both(bytesThat(isDigit))
	}
	for k := range 2 {
		if set, ok := a.at[0]; ok {
			a.behind[k] = meet(a.behind[k], set)
		}
		if set, ok := a.at[-n-1]; ok {
			a.before[k] = meet(a.before[k], set)
		}
	}
	return a
}

// labelBefore is what may stand before a whole label that begins with first.
func labelBefore(first byte) [2]byteSet {
	if !isLetter(first) {
		return both(anyByte)
	}
	return [2]byteSet{
		bytesThat(func(b byte) bool { return !isLetter(b) }),
		bytesThat(func(b byte) bool { return !isUpper(b) }),
	}
}

// join adds what may stand at positions in another case.
func (a *around) join(at map[int]byteSet, isFirst bool) {
	if isFirst {
		a.at = at
		return
	}
	for off, set := range a.at {
		other, ok := at[off]
		if !ok {
			delete(a.at, off)
			continue
		}
		set.addAll(other)
		a.at[off] = set
	}
}
