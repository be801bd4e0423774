package pattern

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
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
		if !c.holds(r, value) || c.excluded(r, candidate{start: v.Start, end: v.End, head: start}, value) || slices.Contains(out, v) {
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
	small := []detectors.Detector{granted{ds[0], 1}}
	large := []detectors.Detector{granted{ds[0], maxRight}}
	for _, r := range c.Rules() {
		for i, test := range r.Tests {
			text, _, err := Sample(filler+test.Text+" "+filler, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			a, b := sorted(raw(small, text, test.Label)), sorted(raw(large, text, test.Label))
			if fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%s test %d: with one byte %v, with all %v", r.ID, i, a, b)
			}
		}
	}
}

// sorted is the order in which the engine reports.
func sorted(fs []detectors.Finding) []detectors.Finding {
	slices.SortFunc(fs, func(a, b detectors.Finding) int {
		return cmp.Or(a.Span.Start-b.Span.Start, a.Span.End-b.Span.End, cmp.Compare(a.Rule, b.Rule))
	})
	return fs
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
