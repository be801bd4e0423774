package shape

import (
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
)

// policies are the shipped ones and the example of a company's own.
func policies(t testing.TB) map[string]*policy.Policy {
	t.Helper()
	catalogue, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range []string{"policies/l1.toml", "policies/l2.toml", "policies/l3.toml", "policies/parts/features.toml", "policies/parts/answers.toml"} {
		data, err := fs.ReadFile(rules.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	data, err := os.ReadFile("../../deploy/policies/company.toml")
	if err != nil {
		t.Fatal(err)
	}
	files["policies/company.toml"] = &fstest.MapFile{Data: data}
	out := map[string]*policy.Policy{}
	for _, name := range []string{"l1", "l2", "l3", "company"} {
		if out[name], err = policy.Load(files, name, catalogue); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

var namer = NewNamer([]byte("k"), func(_, v string) (string, bool) {
	return v, v == "true" || v == "function" || v == "mcp" || v == "web_search" || v == "search"
})

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// message is one at random, from words that the company's policy knows too.
func message(r *rand.Rand) policy.Message {
	m := policy.Message{
		Principal: identity.Principal{Subject: pick(r, "anna", "bert", ""), Groups: pick(r, nil, []string{"sales"}, []string{"marketing"}, []string{"finance"}, []string{"robots"}),
			Network: pick(r, "", "lab"), Address: "192.0.2.7", Method: pick(r, identity.Anonymous, identity.Basic), Assurance: pick(r, identity.AssuranceNone, identity.AssuranceToken)},
		App: pick(r, "chatgpt_web", "openai_api"), Activity: pick(r, "chat", "upload"), Endpoint: "x",
		Time:   time.Date(2026, time.Month(1+r.IntN(14)), 1+r.IntN(28), r.IntN(24), 0, 0, 0, time.UTC),
		Tenant: policy.Tenant{Account: r.IntN(2) == 0, Workspace: pick(r, "", "2b7f1c64-0e5a-4a52-9f5e-7f2f9d0c1a11", "99999999-0e5a-4a52-9f5e-7f2f9d0c1a11"), Organization: pick(r, "", "org-ExampleCompany01"), Key: pick(r, "", "5f0a4b7c9d1e2f3a4b5c6d7e8f901234")},
	}
	for range r.IntN(3) {
		f := pick(r, "gizmo=g-contracts01", "gizmo=g-other", "gizmo=g-p-mine", "search=true", "tool=mcp", "tool=function", "model=gpt-5", "connector=connector_x")
		name, value, _ := strings.Cut(f, "=")
		m.Facts = append(m.Facts, content.Fact{Name: name, Value: value})
	}
	for range pick(r, 0, 1, 4, 25) {
		f := policy.Finding{Locator: "messages[0].content", Role: pick(r, content.RoleUser, content.RoleFile)}
		f.Type = pick[detectors.InfoType](r, "pii.email", "pii.person_name", "pii.us_ssn", "secret.password", "secret.private_key", "pci.payment_card", "confidential.label", "confidential.mergers", "source_code.proprietary", "phi.patient_health")
		f.Confidence = pick(r, detectors.Low, detectors.Medium, detectors.High)
		f.Digest = detectors.Digest{1, byte(r.IntN(15))}
		if r.IntN(9) == 0 {
			f.Digest = detectors.Digest{}
		}
		f.Evidence = []detectors.Evidence{{Name: pick(r, "luhn", "lines:15+", "label:f42aa342-8706-4288-bd11-ebb85995028c")}}
		m.Findings = append(m.Findings, f)
		m.Totals = append(m.Totals, policy.Total{Type: f.Type, Level: f.Confidence.Level(), Count: 1 + r.IntN(12), Distinct: 1})
	}
	for range r.IntN(2) {
		m.Spent = append(m.Spent, policy.Total{Type: "pii.email", Level: detectors.High, Distinct: 150 + r.IntN(100)})
		m.Gaps = append(m.Gaps, detectors.Gap{Cause: pick(r, detectors.Causes()...), Locator: "files[0]"})
	}
	return m
}

// Written down and read again, the same policy decides the same.
func TestRecordsReproduceTheDecision(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := policies(t)
	for name, p := range all {
		names, globs := namer.Names(p)
		if len(globs) > 0 {
			t.Errorf("%s asks for %v, which records cannot answer", name, globs)
		}
		for range 1500 {
			m := message(r)
			d := p.Decide(m)
			data, err := json.Marshal(namer.Of(&m, &d, "01A", p.Profile(), p.Revision(), false))
			if err != nil {
				t.Fatal(err)
			}
			var back Record
			if err := json.Unmarshal(data, &back); err != nil {
				t.Fatal(err)
			}
			if again := back.Message(names); !Reproduced(p, &back, again) {
				t.Fatalf("%s: %s by %s\n%+v\nbecame %s by %s\n%+v", name, d.Summary(), d.Rule, m, p.Decide(again).Summary(), p.Decide(again).Rule, again)
			}
		}
	}
}

// A record holds nothing of whom it is about, or of what was found.
func TestRecordsHideNamesAndValues(t *testing.T) {
	m := policy.Message{
		Principal: identity.Principal{Subject: "Canary.Name", Address: "198.51.100.77", Device: "Canary-Laptop"},
		Tenant:    policy.Tenant{Workspace: "canary-workspace", Organization: "org-canary", Project: "proj_canary"},
		Facts:     []content.Fact{{Name: "gizmo", Value: "g-canary"}, {Name: "tool", Value: "canary tool"}},
		Findings:  []policy.Finding{{Locator: "canary[0]", Finding: detectors.Finding{Type: "pii.email", Digest: detectors.Digest{0xca, 0xfe, 0xca, 0xfe}}}},
		Gaps:      []detectors.Gap{{Cause: "image", Locator: "canary.png"}},
	}
	d := policy.Decision{Reason: "canary"}
	data, err := json.Marshal(namer.Of(&m, &d, "01A", "l2", "sha256:0", false))
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{"canary", "198.51", "cafe", "yv7"} {
		if strings.Contains(strings.ToLower(string(data)), canary) {
			t.Errorf("%q is in %s", canary, data)
		}
	}
}

func TestSimulation(t *testing.T) {
	all := policies(t)
	l1, l2 := all["l1"], all["l2"]
	names, _ := namer.Names(l1, l2)
	s := NewSimulator(l1, l2, names)
	review := NewReview()
	add := func(who string, incident string, m policy.Message) {
		m.Principal.Subject, m.Time = who, time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
		d := l1.Decide(m)
		r := namer.Of(&m, &d, incident, "l1", l1.Revision(), false)
		s.Add(&r)
		review.Add(&r)
	}
	found := func(types ...detectors.InfoType) policy.Message {
		var m policy.Message
		for i, t := range types {
			m.Findings = append(m.Findings, policy.Finding{Finding: detectors.Finding{Type: t, Confidence: detectors.High, Digest: detectors.Digest{byte(i + 1)}}})
		}
		return m
	}
	add("anna", "01A", found("secret.private_key"))
	add("bert", "01B", found("secret.private_key"))
	add("bert", "01C", found("secret.private_key"))
	add("carl", "01D", found("pci.payment_card"))
	add("dora", "01E", policy.Message{})
	got := s.Result()
	if got.Messages != 5 || got.People != 4 || got.Checked != 5 || got.Different != 0 {
		t.Errorf("%+v", got)
	}
	if len(got.Blocked) != 1 || got.Blocked[0] != (Effect{"secret.key", 3, 2, "01A"}) {
		t.Errorf("blocked %+v", got.Blocked)
	}
	if len(got.Redacted) != 1 || got.Redacted[0] != (Effect{"card", 1, 1, "01D"}) || len(got.Passed) > 0 || len(got.Clear) > 0 {
		t.Errorf("%+v", got)
	}
	back := NewSimulator(l2, l1, names)
	m := found("secret.private_key")
	d := l2.Decide(m)
	r := namer.Of(&m, &d, "01F", "l2", l2.Revision(), false)
	back.Add(&r)
	if got := back.Result(); len(got.Passed) != 1 || got.Passed[0].Rule != "secret.key" {
		t.Errorf("back: %+v", got)
	}
	for _, x := range review.Result() {
		if x.Rule == "secret" && (x.Messages != 3 || x.Acted != 3 || x.People != 2) {
			t.Errorf("%+v", x)
		}
	}
}

func TestALogKeepsDaysAndForgets(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(dir, 48*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for i := range 6 {
		l.Add(&Record{Incident: string(rune('a' + i)), Time: start.AddDate(0, 0, i)})
	}
	l.Close()
	l.Add(&Record{})
	if l.Lost() != 1 {
		t.Errorf("%d lost", l.Lost())
	}
	if err := os.WriteFile(filepath.Join(dir, "2026-11-25.jsonl"), append(read(t, filepath.Join(dir, "2026-11-25.jsonl")), `{"i":"cut`...), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	bad, err := Read(dir, start.AddDate(0, 0, 4), func(r *Record) bool { got = append(got, r.Incident); return true })
	if err != nil || bad != 1 || strings.Join(got, "") != "ef" {
		t.Errorf("read %v, %d bad, %v", got, bad, err)
	}
	if list := days(dir); len(list) != 3 || list[0] != "2026-11-23" {
		t.Errorf("kept %v", list)
	}
	if _, err := Read(t.TempDir(), start, func(*Record) bool { return true }); err == nil {
		t.Error("no records are no error")
	}
	info, err := os.Stat(filepath.Join(dir, "2026-11-25.jsonl"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
