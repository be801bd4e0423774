// Command train makes the weights of package sequence from texts that it makes
// from a seed: the same weights on every machine.
//
//	go generate ./detectors/names/sequence     # writes weights.bin
//	go run ./detectors/names/train -check      # how well they do on held-out texts
//
// Templates with slots (templates.txt) are filled with names of the gazetteer's
// lists, companies, places, headlines and invented words. Of some words the
// trainer forgets what the gazetteer says, so that the model learns to judge a
// name it has never heard by its company.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// What the shipped weights are made of.
const (
	seed   = 20261128
	texts  = 150_000
	rounds = 5
)

func main() {
	lists := flag.String("lists", "../gazetteer/lists", "directory of the gazetteer's lists")
	out := flag.String("o", "weights.bin", "where to write the weights")
	check := flag.Bool("check", false, "train on nine tenths of the templates and print how the others do; write nothing")
	flag.Parse()
	if err := run(*lists, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(lists, out string, check bool) error {
	w, err := readWorld(os.DirFS(lists))
	if err != nil {
		return err
	}
	if check {
		return w.check()
	}
	m, err := w.fit(texts, rounds)
	if err != nil {
		return err
	}
	return os.WriteFile(out, m.Encode(), 0o644)
}

// fit makes texts and fits a model to them.
func (w *world) fit(texts, rounds int) (*sequence.Model, error) {
	ts, err := readTemplates(templates)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 1))
	list, err := w.examples(r, ts, texts)
	if err != nil {
		return nil, err
	}
	l := newLearner()
	l.train(r, list, rounds)
	return l.model(), nil
}

// examples fills templates in turn and reads their chains.
func (w *world) examples(r *rand.Rand, ts []template, n int) (list []example, err error) {
	var buf [64]int32
	for i := range n {
		t, err := w.fill(r, ts[i%len(ts)])
		if err != nil {
			return nil, err
		}
		for at := 0; at < len(t.b); at++ {
			var c sequence.Chain
			if !begins(t.b, at) || !sequence.Start(t.b, at) || !c.Read(t.b, at, true, true) || c.Code {
				continue
			}
			e := example{n: c.N}
			t.tags(&c, &e)
			forget(r, &c)
			for k := range c.N {
				e.active[k] = append([]int32(nil), sequence.Active(&c, k, buf[:0])...)
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// begins reports whether a word that may be a name begins at text[at].
func begins(text []byte, at int) bool {
	if at > 0 && wordByte(text[at-1]) {
		return false
	}
	w, ok := sequence.ReadWord(text, at)
	return ok && w.Shape != sequence.Lower
}

func wordByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// tags sets the right tags of a chain.
func (t *text) tags(c *sequence.Chain, e *example) {
	for k := range c.N {
		w := &c.Words[k]
		for _, s := range t.names {
			if w.Start >= s[0] && w.Start < s[1] {
				e.want[k] = sequence.In
				if w.Start == s[0] || k == 0 || c.Words[k-1].Start < s[0] {
					e.want[k] = sequence.Begin
				}
			}
		}
	}
}

// forget takes away some of what the gazetteer says.
func forget(r *rand.Rand, c *sequence.Chain) {
	for k := range c.N {
		switch w := &c.Words[k]; {
		case w.Info.Name() && r.IntN(8) == 0:
			w.Info = 0
		case w.Info.Given() == 2 && r.IntN(10) == 0:
			w.Info -= 1
		}
	}
}

// check trains on templates of which every tenth is left out and counts, on
// texts from those, names found whole.
func (w *world) check() error {
	ts, err := readTemplates(templates)
	if err != nil {
		return err
	}
	var learn, hold []template
	for i, t := range ts {
		if i%10 == 7 {
			hold = append(hold, t)
		} else {
			learn = append(learn, t)
		}
	}
	r := rand.New(rand.NewPCG(seed, 2))
	list, err := w.examples(r, learn, texts/2)
	if err != nil {
		return err
	}
	l := newLearner()
	l.train(r, list, rounds)
	m := l.model()
	var found, wrong, missed int
	var tagger sequence.Tagger
	for i := range 20 * len(hold) {
		t, err := w.fill(r, hold[i%len(hold)])
		if err != nil {
			return err
		}
		got := map[[2]int]bool{}
		for at := range t.b {
			var c sequence.Chain
			if !begins(t.b, at) || !sequence.Start(t.b, at) || !c.Read(t.b, at, true, true) || c.Code {
				continue
			}
			tagger.Tag(m, &c)
			for k := 0; k < c.N; k++ {
				if tagger.Tags[k] == sequence.Begin {
					end := tagger.Name(c.N, k)
					got[[2]int{c.Words[k].Start, c.Words[end-1].End}] = true
					k = end - 1
				}
			}
		}
		for _, s := range t.names {
			if got[s] {
				found++
				delete(got, s)
			} else {
				missed++
				if r.IntN(12) == 0 {
					fmt.Printf("missed %q in %q\n", t.b[s[0]:s[1]], t.b)
				}
			}
		}
		wrong += len(got)
		for s := range got {
			if r.IntN(12) == 0 {
				fmt.Printf("wrong %q in %q\n", t.b[s[0]:s[1]], t.b)
			}
		}
	}
	fmt.Printf("%d examples; held-out templates: %d found, %d missed, %d wrong: recall %.1f %%, precision %.1f %%\n",
		len(list), found, missed, wrong, 100*float64(found)/float64(found+missed), 100*float64(found)/float64(found+wrong))
	return nil
}
