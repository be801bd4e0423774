package pattern

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// Bounds of a dfa; an expression beyond them is RE2's alone.
const (
	maxStates = 2000
	maxSteps  = 1 << 19 // instructions looked at while it is built
)

// A dfa matches an expression on bytes, from a given place on, as Perl would
// choose the match: of threads in order of preference, those behind a complete
// one are dropped. It knows no groups: where it finds a match that has a value
// inside, RE2 says where. It is immutable.
type dfa struct {
	class   [256]uint8 // bytes that no instruction tells apart
	classes int
	next    []uint16 // by state and class
	match   []bool   // by state: a match may end here
}

// dead is the state without threads; the first state is 1.
const dead = 0

// newDFA returns nil for an expression that looks around itself or needs too
// many states.
func newDFA(re *syntax.Regexp) *dfa {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil
	}
	for i := range prog.Inst {
		if prog.Inst[i].Op == syntax.InstEmptyWidth {
			return nil
		}
	}
	b := builder{prog: prog, ids: make(map[string]uint16), mark: make([]int, len(prog.Inst))}
	if !b.classify() {
		return nil
	}
	b.state(nil, false)
	b.begin()
	b.follow(uint32(prog.Start))
	b.state(b.list, b.matched)
	for s := dead; s < len(b.threads); s++ {
		for c := range b.classes {
			if !b.step(b.threads[s], b.sample[c]) {
				return nil
			}
		}
	}
	return &b.dfa
}

type builder struct {
	dfa
	prog    *syntax.Prog
	takes   []*[256]bool // by instruction
	sample  []byte       // a byte of each class
	threads [][]uint32
	ids     map[string]uint16
	steps   int

	list    []uint32 // of the state being made
	matched bool
	mark    []int // by instruction: the round in which it was followed
	round   int
}

// classify divides bytes into those that every instruction treats alike. It
// reports false if an instruction reads runes rather than bytes.
func (b *builder) classify() bool {
	b.takes = make([]*[256]bool, len(b.prog.Inst))
	same := make(map[string]*[256]bool) // instructions with the same runes
	var ids [256]int
	next := 1
	for i := range b.prog.Inst {
		in := &b.prog.Inst[i]
		switch in.Op {
		case syntax.InstRune, syntax.InstRune1:
		case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			return false
		default:
			continue
		}
		key := string(in.Rune) + string(rune(in.Arg))
		if b.takes[i] = same[key]; b.takes[i] != nil {
			continue
		}
		set := new([256]bool)
		b.takes[i], same[key] = set, set
		split := make(map[int]int)
		for c := range set {
			if set[c] = reads(in, byte(c)); !set[c] {
				continue
			}
			if _, ok := split[ids[c]]; !ok {
				split[ids[c]] = next
				next++
			}
			ids[c] = split[ids[c]]
		}
	}
	dense := make(map[int]uint8)
	for c, id := range ids {
		k, ok := dense[id]
		if !ok {
			k = uint8(len(dense))
			dense[id] = k
			b.sample = append(b.sample, byte(c))
		}
		b.class[c] = k
	}
	b.classes = len(dense)
	return true
}

// reads reports whether an instruction takes a byte. Of those outside ASCII a
// class that is read as bytes has all or none.
func reads(in *syntax.Inst, c byte) bool {
	if c < utf8.RuneSelf {
		return in.MatchRune(rune(c))
	}
	return in.MatchRune(utf8.MaxRune)
}

func (b *builder) begin() {
	b.list, b.matched = b.list[:0], false
	b.round++
}

// follow adds what is reached from pc without reading, in order of preference.
func (b *builder) follow(pc uint32) {
	if b.matched || b.mark[pc] == b.round {
		return
	}
	b.mark[pc] = b.round
	b.steps++
	switch in := &b.prog.Inst[pc]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		b.follow(in.Out)
		b.follow(in.Arg)
	case syntax.InstCapture, syntax.InstNop:
		b.follow(in.Out)
	case syntax.InstMatch:
		b.matched = true
	case syntax.InstFail:
	default:
		b.list = append(b.list, pc)
	}
}

// step makes the transition of the next state and class. It reports false when
// that takes too much.
func (b *builder) step(threads []uint32, c byte) bool {
	b.begin()
	for _, pc := range threads {
		b.steps++
		if b.takes[pc][c] {
			b.follow(b.prog.Inst[pc].Out)
		}
	}
	b.next = append(b.next, b.state(b.list, b.matched))
	return len(b.threads) <= maxStates && b.steps <= maxSteps
}

// state returns the number of the state with these threads.
func (b *builder) state(threads []uint32, match bool) uint16 {
	key := make([]byte, 0, 4*len(threads)+1)
	for _, pc := range threads {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if match {
		key = append(key, 1)
	}
	id, ok := b.ids[string(key)]
	if !ok {
		id = uint16(len(b.threads))
		b.ids[string(key)] = id
		b.threads = append(b.threads, slices.Clone(threads))
		b.match = append(b.match, match)
	}
	return id
}

// at matches at text[start:], at most limit bytes. end < 0 means no match; open
// that the text ended before that was certain.
func (d *dfa) at(text []byte, start, limit int) (end int, open bool) {
	end = -1
	s := uint16(1)
	for i := start; ; i++ {
		if d.match[s] {
			end = i
		}
		if i-start == limit {
			return end, false
		}
		if i == len(text) {
			return end, d.alive(s)
		}
		if s = d.next[int(s)*d.classes+int(d.class[text[i]])]; s == dead {
			return end, false
		}
	}
}

// alive reports whether a state can read on.
func (d *dfa) alive(s uint16) bool {
	for _, n := range d.next[int(s)*d.classes : (int(s)+1)*d.classes] {
		if n != dead {
			return true
		}
	}
	return false
}
