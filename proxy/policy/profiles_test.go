package policy_test

import (
	"errors"
	"testing"

	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

func catalogue(t testing.TB) *rules.Catalogue {
	t.Helper()
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shipped(t testing.TB, name string) *policy.Policy {
	t.Helper()
	p, err := policy.Load(rules.FS(), name, catalogue(t))
	if err != nil {
		var errs strict.Errors
		if errors.As(err, &errs) {
			t.Fatal(errs.Render())
		}
		t.Fatal(err)
	}
	return p
}

func TestShippedProfilesPassTheirOwnTests(t *testing.T) {
	names := policy.Profiles(rules.FS())
	if len(names) < 1 {
		t.Fatal("no profile is embedded")
	}
	for _, name := range names {
		results := shipped(t, name).Test()
		for _, r := range results {
			if r.Failure != "" {
				t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Name, r.Failure)
			}
		}
	}
}
