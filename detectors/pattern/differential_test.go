package pattern

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/rules"
)

// filler is natural text in which no rule finds anything.
const filler = "Yesterday the committee met in the small room upstairs and talked about the weather, the garden and the new bicycle racks. " +
	"for i := range list { total += list[i].count } Results were mixed; nobody had brought a pen, (see page 12) so the minutes are short.\n"

// Rules of the plain shape are compared with the simplest reading of their
// record: keyword in the text, then the standard library's regexp at every
// offset of the whole text, boundary, validators, exclusions.
func TestPlantedSamplesEqualTheWholeTextReading(t *testing.T) {
	c, ds := embedded(t)
	d := ds[0].(*detector)
	rnd := rand.New(rand.NewPCG(3, 4))
	compared, spans := 0, 0
	for _, r := range d.rules {
		if r.src.Shape != "" || len(r.src.Keywords) == 0 || r.src.RequireContext || r.base < int16(detectors.Low) || len(r.published) > 0 {
			continue
		}
		src, _ := c.Rule(string(r.id))
		var text []byte
		for i := range 12 {
			test := src.Tests[i%len(src.Tests)]
			sample, _, err := Sample(test.Text, fmt.Sprint(r.id, i))
			if err != nil {
				t.Fatal(err)
			}
			k := rnd.IntN(len(filler))
			text = append(text, filler[k:]...)
			text = append(text, ' ')
			text = append(text, sample...)
			text = append(text, '\n')
			text = append(text, filler[:k]...)
		}
		var got []detectors.Span
		for _, f := range raw(ds, text, "") {
			if f.Rule == r.id {
				got = append(got, f.Span)
			}
		}
		want := wholeText(r, text)
		slices.SortFunc(got, func(a, b detectors.Span) int { return a.Start - b.Start })
		if !slices.Equal(got, want) {
			t.Errorf("%s: found %v, whole text %v", r.id, got, want)
		}
		compared++
		spans += len(want)
	}
	if compared < 60 || spans < 360 {
		t.Errorf("%d rules and %d spans compared: the test has lost its subject", compared, spans)
	}
}

func wholeText(r *rule, text []byte) []detectors.Span {
	p := &pass{}
	c := &check{pass: p, v: detectors.View{Text: text, BOF: true, EOF: true}}
	lower := bytes.ToLower(text)
	var out []detectors.Span
	for start := range text {
		at := false
		for _, k := range r.src.Keywords {
			in, want := lower, []byte(strings.ToLower(k))
			if r.src.KeywordCase {
				in, want = text, []byte(k)
			}
			for _, lead := range r.leads {
				at = at || start+lead <= len(in) && bytes.HasPrefix(in[start+lead:], want)
			}
		}
		if !at || !r.left.before(text, start) {
			continue
		}
		end, v := oracle(r.match, text, start, r.src.MaxLength)
		if end < 0 || !r.right.behind(text, end) {
			continue
		}
		value := text[v.Start:v.End]
		if !c.holds(r, candidate{start: v.Start, end: v.End}, value) || c.excluded(r, candidate{start: v.Start, end: v.End, head: start}, value) || slices.Contains(out, v) {
			continue
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b detectors.Span) int { return a.Start - b.Start })
	return out
}

// Findings may not depend on where the view ends before more is asked for.
func TestFindingsDoNotDependOnWhatIsGranted(t *testing.T) {
	c, ds := embedded(t)
	small := assemble(t, granted{ds[0], 1})
	large := assemble(t, granted{ds[0], maxRight})
	for _, r := range c.Rules() {
		for i, test := range r.Tests {
			text, _, err := Sample(filler+test.Text+" "+filler, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			a, _ := small.Scan(text, engine.Options{Label: test.Label})
			b, _ := large.Scan(text, engine.Options{Label: test.Label})
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s test %d: with one byte %v, with all %v", r.ID, i, a, b)
			}
		}
	}
}

// The engine finds what the naive reading of a whole text finds.
func TestTheEngineAgreesWithTheNaiveReading(t *testing.T) {
	c, ds := embedded(t)
	e := assemble(t, ds...)
	found := 0
	for _, r := range c.Rules() {
		text := []byte(filler)
		for i, test := range r.Tests {
			if i > 1 && fromFormat(r) {
				break // hundreds of them, all alike
			}
			sample, _, err := Sample(test.Text, fmt.Sprint(r.ID, i))
			if err != nil {
				t.Fatal(err)
			}
			text = append(append(text, sample...), filler[i*7%len(filler):]...)
		}
		got, gaps := e.Scan(text, engine.Options{Label: r.Tests[0].Label})
		for i := range got {
			got[i].Digest = detectors.Digest{} // the engine's own
		}
		want := naive(ds, text, r.Tests[0].Label)
		slices.SortFunc(want, func(a, b detectors.Finding) int {
			return cmp.Or(a.Span.Start-b.Span.Start, a.Span.End-b.Span.End, cmp.Compare(a.Rule, b.Rule))
		})
		if len(gaps) > 0 || len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: gaps %v,\n got %v\nwant %v", r.ID, gaps, got, want)
		}
		found += len(want)
	}
	if found < 300 {
		t.Errorf("only %d findings: the test has lost its subject", found)
	}
}

// fromFormat reports whether a rule was a line of a table of formats.
func fromFormat(r rules.Rule) bool { return r.Shape == "named" || len(r.Heads) > 0 }

func assemble(t testing.TB, ds ...detectors.Detector) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{Key: []byte("k")}, ds...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// granted is a detector that is at first given n bytes to the right.
type granted struct {
	detectors.Detector
	n int
}

func (g granted) Needs() detectors.Needs {
	n := g.Detector.Needs()
	n.Right = g.n
	return n
}

func embedded(t testing.TB) (*rules.Catalogue, []detectors.Detector) {
	t.Helper()
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, ds
}
