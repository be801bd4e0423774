package inspect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/analyzer"
)

// remoteNames is a service that takes each of these words for a person's name.
func remoteNames(t *testing.T, words ...string) *analyzer.Client {
	t.Helper()
	return remote(t, func(w http.ResponseWriter, text string) {
		list := []map[string]any{}
		for _, word := range words {
			if before, _, ok := strings.Cut(text, word); ok {
				at := utf8.RuneCountInString(before)
				list = append(list, map[string]any{"entity_type": "PERSON", "start": at, "end": at + utf8.RuneCountInString(word), "score": 0.8})
			}
		}
		_ = json.NewEncoder(w).Encode(list)
	})
}

func remote(t *testing.T, answer func(w http.ResponseWriter, text string)) *analyzer.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error("the question is no JSON")
		}
		answer(w, q.Text)
	}))
	t.Cleanup(s.Close)
	a, err := analyzer.New(analyzer.Config{URL: s.URL, Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What the remote analyzer finds stands in its document, is counted together with
// what the engine finds, and is told once where both find it.
func TestRemoteFindingsCount(t *testing.T) {
	r := shippedRules(t, "l2")
	texts := []string{"Grüße an qwertzu in Köln", "Patient: David Johnson, and again qwertzu"}
	v := decided(t, r, Config{Analyzer: remoteNames(t, "qwertzu", "David Johnson")}, chat(t, texts...))
	got := map[string]int{}
	for _, f := range v.Findings {
		if f.Type == "pii.person_name" {
			got[fmt.Sprintf("%s %s", f.Locator, f.Rule)]++
			if want := strings.Index(texts[0], "qwertzu"); strings.HasSuffix(string(f.Rule), ".analyzer") && (f.Span.Start != want || f.Span.Len() != 7) {
				t.Errorf("the remote finding stands at %v, want %d", f.Span, want)
			}
		}
	}
	if got["messages[0].content pii.person_name.analyzer"] != 1 || len(got) != 2 {
		t.Errorf("found %v, want one of the analyzer in the first message and one of the engine in the second", got)
	}
	for _, total := range v.Totals {
		if total.Type == "pii.person_name" && total.Level == detectors.Medium && total.Count != 1 {
			t.Errorf("%d names at Medium, want 1", total.Count)
		}
	}
	if len(v.Gaps) > 0 {
		t.Errorf("gaps %v", v.Gaps)
	}
}

// A failure is a gap that names the analyzer; the engine's findings still count.
func TestRemoteFailureIsAGap(t *testing.T) {
	r := shippedRules(t, "l1")
	for want, a := range map[detectors.Cause]*analyzer.Client{
		detectors.CauseEngineError: remote(t, func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusInternalServerError) }),
		detectors.CauseTimeout:     remote(t, func(http.ResponseWriter, string) { time.Sleep(time.Second) }),
	} {
		v := decided(t, r, Config{Analyzer: a}, chat(t, "Patient: David Johnson"))
		if len(v.Gaps) != 1 || v.Gaps[0].Cause != want || v.Gaps[0].Locator != "analyzer" || v.Gaps[0].Size == 0 {
			t.Errorf("%s: gaps %v", want, v.Gaps)
		}
		if len(v.Findings) == 0 {
			t.Errorf("%s: the engine's findings are lost", want)
		}
	}
	long := strings.Repeat("a quiet line of text\n", analyzer.MaxText/20)
	if v := decided(t, r, Config{Analyzer: remoteNames(t)}, chat(t, long)); causes(v) != string(detectors.CauseOversize) {
		t.Errorf("a text that is too long: gaps %s", causes(v))
	}
}

// Without an analyzer nothing is kept of the text.
func TestNothingIsKeptWithoutAnAnalyzer(t *testing.T) {
	c := newCollector(t.Context(), theWorld(t).engine)
	c.text("query[0]", "", "some text")
	c.finish()
	if c.remote != nil {
		t.Error("the collector keeps text that nobody is asked about")
	}
}
