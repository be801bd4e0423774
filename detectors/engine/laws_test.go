package engine_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/engine"
)

// run drives a scanner and returns what it reported and its gaps.
func run(e *engine.Engine, o engine.Options, drive func(*engine.Scanner)) (found []detectors.Finding, gaps []detectors.Gap) {
	o.Found = func(f detectors.Finding) { found = append(found, f) }
	o.Gap = func(g detectors.Gap) { gaps = append(gaps, g) }
	s := e.NewScanner(o)
	drive(s)
	s.Close()
	s.Release()
	return found, gaps
}

func write(s *engine.Scanner, text string, step int) {
	for len(text) > 0 {
		n := min(step, len(text))
		s.Write([]byte(text[:n]))
		text = text[n:]
	}
}

func TestBreakStopsEveryMatch(t *testing.T) {
	// key reaches 3 bytes back and 3 forward.
	e := build(t, engine.Config{}, spanner{left: 6, right: 3, max: 3, rules: []spanRule{{"key", 6, 3, 70}}})
	tests := []struct {
		name  string
		parts []string
		want  []string
	}{
		{"one part", []string{"...key..."}, []string{"key[0,9)"}},
		{"an anchor across", []string{"...ke", "y..."}, []string{}},
		{"backwards across", []string{"..", "key..."}, []string{}},
		{"forwards ends there", []string{"...key.", "..key"}, []string{"key[0,7)"}},
		{"offsets count no border", []string{"......", "...key..."}, []string{"key[6,15)"}},
		{"empty parts", []string{"", "...key...", "", "", "...key"}, []string{"key[0,9)", "key[9,15)"}},
	}
	for _, tt := range tests {
		for step := 1; step < 8; step += 2 {
			found, _ := run(e, engine.Options{}, func(s *engine.Scanner) {
				for i, p := range tt.parts {
					if i > 0 {
						s.Break()
					}
					write(s, p, step)
				}
			})
			if got := spans(found); !slices.Equal(got, tt.want) {
				t.Errorf("%s, step %d: %v, want %v", tt.name, step, got, tt.want)
			}
		}
	}
}

func TestContextReachesOverABreak(t *testing.T) {
	var views []string
	e := build(t, engine.Config{}, watcher{func(v detectors.View) { views = append(views, fmt.Sprintf("%q %v %v %d", v.Text, v.BOF, v.EOF, v.Off)) }})
	run(e, engine.Options{}, func(s *engine.Scanner) {
		s.Write([]byte("ab key!"))
		s.Break()
		s.Write([]byte("c key?def"))
	})
	want := []string{`"ab key!" true true 0`, `" key!\x1ec key?def" false true 1`}
	if !slices.Equal(views, want) {
		t.Errorf("views\n got %s\nwant %s", views, want)
	}
}

// A watcher sees the views around "key".
type watcher struct{ see func(detectors.View) }

func (d watcher) Needs() detectors.Needs {
	return detectors.Needs{Literals: []anchor.Literal{{Text: "key"}}, Left: 11, Right: 6, MaxRight: 6}
}
func (d watcher) NewPass() detectors.Pass { return d }
func (d watcher) Check(v detectors.View, _ anchor.Hit, _ func(detectors.Finding)) int {
	d.see(v)
	return 0
}
func (d watcher) Close(func(detectors.Finding)) {}
func (d watcher) Reset()                        {}

func TestLabelsHoldForWhatFollows(t *testing.T) {
	for step := range 9 {
		var labels []string
		e := build(t, engine.Config{}, watcher{func(v detectors.View) { labels = append(labels, v.Label) }})
		run(e, engine.Options{Label: "first"}, func(s *engine.Scanner) {
			write(s, "key ke", step+1)
			s.Label("late") // holds for the anchor's last byte
			write(s, "y key key", step+1)
			s.Label("unused")
			s.Label(strings.Repeat("x", 1000))
			write(s, "key.......key", step+1)
			s.Break()
			write(s, "key", step+1)
		})
		long := strings.Repeat("x", 256)
		if want := []string{"first", "late", "late", "late", long, long, "first"}; !slices.Equal(labels, want) {
			t.Errorf("step %d: %q, want %q", step+1, labels, want)
		}
	}
}

func TestFlushDecidesWithTheTextThereIs(t *testing.T) {
	e := build(t, engine.Config{}, spanner{left: 3, right: 4, max: 8, rules: []spanRule{{"key", 3, 8, 70}}})
	text := "..key123456789"
	for step := 1; step < 9; step++ {
		var early []string
		found, _ := run(e, engine.Options{}, func(s *engine.Scanner) {
			var n int
			write(s, text[:8], step)
			before := s.Settled()
			s.Flush()
			n = s.Settled()
			early = append(early, fmt.Sprint(before <= 2, n))
			write(s, text[8:], step)
		})
		if want := []string{"true 8"}; !slices.Equal(early, want) {
			t.Errorf("step %d: settled before at most 2, then %s, want %s", step, early, want)
		}
		if got, want := spans(found), []string{"key[2,8)", "key[2,13)"}; !slices.Equal(got, want) {
			t.Errorf("step %d: %v, want %v", step, got, want)
		} else if found[0].Late || !found[1].Late {
			t.Errorf("step %d: late %v %v, want only what was known after the Flush", step, found[0].Late, found[1].Late)
		}
	}
	// Flushed twice and complete at the first: told once.
	found, _ := run(e, engine.Options{}, func(s *engine.Scanner) {
		s.Write([]byte(text[:13]))
		s.Flush()
		s.Flush()
		s.Write([]byte(text[13:]))
	})
	if got, want := spans(found), []string{"key[2,13)"}; !slices.Equal(got, want) {
		t.Errorf("flushed twice: %v, want %v", got, want)
	}
}

func TestTheBudgetEndsAtTheSameByteForEveryCut(t *testing.T) {
	rules := spanner{left: 64, right: 16, max: 512, rules: []spanRule{{"key", 3, 5, 70}, {"far", 3, 400, 66}}}
	text := strings.Repeat("key far kkey ", 400)
	full, gaps := build(t, engine.Config{}, rules).Scan([]byte(text), engine.Options{})
	if len(gaps) != 0 {
		t.Fatalf("gaps with the default budget: %v", gaps)
	}
	for _, base := range []int{1, 100, 999, 5000} {
		e := build(t, engine.Config{Key: []byte("k"), Budget: engine.Budget{Base: base, PerKB: 1}}, rules)
		want, gaps := e.Scan([]byte(text), engine.Options{})
		if !reflect.DeepEqual(gaps, []detectors.Gap{{Cause: detectors.CauseWorkBudget}}) {
			t.Errorf("base %d: gaps %v, want one of work_budget", base, gaps)
		}
		if len(want) >= len(full) {
			t.Errorf("base %d: all %d findings", base, len(want))
		}
		slices.SortFunc(want, func(a, b detectors.Finding) int { return a.Span.End*100 + a.Span.Start - b.Span.End*100 - b.Span.Start })
		for _, step := range []int{1, 7, 100, 3000} {
			got, gaps := run(e, engine.Options{}, func(s *engine.Scanner) {
				write(s, text, step)
				if s.Settled() != len(text) {
					t.Errorf("base %d: settled %d of %d, though nothing is looked at any more", base, s.Settled(), len(text))
				}
				s.Break()
				write(s, text, step)
			})
			slices.SortFunc(got, func(a, b detectors.Finding) int { return a.Span.End*100 + a.Span.Start - b.Span.End*100 - b.Span.Start })
			if !reflect.DeepEqual(got, want) || len(gaps) != 1 {
				t.Errorf("base %d, step %d: %d findings and gaps %v, want %d and one", base, step, len(got), gaps, len(want))
			}
		}
	}
}

// A liner finds, block by block and Late, every 'L' up to the next one or the
// end, and counts at Close.
type liner struct{}

func (liner) Needs() detectors.Needs  { return detectors.Needs{Blocks: true} }
func (liner) NewPass() detectors.Pass { return &linerPass{-1, -1} }

type linerPass struct{ open, at int }

func (p *linerPass) Check(detectors.View, anchor.Hit, func(detectors.Finding)) int { return 0 }
func (p *linerPass) Block(v detectors.View, b anchor.Block, emit func(detectors.Finding)) {
	if p.at < 0 {
		p.at = b.Off // a part behind a Break
	}
	if v.Off != b.Off || len(v.Text) != b.Len || b.Off != p.at {
		panic("blocks are not shown one after the other")
	}
	for i, c := range v.Text {
		if c == 'L' {
			p.end(v.Off+i, emit)
			p.open = v.Off + i
		}
	}
	p.at = b.Off + b.Len
}
func (p *linerPass) end(at int, emit func(detectors.Finding)) {
	if p.open >= 0 {
		emit(detectors.Finding{Type: "source_code.test", Rule: "line", Confidence: 70, Span: detectors.Span{Start: p.open, End: at}})
	}
}
func (p *linerPass) Close(emit func(detectors.Finding)) { p.end(p.at, emit) }
func (p *linerPass) Reset()                             { *p = linerPass{-1, -1} }

func TestBlocksAreShownOnTheGridAndLate(t *testing.T) {
	e := build(t, engine.Config{}, liner{}, spanner{left: 100, right: 50, max: 9000, rules: []spanRule{{"far", 3, 6000, 70}}})
	text := []byte(strings.Repeat("a", 5000) + "L" + strings.Repeat("b", 4000) + "far" + strings.Repeat("c", 7000) + "L.")
	want, _ := e.Scan(text, engine.Options{})
	if got := spans(want); !slices.Equal(got, []string{"line[5000,16004)", "far[9001,15004)", "line[16004,16006)"}) || !want[0].Late || want[1].Late {
		t.Fatalf("Scan: %v", got)
	}
	slices.SortStableFunc(want, func(a, b detectors.Finding) int { return a.Span.End - b.Span.End })
	slices.SortStableFunc(want, func(a, b detectors.Finding) int {
		if a.Late == b.Late {
			return 0
		} else if b.Late {
			return -1
		}
		return 1
	})
	for _, step := range []int{1, 100, 4095, 4096, 4097, 10000} {
		got, _ := run(e, engine.Options{}, func(s *engine.Scanner) { write(s, string(text), step) })
		if !reflect.DeepEqual(got, want) {
			t.Errorf("step %d: %v, want %v", step, spans(got), spans(want))
		}
	}
}

func TestDigestsAreKeyedAndNormalised(t *testing.T) {
	rules := func(word string, n int) spanner {
		return spanner{left: 3, right: n, max: n, rules: []spanRule{{word, 0, n, 70}}}
	}
	digest := func(key, text string, n int) detectors.Digest {
		found, _ := build(t, engine.Config{Key: []byte(key)}, rules("key", n)).Scan([]byte(text), engine.Options{})
		if len(found) != 1 {
			t.Fatalf("%d findings", len(found))
		}
		return found[0].Digest
	}
	a := digest("k", "key AB-cd ", 7)
	for name, other := range map[string]detectors.Digest{
		"another key":   digest("K", "key AB-cd ", 7),
		"another value": digest("k", "key AB-ce ", 7),
	} {
		if a == other {
			t.Errorf("%s, same digest", name)
		}
	}
	if b := digest("k", "key ab.CD ", 7); a != b {
		t.Error("separators and case change the digest")
	}
	if a, b := digest("k", "key --", 3), digest("k", "key ..", 3); a == b {
		t.Error("values without letters and digits have one digest")
	}
	if a, b := digest("k", "key\u00c4\u00d6", 4), digest("k", "key\u00e4\u00f6", 4); a != b {
		t.Error("letters outside ASCII are not folded")
	}
	one, _ := build(t, engine.Config{}, rules("key", 3)).Scan([]byte("key abc"), engine.Options{})
	two, _ := build(t, engine.Config{}, rules("key", 3)).Scan([]byte("key abc"), engine.Options{})
	if one[0].Digest == two[0].Digest {
		t.Error("engines without a key share one")
	}
}

func TestEnginesServeManyAtOnce(t *testing.T) {
	e := build(t, engine.Config{}, liner{}, spanner{left: 10, right: 9, max: 90, rules: []spanRule{{"key", 3, 40, 70}, {"far", 3, 80, 71}}})
	text := strings.Repeat("key far .......................................L.", 300)
	want, _ := e.Scan([]byte(text), engine.Options{})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 10 {
				if g%2 == 0 {
					got, _ := e.Scan([]byte(text), engine.Options{})
					if !reflect.DeepEqual(got, want) {
						t.Errorf("Scan differs when run beside others")
					}
				} else if got, _ := run(e, engine.Options{}, func(s *engine.Scanner) { write(s, text, 100*g+i+1) }); len(got) != len(want) {
					t.Errorf("%d findings beside others, want %d", len(got), len(want))
				}
			}
		})
	}
	wg.Wait()
}

func TestAScannerShowsNoText(t *testing.T) {
	e := build(t, engine.Config{}, spanner{left: 100, right: 90, max: 90, rules: []spanRule{{"key", 3, 40, 70}}})
	s := e.NewScanner(engine.Options{Label: "canary-label"})
	s.Write([]byte("a canary, key"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, s); strings.Contains(got, "canary") || strings.Contains(got, fmt.Sprintf("%x", "canary")) {
			t.Errorf("%s shows text", verb)
		}
	}
	s.Release()
}
