package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/rules"
)

// A score counts what was found of what was there.
type score struct {
	options
	engine *engine.Engine
	known  map[string]bool // cues that some rule lists

	within string          // of harmless texts count this category alone
	except map[string]bool // and not these info types

	types  map[string]*tally
	quiet  int // harmless texts
	alarms map[alarm]int
	loud   map[detectors.Confidence]int // harmless texts with a finding of at least this level
	shown  int
}

// A tally is of one info type: [0] of shared cues, [1] of disjoint ones.
type tally struct{ cases, found, high [2]int }

type alarm struct {
	rule, class string
	level       detectors.Confidence
}

// knownCues are the words of the rules: keywords, context and signals.
func knownCues(c *rules.Catalogue) map[string]bool {
	known := map[string]bool{}
	add := func(words ...string) {
		for _, w := range words {
			known[strings.ToLower(w)] = true
		}
	}
	for _, r := range c.Rules() {
		add(r.Keywords...)
		for _, x := range r.Context {
			add(x.Words...)
		}
		for _, s := range r.Signals {
			add(s.Words...)
		}
	}
	return known
}

func (s *score) scan(text string) []detectors.Finding {
	found, _ := s.engine.Scan([]byte(text), engine.Options{})
	return found
}

// positive counts one case: found when a finding of its type touches the value.
func (s *score) positive(k Case) {
	if s.types == nil {
		s.types = map[string]*tally{}
	}
	t := s.types[k.Type]
	if t == nil {
		t = &tally{}
		s.types[k.Type] = t
	}
	part := 1
	if s.known[strings.ToLower(k.Cue)] {
		part = 0
	}
	var best detectors.Confidence
	for _, f := range s.scan(k.Text) {
		if string(f.Type) != k.Type {
			continue
		}
		for _, w := range k.Want {
			if f.Span.Overlaps(detectors.Span{Start: w.Start, End: w.End}) {
				best = max(best, f.Confidence.Level())
			}
		}
	}
	t.cases[part]++
	if best >= detectors.Medium {
		t.found[part]++
	} else {
		s.show("missed (%s) %s: %q\n", best, k.Type, k.Text)
	}
	if best >= detectors.High {
		t.high[part]++
	}
}

// harmless counts one text in which nothing is. What is code by right is left
// out, and so are contacts, which every policy only logs.
func (s *score) harmless(k Case) {
	if s.alarms == nil {
		s.alarms, s.loud = map[alarm]int{}, map[detectors.Confidence]int{}
	}
	s.quiet++
	var worst detectors.Confidence
	for _, f := range s.scan(k.Text) {
		l := f.Confidence.Level()
		if l < detectors.Medium || f.Type.Category() == "source_code" || s.except[string(f.Type)] || s.within != "" && f.Type.Category() != s.within {
			continue
		}
		s.alarms[alarm{string(f.Rule), k.Class, l}]++
		worst = max(worst, l)
		at := max(0, f.Span.Start-60)
		s.show("alarm %s %s in %s %s: %q\n", f.Confidence, f.Rule, k.Class, k.ID, k.Text[at:min(len(k.Text), f.Span.End+60)])
	}
	if worst >= detectors.Medium {
		s.loud[detectors.Medium]++
	}
	if worst >= detectors.High {
		s.loud[detectors.High]++
	}
}

func (s *score) show(format string, a ...any) {
	if s.shown < s.misses {
		s.shown++
		fmt.Printf(format, a...)
	}
}

func (s *score) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "info type\tshared\trecall\tdisjoint\trecall\thigh\t\n")
	var all tally
	for _, typ := range slices.Sorted(maps.Keys(s.types)) {
		x := s.types[typ]
		fmt.Fprintf(t, "%s\t%s\n", typ, x.row())
		for p := range 2 {
			all.cases[p] += x.cases[p]
			all.found[p] += x.found[p]
			all.high[p] += x.high[p]
		}
	}
	fmt.Fprintf(t, "all\t%s\n", all.row())
	_ = t.Flush()
	if s.quiet == 0 {
		return
	}
	fmt.Fprintf(w, "\n%d harmless texts\n", s.quiet)
	for _, l := range []detectors.Confidence{detectors.High, detectors.Medium} {
		n := s.loud[l]
		fmt.Fprintf(w, "  at least %s: %d texts, %.2f per 1,000, upper bound %.2f\n", l, n, 1000*float64(n)/float64(s.quiet), 1000*upper(n)/float64(s.quiet))
	}
	list := slices.SortedFunc(maps.Keys(s.alarms), func(a, b alarm) int {
		return cmp.Or(s.alarms[b]-s.alarms[a], cmp.Compare(a.rule, b.rule), cmp.Compare(a.class, b.class), int(b.level-a.level))
	})
	for _, a := range list[:min(len(list), 25)] {
		fmt.Fprintf(w, "  %5d  %-6s %s in %s\n", s.alarms[a], a.level, a.rule, a.class)
	}
}

func (t *tally) row() string {
	share := func(n, of int) string {
		if of == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
	}
	return fmt.Sprintf("%d\t%s\t%d\t%s\t%s\t", t.cases[0], share(t.found[0], t.cases[0]), t.cases[1], share(t.found[1], t.cases[1]),
		share(t.high[0]+t.high[1], t.cases[0]+t.cases[1]))
}

// upper is the upper 95 % bound of a Poisson count (one-sided, Garwood 1936),
// by bisection on the sum of its terms.
func upper(n int) float64 {
	lo, hi := float64(n), float64(n)+10+6*math.Sqrt(float64(n)+1)
	for range 60 {
		mid := (lo + hi) / 2
		term, sum := math.Exp(-mid), 0.0
		for k := 0; k <= n; k++ {
			sum += term
			term *= mid / float64(k+1)
		}
		if sum > 0.05 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
