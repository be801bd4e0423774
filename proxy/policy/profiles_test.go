package policy_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// embedded is loaded once for all tests: it is immutable.
var embedded = sync.OnceValues(rules.LoadEmbedded)

func catalogue(t testing.TB) *rules.Catalogue {
	t.Helper()
	c, err := embedded()
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
	if !slices.Equal(names, []string{"l1", "l2", "l3"}) {
		t.Fatalf("embedded profiles are %v", names)
	}
	for _, name := range names {
		results := shipped(t, name).Test()
		if len(results) < 30 {
			t.Errorf("%s has only %d tests", name, len(results))
		}
		for _, r := range results {
			if r.Failure != "" {
				t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Name, r.Failure)
			}
		}
	}
}
