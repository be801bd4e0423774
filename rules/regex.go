package rules

import (
	"math"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// An expression is what the loader knows of a pattern without running it.
type expression struct {
	least, most int // bytes of the shortest and the longest match; most is unbounded when there is none
	anchored    bool
	stray       string // a name of a group that means nothing, "" if there is none
	prog        *syntax.Prog
}

const unbounded = math.MaxInt32

// maxProgram bounds a pattern, in instructions of package regexp: counts of counts
// ("(a{500}){500}" is refused by the parser, "(a{30}){30}b" is not) would take
// megabytes for each state. No shipped pattern has a tenth of it.
const maxProgram = 16 << 10

// parseExpression reports, in words for people, why a pattern cannot be used.
func parseExpression(pattern string) (*expression, string) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, "pattern does not compile: " + err.Error()
	}
	x := &expression{anchored: anchored(re)}
	x.least, x.most = lengths(re)
	for _, name := range re.CapNames() {
		if name != "" && name != "value" {
			x.stray = name
		}
	}
	if x.prog, err = syntax.Compile(re.Simplify()); err != nil {
		return nil, "pattern does not compile: " + err.Error()
	}
	if len(x.prog.Inst) > maxProgram {
		return nil, "pattern is too large: its counts multiply; repeat less, or let max_length bound the match"
	}
	return x, ""
}

// lengths are the bytes of the shortest and the longest match of re.
func lengths(re *syntax.Regexp) (least, most int) {
	add := func(a, b int) int { return min(a+b, unbounded) }
	times := func(a, n int) int {
		if a == 0 || n == 0 {
			return 0
		}
		if n < 0 || a > unbounded/n {
			return unbounded
		}
		return a * n
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			lo, hi := runeBytes(r, r, re.Flags&syntax.FoldCase != 0)
			least, most = add(least, lo), add(most, hi)
		}
	case syntax.OpCharClass:
		least, most = utf8.UTFMax, 1
		for i := 0; i+1 < len(re.Rune); i += 2 {
			lo, hi := runeBytes(re.Rune[i], re.Rune[i+1], false)
			least, most = min(least, lo), max(most, hi)
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, utf8.UTFMax
	case syntax.OpConcat:
		for _, s := range re.Sub {
			lo, hi := lengths(s)
			least, most = add(least, lo), add(most, hi)
		}
	case syntax.OpAlternate:
		least = unbounded
		for _, s := range re.Sub {
			lo, hi := lengths(s)
			least, most = min(least, lo), max(most, hi)
		}
	case syntax.OpCapture:
		return lengths(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		lo, hi := lengths(re.Sub[0])
		from, to := re.Min, re.Max
		switch re.Op {
		case syntax.OpStar:
			from, to = 0, -1
		case syntax.OpPlus:
			from, to = 1, -1
		case syntax.OpQuest:
			from, to = 0, 1
		}
		return times(lo, from), times(hi, to)
	case syntax.OpNoMatch:
		return unbounded, 0
	}
	return least, most
}

// runeBytes are the bytes of the shortest and longest rune from lo to hi, with
// those that differ in case only.
func runeBytes(lo, hi rune, fold bool) (least, most int) {
	least, most = max(utf8.RuneLen(lo), 1), max(utf8.RuneLen(hi), 1)
	if fold {
		for r := unicode.SimpleFold(lo); r != lo; r = unicode.SimpleFold(r) {
			least, most = min(least, utf8.RuneLen(r)), max(most, utf8.RuneLen(r))
		}
	}
	return least, most
}

// anchored reports whether re asks for the border of a text or a line.
func anchored(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
		return true
	}
	for _, s := range re.Sub {
		if anchored(s) {
			return true
		}
	}
	return false
}

// holds reports whether a match may have word behind its first lead bytes, or be
// a beginning of that. Only words of ASCII are judged; others may.
func (x *expression) holds(word string, fold bool, lead int) bool {
	for i := range len(word) {
		if word[i] >= utf8.RuneSelf {
			return true
		}
	}
	w := walk{prog: x.prog, mark: make([]int, len(x.prog.Inst))}
	states := w.closure([]uint32{uint32(x.prog.Start)})
	for i := range lead + len(word) {
		if w.done {
			return true // a match may end here
		}
		var next []uint32
		for _, pc := range states {
			in := &x.prog.Inst[pc]
			if i < lead || in.MatchRune(rune(word[i-lead])) || fold && in.MatchRune(swapCase(rune(word[i-lead]))) {
				next = append(next, in.Out)
			}
		}
		if len(next) == 0 {
			return false
		}
		states = w.closure(next)
	}
	return true
}

func swapCase(r rune) rune {
	if r|0x20 >= 'a' && r|0x20 <= 'z' {
		return r ^ 0x20
	}
	return r
}

// A walk follows a program without reading; assertions are taken to hold.
type walk struct {
	prog  *syntax.Prog
	mark  []int // by instruction: the round in which it was reached
	round int
	done  bool // the last closure may be the end of a match
}

// closure returns the instructions that read, reachable from pcs.
func (w *walk) closure(pcs []uint32) (out []uint32) {
	w.round++
	for len(pcs) > 0 {
		pc := pcs[len(pcs)-1]
		pcs = pcs[:len(pcs)-1]
		if w.mark[pc] == w.round {
			continue
		}
		w.mark[pc] = w.round
		switch in := &w.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			pcs = append(pcs, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			pcs = append(pcs, in.Out)
		case syntax.InstMatch:
			w.done = true
		case syntax.InstFail:
		default:
			out = append(out, pc)
		}
	}
	return out
}
