package pattern

import (
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// maxHeads is how many positions begins looks at. A date, a version and a time
// differ from an address within as many.
const maxHeads = 12

// maxProbes is how many positions of a match are known before it is tried.
const maxProbes = 32

// heads computes, for the first positions of a match, at most so many, which
// bytes may stand there, from the program of an expression: a few lookups spare
// most calls of RE2. It ends where a match may be complete or where runes may
// have more than one byte; assertions are taken to hold.
func heads(re *syntax.Regexp, asBytes bool, most int) ([]byteSet, error) {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	var out []byteSet
	w := walker{prog: prog, seen: make([]bool, len(prog.Inst))}
	states := w.closure([]uint32{uint32(prog.Start)})
	for len(out) < most && len(states) > 0 && !w.match {
		var set byteSet
		var next []uint32
		for _, pc := range states {
			in := &prog.Inst[pc]
			add(&set, in)
			next = append(next, in.Out)
		}
		high := set[2]|set[3] != 0
		if high || !asBytes && set.has(0x1A) {
			// Outside ASCII runes have more bytes than one, and bytes that are no
			// UTF-8 are read as 0x1A.
			set[2], set[3] = ^uint64(0), ^uint64(0)
			if !asBytes {
				return append(out, set), nil
			}
		}
		out = append(out, set)
		states = w.closure(next)
	}
	return out, nil
}

// behindDigits computes, for groups of digits by their length, which bytes may
// stand behind one that a match begins with; none if it begins with no such
// group. within says that a match may end inside a group.
func (m *matcher) behindDigits(within bool) (out [maxGroup + 1]byteSet) {
	parsed, err := syntax.Parse(m.expr, syntax.Perl)
	if err != nil {
		panic("pattern: internal error: an expression is parsed once and not again")
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		panic("pattern: internal error: an expression is compiled once and not again")
	}
	w := walker{prog: prog, seen: make([]bool, len(prog.Inst))}
	states := w.closure([]uint32{uint32(prog.Start)})
	ended := false
	for n := range out {
		set := &out[n]
		var next []uint32
		for _, pc := range states {
			var reads byteSet
			add(&reads, &prog.Inst[pc])
			if reads.hasDigit() {
				next = append(next, prog.Inst[pc].Out)
			}
			set.addAll(reads)
		}
		if set[2]|set[3] != 0 || !m.bytes && set.has(0x1A) {
			set[2], set[3] = ^uint64(0), ^uint64(0)
		}
		// The last one stands for all that are longer.
		if set[0] &^= digits; w.match || ended || n == maxGroup && len(next) > 0 {
			*set = anyByte
		}
		ended = ended || w.match && within
		if len(next) == 0 && !ended {
			break
		}
		states = w.closure(next)
	}
	return out
}

// A walker follows what a program does without reading.
type walker struct {
	prog  *syntax.Prog
	seen  []bool
	match bool // the last closure may be the end of a match
}

// closure returns the instructions that read a rune, reachable from pcs.
func (w *walker) closure(pcs []uint32) (out []uint32) {
	clear(w.seen)
	w.match = false
	for len(pcs) > 0 {
		pc := pcs[len(pcs)-1]
		pcs = pcs[:len(pcs)-1]
		if w.seen[pc] {
			continue
		}
		w.seen[pc] = true
		switch in := &w.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			pcs = append(pcs, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			pcs = append(pcs, in.Out)
		case syntax.InstMatch:
			w.match = true
		case syntax.InstFail:
		default:
			out = append(out, pc)
		}
	}
	return out
}

// add adds to set every byte with which a rune that in reads may begin; all
// bytes outside ASCII stand for one another.
func add(set *byteSet, in *syntax.Inst) {
	high := func() { set[2], set[3] = ^uint64(0), ^uint64(0) }
	switch in.Op {
	case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		for b := range 0x80 {
			if b != '\n' || in.Op == syntax.InstRuneAny {
				set.add(byte(b))
			}
		}
		high()
		return
	}
	fold := len(in.Rune) == 1 && syntax.Flags(in.Arg)&syntax.FoldCase != 0
	for i := 0; i < len(in.Rune); i += 2 {
		lo, hi := in.Rune[i], in.Rune[i]
		if len(in.Rune) > 1 {
			hi = in.Rune[i+1]
		}
		for r := lo; r <= hi && r < utf8.RuneSelf; r++ {
			set.add(byte(r))
		}
		if hi >= utf8.RuneSelf {
			high()
		}
		if !fold {
			continue
		}
		for r := unicode.SimpleFold(lo); r != lo; r = unicode.SimpleFold(r) {
			if r < utf8.RuneSelf {
				set.add(byte(r))
			} else {
				high()
			}
		}
	}
}
