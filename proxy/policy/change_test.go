package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/policy"
)

func sentences(changes []policy.Change) (out []string) {
	for _, c := range changes {
		out = append(out, c.String())
	}
	slices.Sort(out)
	return out
}

func TestDiffInWords(t *testing.T) {
	before := parse(t, rule("card", `info_type = ["pci.payment_card"]`, log)+rule("old", `category = ["phi"]`, block)+rule("gone", `category = ["pii"]`, redact)+`
[[exception]]
id = "e"
rules = ["card"]
when = { user_group = ["ops"] }
reason = "r"
approved_by = "a"
expires = 2027-01-01T00:00:00Z
`)
	after := parse(t, "sets.pilots = [\"anna\"]\ntenants.workspaces = [\"11111111-2222-3333-4444-555555555555\"]\n"+
		rule("card", `info_type = ["pci.payment_card"], distinct = 5`, block)+rule("fresh", `category = ["secret"]`, redact)+rule("new", `category = ["phi"]`, block+"\naliases = [\"old\"]")+`
[[exception]]
id = "e"
rules = ["card"]
when = { user_group = ["ops", "dev"] }
reason = "r"
approved_by = "a"
expires = 2027-06-01T00:00:00Z
`)
	want := []string{
		"exception e has changed: expires is 2027-06-01T00:00:00Z, was 2027-01-01T00:00:00Z",
		"exception e has changed: when.user_group is dev, ops, was ops",
		"policy has changed: sets.pilots is anna, and was not set",
		"policy has changed: tenants.workspaces is 11111111-2222-3333-4444-555555555555, and was not set",
		"rule card has changed: gate is block, was log (stricter)",
		"rule card has changed: when.distinct is 5, and was not set",
		"rule fresh is new: redact by placeholder",
		"rule gone is gone: redact by placeholder",
		"rule new has a new name: it was old",
		"rule new has changed: reason is because of new, was because of old",
	}
	if got := sentences(policy.Diff(before, after)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := policy.Diff(after, after); len(got) > 0 {
		t.Errorf("a policy differs from itself: %v", got)
	}
	if got := policy.Diff(shipped(t, "l1"), shipped(t, "l3")); len(got) < 20 {
		t.Errorf("l1 and l3 differ in %d places", len(got))
	}
}

func TestLintFindsWhatIsProbablyNotMeant(t *testing.T) {
	now := at(t, "2026-11-30T10:00:00Z")
	for _, c := range []struct{ name, text, want string }{
		{"twice the same", rule("a", `category = ["pii"]`, block) + rule("b", `category = ["pii"]`, block), "rule b: it does what rule a does"},
		{"never decides", rule("a", `category = ["pii"]`, log) + rule("b", `category = ["pii"], confidence = "medium"`, block), "rule a: it contradicts rule b"},
		{"never replaces", rule("a", `category = ["pii"]`, redact) + rule("b", `category = ["pii"], confidence = "low"`, block), "rule a: it contradicts rule b, which blocks"},
		{"shadowed", rule("a", `category = ["pii", "phi"]`, block) + rule("b", `category = ["pii"], app = ["x"]`, block), "rule b: it is shadowed by rule a"},
		{"owners", rule("a", `category = ["pii"]`, block+"\nowner = [\"a\", \"b\", \"c\"]"), "rule a: it has 3 owners"},
		{"expired", rule("a", `category = ["pii"]`, block) + "[[exception]]\nid = \"e\"\nrules = [\"a\"]\nwhen = { user = [\"x\"] }\nreason = \"r\"\napproved_by = \"x\"\nexpires = 2026-01-01T00:00:00Z\n", "exception e: it has expired on 2026-01-01"},
		{"for years", "[[gpt]]\nid = \"g-a\"\njustification = \"j\"\napproved_by = \"x\"\nexpires = 2030-01-01T00:00:00Z\n", "gpt g-a: it expires in 1127 days"},
		{"monitored for ever", "[[overlay]]\nid = \"o\"\nuser_group = [\"x\"]\nmode = \"monitor\"\n", "overlay o: it is monitored without an end"},
		{"enforced already", "[[overlay]]\nid = \"o\"\nuser_group = [\"x\"]\nmode = \"monitor\"\nenforce_from = 2026-11-01T00:00:00Z\n", "overlay o: it is enforced since"},
		{"no test", rule("a", `category = ["pii"]`, block), "rule a: no test meets it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range parse(t, c.text).Lint(now) {
				if r.Line == 0 || r.File == "" {
					t.Errorf("%s has no place", r.Part)
				}
				got = append(got, r.Part+": "+r.Text)
			}
			if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, c.want) }) {
				t.Errorf("got\n%s\nwant %s", strings.Join(got, "\n"), c.want)
			}
		})
	}
	// What is meant is not remarked on.
	for _, text := range []string{
		rule("a", `category = ["pii"]`, log) + rule("b", `category = ["pii"]`, block), // one from medium, the other from high
		rule("a", `category = ["pii"]`, block) + rule("b", `category = ["pii"], confidence = "low"`, redact),
		rule("a", `category = ["pii"], count = 10`, block) + rule("b", `category = ["pii"]`, redact),
		rule("a", `category = ["pii"], user_group = ["x"]`, block) + rule("b", `category = ["pii"]`, log),
	} {
		for _, r := range parse(t, text).Lint(now) {
			if !strings.HasPrefix(r.Text, "no test") {
				t.Errorf("%s: %s in\n%s", r.Part, r.Text, text)
			}
		}
	}
}

func TestShippedProfilesAndTheExampleHaveNothingToRemarkOn(t *testing.T) {
	for _, p := range []*policy.Policy{shipped(t, "l1"), shipped(t, "l2"), shipped(t, "l3"), company(t)} {
		for _, r := range p.Lint(at(t, "2026-11-30T10:00:00Z")) {
			if p.Profile() == "company" && !strings.Contains(r.File, "company") || r.Part == "rule tenant.foreign" || r.Part == "rule chatgpt.gpt.approved" {
				continue // of what it includes, which has its own tests; what only a company's lists can meet
			}
			t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Part, r.Text)
		}
	}
}

func TestCoverage(t *testing.T) {
	p := parse(t, rule("a", `category = ["pii"]`, block)+rule("b", `category = ["phi"]`, block)+`
[[connection]]
id = "c"
when = { class = ["inspect"] }
action = "inspect"
[[test]]
name = "a"
findings = [{ type = "pii.email" }]
want = { action = "block" }
`)
	c := p.Coverage()
	var never []string
	for _, x := range c.Never {
		never = append(never, x.Name())
	}
	if c.Met != 1 || !slices.Equal(never, []string{"rule b", "connection c"}) {
		t.Errorf("%d met, never %v", c.Met, never)
	}
}
