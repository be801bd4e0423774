// Package sequence finds person names in runs of capitalised words with a small
// trained model.
//
// A [Chain] goes in: up to eight words with what stands beside them. Out comes,
// for each word, whether a name begins there, goes on, or neither, and how sure
// that is. The model is a linear-chain conditional random field over three tags
// whose features are what package gazetteer knows of the words, how they are
// written, their endings, and the company they stand in; no feature is a word
// itself, so that it cannot learn the texts it was trained on by heart.
//
// The weights, weights.bin, are made by package detectors/names/train from texts
// that it makes from a seed. They are whole numbers, so that a chain has the same
// tags on every machine.
//
// Everything here is immutable but [Chain] and [Tagger], which belong to one
// goroutine at a time.
package sequence

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/promptgate/promptgate/detectors/names/gazetteer"
)

//go:generate go run ../train

// A Tag says what a word is to a name.
type Tag uint8

// The tags.
const (
	Out   Tag = iota // no part of a name
	Begin            // its first word
	In               // a later word
	tags
)

// Scale is what a weight of 1, in natural log odds, is in the whole numbers of
// the weights.
const Scale = 256

// Features is how many features there are; each has a weight for each tag.
const Features = firstFree

// A Model is the weights: of features by tag, and of one tag after another.
type Model struct {
	Weights [Features][tags]int16
	After   [tags][tags]int16
}

//go:embed weights.bin
var embedded []byte

// Shipped is the model that is part of the program.
var Shipped = sync.OnceValue(func() *Model {
	m := new(Model)
	if err := m.Decode(embedded); err != nil {
		panic(err)
	}
	return m
})

// Encode returns the weights as weights.bin holds them.
func (m *Model) Encode() []byte {
	var out []byte
	for _, row := range m.After {
		for _, w := range row {
			out = binary.LittleEndian.AppendUint16(out, uint16(w))
		}
	}
	for f := range m.Weights {
		for _, w := range m.Weights[f] {
			out = binary.LittleEndian.AppendUint16(out, uint16(w))
		}
	}
	return out
}

// Decode reads what Encode wrote.
func (m *Model) Decode(b []byte) error {
	if want := 2 * int(tags) * (int(tags) + Features); len(b) != want {
		return fmt.Errorf("sequence: weights of %d bytes, want %d: run go generate ./detectors/names/sequence", len(b), want)
	}
	next := func() int16 {
		w := int16(binary.LittleEndian.Uint16(b))
		b = b[2:]
		return w
	}
	for i := range m.After {
		for j := range m.After[i] {
			m.After[i][j] = next()
		}
	}
	for f := range m.Weights {
		for t := range m.Weights[f] {
			m.Weights[f][t] = next()
		}
	}
	return nil
}

// A Tagger tags chains; it holds what that needs room for.
type Tagger struct {
	Tags   [MaxWords]Tag
	scores [MaxWords][tags]int32
	buf    [maxActive]int32
}

// forbidden is the score of what cannot be.
const forbidden = -1 << 28

// Tag finds the most likely tags of a chain.
func (t *Tagger) Tag(m *Model, c *Chain) {
	for i := range c.N {
		s := [tags]int32{}
		for _, f := range Active(c, i, t.buf[:0]) {
			w := &m.Weights[f]
			s[Out] += int32(w[Out])
			s[Begin] += int32(w[Begin])
			s[In] += int32(w[In])
		}
		t.scores[i] = s
	}
	t.best(m, c.N, -1, &t.Tags)
}

// best finds the best path, in which the word at ban, if any, is Out.
func (t *Tagger) best(m *Model, n, ban int, out *[MaxWords]Tag) int32 {
	var from [MaxWords][tags]Tag
	last := [tags]int32{t.scores[0][Out], t.scores[0][Begin], forbidden}
	if ban == 0 {
		last[Begin] = forbidden
	}
	for i := 1; i < n; i++ {
		var now [tags]int32
		for tag := Out; tag < tags; tag++ {
			top, arg := int32(forbidden*2), Out
			for p := Out; p < tags; p++ {
				s := last[p] + int32(m.After[p][tag])
				if tag == In && p == Out {
					s = forbidden
				}
				if s > top {
					top, arg = s, p
				}
			}
			now[tag] = top + t.scores[i][tag]
			from[i][tag] = arg
			if ban == i && tag != Out {
				now[tag] = forbidden
			}
		}
		last = now
	}
	tag := Out
	for p := Begin; p < tags; p++ {
		if last[p] > last[tag] {
			tag = p
		}
	}
	top := last[tag]
	for i := n - 1; i >= 0; i-- {
		out[i] = tag
		tag = from[i][tag]
	}
	return top
}

// Margin is how much better the best tags are than the best in which the name
// that begins at word i does not begin there, in 1/Scale natural log odds.
func (t *Tagger) Margin(m *Model, n, i int) int {
	var tags [MaxWords]Tag
	return int(t.best(m, n, -1, &tags) - t.best(m, n, i, &tags))
}

// Name returns where the name that begins at word i ends: the word behind it.
func (t *Tagger) Name(n, i int) int {
	j := i + 1
	for j < n && t.Tags[j] == In {
		j++
	}
	return j
}

// Kind is what the gazetteer says of a word, in 37 values; 0 stands for no word.
func Kind(w *Word) int32 {
	if w.Shape == Initial {
		return 1
	}
	i := w.Info
	k := int32(i.Given()*3 + i.Surname())
	if i.Ordinary() {
		k += 9
	}
	if i.Place() {
		k += 18
	}
	return k + 1
}

const (
	kinds  = 37
	coarse = 6
)

// rough is Kind in few values: no word, no name, given, surname, both, other.
func rough(w *Word) int32 {
	switch {
	case w.Shape == Lower:
		return 5 // a particle
	case w.Shape == Initial:
		return 5
	case w.Info.Given() > 0 && w.Info.Surname() > 0:
		if w.Info.Given() > w.Info.Surname() {
			return 2
		}
		if w.Info.Surname() > w.Info.Given() {
			return 3
		}
		return 4
	case w.Info.Given() > 0:
		return 2
	case w.Info.Surname() > 0:
		return 3
	}
	return 1
}

// Where the features of each template begin.
const (
	nears     = int(Nears)
	classes   = int(gazetteer.Classes)
	fKind     = 0
	fBefore   = fKind + kinds*int(shapes)
	fBehind   = fBefore + kinds*kinds
	fClass    = fBehind + kinds*kinds
	fTail     = fClass + classes*4
	fLeft     = fTail + 2048
	fLefts    = fLeft + nears*kinds
	fRight    = fLefts + nears*nears
	fRights   = fRight + nears*kinds
	fPlace    = fRights + nears*nears
	fRough    = fPlace + (MaxWords+1)*MaxWords
	fBoth     = fRough + coarse*coarse*coarse
	fCaps     = fBoth + nears*nears
	fPrev     = fCaps + kinds
	fNext     = fPrev + classes*kinds
	fAny      = fNext + classes*kinds
	fLeftIn   = fAny + 64*coarse
	fWhole    = fLeftIn + nears*coarse
	fPhrase   = fWhole + coarse*coarse*coarse*coarse
	fRightIn  = fPhrase + kinds
	fTailKind = fRightIn + nears*coarse
	firstFree = fTailKind + 1024*2
	maxActive = 24
)

// Active appends the features of the word at i of a chain.
func Active(c *Chain, i int, f []int32) []int32 {
	w := &c.Words[i]
	k := Kind(w)
	var prev, next *Word
	pk, nk, pr, nr := int32(0), int32(0), int32(0), int32(0)
	var pc, nc int32
	if i > 0 {
		prev = &c.Words[i-1]
		pk, pr, pc = Kind(prev), rough(prev), int32(prev.Info.Class())
	}
	if i+1 < c.N {
		next = &c.Words[i+1]
		nk, nr, nc = Kind(next), rough(next), int32(next.Info.Class())
	}
	r := rough(w)
	add := func(base int, v int32) { f = append(f, int32(base)+v) }
	add(fKind, k*int32(shapes)+int32(w.Shape))
	add(fBefore, pk*kinds+k)
	add(fBehind, nk*kinds+k)
	cls := int32(w.Info.Class()) * 4
	if w.Info.Name() {
		cls++
	}
	if i == 0 {
		cls += 2
	}
	add(fClass, cls)
	if w.Shape != Initial && w.Shape != Lower {
		add(fTail, int32(w.Tail*0x9E3779B1>>21))
		if r == 1 {
			add(fTailKind, int32((w.Tail&0xFFFF)*0x9E3779B1>>22))
		}
	}
	if i == 0 {
		add(fLeft, int32(c.Left)*kinds+k)
		add(fLefts, int32(c.Left)*int32(nears)+int32(c.left2))
		add(fBoth, int32(c.Left)*int32(nears)+int32(c.Right))
	} else {
		add(fLeftIn, int32(c.Left)*coarse+r)
	}
	if i == c.N-1 {
		add(fRight, int32(c.Right)*kinds+k)
		add(fRights, int32(c.Right)*int32(nears)+int32(c.right2))
	} else {
		add(fRightIn, int32(c.Right)*coarse+r)
	}
	add(fPlace, int32(c.N*MaxWords+i))
	add(fRough, pr*coarse*coarse+r*coarse+nr)
	if w.Shape == Caps {
		add(fCaps, k)
	}
	add(fPrev, pc*kinds+k)
	add(fNext, nc*kinds+k)
	any := int32(0)
	for j := range c.N {
		switch c.Words[j].Info.Class() {
		case gazetteer.Org:
			any |= 1
		case gazetteer.Place:
			any |= 2
		case gazetteer.Product:
			any |= 4
		case gazetteer.Culture, gazetteer.Demonym:
			any |= 8
		}
		if c.Words[j].Info == 0 && c.Words[j].Shape == Cap {
			any |= 16
		}
		if c.Words[j].Shape == Caps {
			any |= 32
		}
	}
	add(fAny, any*coarse+r)
	if c.N <= 4 {
		whole := int32(0)
		for j := range c.N {
			whole = whole*coarse + rough(&c.Words[j])
		}
		add(fWhole, whole)
	}
	if c.Place[i] {
		add(fPhrase, k)
	}
	return f
}
