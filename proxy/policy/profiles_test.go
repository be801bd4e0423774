package policy_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

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

// company is the example of a company's own policy, laid over the shipped ones.
func company(t testing.TB) *policy.Policy {
	t.Helper()
	data, err := os.ReadFile("../../deploy/policies/company.toml")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"policies/company.toml": {Data: data}}
	for _, name := range []string{"policies/l2.toml", "policies/parts/features.toml", "policies/parts/answers.toml"} {
		if data, err = fs.ReadFile(rules.FS(), name); err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	p, err := policy.Load(files, "company", catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheExampleOfACompanyPassesItsTests(t *testing.T) {
	for _, r := range company(t).Test() {
		if r.Failure != "" {
			t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Name, r.Failure)
		}
	}
}

// Each row of the guide's table of controls is served by a policy, whose tests
// name it, or by a setting.
func TestEveryControlIsServed(t *testing.T) {
	example, err := os.ReadFile("../../deploy/promptgate.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	var tests []string
	for _, p := range []*policy.Policy{shipped(t, "l1"), shipped(t, "l2"), shipped(t, "l3"), company(t)} {
		for _, r := range p.Test() {
			tests = append(tests, r.Name)
		}
	}
	for _, c := range []struct{ control, test, setting string }{
		{control: "1.1 to 1.3 identity and groups", test: "1.1 SSO, MFA, SCIM: "},
		{control: "1.4 roles", test: "1.4 RBAC: "},
		{control: "2.1 enterprise, not consumer", test: "2.1 Enterprise vs consumer: "},
		{control: "2.2 retention", setting: "retention"},
		{control: "2.3 names that only this installation can tell", setting: "identity"},
		{control: "2.4 acceptable use", test: "2.4 AUP: "},
		{control: "3.1 GPTs", test: "3.1 GPT allow-list: "},
		{control: "3.2 apps", test: "3.2 App control: "},
		{control: "3.3 instructions", test: "3.3 Custom instructions: "},
		{control: "4.1 usage", test: "GPT not on the allow-list, app or tool not enabled: search"},
		{control: "4.2 labels", test: "4.2 Purview: "},
		{control: "4.3 audit", setting: "durable"},
		{control: "5.1 risk", test: "5.1 Risk table: "},
	} {
		switch {
		case c.test != "" && !slices.ContainsFunc(tests, func(name string) bool { return strings.HasPrefix(name, c.test) }):
			t.Errorf("%s: no test named %q", c.control, c.test)
		case c.setting != "" && !strings.Contains(string(example), c.setting+" ="):
			t.Errorf("%s: no setting %q", c.control, c.setting)
		}
	}
	for _, name := range policy.Profiles(rules.FS()) { // 6: every rule is evidence for a control
		controls := shipped(t, name).Controls()
		for _, c := range []string{"CIS-3.2", "CIS-8.11", "NIST-PL-4", "NIST-CM-7", "NIST-AU-2", "SOC2-CC6.1", "SOC2-CC6.6", "SOC2-CC7.2"} {
			if !slices.Contains(controls, c) {
				t.Errorf("%s: no rule is evidence for %s", name, c)
			}
		}
	}
}
