package shipped_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
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
	h.sort()
	return h
}

// sort makes matched spans a set: layers are read beside the text, so when and
// how often a span is heard of is no part of the law.
func (h *heard) sort() {
	slices.SortFunc(h.Matched, func(a, b detectors.Span) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	h.Matched = slices.Compact(h.Matched)
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
	h.sort()
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

// An event is a call that divides a text otherwise than a cut.
type event struct {
	at   int
	call func(*engine.Scanner)
}

// play writes a text with events between its bytes, cut as next says.
func play(text []byte, events []event, next func() int) func(*engine.Scanner, *heard) {
	return func(s *engine.Scanner, _ *heard) {
		at := 0
		for _, ev := range append(slices.Clone(events), event{at: len(text)}) {
			for at < ev.at {
				n := min(max(next(), 1), ev.at-at)
				s.Write(text[at : at+n])
				at += n
			}
			if ev.call != nil {
				ev.call(s)
			}
		}
	}
}

// script makes events out of random numbers.
func script(rnd *rand.Rand, size int) []event {
	var out []event
	for range rnd.IntN(6) {
		ev := event{at: rnd.IntN(size + 1)}
		switch rnd.IntN(4) {
		case 0:
			ev.call = (*engine.Scanner).Break
		case 1:
			ev.call = (*engine.Scanner).Flush
		default:
			l := []string{"", "password", "card_number", "ssn", "note"}[rnd.IntN(5)]
			ev.call = func(s *engine.Scanner) { s.Label(l) }
		}
		out = append(out, ev)
	}
	slices.SortStableFunc(out, func(a, b event) int { return a.at - b.at })
	return out
}

// Text longer than chunks and blocks, with everything in it.
func TestLongTextsAreTheSameForEveryCut(t *testing.T) {
	c, e := load(t)
	rnd := rand.New(rand.NewPCG(7, 8))
	var text []byte
	all := samples(t, c)
	for _, r := range c.Rules() {
		text = append(text, all[r.ID]...)
	}
	want := whole(e, engine.Options{}, text)
	for name, next := range map[string]func() int{
		"4096":         every(4096),
		"chunks and 1": every(16<<10 + 1),
		"64 KiB":       every(64 << 10),
		"random":       func() int { return rnd.IntN(6000) },
		"deltas":       func() int { return rnd.IntN(12) },
	} {
		if got := listen(e, engine.Options{}, cut(text, next)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s", name, difference(got, want))
		}
	}
}

// Law L2: what is reported later begins at or behind Settled, and Settled
// follows the text.
func TestNothingIsFoundBeforeSettled(t *testing.T) {
	c, e := load(t)
	check := func(e *engine.Engine, most int) {
		for id, text := range samples(t, c) {
			nothingBeforeSettled(t, e, id, text, most)
		}
		for _, h := range hiddenValues(t) {
			for _, w := range ways {
				if text, ok := w.on(h); ok {
					nothingBeforeSettled(t, e, string(h.typ)+", "+w.name, []byte(beforeHidden+text+behindHidden), most)
				}
			}
		}
	}
	check(e, 40)
	check(rulesOnly(t), 7) // other detectors hold more than rules do
}

func nothingBeforeSettled(t *testing.T, e *engine.Engine, name string, text []byte, most int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(9, uint64(len(text)+most)))
	listen(e, engine.Options{}, func(s *engine.Scanner, h *heard) {
		settled, known := 0, 0
		heard := func(when string) {
			for _, f := range h.Found[known:] {
				if !f.Late && f.Span.Start < settled {
					t.Fatalf("%s in pieces of up to %d: %s found at %d %s, settled was %d", name, most, f.Rule, f.Span.Start, when, settled)
				}
			}
			known = len(h.Found)
		}
		for p := text; len(p) > 0; {
			n := min(1+rnd.IntN(most), len(p))
			s.Write(p[:n])
			p = p[n:]
			heard("in the text")
			if now := s.Settled(); now < settled {
				t.Fatalf("%s: Settled went from %d to %d", name, settled, now)
			} else {
				settled = now
			}
		}
		s.Close()
		heard("when it ended")
	})
}

// prose is ordinary text in which nothing is sensitive and nobody is named.
const prose = "after the long winter the river came back to its old bed, and the people of the valley went down to look at it. " +
	"they said that nobody had seen so much water since the mill was built; some of them laughed, others didn't. " +
	"one could hear the stones roll under the bridge \u2014 a dull, heavy sound \u2014 and the caf\u00e9 on the corner was full until late. " +
	"what happens when the snow in the mountains melts too fast? the answer isn't simple, but it is worth a walk: " +
	"the path goes up through the forest, past the chapel and the sawmill, and ends where the trees end.\n\n" +
	"in the evening the wind turned. we sat near the stove, ate bread and cheese and talked about other years, other floods, other rivers. "

// Law L2: of clean prose no more is held than the word that has not ended, so an
// event of a stream leaves with the one behind it at the latest.
func TestCleanProseIsReleasedAtTheNextWord(t *testing.T) {
	e := rulesOnly(t)
	rnd := rand.New(rand.NewPCG(15, 16))
	behind, writes := 0, 0
	for range 20 {
		s := e.NewScanner(engine.Options{})
		before := 0 // what was written one piece ago
		for at := 0; at < len(prose); {
			n := min(1+rnd.IntN(9), len(prose)-at)
			s.Write([]byte(prose[at : at+n]))
			at += n
			writes++
			word := strings.LastIndexAny(prose[:at], " \n") + 1
			if got := s.Settled(); got < word && got < before {
				if behind++; behind < 10 {
					t.Logf("settled %d of %d, the word begins at %d: %q is held", got, at, word, prose[got:at])
				}
			}
			before = at
		}
		s.Close()
		s.Release()
	}
	if behind*20 > writes { // "the " may begin a marking, a word behind a line break be the rest of a key
		t.Errorf("%d of %d pieces were held longer than to the next one", behind, writes)
	}
}

// A chat body in JSON, quotes and escapes and all, is never far behind.
func TestCleanChatIsReleasedSoon(t *testing.T) {
	e := rulesOnly(t)
	content, err := json.Marshal(prose + prose)
	if err != nil {
		t.Fatal(err)
	}
	body := `{"model":"gpt-5","stream":true,"messages":[{"role":"system","content":"You are a kind helper."},{"role":"user","content":` + string(content) + `}]}`
	s := e.NewScanner(engine.Options{})
	defer s.Release()
	most, sum, writes := 0, 0, 0
	for at := 0; at < len(body); at += 4 {
		s.Write([]byte(body[at:min(at+4, len(body))]))
		behind := min(at+4, len(body)) - s.Settled()
		most, sum, writes = max(most, behind), sum+behind, writes+1
	}
	if most > 96 || sum > 16*writes {
		t.Errorf("%d bytes behind at most and %d on average, want 96 and 16", most, sum/writes)
	}
}

// rulesOnly is an engine of every shipped rule and nothing else.
func rulesOnly(t testing.TB) *engine.Engine {
	t.Helper()
	c, _ := load(t)
	ds, err := pattern.New(c)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Key: []byte("k")}, ds...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Law L4: a candidate that cannot reach Floor holds nothing.
func TestWhatCannotReachTheFloorIsNotHeld(t *testing.T) {
	e := rulesOnly(t)
	text := "please write to jane.doe@example.org when it is done. " + prose[:220]
	held := func(floor detectors.Confidence) (n int) {
		s := e.NewScanner(engine.Options{Floor: floor})
		defer s.Release()
		for i := range len(text) {
			s.Write([]byte(text[i : i+1]))
			if word := strings.LastIndexByte(text[:i+1], ' ') + 1; s.Settled() < word {
				n++
			}
		}
		return n
	}
	low, high := held(detectors.Low), held(detectors.High)
	if low < 120 || high > low-60 {
		t.Errorf("held after %d pieces with the floor at Low and %d at High", low, high)
	}
}

// Law L3: what a Flush reports is what the text up to it holds.
func TestFlushFindsWhatTheTextSoFarHolds(t *testing.T) {
	c, e := load(t)
	for id, text := range samples(t, c) {
		rnd := rand.New(rand.NewPCG(11, uint64(len(text))))
		at := rnd.IntN(len(text))
		before := whole(e, engine.Options{}, text[:at]).Found
		want := slices.DeleteFunc(before, func(f detectors.Finding) bool { return f.Late })
		listen(e, engine.Options{}, func(s *engine.Scanner, h *heard) {
			cut(text[:at], func() int { return rnd.IntN(100) })(s, h)
			s.Flush()
			if s.Settled() != at {
				t.Errorf("%s: Settled is %d behind a Flush at %d", id, s.Settled(), at)
			}
			if got := slices.Clone(h.Found); !slices.EqualFunc(got, want, func(a, b detectors.Finding) bool { return reflect.DeepEqual(a, b) }) {
				t.Errorf("%s flushed at %d of %d: %s", id, at, len(text), difference(heard{Found: got}, heard{Found: want}))
			}
			cut(text[at:], every(31))(s, h)
		})
	}
}

// Law L3 holds for what is hidden as well, and nothing is told twice.
func TestFlushFindsWhatIsHidden(t *testing.T) {
	_, e := load(t)
	rnd := rand.New(rand.NewPCG(17, 18))
	for _, h := range hiddenValues(t) {
		for _, w := range ways {
			text, ok := w.on(h)
			if !ok {
				continue
			}
			lead := prose[:rnd.IntN(len(prose))] + beforeHidden
			raw := []byte(lead + text + behindHidden + prose)
			for _, at := range []int{len(lead) + len(text), len(lead) + len(text) + 1, len(lead) + len(text) + len(behindHidden)} {
				want := slices.DeleteFunc(whole(e, engine.Options{}, raw[:at]).Found, func(f detectors.Finding) bool { return f.Late })
				all := listen(e, engine.Options{}, func(s *engine.Scanner, got *heard) {
					cut(raw[:at], func() int { return 1 + rnd.IntN(50) })(s, got)
					s.Flush()
					if !reflect.DeepEqual(got.Found, want) && len(got.Found)+len(want) > 0 {
						t.Errorf("%s, %s, flushed at %d of %d: %s", h.typ, w.name, at-len(lead), len(text), difference(heard{Found: got.Found}, heard{Found: want}))
					}
					if s.Settled() != at {
						t.Errorf("%s, %s: Settled is %d behind a Flush at %d", h.typ, w.name, s.Settled(), at)
					}
					cut(raw[at:], every(31))(s, got)
				})
				for i, f := range all.Found {
					if slices.ContainsFunc(all.Found[:i], func(g detectors.Finding) bool { return g.Rule == f.Rule && g.Span == f.Span }) {
						t.Errorf("%s, %s: %s at %v is told twice", h.typ, w.name, f.Rule, f.Span)
					}
				}
			}
		}
	}
}

// A value that a Flush cut in two is found when the rest is there.
func TestWhatAFlushCutsIsFoundLater(t *testing.T) {
	c, e := load(t)
	tried := 0
	for id, text := range samples(t, c) {
		for _, f := range whole(e, engine.Options{Floor: detectors.High}, text).Found {
			if f.Late || f.Span.Len() < 8 {
				continue
			}
			tried++
			at := f.Span.Start + f.Span.Len()/2
			got := listen(e, engine.Options{}, play(text, []event{{at, (*engine.Scanner).Flush}}, every(64)))
			if !slices.ContainsFunc(got.Found, func(g detectors.Finding) bool {
				return g.Type.Category() == f.Type.Category() && g.Span.Start <= f.Span.Start && g.Span.End >= f.Span.End
			}) {
				t.Errorf("%s: %s at %v flushed at %d is not found again", id, f.Rule, f.Span, at)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d findings: the test has lost its subject", tried)
	}
}

// A column of numbers between single separators is one run of digits; each of
// them counts, wherever it stands.
func TestNumbersInALongRunAreAllFound(t *testing.T) {
	_, e := load(t)
	for _, sep := range []string{" ", " 7 "} {
		var text []byte
		const n = 1000
		for range n {
			text = append(append(text, "4012 8888 8888 1881"...), sep...)
		}
		text = append([]byte("cards: "), text...)
		for name, got := range map[string]heard{
			"whole":  whole(e, engine.Options{}, text),
			"pieces": listen(e, engine.Options{}, cut(text, every(777))),
		} {
			if len(got.Found) != n {
				t.Errorf("%d of %d numbers found between %q, %s", len(got.Found), n, sep, name)
			}
		}
	}
}

// A stream keeps what views may need, however long it is.
func TestAStreamKeepsLittle(t *testing.T) {
	c, e := load(t)
	var text []byte
	all := samples(t, c)
	for _, r := range c.Rules() {
		text = append(text, all[r.ID]...)
	}
	for _, size := range []int{9, 1000, 64 << 10} {
		most := 0
		s := e.NewScanner(engine.Options{})
		for p := text[:min(len(text), 20_000*size)]; len(p) > 0; {
			n := min(size, len(p))
			s.Write(p[:n])
			p = p[n:]
			var held int
			fmt.Sscanf(fmt.Sprint(s), "[%d bytes]", &held)
			most = max(most, held)
		}
		s.Release()
		if most == 0 || most > 25<<10 {
			t.Errorf("pieces of %d bytes: %d bytes were held, want at most 25 KiB", size, most)
		}
	}
}
