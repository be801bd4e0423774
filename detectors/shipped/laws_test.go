package shipped_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/pattern"
	"github.com/promptgate/promptgate/rules"
)

// filler is natural text in which no rule finds anything.
const filler = "Yesterday the committee met in the small room upstairs and talked about the weather, the garden and the new bicycle racks. " +
	"for i := range list { total += list[i].count } Results were mixed; nobody had brought a pen, (see page 12) so the minutes are short.\n"

// heard is everything a scanner says of one text.
type heard struct {
	Found   []detectors.Finding
	Gaps    []detectors.Gap
	Matched []detectors.Span
}

// listen runs drive over a scanner whose callbacks are noted.
func listen(e *engine.Engine, o engine.Options, drive func(*engine.Scanner, *heard)) heard {
	var h heard
	o.Found = func(f detectors.Finding) { h.Found = append(h.Found, f) }
	o.Gap = func(g detectors.Gap) { h.Gaps = append(h.Gaps, g) }
	o.Matched = func(s detectors.Span) { h.Matched = append(h.Matched, s) }
	s := e.NewScanner(o)
	drive(s, &h)
	s.Close()
	s.Release()
	return h
}

// cut writes a text in pieces of the sizes that next gives.
func cut(text []byte, next func() int) func(*engine.Scanner, *heard) {
	return func(s *engine.Scanner, _ *heard) {
		for p := text; len(p) > 0; {
			n := min(max(next(), 1), len(p))
			s.Write(p[:n])
			p = p[n:]
		}
	}
}

func every(n int) func() int { return func() int { return n } }

// whole is what Scan says, in the words of heard.
func whole(e *engine.Engine, o engine.Options, text []byte) heard {
	var h heard
	o.Matched = func(s detectors.Span) { h.Matched = append(h.Matched, s) }
	o.Found = func(f detectors.Finding) { h.Found = append(h.Found, f) }
	_, h.Gaps = e.Scan(text, o)
	return h
}

// samples returns, for each rule, the texts of its tests between natural text.
func samples(t testing.TB, c *rules.Catalogue) map[string][]byte {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	out := make(map[string][]byte)
	for _, r := range c.Rules() {
		var text []byte
		for i, test := range r.Tests {
			sample, _, err := pattern.Sample(test.Text, fmt.Sprint(r.ID, i))
			if err != nil {
				t.Fatal(err)
			}
			k := rnd.IntN(len(filler))
			text = append(append(append(text, filler[k:]...), ' '), sample...)
			text = append(append(text, '\n'), filler[:k]...)
		}
		out[r.ID] = text
	}
	return out
}

func TestFindingsAreTheSameForEveryCut(t *testing.T) {
	c, e := load(t)
	found := 0
	for id, text := range samples(t, c) {
		rnd := rand.New(rand.NewPCG(5, uint64(len(text))))
		want := whole(e, engine.Options{}, text)
		found += len(want.Found)
		for name, next := range map[string]func() int{
			"bytes":  every(1),
			"17":     every(17),
			"random": func() int { return rnd.IntN(400) },
			"skewed": func() int { return 1 << rnd.IntN(12) },
			"whole":  every(len(text)),
		} {
			got := listen(e, engine.Options{}, cut(text, next))
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s cut by %s: %s", id, name, difference(got, want))
			}
		}
	}
	if found < 500 {
		t.Errorf("only %d findings: the test has lost its subject", found)
	}
}

// difference says where two runs part, without text.
func difference(got, want heard) string {
	show := func(fs []detectors.Finding) (out []string) {
		for _, f := range fs {
			out = append(out, fmt.Sprintf("%+v", f))
		}
		return out
	}
	a, b := show(got.Found), show(want.Found)
	for i := range max(len(a), len(b)) {
		x, y := "nothing", "nothing"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("finding %d of %d and %d:\n got %s\nwant %s", i, len(a), len(b), x, y)
		}
	}
	return fmt.Sprintf("gaps %v and %v, spans\n got %v\nwant %v", got.Gaps, want.Gaps, got.Matched, want.Matched)
}

func sorted(fs []detectors.Finding) []detectors.Finding {
	fs = slices.Clone(fs)
	slices.SortFunc(fs, func(a, b detectors.Finding) int {
		return cmp.Or(a.Span.Start-b.Span.Start, a.Span.End-b.Span.End, cmp.Compare(a.Rule, b.Rule))
	})
	return fs
}
