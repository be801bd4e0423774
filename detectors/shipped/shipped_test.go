package shipped_test

import (
	"testing"

	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

func load(t testing.TB) (*rules.Catalogue, *engine.Engine) {
	t.Helper()
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	e, err := shipped.Engine(c, engine.Config{Key: []byte("a key of the tests")})
	if err != nil {
		t.Fatal(err)
	}
	return c, e
}

func TestEveryRulePassesItsOwnTests(t *testing.T) {
	c, e := load(t)
	results := shipped.Test(c, e)
	if len(results) < 6*len(c.Rules()) {
		t.Fatalf("%d tests of %d rules ran", len(results), len(c.Rules()))
	}
	for _, r := range results {
		if r.Failure != "" {
			rule, _ := c.Rule(r.Rule)
			t.Errorf("%s: %s test %d %q: %s", r.File, r.Rule, r.Ordinal, rule.Tests[r.Ordinal].Text, r.Failure)
		}
	}
}
