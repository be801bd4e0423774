package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules/strict"
)

// at is a moment in a test: RFC 3339.
func at(t testing.TB, text string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tables are what the conditions on use, tenants and sets look at.
const tables = `
sets.pilots = ["anna", "bert"]
tenants.workspaces = ["11111111-2222-3333-4444-555555555555"]
tenants.organizations = ["org-abcdefgh12345678"]
tenants.api_keys = ["00112233445566778899aabbccddeeff"]
[[app]]
id = "chatgpt_web"
risk = { data_exposure = "medium", persistence = "high" }
[[feature]]
id = "search"
facts = ["search=true", "tool=web_search*", "hint=search"]
enabled = true
risk = { external_services = "high" }
[[feature]]
id = "connector"
facts = ["connector"]
enabled = false
[[feature]]
id = "voice"
activities = ["voice"]
enabled = true
expires = 2026-12-01T00:00:00Z
[[gpt]]
id = "g-abc"
justification = "reviews contracts"
approved_by = "legal"
expires = 2027-01-01T00:00:00Z
risk = { external_services = "medium" }
[[gpt]]
id = "g-old"
justification = "tried"
approved_by = "legal"
expires = 2026-01-01T00:00:00+01:00
`

func TestConditionsOnTheMessage(t *testing.T) {
	facts := func(pairs ...string) (out []content.Fact) {
		for _, p := range pairs {
			name, value, _ := strings.Cut(p, "=")
			out = append(out, content.Fact{Name: name, Value: value})
		}
		return out
	}
	now := at(t, "2026-11-30T10:00:00Z") // a Monday
	base := policy.Message{App: "chatgpt_web", Activity: "chat", Time: now,
		Principal: identity.Principal{Subject: "anna", Groups: []string{"legal"}, Device: "lap-17", Method: identity.Basic, Assurance: identity.AssuranceToken}}
	with := func(change func(*policy.Message)) policy.Message {
		m := base
		change(&m)
		return m
	}
	account := func(id string) policy.Message {
		return with(func(m *policy.Message) { m.Tenant = policy.Tenant{Account: true, Workspace: id} })
	}
	using := func(pairs ...string) policy.Message {
		return with(func(m *policy.Message) { m.Facts = facts(pairs...) })
	}
	own := "11111111-2222-3333-4444-555555555555"
	for _, c := range []struct {
		name, when string
		message    policy.Message
		want       bool
	}{
		{"device", `device = ["lap-*"]`, base, true},
		{"another device", `device = ["srv-*"]`, base, false},
		{"method", `method = ["basic"]`, base, true},
		{"another method", `method = ["anonymous", "network"]`, base, false},
		{"nobody's method is anonymous", `method = ["anonymous"]`, policy.Message{}, true},
		{"assurance", `assurance = "network"`, base, true},
		{"too little assurance", `assurance = "token"`, policy.Message{}, false},
		{"a set", `user = ["@pilots"]`, base, true},
		{"a set and a name", `user = ["carl", "@pilots"]`, with(func(m *policy.Message) { m.Principal.Subject = "carl" }), true},
		{"not in the set", `user = ["@pilots"]`, with(func(m *policy.Message) { m.Principal.Subject = "carl" }), false},
		{"none", `app = ["chatgpt_web"], none = [{ user = ["@pilots"] }]`, base, false},
		{"none, somebody else", `app = ["chatgpt_web"], none = [{ user = ["@pilots"] }]`, with(func(m *policy.Message) { m.Principal.Subject = "carl" }), true},
		{"none of a pair of conditions", `app = ["chatgpt_web"], none = [{ user = ["anna"], activity = ["upload"] }]`, base, true},
		{"none of two", `app = ["chatgpt_web"], none = [{ user = ["x"] }, { activity = ["chat"] }]`, base, false},
		{"any", `any = [{ user = ["x"] }, { activity = ["chat"] }]`, base, true},
		{"any, neither", `any = [{ user = ["x"] }, { activity = ["upload"] }]`, base, false},
		{"all", `all = [{ user = ["anna"] }, { activity = ["chat"] }]`, base, true},
		{"all, not both", `all = [{ user = ["anna"] }, { activity = ["upload"] }]`, base, false},
		{"content", `content = ["file", "image"]`, with(func(m *policy.Message) { m.Contents = policy.Text | policy.Image }), true},
		{"other content", `content = ["file"]`, with(func(m *policy.Message) { m.Contents = policy.Text }), false},

		{"own workspace", `tenant = ["own"]`, account(own), true},
		{"foreign workspace", `tenant = ["foreign"]`, account("99999999-2222-3333-4444-555555555555"), true},
		{"personal account", `tenant = ["consumer"]`, account(""), true},
		{"anonymous use", `tenant = ["anonymous"]`, with(func(m *policy.Message) { m.Tenant.Anonymous = true }), true},
		{"workspace by name", `workspace = ["11111111-*"]`, account(own), true},
		{"own organization", `tenant = ["own"]`, with(func(m *policy.Message) { m.Tenant.Organization = "org-abcdefgh12345678" }), true},
		{"foreign organization", `tenant = ["foreign"]`, with(func(m *policy.Message) { m.Tenant.Organization = "org-zzzzzzzz12345678" }), true},
		{"own key", `tenant = ["own"]`, with(func(m *policy.Message) { m.Tenant.Key = "00112233445566778899aabbccddeeff" }), true},
		{"own organization, foreign key", `tenant = ["foreign"]`, with(func(m *policy.Message) {
			m.Tenant = policy.Tenant{Organization: "org-abcdefgh12345678", Key: "ff112233445566778899aabbccddeeff"}
		}), true},
		{"nothing to tell", `tenant = ["unchecked"]`, base, true},

		{"listed GPT", `gpt = ["approved"]`, using("gizmo=g-abc"), true},
		{"unlisted GPT", `gpt = ["unlisted"]`, using("gizmo=g-xyz"), true},
		{"GPT whose approval is over", `gpt = ["expired"]`, using("gizmo=g-old"), true},
		{"a project is no GPT", `gpt = ["unlisted", "approved", "expired"]`, using("gizmo=g-p-abc"), false},
		{"no GPT", `gpt = ["unlisted", "approved", "expired"]`, base, false},
		{"a GPT is approved until a moment", `gpt = ["expired"]`, with(func(m *policy.Message) { m.Facts, m.Time = facts("gizmo=g-abc"), at(t, "2027-01-01T00:00:00Z") }), true},
		{"and not before", `gpt = ["approved"]`, with(func(m *policy.Message) { m.Facts, m.Time = facts("gizmo=g-abc"), at(t, "2026-12-31T23:59:59Z") }), true},
		{"where the time is not known, it is over", `gpt = ["expired"]`, policy.Message{Facts: facts("gizmo=g-abc")}, true},

		{"feature", `feature = ["search"]`, using("tool=web_search_preview"), true},
		{"not in use", `feature = ["search"]`, using("tool=function"), false},
		{"state", `feature_state = ["disabled"]`, using("connector=connector_x"), true},
		{"state of another feature", `feature = ["search"], feature_state = ["disabled"]`, using("search=true", "connector=connector_x"), false},
		{"of an activity, over", `feature_state = ["expired"]`, with(func(m *policy.Message) { m.Activity, m.Time = "voice", at(t, "2026-12-01T00:00:00Z") }), true},
		{"of an activity", `feature_state = ["approved"]`, with(func(m *policy.Message) { m.Activity = "voice" }), true},
		{"a tool that no row lists", `feature_state = ["unlisted"]`, using("tool=new_tool"), true},
		{"a model is no feature", `feature_state = ["unlisted"]`, using("model=gpt-9"), false},

		{"risk of the app", `risk = { data_exposure = "medium" }`, base, true},
		{"more risk", `risk = { data_exposure = "high" }`, base, false},
		{"risk of a feature", `risk = { external_services = "high", persistence = "high" }`, using("search=true"), true},
		{"risk of a GPT", `risk = { external_services = "medium" }`, using("gizmo=g-abc"), true},

		{"time", `time = [{ zone = "Europe/Berlin", days = ["mon"], from = "11:00", to = "11:01" }]`, base, true},
		{"another time", `time = [{ zone = "UTC", days = ["mon"], from = "11:00", to = "11:01" }]`, base, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, tables+rule("it", c.when, block))
			if got := slices.Contains(p.Decide(c.message).Rules, "it"); got != c.want {
				t.Errorf("when { %s } matches: %t, want %t", c.when, got, c.want)
			}
		})
	}
}

func TestConditionsOnFindingsInBranches(t *testing.T) {
	two := found(detectors.High, 2, "pii.email", "pii.us_ssn")
	mail := found(detectors.High, 3, "pii.email")
	label := found(detectors.High, 1, "confidential.label")
	label.Findings[0].Evidence = []detectors.Evidence{{Name: "label:secret-guid"}, {Name: "fingerprint:repo"}, {Name: "owner:copyright"}}
	inFile := found(detectors.High, 1, "pii.email")
	inFile.Findings[0].Role = content.RoleFile
	spent := found(detectors.High, 1, "pii.email")
	spent.Spent = []policy.Total{{Type: "pii.email", Level: detectors.High, Distinct: 30}, {Type: "pii.us_ssn", Level: detectors.High, Distinct: 20}}
	for _, c := range []struct {
		name, when string
		message    policy.Message
		want       bool
	}{
		{"all, each by findings of its own", `all = [{ info_type = ["pii.email"] }, { info_type = ["pii.us_ssn"], distinct = 2 }]`, two, true},
		{"all, one is missing", `all = [{ info_type = ["pii.email"] }, { info_type = ["pii.us_ssn"] }]`, mail, false},
		{"any", `any = [{ info_type = ["pii.email"], count = 3 }, { info_type = ["pii.us_ssn"] }]`, two, true},
		{"any, none", `any = [{ info_type = ["pii.email"], count = 4 }, { info_type = ["pii.us_ssn"] }]`, mail, false},
		{"its own and any", `info_type = ["pii.email"], count = 3, any = [{ app = ["x"] }, { category = ["pci"] }]`, mail, false},
		{"gap or finding", `any = [{ gap = ["image"] }, { category = ["pci"] }]`, withGap(policy.Message{}, "image"), true},
		{"none leaves a type out", `category = ["pii"], none = [{ info_type = ["pii.email"] }]`, mail, false},
		{"none leaves a type out of the count", `category = ["pii"], count = 3, none = [{ info_type = ["pii.email"] }]`, two, false},
		{"none leaves a role out", `category = ["pii"], none = [{ role = ["file"] }]`, inFile, false},
		{"another role", `category = ["pii"], none = [{ role = ["tool"] }]`, inFile, true},
		{"sum", `sum = { at_least = 22, points = { "pii.us_ssn" = 10, "pii.*" = 1 } }`, two, true},
		{"sum is not reached", `sum = { at_least = 23, points = { "pii.us_ssn" = 10, "pii.*" = 1 } }`, two, false},
		{"sum of totals", `sum = { at_least = 50, points = { "pii.email" = 1 } }`, policy.Message{Totals: []policy.Total{{Type: "pii.email", Level: detectors.High, Count: 60, Distinct: 50}}}, true},
		{"nothing for others", `sum = { at_least = 1, points = { "pii.us_*" = 1 } }`, mail, false},
		{"daily", `category = ["pii"], daily = 50`, spent, true},
		{"daily of one type", `info_type = ["pii.email"], daily = 31`, spent, false},
		{"label", `label = ["secret-guid"]`, label, true},
		{"another label", `label = ["public-guid"]`, label, false},
		{"fingerprint", `fingerprint = ["re*"]`, label, true},
		{"ownership", `ownership = ["copyright"]`, label, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, rule("it", c.when, block))
			if got := slices.Contains(p.Decide(c.message).Rules, "it"); got != c.want {
				t.Errorf("when { %s } matches: %t, want %t", c.when, got, c.want)
			}
		})
	}
}

// A person who wrote the rule sees what it took: by branches that hold, and not
// by others.
func TestBranchesSayWhatTheyTook(t *testing.T) {
	p := parse(t, rule("it", `any = [{ info_type = ["pii.email"] }, { info_type = ["pii.phone"], count = 5 }]`, redact))
	m := found(detectors.High, 1, "pii.email", "pii.phone")
	d := p.Decide(m)
	if !slices.Equal(d.Deciding, []int{0}) || len(d.Redact) != 1 || d.Redact[0].Finding != 0 {
		t.Errorf("decided by %v, edits %v", d.Deciding, d.Redact)
	}
}

func TestOperators(t *testing.T) {
	p := parse(t, rule("a", `category = ["pii"]`, `redact = { "pii.*" = "mask", "pii.date_of_birth" = "generalize" }`)+
		rule("b", `info_type = ["pii.us_ssn"]`, redact))
	d := p.Decide(found(detectors.High, 1, "pii.email", "pii.date_of_birth", "pii.us_ssn"))
	var got []string
	for _, r := range d.Redact {
		got = append(got, r.Operator)
	}
	if want := []string{"mask", "generalize", "placeholder"}; !slices.Equal(got, want) {
		t.Errorf("operators %v, want %v", got, want)
	}
}

func TestExceptions(t *testing.T) {
	const rules = `
[[rule]]
id = "names"
aliases = ["people"]
when = { info_type = ["pii.person_name", "pii.email"] }
gate = "block"
confidence = "medium"
reason = "r"
[[rule]]
id = "file"
when = { gap = ["encrypted_file"] }
gate = "block"
reason = "r"
`
	exception := func(rules, when string) string {
		return `
[[exception]]
id = "marketing"
rules = ` + rules + `
when = { ` + when + ` }
reason = "campaign"
approved_by = "dpo"
expires = 2026-12-31T23:00:00Z
`
	}
	policyOf := func(text string) *policy.Policy {
		return parse(t, strings.Replace(rules, "confidence = \"medium\"\n", "", 1)+text)
	}
	now := at(t, "2026-11-30T10:00:00Z")
	message := func(user string, m policy.Message) policy.Message {
		m.Principal.Subject, m.Time = user, now
		return m
	}
	names := found(detectors.High, 2, "pii.person_name")
	both := found(detectors.High, 1, "pii.person_name", "pii.email")
	for _, c := range []struct {
		name, exception string
		message         policy.Message
		summary         string
		used            bool
	}{
		{"without", "", message("anna", names), "block", false},
		{"for her", exception(`["names"]`, `user = ["anna"]`), message("anna", names), "log", true},
		{"for nobody else", exception(`["names"]`, `user = ["anna"]`), message("bert", names), "block", false},
		{"by its former id", exception(`["people"]`, `user = ["anna"]`), message("anna", names), "log", true},
		{"for some findings", exception(`["names"]`, `user = ["anna"], info_type = ["pii.person_name"]`), message("anna", names), "log", true},
		{"not for others beside them", exception(`["names"]`, `user = ["anna"], info_type = ["pii.person_name"]`), message("anna", both), "block", true},
		{"not used", exception(`["names"]`, `user = ["anna"], info_type = ["pii.person_name"]`), message("anna", found(detectors.High, 1, "pii.email")), "block", false},
		{"from a gap", exception(`["file"]`, `user = ["anna"]`), message("anna", withGap(policy.Message{}, "encrypted_file")), "log", true},
		{"another gap", exception(`["file"]`, `user = ["anna"]`), message("anna", withGap(policy.Message{}, "parser_crash")), "block", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := policyOf(c.exception).Decide(c.message)
			if d.Summary() != c.summary || (len(d.Exceptions) > 0) != c.used {
				t.Errorf("%s by %s with %v, want %s", d.Summary(), d.Rule, d.Exceptions, c.summary)
			}
		})
	}
	p := policyOf(exception(`["names"]`, `user = ["anna"]`))
	for when, want := range map[string]string{"2026-12-31T22:59:59Z": "log", "2026-12-31T23:00:00Z": "block"} {
		m := message("anna", names)
		if m.Time = at(t, when); p.Decide(m).Summary() != want {
			t.Errorf("at %s: %s, want %s", when, p.Decide(m).Summary(), want)
		}
	}
	m := message("anna", names)
	if m.Time = (time.Time{}); p.Decide(m).Summary() != "block" {
		t.Error("where the time is not known, an exception holds")
	}
}

func TestModesOfGroups(t *testing.T) {
	p := parse(t, rule("names", `info_type = ["pii.person_name"]`, block)+rule("mail", `info_type = ["pii.email"]`, redact)+`
[[overlay]]
id = "pilot"
user_group = ["finance"]
mode = "monitor"
enforce_from = 2027-01-01T00:00:00+01:00
[[overlay]]
id = "strict"
user_group = ["audit"]
mode = "enforce"
[[overlay]]
id = "coached"
user_group = ["sales"]
mode = "coach"
[[overlay]]
id = "own"
user_group = ["dev"]
[[overlay.rule]]
id = "own.phone"
when = { info_type = ["pii.phone"] }
gate = "block"
reason = "r"
`)
	for _, c := range []struct {
		name, groups, when string
		types              []detectors.InfoType
		summary, would     string
	}{
		{"nobody's group", "", "2026-12-31T22:59:59Z", []detectors.InfoType{"pii.person_name"}, "block", "block"},
		{"monitored", "finance", "2026-12-31T22:59:59Z", []detectors.InfoType{"pii.person_name"}, "log", "block"},
		{"monitored edits", "finance", "2026-12-31T22:59:59Z", []detectors.InfoType{"pii.email"}, "log", "redact"},
		{"until then", "finance", "2026-12-31T23:00:00Z", []detectors.InfoType{"pii.person_name"}, "block", "block"},
		{"the strictest mode holds", "finance audit", "2026-12-01T00:00:00Z", []detectors.InfoType{"pii.person_name"}, "block", "block"},
		{"a rule of its own", "dev", "2026-12-01T00:00:00Z", []detectors.InfoType{"pii.phone"}, "block", "block"},
		{"not for others", "sales", "2026-12-01T00:00:00Z", []detectors.InfoType{"pii.phone"}, "allow", "allow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := found(detectors.High, 1, c.types...)
			m.Principal.Groups, m.Time = strings.Fields(c.groups), at(t, c.when)
			if d := p.Decide(m); d.Summary() != c.summary || d.Verdict() != c.would {
				t.Errorf("%s, would be %s, by %s", d.Summary(), d.Verdict(), d.Rule)
			}
		})
	}
	m := found(detectors.High, 1, "pii.person_name")
	m.Principal.Groups, m.Time = []string{"sales"}, at(t, "2026-12-01T00:00:00Z")
	if d := p.Decide(m); d.Gate != policy.Coach.Enforced() || d.Intended != policy.Block {
		t.Errorf("coached: %s, intended %s", d.Gate, d.Intended)
	}
}

func TestOneStepStricter(t *testing.T) {
	p := parse(t, tables+rule("c", `info_type = ["pii.email"]`, `gate = "coach"`)+rule("a", `info_type = ["pii.phone"]`, `gate = "approve"`)+rule("r", `info_type = ["pii.us_ssn"]`, redact)+`
[[stricter]]
id = "outside"
when = { feature = ["search"] }
`)
	for _, c := range []struct {
		found    detectors.InfoType
		plain    policy.Gate
		searched policy.Gate
	}{{"pii.email", policy.Coach, policy.Justify}, {"pii.phone", policy.Approve, policy.Block}, {"pii.us_ssn", policy.Log, policy.Log}} {
		m := found(detectors.High, 1, c.found)
		if d := p.Decide(m); d.Intended != c.plain || d.Stricter != "" {
			t.Errorf("%s: %s, %q", c.found, d.Intended, d.Stricter)
		}
		m.Facts = []content.Fact{{Name: "search", Value: "true"}}
		if d := p.Decide(m); d.Intended != c.searched || (d.Stricter == "outside") != (c.plain >= policy.Coach) {
			t.Errorf("%s with search: %s, %q", c.found, d.Intended, d.Stricter)
		}
	}
}

func TestExemptGroupsAreTunnelledOrRefusedUnread(t *testing.T) {
	p := parse(t, `
[[connection]]
id = "inspect"
when = { class = ["inspect"] }
action = "inspect"
[[exempt]]
id = "exempt.council"
user_group = ["works-council"]
action = "tunnel"
reason = "works agreement"
approved_by = "board"
expires = 2027-06-30T00:00:00Z
[[exempt]]
id = "exempt.clinic"
user_group = ["clinic"]
action = "refuse"
reason = "use the clinic's own service"
approved_by = "board"
expires = 2027-06-30T00:00:00Z
`)
	for _, c := range []struct {
		group, when string
		want        policy.Action
		exempt      bool
	}{
		{"staff", "2026-12-01T00:00:00Z", policy.Inspect, false},
		{"works-council", "2026-12-01T00:00:00Z", policy.Tunnel, true},
		{"clinic", "2026-12-01T00:00:00Z", policy.Refuse, true},
		{"works-council", "2027-07-01T00:00:00Z", policy.Inspect, false},
	} {
		r := p.Screen(policy.Conn{Class: policy.HostInspect, Principal: identity.Principal{Groups: []string{c.group}}, Time: at(t, c.when)})
		if r.Action != c.want || r.Exempt != c.exempt || c.exempt && (!r.Count || r.Reason == "") {
			t.Errorf("%s at %s: %+v", c.group, c.when, r)
		}
	}
	if r := p.Screen(policy.Conn{Class: policy.HostInspect, Principal: identity.Principal{Groups: []string{"works-council"}}}); r.Action != policy.Inspect {
		t.Errorf("where the time is not known: %s", r.Action)
	}
	if r := p.Screen(policy.Conn{Class: policy.HostOther, Principal: identity.Principal{Groups: []string{"works-council"}}, Time: at(t, "2026-12-01T00:00:00Z")}); r.Action != policy.Refuse {
		t.Errorf("an exemption opens other hosts: %s", r.Action)
	}
}

func TestReminders(t *testing.T) {
	p := parse(t, `
[[reminder]]
id = "reminder"
when = { app = ["openai_api"], activity = ["chat"] }
role = "developer"
text = "Do not repeat personal data."
`+rule("p", `category = ["pci"]`, block))
	d := p.Decide(policy.Message{App: "openai_api", Activity: "chat"})
	if len(d.Add) != 1 || d.Add[0].Role != "developer" || d.Add[0].Kind != policy.ObligationReminder {
		t.Errorf("adds %v", d.Add)
	}
	if d := p.Decide(policy.Message{App: "chatgpt_web", Activity: "chat"}); len(d.Add) > 0 {
		t.Error("added to a web page")
	}
	m := found(detectors.High, 1, "pci.payment_card")
	m.App, m.Activity = "openai_api", "chat"
	if d := p.Decide(m); len(d.Add) > 0 {
		t.Error("added to what is not sent")
	}
}

func TestIncludesLayOneFileOverAnother(t *testing.T) {
	files := fstest.MapFS{
		"policies/own.toml": {Data: []byte(`
title = "own"
include = ["l9.toml"]
sets.legal = ["carl"]
[[rule]]
id = "names"
when = { info_type = ["pii.person_name"] }
gate = "log"
[[test]]
name = "the rule of this file goes before"
findings = [{ type = "pii.person_name" }]
want = { action = "log", rule = "names" }
`)},
		"policies/l9.toml":         {Data: []byte("title = \"base\"\ninclude = [\"parts/sets.toml\"]\n" + rule("names", `info_type = ["pii.person_name"]`, block) + rule("mail", `info_type = ["pii.email"], user = ["@legal"]`, block))},
		"policies/parts/sets.toml": {Data: []byte(`sets.legal = ["anna"]`)},
	}
	base, err := policy.Load(files, "l9", catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	own, err := policy.Load(files, "own", catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range own.Test() {
		if r.Failure != "" {
			t.Error(r.Failure)
		}
	}
	mail := found(detectors.High, 1, "pii.email")
	for name, want := range map[string][2]policy.Gate{"anna": {policy.Block, policy.Allow}, "carl": {policy.Allow, policy.Block}} {
		mail.Principal.Subject = name
		if a, b := base.Decide(mail).Gate, own.Decide(mail).Gate; a != want[0] || b != want[1] {
			t.Errorf("%s: %s and %s", name, a, b)
		}
	}
	revision := own.Revision()
	files["policies/parts/sets.toml"] = &fstest.MapFile{Data: []byte(`sets.legal = ["anna", "bert"]`)}
	if own, err = policy.Load(files, "own", catalogue(t)); err != nil || own.Revision() == revision {
		t.Errorf("the revision does not cover what is included: %v", err)
	}
}

// Every mistake of the new tables has its place, and says what to do.
func TestLanguageMistakes(t *testing.T) {
	const ok = "title = \"t\"\n"
	for _, c := range []struct{ name, text, want string }{
		{"newer file", "format = 9\ntitle = \"t\"\nlevel = 1\n", "format.toml:1:1: this file is for a newer promptgate"},
		{"unknown set", ok + rule("a", `user = ["@pilot"]`, block), `unknown set "@pilot"`},
		{"empty set", ok + "sets.x = []\n" + rule("a", `user = ["@x"]`, block), `the set "@x" is empty`},
		{"local time", ok + rule("a", `time = [{ after = 2026-12-01T00:00:00 }]`, block), "a local time means another moment on each machine"},
		{"local date", ok + rule("a", `time = [{ before = 2026-12-01 }]`, block), "a local time means another moment"},
		{"no zone", ok + rule("a", `time = [{ from = "08:00", to = "18:00" }]`, block), "which clock is meant?"},
		{"unknown zone", ok + rule("a", `time = [{ zone = "Europe/Atlantis", days = ["mon"] }]`, block), `unknown zone "Europe/Atlantis"`},
		{"the machine's zone", ok + rule("a", `time = [{ zone = "Local", days = ["mon"] }]`, block), `unknown zone "Local"`},
		{"half a window", ok + rule("a", `time = [{ zone = "UTC", from = "08:00" }]`, block), "from and to go together"},
		{"never", ok + rule("a", `time = [{ after = 2026-12-01T00:00:00Z, before = 2026-11-01T00:00:00Z }]`, block), "this is never"},
		{"unknown state", ok + rule("a", `gpt = ["approve"]`, block), `unknown state "approve" (approved?)`},
		{"unknown feature", ok + rule("a", `feature = ["search"]`, block), `unknown feature "search"`},
		{"workspace", ok + `tenants.workspaces = ["ACME"]`, "this is not a workspace id"},
		{"organization", ok + `tenants.organizations = ["acme"]`, "this is not an organization id"},
		{"api key in clear", ok + `tenants.api_keys = ["sk-x"]`, "this is not the digest of an API key"},
		{"exception for all", ok + rule("a", `category = ["pii"]`, block) + "[[exception]]\nid = \"e\"\nrules = [\"a\"]\nreason = \"r\"\napproved_by = \"x\"\nexpires = 2027-01-01T00:00:00Z\n", "an exception for everybody everywhere is another policy"},
		{"exception without end", ok + rule("a", `category = ["pii"]`, block) + "[[exception]]\nid = \"e\"\nrules = [\"a\"]\nwhen = { user = [\"x\"] }\nreason = \"r\"\napproved_by = \"x\"\n", "expires is missing"},
		{"exception from nothing", ok + rule("alpha", `category = ["pii"]`, block) + "[[exception]]\nid = \"e\"\nrules = [\"alpah\"]\nwhen = { user = [\"x\"] }\nreason = \"r\"\napproved_by = \"x\"\nexpires = 2027-01-01T00:00:00Z\n", `there is no rule "alpah" (alpha?)`},
		{"retired id", ok + "retired = [\"a\"]\n" + rule("a", `category = ["pii"]`, block), `the id "a" is retired`},
		{"alias of another", ok + rule("a", `category = ["pii"]`, block) + rule("b", `category = ["pii"]`, block+"\naliases = [\"a\"]"), `"a" is the id of another rule`},
		{"mixed none", ok + rule("a", `category = ["pii"], none = [{ user = ["x"], role = ["file"] }]`, block), "cannot be negated together"},
		{"empty none", ok + rule("a", `category = ["pii"], none = [{}]`, block), "there is nothing to negate"},
		{"one of one", ok + rule("a", `any = [{ category = ["pii"] }]`, block), "one of one"},
		{"an operator", ok + rule("a", `category = ["pii"]`, `redact = { "pii.*" = "maks" }`), `unknown operator "maks" (mask?)`},
		{"include alone", ok + `include = ["l2.toml"]`, "a policy that stands alone cannot include another"},
		{"exempt everybody", ok + "[[exempt]]\nid = \"e\"\nuser_group = [\"*\"]\naction = \"tunnel\"\nreason = \"r\"\napproved_by = \"x\"\nexpires = 2027-01-01T00:00:00Z\n", "everybody cannot be"},
		{"enforced already", ok + "[[overlay]]\nid = \"o\"\nuser_group = [\"x\"]\nmode = \"enforce\"\nenforce_from = 2027-01-01T00:00:00Z\n", "it is enforced already"},
		{"a sum of nothing", ok + rule("a", `sum = { at_least = 3 }`, block), "a sum says which info types count how much"},
		{"GPT without a reason", ok + "[[gpt]]\nid = \"g-abc\"\nexpires = 2027-01-01T00:00:00Z\n", "justification is missing"},
		{"project as a GPT", ok + "[[gpt]]\nid = \"g-p-abc\"\njustification = \"j\"\napproved_by = \"x\"\nexpires = 2027-01-01T00:00:00Z\n", "this is a project"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := policy.Parse("format.toml", []byte(c.text), catalogue(t))
			var errs strict.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("loaded: %v", err)
			}
			if !strings.Contains(errs.Error(), c.want) {
				t.Errorf("got\n%s\nwant %s", errs.Error(), c.want)
			}
			for _, e := range errs {
				if e.Line == 0 || e.Col == 0 {
					t.Errorf("%s has no place", e)
				}
			}
		})
	}
}

func TestIncludeMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"itself":   {fstest.MapFS{"policies/a.toml": {Data: []byte("title = \"a\"\ninclude = [\"b.toml\"]")}, "policies/b.toml": {Data: []byte("include = [\"a.toml\"]")}}, "policies/b.toml:1:12: this includes itself"},
		"missing":  {fstest.MapFS{"policies/a.toml": {Data: []byte("title = \"a\"\ninclude = [\"b.toml\"]")}}, "policies/a.toml:2:12: there is no such file"},
		"outside":  {fstest.MapFS{"policies/a.toml": {Data: []byte("title = \"a\"\ninclude = [\"../../b.toml\"]")}}, "an include is a path below"},
		"mistakes": {fstest.MapFS{"policies/a.toml": {Data: []byte("title = \"a\"\ninclude = [\"b.toml\"]\nfoo = 1")}, "policies/b.toml": {Data: []byte("bar = 1\n" + rule("a", `category = ["pi"]`, block))}}, "policies/b.toml:1:1: unknown key \"bar\""},
	} {
		_, err := policy.Load(c.files, "a", catalogue(t))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if name == "mistakes" && (!strings.Contains(err.Error(), "policies/a.toml:3:1") || !strings.Contains(err.Error(), "policies/b.toml:4:")) {
			t.Errorf("not all mistakes of both files: %v", err)
		}
	}
}

// In an emergency nothing is stopped, and all is recorded, where the policy
// allows that.
func TestEmergency(t *testing.T) {
	m := found(detectors.High, 1, "secret.private_key")
	m.Emergency = true
	for text, want := range map[string]string{"": "log", "break_glass = [\"tunnel\"]\n": "block", "break_glass = []\n": "block"} {
		if d := parse(t, text+rule("k", `category = ["secret"]`, block)).Decide(m); d.Summary() != want || d.Verdict() != "block" {
			t.Errorf("%q: %s, would be %s", text, d.Summary(), d.Verdict())
		}
	}
	if got := shipped(t, "l3").BreakGlass(); !slices.Equal(got, []string{"monitor"}) {
		t.Errorf("l3 allows %v", got)
	}
}
