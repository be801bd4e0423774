package pattern

import (
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/rules"
)

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

func TestEveryRulePassesItsOwnTests(t *testing.T) {
	c, ds := embedded(t)
	results := RunTests(c, func(text []byte, label string) []detectors.Finding { return naive(ds, text, label) })
	if len(results) == 0 {
		t.Fatal("no tests ran")
	}
	for _, r := range results {
		if r.Failure != "" {
			rule, _ := c.Rule(r.Rule)
			t.Errorf("%s: %s test %d %q: %s", r.File, r.Rule, r.Ordinal, rule.Tests[r.Ordinal].Text, r.Failure)
		}
	}
}
