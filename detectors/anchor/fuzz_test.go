package anchor

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// FuzzFind holds the law of cuts and the agreement with naive search: text cut
// by the bytes of cuts, which are lengths of pieces, and twice itself with soup
// of a seed between, so that the fuzzer sees long texts cheaply.
func FuzzFind(f *testing.F) {
	c := Config{Literals: samples(), MinDigits: leastDigits, MinToken: leastToken, Kinds: allKinds()}
	s := compile(f, c)
	if seeds, err := os.ReadDir("testdata/fuzz/FuzzFind"); err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	f.Fuzz(func(t *testing.T, text, cuts []byte, seed uint64, between uint16) {
		r := rand.New(rand.NewPCG(seed, 1))
		text = slices.Concat(text, soup(r, c.Literals, int(between%9000)), text)
		if len(text) > 1<<16 {
			t.Skip()
		}
		lengths := make([]int, 0, len(cuts)+1)
		for i, n := range cuts {
			lengths = append(lengths, 1+int(n)<<(i%3*2))
		}
		want := naive(c, text)
		hits, blocks := find(s, text, append(lengths, max(1, len(text)))...)
		equal(t, "in pieces", hits, want)
		if !slices.Equal(blocks, naiveBlocks(text)) {
			t.Fatal("other blocks in pieces")
		}
		hits, _ = find(s, text)
		equal(t, "whole", hits, want)
	})
}
