package engine_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/engine"
)

// A spanner is a detector made for tests. At each literal it is told to find
// what stands from back bytes before the anchor's end to fore behind it, as
// far as no border byte stands there; it asks for fore first.
type spanner struct {
	left, right, max int
	rules            []spanRule
}

type spanRule struct {
	literal    string
	back, fore int
	points     detectors.Confidence
}

func (d spanner) Needs() detectors.Needs {
	n := detectors.Needs{Left: d.left, Right: d.right, MaxRight: d.max}
	for _, r := range d.rules {
		n.Literals = append(n.Literals, anchor.Literal{Text: r.literal})
	}
	return n
}

func (d spanner) NewPass() detectors.Pass { return &spannerPass{d: d} }

type spannerPass struct {
	d     spanner
	order []int
}

func (p *spannerPass) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) int {
	r := p.d.rules[h.ID]
	if v.Off+v.At != h.End {
		panic("the anchor does not stand at At")
	}
	if !bytes.HasSuffix(v.Text[:v.At], []byte(r.literal)) {
		panic("the view does not show the literal")
	}
	if want := min(p.d.left, h.End); v.At < want {
		panic("the left context is too short")
	}
	if !v.EOF && len(v.Text)-v.At < min(r.fore, p.d.max) {
		return r.fore
	}
	f := detectors.Finding{
		Type: "secret.test", Rule: detectors.RuleID("r." + r.literal), Confidence: r.points,
		Span:     detectors.Span{Start: max(h.End-r.back, v.Off), End: min(h.End+r.fore, v.Off+len(v.Text))},
		Evidence: []detectors.Evidence{{Name: fmt.Sprintf("view %d %d %v %v %s", v.At, len(v.Text), v.BOF, v.EOF, v.Label)}},
	}
	emit(f)
	return 0
}

func (p *spannerPass) Close(func(detectors.Finding)) {}
func (p *spannerPass) Reset()                        { p.order = nil }

func build(t testing.TB, c engine.Config, ds ...detectors.Detector) *engine.Engine {
	t.Helper()
	e, err := engine.New(c, ds...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// spans is rule and place of each finding, for tables.
func spans(fs []detectors.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, fmt.Sprintf("%s[%d,%d)", strings.TrimPrefix(string(f.Rule), "r."), f.Span.Start, f.Span.End))
	}
	return out
}

func TestDominanceIsPairwise(t *testing.T) {
	// The spans of aa, bb and cc overlap in a chain: bb outranks aa, cc
	// outranks bb, and aa does not touch cc.
	chain := func(a, b, c detectors.Confidence) *engine.Engine {
		return build(t, engine.Config{}, spanner{left: 16, right: 8, max: 8, rules: []spanRule{
			{"aa", 2, 6, a}, {"bb", 4, 6, b}, {"cc", 4, 6, c},
		}})
	}
	text := []byte("..aa....bb....cc........")
	tests := []struct {
		name    string
		a, b, c detectors.Confidence
		want    []string
	}{
		{"dropped by one that is itself dropped", detectors.Low, detectors.Medium, detectors.High, []string{"cc[12,22)"}},
		{"the middle one wins", detectors.Low, detectors.High, detectors.Medium, []string{"bb[6,16)"}},
		{"the ends win", detectors.High, detectors.Low, detectors.High, []string{"aa[2,10)", "cc[12,22)"}},
		{"equal levels: the longer, then the smaller rule", detectors.Low, detectors.Low + 3, detectors.Low, []string{"bb[6,16)"}},
		{"below low is not reported", detectors.Low - 1, detectors.Low, detectors.Low - 1, []string{"bb[6,16)"}},
	}
	for _, tt := range tests {
		e := chain(tt.a, tt.b, tt.c)
		var matched []detectors.Span
		found, gaps := e.Scan(text, engine.Options{Matched: func(s detectors.Span) { matched = append(matched, s) }})
		if got := spans(found); !slices.Equal(got, tt.want) || gaps != nil {
			t.Errorf("%s: %v %v, want %v", tt.name, got, gaps, tt.want)
		}
		if tt.a >= detectors.Low && len(matched) != 3 {
			t.Errorf("%s: %d spans matched, want all 3", tt.name, len(matched))
		}
	}
}

func TestFloorComesBeforeDominance(t *testing.T) {
	e := build(t, engine.Config{}, spanner{left: 16, right: 8, max: 8, rules: []spanRule{{"aa", 2, 8, 76}, {"bb", 2, 2, 84}}})
	text := []byte("aa bb            ")
	all, _ := e.Scan(text, engine.Options{})
	high, _ := e.Scan(text, engine.Options{Floor: 80})
	if got := spans(all); !slices.Equal(got, []string{"aa[0,10)"}) {
		t.Errorf("without a floor: %v", got)
	}
	if got := spans(high); !slices.Equal(got, []string{"bb[3,7)"}) {
		t.Errorf("with a floor of 80: %v", got)
	}
}

// Every text of one anchor at every offset around the edges of Left, Right,
// MaxRight and the block grid is found alike for every cut.
func TestViewsAreTheSameAtEveryEdge(t *testing.T) {
	e := build(t, engine.Config{Key: []byte("k")},
		spanner{left: 24, right: 8, max: 40, rules: []spanRule{{"key", 3, 0, 70}, {"long", 4, 33, 71}, {"most", 4, 99, 72}}},
		spanner{left: 7, right: 0, max: 0, rules: []spanRule{{"key", 5, 0, 73}}},
	)
	for _, word := range []string{"key", "long", "most", "keykeylongmostkey"} {
		for _, at := range []int{0, 1, 3, 7, 20, 23, 24, 25, 4070, 4095, 4096, 4097, 16380, 16384} {
			for _, behind := range []int{0, 1, 7, 8, 9, 32, 33, 34, 39, 40, 41, 100} {
				text := []byte(strings.Repeat(".", at) + word + strings.Repeat("-", behind))
				want, _ := e.Scan(text, engine.Options{Label: "l"})
				near := max(0, at-30)
				for step := 1; step < 50; step += 6 {
					var got []detectors.Finding
					s := e.NewScanner(engine.Options{Label: "l", Found: func(f detectors.Finding) { got = append(got, f) }})
					s.Write(text[:near])
					for p := text[near:]; len(p) > 0; {
						n := min(step, len(p))
						s.Write(p[:n])
						p = p[n:]
					}
					s.Close()
					s.Release()
					slices.SortStableFunc(got, func(a, b detectors.Finding) int { return a.Span.Start - b.Span.Start })
					if len(want) == 0 || !reflect.DeepEqual(got, want) {
						t.Fatalf("%s at %d with %d behind, step %d: %v, want %v", word, at, behind, step, got, want)
					}
				}
			}
		}
	}
}

func TestNewRefusesWhatItCannotGive(t *testing.T) {
	for name, d := range map[string]detectors.Detector{
		"left":    spanner{left: 1 << 20},
		"right":   spanner{right: 1 << 20},
		"literal": spanner{rules: []spanRule{{literal: ""}}},
	} {
		if _, err := engine.New(engine.Config{}, d); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAnEngineWithoutDetectorsFindsNothing(t *testing.T) {
	e := build(t, engine.Config{})
	s := e.NewScanner(engine.Options{})
	s.Write([]byte("text"))
	s.Break()
	s.Flush()
	s.Close()
	if got := s.Settled(); got != 4 {
		t.Errorf("Settled = %d after Close, want 4", got)
	}
	s.Release()
}
