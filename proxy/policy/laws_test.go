package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
)

// A dice makes messages and policies at random, from few words so that they meet.
type dice struct{ *rand.Rand }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

func (d dice) infoType() detectors.InfoType {
	return pick[detectors.InfoType](d, "pci.payment_card", "pci.track_data", "pii.iban", "pii.us_ssn", "pii.us_ein", "pii.email", "pii.person_name",
		"phi.patient_health", "phi.medical_record_number", "phi.diagnosis_code", "secret.private_key", "secret.password",
		"source_code.snippet", "source_code.proprietary", "confidential.marking", "confidential.mergers",
		"secret.not_listed", "pii.not_listed", "nonsense.not_listed", "")
}

func (d dice) cause() detectors.Cause {
	return pick(d, append(detectors.Causes(), "not_listed", "")...)
}

func (d dice) finding(id int) policy.Finding {
	f := policy.Finding{Doc: d.IntN(3), Role: pick(d, content.RoleUser, content.RoleSystem, content.RoleTool)}
	f.Type, f.Rule = d.infoType(), pick[detectors.RuleID](d, "", "secret.password.prose")
	f.Confidence = pick(d, detectors.Low, detectors.Medium, detectors.High, 0, 100)
	f.Span = detectors.Span{Start: id, End: id + 1} // tells findings apart
	f.Digest = detectors.Digest{1, byte(d.IntN(12))}
	if d.IntN(2) == 0 {
		f.Evidence = []detectors.Evidence{{Name: pick(d, "luhn", "lines:15+")}}
	}
	return f
}

func (d dice) message() policy.Message {
	m := policy.Message{
		App: pick(d, "openai_api", "chatgpt_web", ""), Activity: pick(d, "chat", "embed"), Endpoint: pick(d, "openai.chat", ""),
		Direction: pick(d, policy.Request, policy.Response),
		Principal: identity.Principal{Subject: pick(d, "anna", "bot", ""), Network: pick(d, "lab", ""), Groups: pick(d, nil, []string{"staff"}, []string{"pilot", "staff"})},
		Contents:  pick(d, policy.Text, policy.Text|policy.File), Time: time.Date(2026, time.Month(1+d.IntN(24)), 15, d.IntN(24), 0, 0, 0, time.UTC),
		Tenant: policy.Tenant{Account: d.IntN(2) == 0, Anonymous: d.IntN(8) == 0, Workspace: pick(d, "", "11111111-2222-3333-4444-555555555555")},
	}
	for range d.IntN(3) {
		m.Facts = append(m.Facts, d.fact())
	}
	for i := range pick(d, 0, 1, 3, 30) {
		m.Findings = append(m.Findings, d.finding(i))
	}
	if d.IntN(2) == 0 {
		for range d.IntN(4) {
			m.Totals = append(m.Totals, d.total())
		}
	}
	for range d.IntN(2) {
		m.Spent = append(m.Spent, d.total())
	}
	for range d.IntN(3) {
		m.Gaps = append(m.Gaps, detectors.Gap{Cause: d.cause()})
	}
	return m
}

func (d dice) fact() content.Fact {
	return content.Fact{Name: pick(d, "gizmo", "search", "tool"), Value: pick(d, "g-1", "g-abc", "true", "web_search")}
}

func (d dice) total() policy.Total {
	n := d.IntN(30)
	return policy.Total{Type: d.infoType(), Level: pick(d, detectors.Low, detectors.Medium, detectors.High), Count: n, Distinct: d.IntN(n + 1)}
}

// policy is the text of a policy of up to 20 rules.
func (d dice) policy() string {
	var b strings.Builder
	b.WriteString("title = \"random\"\n")
	if d.IntN(8) == 0 {
		b.WriteString("monitor = true\n")
	}
	b.WriteString(tables)
	list := func(key string, of ...string) string { return fmt.Sprintf("%s = [%q]", key, pick(d, of...)) }
	conditions := []func() string{
		func() string { return list("category", "pii", "phi", "pci", "secret", "source_code", "confidential") },
		func() string { return list("info_type", "pii.*", "pci.payment_card", "secret.*", "*") },
		func() string { return list("group", "national_id", "private_key", "card", "contact") },
		func() string { return list("with", "phi.*", "pii.email") },
		func() string {
			return fmt.Sprintf("confidence = %q\nwhen.severity = %q", pick(d, "low", "medium", "high"), pick(d, "low", "medium"))
		},
		func() string { return list("role", "user", "tool") },
		func() string { return list("evidence", "luhn", "lines:15+") },
		func() string { return fmt.Sprintf("%s = %d", pick(d, "count", "distinct", "persons"), 1+d.IntN(12)) },
		func() string { return list("gap", string(d.knownCause()), "not_rewritable") },
		func() string { return "edit_due = true" },
		func() string { return list("app", "openai_api", "chatgpt_*") },
		func() string { return list("user", "anna", "*") },
		func() string { return list("user_group", "staff") },
		func() string { return list("direction", "request", "response") },
		func() string { return list("fact", "gizmo", "search=true") },
		func() string { return `none = [{ role = ["tool"] }]` },
		func() string { return `none = [{ info_type = ["pii.email", "secret.*"] }]` },
		func() string { return `none = [{ user = ["anna"] }, { content = ["file"] }]` },
		func() string {
			return fmt.Sprintf(`sum = { at_least = %d, points = { "pii.*" = 1, "pci.*" = 5 } }`, 1+d.IntN(20))
		},
		func() string { return fmt.Sprintf(`daily = %d`, 1+d.IntN(30)) },
		func() string { return list("tenant", "own", "consumer", "unchecked") },
		func() string { return list("feature_state", "approved", "unlisted") },
		func() string { return list("gpt", "approved", "unlisted") },
		func() string { return `risk = { external_services = "medium" }` },
		func() string { return `time = [{ zone = "Europe/Berlin", from = "20:00", to = "06:00" }]` },
		func() string {
			return `any = [{ category = ["pii"], count = 2 }, { gap = ["image"] }, { info_type = ["secret.*"] }]`
		},
		func() string { return `all = [{ category = ["pii"] }, { category = ["phi", "secret"], count = 2 }]` },
	}
	for i := range 1 + d.IntN(20) {
		fmt.Fprintf(&b, "[[rule]]\nid = \"r%d\"\nreason = \"r\"\n", i)
		if d.IntN(3) == 0 {
			b.WriteString("redact = \"placeholder\"\n")
		} else {
			fmt.Fprintf(&b, "gate = %q\n", pick(d, "allow", "log", "coach", "justify", "approve", "block"))
		}
		if d.IntN(5) == 0 {
			b.WriteString("monitor = true\n")
		}
		for _, n := range d.Perm(len(conditions))[:1+d.IntN(3)] {
			b.WriteString("when." + conditions[n]() + "\n")
		}
	}
	for i := range d.IntN(3) {
		fmt.Fprintf(&b, "[[exception]]\nid = \"x%d\"\nrules = [\"r0\"]\nwhen = { %s }\nreason = \"r\"\napproved_by = \"a\"\nexpires = 2027-06-01T00:00:00Z\n", i,
			pick(d, `user = ["anna"]`, `user_group = ["staff"], info_type = ["pii.*"]`, `app = ["chatgpt_web"], evidence = ["luhn"]`, `network = ["lab"], confidence = "high"`))
	}
	if d.IntN(3) == 0 {
		fmt.Fprintf(&b, "[[overlay]]\nid = \"o\"\nuser_group = [%q]\nmode = %q\n", pick(d, "pilot", "*"), pick(d, "monitor", "coach"))
	}
	if d.IntN(3) == 0 {
		b.WriteString("[[stricter]]\nid = \"s\"\nwhen = { feature = [\"search\"] }\n")
	}
	return b.String()
}

// knownCause is a cause that policies may name.
func (d dice) knownCause() detectors.Cause { return pick(d, detectors.Causes()...) }

// policies are the shipped ones and n random ones that load.
func (d dice) policies(t *testing.T, n int) []*policy.Policy {
	out := []*policy.Policy{shipped(t, "l1"), shipped(t, "l2"), shipped(t, "l3")}
	tried := 0
	for len(out) < n+3 {
		if tried++; tried > 200*n {
			t.Fatalf("only %d of %d random policies load", len(out)-3, tried)
		}
		if p, err := policy.Parse("random.toml", []byte(d.policy()), catalogue(t)); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// looser says in what a decision is looser than before, or "".
func looser(before, after policy.Decision) string {
	switch {
	case after.Gate < before.Gate:
		return fmt.Sprintf("gate %s became %s", before.Gate, after.Gate)
	case after.Would < before.Would || after.Intended < before.Intended:
		return fmt.Sprintf("would %s became %s", before.Would, after.Would)
	case before.Due && !after.Due, before.Alert && !after.Alert:
		return "an edit or an alert is no longer due"
	}
	for _, r := range before.Redact {
		if !slices.Contains(after.Redact, r) {
			return fmt.Sprintf("finding %d is no longer redacted", r.Finding)
		}
	}
	for _, r := range before.Rules {
		if !slices.Contains(after.Rules, r) {
			return fmt.Sprintf("rule %s no longer matches", r)
		}
	}
	return ""
}

func TestEveryMessageHasADecision(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(1, 1))}
	for _, p := range d.policies(t, 40) {
		for range 200 {
			m := d.message()
			got := p.Decide(m)
			if got.Gate != policy.Allow && got.Gate != policy.Log && got.Gate != policy.Coach && got.Gate != policy.Block {
				t.Fatalf("gate %s does not exist yet", got.Gate)
			}
			if got.Gate > policy.Allow && (got.Rule == "" || !slices.Contains(append(got.Rules, got.Exceptions...), got.Rule)) {
				t.Fatalf("%s is decided by %q of %v", got.Gate, got.Rule, got.Rules)
			}
			if len(m.Gaps) > 0 && got.Rule == "" {
				t.Fatalf("a gap has no answer: %v", m.Gaps)
			}
			if got.Gate >= policy.Coach && got.Reason == "" {
				t.Fatalf("%s blocks without a reason", got.Rule)
			}
			if !slices.IsSorted(got.Rules) || !slices.IsSorted(got.Controls) || got.Would != got.Intended.EnforcedIn(m.Direction) {
				t.Fatalf("rules %v, controls %v, would %s, intended %s", got.Rules, got.Controls, got.Would, got.Intended)
			}
			if len(got.Redact) > 0 && !got.Due || got.Gate > got.Would && got.Gate > policy.Log {
				t.Fatalf("%d edits, due %t; gate %s, would %s", len(got.Redact), got.Due, got.Gate, got.Would)
			}
			for _, i := range got.Deciding {
				_ = m.Findings[i]
			}
			if p.Final(m, got) != (got.Gate == policy.Block) {
				t.Fatalf("final is wrong for %s", got.Gate)
			}
			if (len(got.Coaching) > 0) != (got.Gate == policy.Coach) {
				t.Fatalf("%s coaches by %v", got.Gate, got.Coaching)
			}
			if m.Acknowledged = got.Coaching; len(m.Acknowledged) > 0 {
				again := p.Decide(m)
				if again.Gate >= policy.Coach || again.Intended != got.Intended || !slices.Equal(again.Redact, got.Redact) || len(again.Acknowledged) == 0 {
					t.Fatalf("acknowledged, it is %s: %+v", again.Gate, again)
				}
			}
		}
	}
}

// Who asks, and with which settings, chooses between rules and may well loosen;
// what was found or could not be looked at may not.
func TestOneMoreNeverLoosens(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(2, 2))}
	for _, p := range d.policies(t, 60) {
		for range 150 {
			m := d.message()
			before := p.Decide(m)
			more := m
			change := pick(d, "finding", "total", "gap")
			switch change {
			case "finding":
				more.Findings = append(slices.Clone(m.Findings), d.finding(len(m.Findings)))
			case "total":
				more.Totals = append(slices.Clone(m.Totals), d.total())
			case "gap":
				more.Gaps = append(slices.Clone(m.Gaps), detectors.Gap{Cause: d.cause()})
			}
			if why := looser(before, p.Decide(more)); why != "" {
				t.Fatalf("%s: one %s more: %s\n%+v", p.Profile(), change, why, more)
			}
		}
	}
}

// A rule more may not let through what was stopped, nor leave in clear what was
// replaced: rules can be added without reading the others.
func TestAStricterRuleNeverLoosens(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(5, 5))}
	for range 60 {
		text := d.policy()
		before, err := policy.Parse("random.toml", []byte(text), catalogue(t))
		if err != nil {
			continue
		}
		more := rule("more", pick(d, `category = ["pii"]`, `info_type = ["secret.*"], count = 3`, `gap = ["image", "oversize"]`, `any = [{ app = ["openai_api"] }, { category = ["pci"] }]`),
			pick(d, block, `gate = "justify"`, `gate = "coach"`))
		after, err := policy.Parse("random.toml", []byte(text+more), catalogue(t))
		if err != nil {
			t.Fatal(err)
		}
		for range 150 {
			m := d.message()
			a, b := before.Decide(m), after.Decide(m)
			switch {
			case b.Gate < a.Gate && a.Gate >= policy.Coach, b.Would < a.Would && a.Would >= policy.Coach:
				t.Fatalf("%s became %s\n%s\n%s\n%+v", a.Gate, b.Gate, text, more, m)
			case b.Gate < policy.Coach && len(b.Redact) < len(a.Redact):
				t.Fatalf("%d edits became %d\n%s\n%s\n%+v", len(a.Redact), len(b.Redact), text, more, m)
			}
		}
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(3, 3))}
	// told is a decision with findings by their identity instead of their index.
	told := func(m policy.Message, got policy.Decision) string {
		var redact, deciding []string
		for _, r := range got.Redact {
			redact = append(redact, fmt.Sprint(m.Findings[r.Finding].Span.Start, r.Operator))
		}
		for _, i := range got.Deciding {
			deciding = append(deciding, fmt.Sprint(m.Findings[i].Span.Start))
		}
		slices.Sort(redact)
		slices.Sort(deciding)
		got.Redact, got.Deciding, got.CoachedOn = nil, nil, nil
		return fmt.Sprintf("%+v %v %v", got, redact, deciding)
	}
	for _, p := range d.policies(t, 40) {
		for range 100 {
			m := d.message()
			want := told(m, p.Decide(m))
			d.Shuffle(len(m.Findings), func(i, j int) { m.Findings[i], m.Findings[j] = m.Findings[j], m.Findings[i] })
			d.Shuffle(len(m.Totals), func(i, j int) { m.Totals[i], m.Totals[j] = m.Totals[j], m.Totals[i] })
			d.Shuffle(len(m.Gaps), func(i, j int) { m.Gaps[i], m.Gaps[j] = m.Gaps[j], m.Gaps[i] })
			d.Shuffle(len(m.Facts), func(i, j int) { m.Facts[i], m.Facts[j] = m.Facts[j], m.Facts[i] })
			if got := told(m, p.Decide(m)); got != want {
				t.Fatalf("%s: in another order:\n%s\nwant\n%s", p.Profile(), got, want)
			}
		}
	}
}

// A stricter profile is never looser: not even for what is only probable.
func TestProfilesAreOrdered(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(4, 4))}
	profiles := []*policy.Policy{shipped(t, "l1"), shipped(t, "l2"), shipped(t, "l3")}
	for range 20_000 {
		m := d.message()
		before := profiles[0].Decide(m)
		for _, p := range profiles[1:] {
			after := p.Decide(m)
			before.Rules, before.Alert = nil, false // a block needs no alert
			if after.Gate == policy.Block {
				before.Redact = nil // nothing leaves, so nothing is edited
			}
			before.Due = before.Due && after.Gate < policy.Block
			if why := looser(before, after); why != "" {
				t.Fatalf("%s is looser than the profile below it: %s\n%+v", p.Profile(), why, m)
			}
			before = after
		}
	}
}
