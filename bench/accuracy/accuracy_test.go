package main

import (
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
