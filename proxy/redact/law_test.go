package redact_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/redact"
	"github.com/promptgate/promptgate/rules"
)

// A scanned body: what inspect would know of it.
type scanned struct {
	engine  *engine.Engine
	scanner *engine.Scanner
	doc     int
	found   []found
	matched map[int][]detectors.Span
	texts   []string
}

type found struct {
	doc int
	detectors.Finding
}

func (s *scanned) Space(content.Space) {}
func (s *scanned) Fact(content.Fact)   {}
func (s *scanned) Gap(detectors.Gap)   {}
func (s *scanned) Label(l string)      { s.scanner.Label(l) }
func (s *scanned) Begin(d content.Doc) {
	s.doc = d.ID
	s.texts = append(s.texts, "")
	s.scanner = s.engine.NewScanner(engine.Options{
		Found:   func(f detectors.Finding) { s.found = append(s.found, found{s.doc, f}) },
		Matched: func(m detectors.Span) { s.matched[s.doc] = append(s.matched[s.doc], m) },
	})
}
func (s *scanned) Text(p []byte) { s.scanner.Write(p); s.texts[len(s.texts)-1] += string(p) }
func (s *scanned) End()          { s.scanner.Close(); s.scanner.Release() }

var shippedEngine = sync.OnceValues(func() (*engine.Engine, error) {
	c, err := rules.LoadEmbedded()
	if err != nil {
		return nil, err
	}
	return shipped.Engine(c, engine.Config{Key: []byte("one key, so that digests can be compared")})
})

func scan(t testing.TB, body []byte) (*content.Walk, *scanned) {
	t.Helper()
	e, err := shippedEngine()
	if err != nil {
		t.Fatal(err)
	}
	s := &scanned{engine: e, matched: map[int][]detectors.Span{}}
	w := content.NewWalk(nil, content.Media{ContentType: "application/json"}, content.Limits{}, s)
	if err := w.Run(context.Background(), body); err != nil {
		t.Fatal(err)
	}
	return w, s
}

// redacted redacts everything that was found in body, and returns its digests.
func redacted(t testing.TB, body []byte) ([]byte, *scanned, bool) {
	t.Helper()
	w, s := scan(t, body)
	defer w.Release()
	var targets []redact.Target
	for _, f := range s.found {
		targets = append(targets, redact.Target{Doc: f.doc, Span: f.Span, Placeholder: "X", Digest: f.Digest})
	}
	edits, ok := redact.Edits(targets, s.matched, &redact.Names{}, w)
	if !ok {
		return nil, s, false
	}
	out, err := w.Splice(edits)
	if err != nil {
		t.Fatal(err)
	}
	return out, s, true
}

// law checks what must hold of every redaction: the body stays JSON, no value
// that was redacted is found again, and no byte that a rule matched in or beside
// it stays in clear.
func law(t testing.TB, body []byte) {
	t.Helper()
	out, s, ok := redacted(t, body)
	if !ok || len(s.found) == 0 {
		return
	}
	if !json.Valid(out) {
		t.Fatalf("no JSON any more:\n%s\n%s", body, out)
	}
	gone := map[detectors.Digest]detectors.RuleID{}
	for _, f := range s.found {
		gone[f.Digest] = f.Rule
	}
	w, again := scan(t, out)
	defer w.Release()
	for _, f := range again.found {
		if rule, ok := gone[f.Digest]; ok {
			t.Fatalf("%s is found again, by %s:\n%s\n%s", rule, f.Rule, body, out)
		}
	}
}

// material makes texts in which values stand alone, touch, and overlap.
func material(r *rand.Rand) string {
	values := []func() string{synthetic.Card, synthetic.CardSpaced, synthetic.IBAN, synthetic.SSN, synthetic.NHS, synthetic.Email, synthetic.AWSKey, synthetic.GitHubToken,
		func() string {
			return "https://" + synthetic.Word(6) + ":" + synthetic.AWSKey() + "@db.kontor-weber.de/x"
		},
		func() string { return "password=" + synthetic.GitHubToken() + ";" },
		func() string { return "Authorization: Bearer " + synthetic.GitHubToken() },
		func() string { return "+49 30 901820" },
	}
	between := []string{" ", ", ", "\n", " card ", " ssn: ", "/", "\t", " iban ", "-", ".", "", " – ", `"`, `\`, " é "}
	var b strings.Builder
	for range 1 + r.IntN(6) {
		b.WriteString(between[r.IntN(len(between))])
		b.WriteString(values[r.IntN(len(values))]())
	}
	return b.String()
}

func quoted(t testing.TB, texts ...string) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"messages": texts})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestNoRedactedValueIsFoundAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		text := material(r)
		law(t, quoted(t, text, "and once more: "+text))
	}
}

func FuzzNoRedactedValueIsFoundAgain(f *testing.F) {
	f.Add(uint64(1), "card ", " x")
	f.Add(uint64(2), `"\`, "\u2028")
	f.Add(uint64(3), "AKIA", "0000")
	f.Fuzz(func(t *testing.T, seed uint64, before, behind string) {
		text := before + material(rand.New(rand.NewPCG(seed, 0))) + behind
		law(t, quoted(t, text))
	})
}

// A connection string with a password that is a token at a host that is an
// address: three rules, each overlapping the next.
func TestAChainOfOverlapsGoesWhole(t *testing.T) {
	token := synthetic.GitHubToken()
	text := "DATABASE_URL=postgres://admin:" + token + "@db.kontor-weber.de:5432/prod next"
	out, s, ok := redacted(t, quoted(t, text))
	if !ok || len(s.found) == 0 {
		t.Fatalf("%d findings, %v", len(s.found), ok)
	}
	if len(s.matched[0]) < 2 {
		t.Fatalf("%d spans matched: this is no chain", len(s.matched[0]))
	}
	if strings.Contains(string(out), token[4:12]) || !strings.Contains(string(out), "next") {
		t.Errorf("sent on: %s", out)
	}
}

func TestEqualValuesHaveEqualNames(t *testing.T) {
	card := synthetic.Card()
	spaced := card[:4] + " " + card[4:8] + " " + card[8:12] + " " + card[12:]
	out, _, ok := redacted(t, quoted(t, "card "+card, "the card "+spaced+" again", "card "+synthetic.Card()))
	if !ok {
		t.Fatal("not redacted")
	}
	got := regexp.MustCompile(`\[X_\d\]`).FindAllString(string(out), -1)
	if strings.Join(got, " ") != "[X_1] [X_1] [X_2]" {
		t.Errorf("names %q in %s", got, out)
	}
}
