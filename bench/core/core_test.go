package main

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/bench/corpus"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

func TestMedianIsTheMiddle(t *testing.T) {
	tests := []struct {
		in   []float64
		want float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 3}, 2.5},
	}
	for _, tt := range tests {
		if got := median(tt.in); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

// gridOf makes a grid of one corpus.
func gridOf(corpus string, speeds map[string][]float64) *grid {
	g := &grid{corpora: []string{corpus}, cells: make(map[[2]string]cell)}
	for s, v := range speeds {
		g.subjects = append(g.subjects, s)
		g.cells[[2]string{s, corpus}] = cell{rounds: v, found: 2, bytes: 1e6}
	}
	return g
}

func TestRatioPairsRounds(t *testing.T) {
	// In the second round the machine was half as fast for both.
	g := gridOf("log", map[string][]float64{"a": {100, 50, 110}, "b": {50, 25, 50}})
	if got, ok := g.ratio("a", "b", "log"); !ok || got != 2 {
		t.Errorf("ratio = %v, %v, want 2", got, ok)
	}
	if _, ok := g.ratio("a", "c", "log"); ok {
		t.Error("a subject that was not measured has a ratio")
	}
}

func TestGateHoldsForTheSlowerReading(t *testing.T) {
	g := gridOf("prose", map[string][]float64{
		nameMessages(anchor.AVX2): {200}, nameStream(anchor.AVX2): {105}, nameFriendly: {100},
	})
	list, skipped := judgeGates(g, []gate{
		{anchor.AVX2, nameFriendly, []string{"prose", "chat"}, 1.1},
		{anchor.AVX512, nameFriendly, []string{"prose"}, 1.9},
	}, []anchor.Path{anchor.Portable, anchor.AVX2})
	if len(list) != 1 || list[0].subject != nameStream(anchor.AVX2) || list[0].got != 1.05 || !list[0].missed() {
		t.Errorf("verdicts %+v, want the stream's 1.05, missed", list)
	}
	said := strings.Join(skipped, "\n")
	for _, want := range []string{"chat: not measured", "this CPU has no avx512"} {
		if !strings.Contains(said, want) {
			t.Errorf("skipped %q does not say %q", said, want)
		}
	}
}

func TestGateFlagFailsOnAMissedGate(t *testing.T) {
	slow := gridOf("prose", map[string][]float64{nameShipped: {100}, nameGitleaks: {1}})
	fast := gridOf("prose", map[string][]float64{nameShipped: {151}, nameGitleaks: {1}})
	none := gridOf("prose", map[string][]float64{nameShipped: {151}})
	tests := []struct {
		name   string
		g      *grid
		gate   bool
		missed bool
		fails  bool
	}{
		{"missed", slow, true, true, true},
		{"missed but not asked", slow, false, false, false},
		{"reached", fast, true, false, false},
		{"nothing measured", none, true, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			err := judge(&out, config{gate: tt.gate}, tt.g, nil)
			if (err != nil) != tt.fails || errors.Is(err, errMissed) != tt.missed {
				t.Errorf("judge = %v, want failure %v, missed %v\n%s", err, tt.fails, tt.missed, out.String())
			}
		})
	}
}

func TestTablesAlign(t *testing.T) {
	var out strings.Builder
	table{{"MB/s", "prose", "log"}, {"± one", "1", "22.0"}, {"b", "-"}}.write(&out)
	if want := "MB/s   prose   log\n± one      1  22.0\nb          -\n"; out.String() != want {
		t.Errorf("table:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestReportNamesEverySubject(t *testing.T) {
	g := gridOf("log", map[string][]float64{"ours": {120, 100, 110}, nameFriendly: {50, 50, 50}})
	var out strings.Builder
	g.speeds(&out)
	g.ratios(&out, []subject{{name: "ours"}, {name: nameFriendly, peer: true}})
	for _, want := range []string{"110 ± 9%", "times as fast as " + nameFriendly, "2.20", "read in a round: log 1.0 MB"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("report does not say %q:\n%s", want, out.String())
		}
	}
	if strings.Count(out.String(), nameFriendly) != 3 {
		t.Errorf("the peer is compared with itself:\n%s", out.String())
	}
}

func TestReadCPU(t *testing.T) {
	cpu, flags := readCPU(strings.NewReader("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\ncpu family\t: 25\nmodel\t\t: 17\ncache size\t: 512 KB\nflags\t\t: fpu sse4_2 avx2 avx512_vbmi aes\n\nprocessor\t: 1\nmodel name\t: other\n"))
	if cpu != "Some CPU @ 2 GHz (family 25 model 17, cache 512 KB)" || flags != "sse4_2 avx2 avx512_vbmi" {
		t.Errorf("readCPU = %q, %q", cpu, flags)
	}
}

func TestEqualSeesEveryField(t *testing.T) {
	a := detectors.Finding{Type: "pii.email", Rule: "pii.email", Span: detectors.Span{Start: 1, End: 9}, Confidence: 70, Evidence: []detectors.Evidence{{Name: "format", Points: 70}}}
	if err := equal([]detectors.Finding{a}, []detectors.Finding{a}); err != nil {
		t.Fatal(err)
	}
	changes := map[string]func(*detectors.Finding){
		"rule":     func(f *detectors.Finding) { f.Rule = "other" },
		"span":     func(f *detectors.Finding) { f.Span.End++ },
		"points":   func(f *detectors.Finding) { f.Confidence++ },
		"late":     func(f *detectors.Finding) { f.Late = true },
		"digest":   func(f *detectors.Finding) { f.Digest[3]++ },
		"evidence": func(f *detectors.Finding) { f.Evidence = nil },
	}
	for name, change := range changes {
		b := a
		change(&b)
		if equal([]detectors.Finding{b}, []detectors.Finding{a}) == nil {
			t.Errorf("another %s is equal", name)
		}
	}
	if equal(nil, []detectors.Finding{a}) == nil {
		t.Error("a missing finding is equal")
	}
}

// The whole run over small generated texts: what is measured must be right, and
// every subject has a row.
func TestMeasureHoldsTheLaws(t *testing.T) {
	b, err := newBench()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var text []byte
	for len(text) < 48<<10 {
		text = corpus.PlantedLog(r, text)
	}
	said, err := b.check(text)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said, "findings in") || strings.HasPrefix(said, "    0") {
		t.Errorf("check says %q", said)
	}
	c := config{corpora: []string{"log"}, rounds: 1, slice: 0.001}
	g, err := measure(b.subjects(), c, map[string][]byte{"log": text})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range b.subjects() {
		cl, ok := g.at(s.name, "log")
		if !ok || cl.median() <= 0 {
			t.Errorf("%s was not measured", s.name)
		}
	}
}

func TestMeasureRefusesUnequalCounts(t *testing.T) {
	count := 0
	restless := subject{name: "restless", run: func([]byte) (int, error) { count++; return count, nil }}
	c := config{corpora: []string{"log"}, rounds: 2, slice: 0.001}
	if _, err := measure([]subject{restless}, c, map[string][]byte{"log": make([]byte, 1000)}); !errors.Is(err, errMissed) {
		t.Errorf("measure = %v, want a broken law", err)
	}
	one := subject{name: "one", found: "same", run: func([]byte) (int, error) { return 1, nil }}
	two := subject{name: "two", found: "same", run: func([]byte) (int, error) { return 2, nil }}
	if _, err := measure([]subject{one, two}, c, map[string][]byte{"log": make([]byte, 1000)}); !errors.Is(err, errMissed) {
		t.Errorf("measure = %v, want a broken law", err)
	}
}
