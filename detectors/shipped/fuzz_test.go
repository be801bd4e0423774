package shipped_test

import (
	"cmp"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/rules"
)

// FuzzScannerChunking holds law L1, evidence and digests included, over every
// shipped rule: n chooses a rule whose samples stand around the fuzzer's text.
func FuzzScannerChunking(f *testing.F) {
	c, e := load(f)
	all := samples(f, c)
	f.Add("", uint16(0), uint64(1))
	f.Add("My card is 4111 1111 1111 1111, password: hunter2!x9", uint16(7), uint64(2))
	f.Add("sk-proj-", uint16(60), uint64(3))
	f.Add("jane.doe@example.org", uint16(90), uint64(9))
	f.Add("\x1e\xff\x00 IBAN DE89 3704 0044 0532 0130 00", uint16(150), uint64(4))
	f.Fuzz(func(t *testing.T, extra string, n uint16, seed uint64) {
		if len(extra) > 8<<10 {
			return
		}
		rule := c.Rules()[int(n)%len(c.Rules())].ID
		sample := all[rule]
		rnd := rand.New(rand.NewPCG(seed, 1))
		k := rnd.IntN(len(sample))
		text := append(append(slices.Clone(sample[:k]), extra...), sample[k:]...)
		o := engine.Options{Label: []string{"", "token"}[seed%2]}
		sizes := func(limit int) func() int {
			r := rand.New(rand.NewPCG(seed, uint64(limit)))
			return func() int { return r.IntN(limit) }
		}
		if got, want := listen(e, o, cut(text, sizes(50))), whole(e, o, text); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: pieces against the whole: %s", rule, difference(got, want))
		}
		events := script(rnd, len(text))
		want := listen(e, o, play(text, events, every(len(text))))
		for _, limit := range []int{3, 300, 5000} {
			if got := listen(e, o, play(text, events, sizes(limit))); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s with %d events, pieces of up to %d: %s", rule, len(events), limit, difference(got, want))
			}
		}
	})
}

// FuzzLaws holds laws L2, L3, L6 and L7 over every shipped rule and every way of
// hiding, with the fuzzer's text before and behind: n chooses a rule, or a value
// and a way to hide it.
func FuzzLaws(f *testing.F) {
	c, all := load(f)
	engines := []*engine.Engine{all, rulesOnly(f)} // others hold more than rules do
	ts := chosen(f, c)
	f.Add("", "", uint16(0), uint64(1))
	f.Add("the password of the house is ", " and nothing else", uint16(401), uint64(2))
	f.Add("a\n4 5 3", "\r\n 9 1 %41 &#65; \u200b", uint16(300), uint64(3))
	f.Add("\u0430 = b", "==\n", uint16(2100), uint64(4))
	f.Fuzz(func(t *testing.T, before, behind string, n uint16, seed uint64) {
		if len(before)+len(behind) > 4<<10 {
			return
		}
		it := ts[int(n)%len(ts)]
		text := []byte(before + it.text + behind)
		o, e := engine.Options{Floor: []detectors.Confidence{detectors.Low, detectors.High}[seed%2]}, engines[seed/2%2]
		outrankedByNone(t, it.name, whole(e, o, text))

		rnd := rand.New(rand.NewPCG(seed, 2))
		at := rnd.IntN(len(text) + 1)
		settled, known, flushed := 0, 0, false
		listen(e, o, func(s *engine.Scanner, h *heard) {
			heard := func(pos int) {
				for _, f := range h.Found[known:] {
					if !f.Late && f.Span.Start < settled {
						t.Fatalf("%s: %s found at %d of %d, settled was %d", it.name, f.Rule, f.Span.Start, pos, settled)
					}
					if f.Late && !flushed {
						t.Fatalf("%s: %s is late before the text ends", it.name, f.Rule)
					}
				}
				known = len(h.Found)
				settled = max(settled, s.Settled())
			}
			for pos := 0; pos < len(text); {
				k := min(1+rnd.IntN(20), len(text)-pos)
				s.Write(text[pos : pos+k])
				pos += k
				heard(pos)
				if flushed || pos < at {
					continue
				}
				s.Flush()
				heard(pos)
				flushed = true
				if settled != pos {
					t.Fatalf("%s: settled %d behind a Flush at %d", it.name, settled, pos)
				}
				first := slices.DeleteFunc(whole(e, o, text[:pos]).Found, func(f detectors.Finding) bool { return f.Late })
				if got, want := places(h.Found), places(first); !slices.Equal(got, want) {
					t.Fatalf("%s: a Flush at %d of %d tells %v, the text so far holds %v", it.name, pos, len(text), got, want)
				}
			}
			flushed = true // what comes when the text ends may be late
			s.Close()
			heard(len(text))
		})
	})
}

// outrankedByNone holds law L6: of two findings that overlap, neither outranks
// the other unless one is late; and redaction hears of each.
func outrankedByNone(t *testing.T, name string, h heard) {
	t.Helper()
	for i, f := range h.Found {
		if !slices.Contains(h.Matched, f.Span) && !f.Late {
			t.Fatalf("%s: %s at %v was found and not matched", name, f.Rule, f.Span)
		}
		for _, g := range h.Found[:i] {
			if f.Late != g.Late || !f.Span.Overlaps(g.Span) {
				continue
			}
			if f.Confidence.Level() != g.Confidence.Level() || f.Span.Len() != g.Span.Len() || f.Rule != g.Rule {
				t.Fatalf("%s: %s at %v and %s at %v overlap and both were told", name, f.Rule, f.Span, g.Rule, g.Span)
			}
		}
	}
}

// places are findings without what a view cut elsewhere may weigh otherwise.
func places(found []detectors.Finding) (out []told) {
	for _, f := range found {
		out = append(out, told{f.Rule, f.Span})
	}
	slices.SortFunc(out, func(a, b told) int {
		return cmp.Or(a.span.Start-b.span.Start, a.span.End-b.span.End, cmp.Compare(a.rule, b.rule))
	})
	return out
}

type told struct {
	rule detectors.RuleID
	span detectors.Span
}

// A choice is a text with something in it.
type choice struct{ name, text string }

// chosen are the samples of every rule and every value hidden in every way.
func chosen(t testing.TB, c *rules.Catalogue) (out []choice) {
	all := samples(t, c)
	for _, r := range c.Rules() {
		text := all[r.ID]
		out = append(out, choice{r.ID, string(text[:min(len(text), 1500)])})
	}
	for _, h := range hiddenValues(t) {
		for _, w := range ways {
			if text, ok := w.on(h); ok {
				out = append(out, choice{string(h.typ) + ", " + w.name, text})
			}
		}
	}
	return out
}

// FuzzDecodeMaps holds what layers promise: a finding in decoded text stands where
// its raw bytes stand, which replaced take it out of the text.
func FuzzDecodeMaps(f *testing.F) {
	_, e := load(f)
	values := hiddenValues(f)
	for i := range ways {
		f.Add("some words before it ", " and some behind.", uint16(i), uint16(3*i), uint8(i%len(values)))
	}
	f.Add("%41\u200b", "&#65;==", uint16(4), uint16(50), uint8(7))
	f.Fuzz(func(t *testing.T, before, behind string, inner, outer uint16, value uint8) {
		if len(before)+len(behind) > 2<<10 {
			return
		}
		h := values[int(value)%len(values)]
		in, out := ways[int(inner)%len(ways)], ways[int(outer)%len(ways)]
		hid, ok := in.on(h)
		if !ok {
			return
		}
		if out.run {
			hid = out.hide(hid)
		}
		text := []byte(before + hid + behind)
		found, _ := e.Scan(text, engine.Options{})
		for _, f := range found {
			if len(f.Layers) == 0 || f.Late {
				continue
			}
			if f.Span.Start < 0 || f.Span.End > len(text) || f.Span.Len() <= 0 {
				t.Fatalf("%s in %s: %s at %v of %d bytes", in.name, out.name, f.Rule, f.Span, len(text))
			}
			edited := slices.Concat(text[:f.Span.Start], []byte("[GONE]"), text[f.Span.End:])
			again, _ := e.Scan(edited, engine.Options{})
			count := func(list []detectors.Finding) (n int) {
				for _, g := range list {
					if g.Rule == f.Rule && g.Digest == f.Digest {
						n++
					}
				}
				return n
			}
			if was, is := count(found), count(again); is >= was {
				t.Fatalf("%s in %s: %s by %v at %v: %d with its value before the edit, %d behind it", in.name, out.name, f.Rule, f.Layers, f.Span, was, is)
			}
		}
	})
}
