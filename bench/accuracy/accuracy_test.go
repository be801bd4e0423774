package main

import (
	"encoding/xml"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// Every case's label is the value it says, and the corpus is the same for a seed.
func TestCasesAreLabelledAndRepeat(t *testing.T) {
	make := func() []Case {
		list, err := positives(rand.New(rand.NewPCG(7, 1)), 2)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	a, b := make(), make()
	if len(a) < 400 {
		t.Fatalf("only %d cases", len(a))
	}
	for i, k := range a {
		if k.Text != b[i].Text {
			t.Fatalf("case %d differs between two runs of one seed", i)
		}
		if len(k.Want) == 0 {
			t.Errorf("%s in %s has no label", k.Type, k.Class)
		}
		for _, w := range k.Want {
			if w.Start < 0 || w.End > len(k.Text) || w.Start >= w.End || strings.TrimSpace(k.Text[w.Start:w.End]) == "" {
				t.Errorf("%s in %s: label [%d,%d) of %d bytes", k.Type, k.Class, w.Start, w.End, len(k.Text))
			}
		}
	}
}

// Bounds from Garwood's table, one-sided 95 %.
func TestUpperBound(t *testing.T) {
	for n, want := range map[int]float64{0: 2.996, 1: 4.744, 5: 10.513, 10: 16.962, 100: 118.079} {
		if got := upper(n); math.Abs(got-want) > 0.01 {
			t.Errorf("upper(%d) = %.3f, want %.3f", n, got, want)
		}
	}
}

func TestPictureIsWellFormed(t *testing.T) {
	s := score{types: map[string]*tally{"pii.x": {cases: [2]int{4, 2}, found: [2]int{3, 2}}, "pci.y": {cases: [2]int{1, 0}}}}
	got := string(s.picture())
	if err := xml.Unmarshal([]byte(got), new(struct{})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">pci<", ">pii<", ">75.0 %<", ">100.0 %<", ">0.0 %<"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}
