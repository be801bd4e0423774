package names_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/names"
)

// A labelled text says where names and addresses stand.
type labelled struct {
	text string
	want map[detectors.InfoType][]detectors.Span
}

// readLabelled reads texts in which names and addresses are marked.
func readLabelled(t testing.TB, file string) (out []labelled) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(b), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		k := labelled{want: map[detectors.InfoType][]detectors.Span{}}
		var text strings.Builder
		rest := strings.ReplaceAll(line, `\n`, "\n")
		for {
			before, after, ok := strings.Cut(rest, "⟦")
			text.WriteString(before)
			if !ok {
				break
			}
			value, behind, ok := strings.Cut(after, "⟧")
			typ, value, named := strings.Cut(value, ":")
			if !ok || !named || typ != "N" && typ != "A" {
				t.Fatalf("%s:%d: a mark is not closed or has no type", file, n+1)
			}
			it := names.TypeName
			if typ == "A" {
				it = names.TypeAddress
			}
			k.want[it] = append(k.want[it], detectors.Span{Start: text.Len(), End: text.Len() + len(value)})
			text.WriteString(value)
			rest = behind
		}
		k.text = text.String()
		out = append(out, k)
	}
	return out
}

// A result counts values found, values missed and findings that are wrong.
type result struct{ found, missed, wrong, exact int }

func (r result) recall() float64    { return float64(r.found) / float64(max(1, r.found+r.missed)) }
func (r result) precision() float64 { return float64(r.found) / float64(max(1, r.found+r.wrong)) }
func (r result) String() string {
	return fmt.Sprintf("%d of %d found (%.1f %%), %d wrong (precision %.1f %%), %d with their borders",
		r.found, r.found+r.missed, 100*r.recall(), r.wrong, 100*r.precision(), r.exact)
}

// evaluate scans texts and compares findings of a level and type with the marks:
// a value is found when findings cover half of it or more.
func evaluate(e *engine.Engine, texts []labelled, typ detectors.InfoType, level detectors.Confidence, tell func(string, ...any)) (r result) {
	for _, k := range texts {
		found, _ := e.Scan([]byte(k.text), engine.Options{Floor: level})
		covered := make([]int, len(k.want[typ]))
		for _, f := range found {
			if f.Type != typ {
				continue
			}
			right := false
			for i, w := range k.want[typ] {
				if f.Span.Overlaps(w) {
					right = true
					covered[i] += min(f.Span.End, w.End) - max(f.Span.Start, w.Start)
					if f.Span == w {
						r.exact++
					}
				}
			}
			if !right {
				r.wrong++
				tell("wrong  %s %d %q in %q", f.Rule, f.Confidence, k.text[f.Span.Start:f.Span.End], k.text)
			}
		}
		for i, w := range k.want[typ] {
			if 2*covered[i] >= w.Len() {
				r.found++
			} else {
				r.missed++
				tell("missed %q in %q", k.text[w.Start:w.End], k.text)
			}
		}
	}
	return r
}

func newEngine(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{Key: []byte("test")}, names.New()...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestOutside(t *testing.T) {
	e := newEngine(t)
	texts := readLabelled(t, "testdata/outside.txt")
	for _, typ := range []detectors.InfoType{names.TypeName, names.TypeAddress} {
		for _, l := range []detectors.Confidence{detectors.Low, detectors.Medium, detectors.High} {
			tell := func(f string, a ...any) {
				if l == detectors.Medium {
					t.Logf(f, a...)
				}
			}
			t.Logf("%s, %s: %v", typ, l, evaluate(e, texts, typ, l, tell))
		}
	}
}
