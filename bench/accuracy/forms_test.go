package main

import (
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

func shippedEngine(t *testing.T) (*rules.Catalogue, *engine.Engine) {
	t.Helper()
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	e, err := shipped.Engine(c, engine.Config{Key: []byte("accuracy")})
	if err != nil {
		t.Fatal(err)
	}
	return c, e
}

// The gate of issue 5: of the forms that we list, nine in ten are found; and
// there are 450 of them.
func TestListedFormsOfKeysAreFound(t *testing.T) {
	c, e := shippedEngine(t)
	if n := len(forms(c)); n < 400 {
		t.Errorf("%d forms in tables, want 400 and 50 in rules of their own", n)
	}
	secret := 0
	for _, r := range c.Rules() {
		if r.Category() == "secret" {
			secret++
		}
	}
	if secret < 500 {
		t.Errorf("%d rules of credentials, want 500", secret)
	}
	s := score{engine: e}
	cases, found, told, err := s.recallOfForms(c, rand.New(rand.NewPCG(11, 1)), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d keys: %d found, %d with their issuer's kind", cases, found, told)
	if found*100 < cases*96 || told*100 < cases*75 {
		t.Errorf("of %d keys %d are found and %d told rightly, want 96 and 75 %%", cases, found, told)
	}
}

// The gates of issue 5 on ordinary source code: High credentials in at most two
// of 1,000 excerpts, and Medium seldom, with their upper bounds.
func TestSourceCodeHoldsNoCredentials(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no Go tree to read")
	}
	_, e := shippedEngine(t)
	list, err := sourceExcerpts(filepath.Join(strings.TrimSpace(string(root)), "src"), 15000)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 15000 {
		t.Fatalf("only %d excerpts", len(list))
	}
	s := score{engine: e, within: "secret"}
	for _, k := range list {
		s.harmless(k)
	}
	per := func(l detectors.Confidence) float64 { return 1000 * upper(s.loud[l]) / float64(s.quiet) }
	t.Logf("upper bounds per 1,000: High %.2f, Medium %.2f", per(detectors.High), per(detectors.Medium))
	if per(detectors.High) > 2 || per(detectors.Medium) > 3 {
		t.Errorf("alarms per 1,000 excerpts: High %.2f of 2, Medium %.2f of 3: %v", per(detectors.High), per(detectors.Medium), s.alarms)
	}
}

// The gates of issue 5 on office prompts: documents that are marked or give two
// signs are found, and what only speaks of them is not.
func TestRecordsAndOfficePrompts(t *testing.T) {
	_, e := shippedEngine(t)
	s := score{engine: e}
	r := rand.New(rand.NewPCG(13, 1))
	for _, d := range recordKinds() {
		for range 10 {
			text := d.make(r)
			s.positive(Case{Text: text, Type: d.typ, Want: []Span{{d.typ, 0, len(text)}}})
		}
	}
	found, cases := 0, 0
	for _, x := range s.types {
		found, cases = found+x.found[0]+x.found[1], cases+x.cases[0]+x.cases[1]
	}
	if found*100 < cases*90 {
		t.Errorf("%d of %d documents are found, want 90 %%", found, cases)
	}
	s = score{engine: e, within: "confidential"}
	for range 3000 {
		s.harmless(Case{Text: business(r), Class: "business"})
	}
	if n := s.loud[detectors.Medium]; n*1000 > 5*s.quiet {
		t.Errorf("%d of %d office prompts are taken for confidential, want 0.5 %% at most: %v", n, s.quiet, s.alarms)
	}
}
