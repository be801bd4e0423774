package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

// checkBytes is how much of a corpus the laws are tried on before it is timed.
const checkBytes = 512 << 10

// check holds the engine to law L1 over one text: the findings are the same on
// every path of the CPU and for writes of every size. It returns what there is
// to say about them.
func (b *bench) check(text []byte) (string, error) {
	e := b.shipped[b.best()]
	want, gaps := e.Scan(text, engine.Options{})
	if len(gaps) > 0 {
		return "", errGap
	}
	order(want)
	for _, p := range b.paths {
		for _, size := range []int{0, 64 << 10, 4 << 10, 1 << 10, 1021} {
			got := inWrites(b.shipped[p], text, size)
			if err := equal(got, want); err != nil {
				return "", fmt.Errorf("path %v, writes of %d bytes: %w", p, size, err)
			}
		}
	}
	var levels [3]int
	for _, f := range want {
		switch f.Confidence.Level() {
		case detectors.High:
			levels[2]++
		case detectors.Medium:
			levels[1]++
		default:
			levels[0]++
		}
	}
	perMB := float64(len(want)) / float64(len(text)) * 1e6
	return fmt.Sprintf("%5d findings in %d KB: %.0f a MB (%d high, %d medium, %d low)", len(want), len(text)>>10, perMB, levels[2], levels[1], levels[0]), nil
}

// inWrites finds what is in a text that comes in writes of size bytes; 0 is
// the whole as one.
func inWrites(e *engine.Engine, text []byte, size int) (found []detectors.Finding) {
	s := e.NewScanner(engine.Options{Found: func(f detectors.Finding) { found = append(found, f) }})
	for len(text) > 0 {
		n := len(text)
		if size > 0 {
			n = min(n, size)
		}
		s.Write(text[:n:n])
		text = text[n:]
	}
	s.Close()
	s.Release()
	order(found)
	return found
}

func order(fs []detectors.Finding) {
	slices.SortFunc(fs, func(a, b detectors.Finding) int {
		return cmp.Or(a.Span.Start-b.Span.Start, a.Span.End-b.Span.End, cmp.Compare(a.Rule, b.Rule))
	})
}

// equal compares findings in order, field by field.
func equal(got, want []detectors.Finding) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d findings, want %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Type != w.Type || g.Rule != w.Rule || g.Span != w.Span || g.Confidence != w.Confidence || g.Late != w.Late || g.Digest != w.Digest || !slices.Equal(g.Evidence, w.Evidence) || !slices.Equal(g.Layers, w.Layers) {
			return fmt.Errorf("finding %d is %s at %v with %d points, want %s at %v with %d", i, g.Rule, g.Span, g.Confidence, w.Rule, w.Span, w.Confidence)
		}
	}
	return nil
}
