package engine_test

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/engine"
)

// A latecomer finds each "key", Late.
type latecomer struct{}

func (latecomer) Needs() detectors.Needs {
	return detectors.Needs{Literals: []anchor.Literal{{Text: "key"}}, Left: 3, Right: 1, MaxRight: 1}
}
func (l latecomer) NewPass() detectors.Pass     { return l }
func (latecomer) Close(func(detectors.Finding)) {}
func (latecomer) Reset()                        {}
func (latecomer) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) int {
	emit(detectors.Finding{Type: "secret.test", Rule: "late", Confidence: 70, Late: true, Span: detectors.Span{Start: h.End - 3, End: h.End}})
	return 0
}

// What is Late is kept until the text ends. How much of it is bounded, and what
// found no room is a gap, told once, for every cut.
func TestMoreLateFindingsThanAreKeptAreAGap(t *testing.T) {
	const most = 10_000
	e := build(t, engine.Config{}, latecomer{})
	for _, n := range []int{most, most + 1, most + 5000} {
		text := strings.Repeat("key ", n)
		for _, step := range []int{997, 64 << 10} {
			found, gaps := run(e, engine.Options{}, func(s *engine.Scanner) { write(s, text, step) })
			whole, whereof := e.Scan([]byte(text), engine.Options{})
			if len(found) != most || len(whole) != most {
				t.Errorf("%d findings, step %d: %d in pieces and %d as a whole are kept, want %d", n, step, len(found), len(whole), most)
			}
			want := 0
			if n > most {
				want = 1
			}
			if len(gaps) != want || len(whereof) != want || want > 0 && gaps[0].Cause != detectors.CauseTooManyFindings {
				t.Errorf("%d findings, step %d: gaps %v and %v, want %d of too many findings", n, step, gaps, whereof, want)
			}
		}
	}
}
