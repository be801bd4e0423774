package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
)

// parse makes a policy of rules that need no title.
func parse(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("policies/test.toml", []byte("title = \"test\"\n"+text), catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rule is the text of a rule with a condition.
func rule(id, when, does string) string {
	return fmt.Sprintf("[[rule]]\nid = %q\nwhen = { %s }\n%s\nreason = \"because of %s\"\n", id, when, does, id)
}

const (
	block  = `gate = "block"`
	log    = `gate = "log"`
	allow  = `gate = "allow"`
	redact = `redact = "placeholder"`
)

func TestConditions(t *testing.T) {
	card := found(detectors.High, 1, "pci.payment_card")
	user := policy.Message{Principal: identity.Principal{Subject: "anna@x", Groups: []string{"legal", "staff"}, Network: "lab"},
		App: "openai_api", Activity: "chat", Endpoint: "openai.chat", Facts: []content.Fact{{Name: "model", Value: "gpt-5"}}}
	system := found(detectors.High, 1, "pci.payment_card")
	system.Findings[0].Role = content.RoleSystem
	long := found(detectors.Medium, 1, "source_code.snippet")
	long.Findings[0].Evidence = []detectors.Evidence{{Name: "language:go"}, {Name: "lines:15+"}}
	same := found(detectors.High, 10, "pci.payment_card")
	for i := range same.Findings {
		same.Findings[i].Digest = detectors.Digest{7}
	}
	same.Totals[0].Distinct = 1
	for _, c := range []struct {
		name, when string
		message    policy.Message
		want       bool
	}{
		{"category", `category = ["pci", "phi"]`, card, true},
		{"another category", `category = ["pii", "phi"]`, card, false},
		{"info type", `info_type = ["pci.payment_card"]`, card, true},
		{"info type glob", `info_type = ["*.payment_*"]`, card, true},
		{"another glob", `info_type = ["pii.*"]`, card, false},
		{"group", `group = ["card"]`, card, true},
		{"another group", `group = ["national_id"]`, card, false},
		{"two conditions", `category = ["pci"], role = ["user"]`, card, true},
		{"role", `role = ["system"]`, system, true},
		{"another role", `category = ["pci"], role = ["user", "tool"]`, system, false},
		{"evidence", `info_type = ["source_code.*"], evidence = ["lines:100+", "lines:15+"], confidence = "medium"`, long, true},
		{"other evidence", `info_type = ["source_code.*"], evidence = ["lines:100+"], confidence = "medium"`, long, false},
		{"stops from high", `category = ["source_code"]`, long, false},
		{"its own level", `category = ["source_code"], confidence = "medium"`, long, true},
		{"severity", `category = ["pci"], severity = "high"`, card, true},
		{"not that severe", `category = ["pci"], severity = "critical"`, card, false},
		{"count", `category = ["pci"], count = 10`, same, true},
		{"count is not reached", `category = ["pci"], count = 11`, same, false},
		{"distinct", `category = ["pci"], distinct = 10`, found(detectors.High, 10, "pci.payment_card"), true},
		{"ten times the same", `category = ["pci"], distinct = 2`, same, false},
		{"distinct over types", `category = ["pii"], distinct = 10`, found(detectors.High, 5, "pii.email", "pii.phone"), true},
		{"persons of one type", `category = ["pii"], persons = 6`, found(detectors.High, 5, "pii.email", "pii.phone"), false},
		{"persons", `category = ["pii"], persons = 5`, found(detectors.High, 5, "pii.email", "pii.phone"), true},
		{"many persons", `category = ["pii"], persons = 100`, found(detectors.High, 100, "pii.email"), true},
		{"with", `category = ["pii"], with = ["phi.*"]`, found(detectors.High, 1, "pii.email", "phi.diagnosis_code"), true},
		{"without", `category = ["pii"], with = ["phi.*"]`, found(detectors.High, 1, "pii.email", "pci.payment_card"), false},
		{"with, but low", `category = ["pii"], with = ["phi.*"], confidence = "low"`, found(detectors.Low, 1, "pii.email", "phi.diagnosis_code"), false},
		{"gap", `gap = ["image", "audio"]`, policy.Message{Gaps: []detectors.Gap{{Cause: "audio"}}}, true},
		{"gap and finding", `gap = ["image"], category = ["pci"]`, withGap(card, "image"), true},
		{"gap without finding", `gap = ["image"], category = ["pci"]`, policy.Message{Gaps: []detectors.Gap{{Cause: "image"}}}, false},
		{"user", `user = ["*@x"]`, user, true},
		{"another user", `user = ["bob@*"]`, user, false},
		{"user group", `user_group = ["sales", "leg*"]`, user, true},
		{"another user group", `user_group = ["sales"]`, user, false},
		{"network", `network = ["lab"]`, user, true},
		{"app", `app = ["openai_*"]`, user, true},
		{"another app", `app = ["chatgpt_web"]`, user, false},
		{"activity", `activity = ["embed"]`, user, false},
		{"endpoint", `endpoint = ["openai.*"]`, user, true},
		{"fact", `fact = ["model"]`, user, true},
		{"fact with value", `fact = ["model=gpt-*"]`, user, true},
		{"fact with another value", `fact = ["model=o*", "tool"]`, user, false},
		{"direction", `direction = ["request"]`, user, true},
		{"another direction", `direction = ["response"]`, user, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parse(t, rule("it", c.when, block)).Decide(c.message)
			if got := slices.Contains(d.Rules, "it"); got != c.want {
				t.Errorf("when { %s } matches: %t, want %t", c.when, got, c.want)
			}
		})
	}
}

// The list of findings is capped; totals go on counting.
func TestTotalsCountWhatTheListDoesNotHold(t *testing.T) {
	m := policy.Message{Totals: []policy.Total{
		{Type: "pci.payment_card", Level: detectors.High, Count: 40, Distinct: 12},
		{Type: "pci.payment_card", Level: detectors.Medium, Count: 9, Distinct: 9},
	}}
	for when, want := range map[string]bool{
		`info_type = ["pci.payment_card"], distinct = 12`:                        true,
		`info_type = ["pci.payment_card"], distinct = 13`:                        false,
		`info_type = ["pci.payment_card"], distinct = 13, confidence = "medium"`: false, // the nine may be among the twelve
		`info_type = ["pci.payment_card"], persons = 12`:                         true,
		`info_type = ["pci.payment_card"], count = 49`:                           false,
		`info_type = ["pci.payment_card"], count = 49, confidence = "medium"`:    true,
		`info_type = ["pci.payment_card"], role = ["user"]`:                      false, // totals know no role
	} {
		d := parse(t, rule("it", when, block)).Decide(m)
		if got := d.Gate == policy.Block; got != want {
			t.Errorf("when { %s } matches: %t, want %t", when, got, want)
		}
	}
	d := shipped(t, "l2").Decide(withGap(m, detectors.CauseTooManyFindings))
	if d.Gate != policy.Block || !d.Due {
		t.Errorf("edits that have no place: %s, due %t", d.Gate, d.Due)
	}
}

func TestStrictestGateWinsAndEditsAreUnited(t *testing.T) {
	p := parse(t, rule("a", `category = ["pii"]`, log)+rule("b", `category = ["pci"]`, redact)+rule("c", `category = ["secret"]`, redact)+rule("d", `group = ["private_key"]`, `gate = "justify"`))
	m := found(detectors.High, 1, "pii.email", "pci.payment_card", "secret.password")
	d := p.Decide(m)
	if d.Summary() != "redact" || d.Rule != "b" || d.Reason != "because of b" {
		t.Errorf("%s by %s: %s", d.Summary(), d.Rule, d.Reason)
	}
	if want := []policy.Redaction{{Finding: 1, Operator: "placeholder"}, {Finding: 2, Operator: "placeholder"}}; !slices.Equal(d.Redact, want) {
		t.Errorf("redacts %v, want %v", d.Redact, want)
	}
	if !slices.Equal(d.Deciding, []int{1}) || !slices.Equal(d.Rules, []string{"a", "b", "c"}) {
		t.Errorf("decided by findings %v of rules %v", d.Deciding, d.Rules)
	}
	d = p.Decide(found(detectors.High, 1, "pii.email", "secret.private_key"))
	if d.Gate != policy.Block || d.Intended != policy.Justify || d.Would != policy.Block || d.Rule != "d" || len(d.Redact) != 1 {
		t.Errorf("%s, intended %s, would %s by %s with %d edits", d.Gate, d.Intended, d.Would, d.Rule, len(d.Redact))
	}
}

func TestEnforcedIsTheNextStricterGateThatExists(t *testing.T) {
	for g, want := range map[policy.Gate]policy.Gate{policy.Allow: policy.Allow, policy.Log: policy.Log, policy.Coach: policy.Coach,
		policy.Justify: policy.Block, policy.Approve: policy.Block, policy.Block: policy.Block, 200: policy.Block} {
		if got := g.Enforced(); got != want {
			t.Errorf("%s is enforced as %s, want %s", g, got, want)
		}
	}
}

func TestMonitorRecordsWhatWouldHaveBeenDone(t *testing.T) {
	secrets := rule("s", `category = ["secret"]`, redact) + rule("k", `group = ["private_key"]`, block) + rule("u", `gap = ["not_rewritable"], edit_due = true`, block)
	m := found(detectors.High, 1, "secret.password", "secret.private_key")
	password := found(detectors.High, 1, "secret.password")
	unwritable := withGap(password, "not_rewritable")
	for _, c := range []struct {
		name, policy             string
		message                  policy.Message
		summary, verdict, byRule string
	}{
		{"acting", secrets, m, "block", "block", "k"},
		{"whole policy", "monitor = true\n" + secrets, m, "log", "block", "k"},
		{"whole policy, an edit", "monitor = true\n" + secrets, password, "log", "redact", "s"},
		{"whole policy, an edit that cannot be made", "monitor = true\n" + secrets, unwritable, "log", "block", "u"},
		{"whole policy, a gap without a rule", "monitor = true\n" + secrets, withGap(policy.Message{}, "oversize"), "log", "block", "default.gap.block"},
		{"whole policy, allowed", "monitor = true\n" + rule("a", `category = ["secret"]`, allow), password, "allow", "allow", "a"},
		{"one rule", strings.Replace(secrets, block, block+"\nmonitor = true", 1), m, "redact", "block", "s"},
		{"an edit in monitor mode cannot fail", strings.Replace(secrets, redact, redact+"\nmonitor = true", 1), unwritable, "log", "block", "u"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parse(t, c.policy).Decide(c.message)
			if d.Summary() != c.summary || d.Verdict() != c.verdict || d.Rule != c.byRule {
				t.Errorf("%s, would be %s, by %s; want %s, %s, %s", d.Summary(), d.Verdict(), d.Rule, c.summary, c.verdict, c.byRule)
			}
			if (c.summary == "log" || c.summary == "allow") && len(d.Redact) > 0 {
				t.Errorf("%d edits", len(d.Redact))
			}
		})
	}
}

// What nobody thought of has an answer, and it is a strict one.
func TestUnknownsHaveAnAnswer(t *testing.T) {
	some := rule("card", `info_type = ["pci.payment_card"], severity = "high"`, `gate = "coach"`) + rule("pin", `group = ["pin_block"]`, block) + rule("quiet", `gap = ["image"]`, allow)
	for _, c := range []struct {
		name    string
		message policy.Message
		gate    policy.Gate
		rule    string
	}{
		{"a type that no rule is about", found(detectors.Medium, 1, "pii.email"), policy.Log, "default.finding"},
		{"the same, low", found(detectors.Low, 1, "pii.email"), policy.Allow, ""},
		{"a type of a known category that is not listed", found(detectors.High, 1, "pci.new_thing"), policy.Block, "pin"},
		{"the same, not certain", found(detectors.Medium, 1, "pci.new_thing"), policy.Log, "default.finding"},
		{"a type of an unknown category", found(detectors.High, 1, "nuclear.launch_code"), policy.Block, "default.unknown.sure"},
		{"the same, not certain", found(detectors.Medium, 1, "nuclear.launch_code"), policy.Log, "default.unknown"},
		{"an unknown cause", withGap(policy.Message{}, "solar_flare"), policy.Block, "default.gap.block"},
		{"a cause that a rule allows", withGap(policy.Message{}, "image"), policy.Allow, "quiet"},
		{"a cause without a rule, flagged", withGap(policy.Message{}, "audio"), policy.Log, "default.gap.flag"},
		{"a cause without a rule, recorded", withGap(policy.Message{}, "reference"), policy.Allow, "default.gap.allow"},
		{"the first cause of the table decides", withGap(withGap(policy.Message{}, "solar_flare"), "timeout"), policy.Block, "default.gap.block"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parse(t, some).Decide(c.message)
			if d.Gate != c.gate || d.Rule != c.rule {
				t.Errorf("%s by %q, want %s by %q", d.Gate, d.Rule, c.gate, c.rule)
			}
		})
	}
	d := parse(t, some).Decide(withGap(withGap(withGap(policy.Message{}, "image"), "audio"), "websocket_uninspected"))
	if want := []detectors.Cause{"audio", "websocket_uninspected"}; !d.Alert || !slices.Equal(d.Flagged, want) {
		t.Errorf("flagged %v, want %v", d.Flagged, want)
	}
}

// A rule that also waits for a finding does not answer a gap for good: without
// its own answer the gap would be let through as soon as something is found.
func TestRuleOnFindingsDoesNotSilenceAGap(t *testing.T) {
	p := parse(t, rule("odd", `gap = ["oversize"], category = ["pii"]`, log))
	if d := p.Decide(withGap(found(detectors.High, 1, "pii.email"), "oversize")); d.Gate != policy.Block || d.Rule != "default.gap.block" {
		t.Errorf("%s by %s", d.Gate, d.Rule)
	}
}

func TestSeverityOfTheDetectorRuleGoesFirst(t *testing.T) {
	c, err := catalogue(t).Overlay(fstest.MapFS{"secrets/own.toml": {Data: []byte(`
[[rule]]
id = "secret.password.admin"
info_type = "secret.password"
severity = "critical"
keywords = ["adminpw"]
pattern = 'adminpw=[a-z]{8}'
max_length = 16
confidence = 90
test = [{text = "⟦adminpw=abcdefgh⟧"}, {text = "⟦adminpw=bcdefghi⟧"}, {text = "⟦adminpw=cdefghij⟧"}, {text = "a"}, {text = "b"}, {text = "c"}]
`)}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse("test.toml", []byte("title = \"t\"\n"+rule("it", `category = ["secret"], severity = "critical"`, block)), c)
	if err != nil {
		t.Fatal(err)
	}
	m := found(detectors.High, 1, "secret.password")
	if d := p.Decide(m); d.Gate != policy.Allow {
		t.Errorf("a password of severity high: %s", d.Gate)
	}
	m.Findings[0].Rule = "secret.password.admin"
	if d := p.Decide(m); d.Gate != policy.Block {
		t.Errorf("a password that its rule calls critical: %s", d.Gate)
	}
}

// busy is a policy of n rules and a message of 50 findings that meets many.
func busy(t testing.TB, n int) (*policy.Policy, policy.Message) {
	c := catalogue(t)
	var b strings.Builder
	types := c.InfoTypes()
	for i := range n {
		it := types[i*7%len(types)]
		id := fmt.Sprintf("r%03d", i)
		switch i % 5 {
		case 0:
			b.WriteString(rule(id, fmt.Sprintf("info_type = [%q], persons = 5", it.Name), log))
		case 1:
			b.WriteString(rule(id, fmt.Sprintf("group = [%q], user_group = [\"legal\", \"staff\"]", it.Group), redact))
		case 2:
			b.WriteString(rule(id, fmt.Sprintf("category = [%q], app = [\"chatgpt_*\"]", it.Category()), log))
		case 3:
			b.WriteString(rule(id, `gap = ["oversize"], direction = ["response"]`, block))
		case 4:
			b.WriteString(rule(id, fmt.Sprintf("info_type = [%q], distinct = 3\ncontrols = [\"CIS-3.2\", \"NIST-PL-4\"]", it.Name), `gate = "coach"`))
		}
	}
	m := found(detectors.High, 5, "pci.payment_card", "pii.us_ssn", "pii.email", "pii.person_name", "phi.medical_record_number",
		"secret.password", "secret.github_token", "source_code.snippet", "confidential.marking", "pii.iban")
	m.App, m.Principal.Groups = "openai_api", []string{"eng", "staff"}
	m.Gaps = []detectors.Gap{{Cause: "image"}}
	return parse(t, strings.ReplaceAll(b.String(), "\ncontrols = [\"CIS-3.2\", \"NIST-PL-4\"] }", " }\ncontrols = [\"CIS-3.2\", \"NIST-PL-4\"]")), m
}

// Decide allocates the slices of its result and nothing else.
func TestDecideAllocatesOnlyItsResult(t *testing.T) {
	p, m := busy(t, 200)
	d := p.Decide(m)
	if len(d.Redact) == 0 || len(d.Deciding) == 0 || len(d.Controls) == 0 || len(d.Flagged) == 0 || len(m.Findings) != 50 {
		t.Fatalf("the message is not busy: %+v", d)
	}
	// Rules, Controls, Deciding, Redact, Flagged, Coaching, CoachedOn.
	if n := testing.AllocsPerRun(100, func() { p.Decide(m) }); n > 7 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { decideClean(p) }); n > 0 {
		t.Errorf("%v allocations for a clean message", n)
	}
}

// A policy of more rules than there is room for on the stack decides all the same.
func TestManyRulesDecideToo(t *testing.T) {
	few, m := busy(t, 250)
	many, _ := busy(t, 300)
	a, b := few.Decide(m), many.Decide(m)
	if a.Rule == "" || b.Gate < a.Gate || len(b.Rules) < len(a.Rules) || len(b.Redact) < len(a.Redact) {
		t.Errorf("250 rules: %s by %s of %d; 300: %s by %s of %d", a.Gate, a.Rule, len(a.Rules), b.Gate, b.Rule, len(b.Rules))
	}
}

func decideClean(p *policy.Policy) policy.Decision {
	return p.Decide(policy.Message{App: "openai_api", Activity: "chat"})
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{20, 200} {
		p, m := busy(b, n)
		b.Run(fmt.Sprintf("rules=%d/findings=50", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := p.Decide(m); d.Rule == "" {
					b.Fatal("nothing matched")
				}
			}
		})
	}
	l2, err := policy.Load(rules.FS(), "l2", catalogue(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("l2/clean", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if d := decideClean(l2); d.Gate != policy.Allow {
				b.Fatal(d.Rule)
			}
		}
	})
}
