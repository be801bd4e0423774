package policy_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// Each line that is marked "# ^ text" must be reported with that text, and no other.
const mistakes = `
title = "mistakes"
severity = "high" # ^ unknown key "severity"

[[rule]]
id = "a"
when = { catgory = ["pii"], info_type = ["pii.*"] } # ^ unknown key "catgory" (category?)
gate = "log"

[[rule]]
id = "a" # ^ the id "a" is already taken by rule[0]
when = { category = ["pi"] } # ^ unknown category "pi"
gate = "blok" # ^ unknown gate "blok" (block?)

[[rule]] # ^ reason is missing
id = "b"
when = { info_type = ["pii.emial"] } # ^ unknown info type "pii.emial" (pii.email?)
gate = "block"

[[rule]]
id = "c"
when = { group = ["national"], with = ["phi.x*"] } # ^ unknown group "national"; unknown info type "phi.x*"
redact = "placehodler" # ^ unknown operator "placehodler" (placeholder?)

[[rule]]
id = "d"
when = { gap = ["over_size", "solar_flare"] } # ^ unknown gap "over_size" (oversize?); unknown gap "solar_flare"
redact = "placeholder" # ^ there is nothing to redact

[[rule]]
id = "e"
when = {} # ^ no condition
gate = "log"

[[rule]]
id = "f"
when = { category = ["pci"], info_type = ["pii.*"] } # ^ no info type fits
gate = "log"

[[rule]]
id = "g"
when = { info_type = ["pii.email"], severity = "critical" } # ^ no info type that fits is that severe
gate = "log"

[[rule]]
id = "h"
when = { category = ["pii"], count = 0, confidence = "sure", severity = "hihg" } # ^ a count is from 1; unknown confidence "sure"; unknown severity "hihg" (high?)
gate = "log"

[[rule]]
id = "i"
when = { category = [], role = ["users"], direction = ["requests"], fact = ["Model"] } # ^ an empty list; unknown role "users" (user?); unknown direction "requests" (request?); not name or name=value
gate = "log"

[[rule]]
id = "j"
when = { category = ["pii"] }
redact = "placeholder" # ^ a blocked message is not edited
gate = "block"
reason = "r"

[[rule]]
id = "k"
when = { category = ["pii"] } # ^ redact acts from medium and coach from high
redact = "placeholder"
gate = "coach"
reason = "r"

[[rule]]
id = "l"
when = { category = ["pii"] }
redact = "placeholder"
gate = "allow" # ^ an edit is always recorded

[[rule]]
id = "m"
when = { category = ["pii"] }
gate = "allow"
alert = true # ^ an alert is always recorded

[[rule]]
id = "n"
when = { category = ["pii"], edit_due = true } # ^ cannot wait for the edit that it makes itself
redact = "placeholder"

[[rule]] # ^ gate is missing
id = "default.o" # ^ taken by the built-in rules
when = { user = [""] } # ^ this is not a name
controls = ["cis 3.2"] # ^ this is not a control id

[[rule]]
id = "P" # ^ an id is words in lower case
when = { app = ["*"] }
gate = 5 # ^ wants a string

[[connection]]
id = "q"
when = {} # ^ no condition
action = "tunel" # ^ unknown action "tunel" (tunnel?)

[[connection]] # ^ id is missing
when = { class = ["otherai"], port = [70000] } # ^ unknown class "otherai" (other_ai?); a port is from 1 to 65535
action = "tunnel"

[[connection]] # ^ reason is missing
id = "w"
when = { class = ["refuse"] }
action = "refuse"

[[connection]]
id = "r"
when = { class = ["inspect", "other"] }
action = "refuse"
reason = "r"

[[connection]]
id = "s"
when = { class = ["inspect", "pass"], user = ["anna"] }
action = "tunnel" # ^ never tunnelled

[[connection]]
id = "t"
when = { class = ["other_ai"] }
action = "inspect" # ^ only hosts of class "inspect"

[[connection]]
id = "u"
when = { host = ["*"] } # ^ say for which class
action = "tunnel"

[[connection]] # ^ never reached: r answers first
id = "v"
when = { class = ["other"], port = [443] }
action = "tunnel"

[[test]] # ^ name is missing
findings = [{ type = "pii.mail", level = "certain", role = "usr" }] # ^ unknown info type "pii.mail"; unknown level "certain"; unknown role "usr" (user?)
gaps = ["overszie"] # ^ unknown gap "overszie" (oversize?)
where = { direction = "respons", facts = ["x"] } # ^ unknown direction "respons" (response?); a fact is name=value
want = { action = "stop", intended = "blck", rule = "bb", redacts = ["pii.emial"], verdict = "redacts" } # ^ unknown action "stop"; unknown intended "blck" (block?); unknown rule "bb"; unknown info type "pii.emial" (pii.email?); unknown verdict "redacts" (redact?)

[[test]]
name = "connection"
connection = { class = "othr" } # ^ unknown class "othr" (other?)
want = {} # ^ says which action it wants
`

func TestParseReportsEveryMistakeWithItsPlace(t *testing.T) {
	_, err := policy.Parse("policies/bad.toml", []byte(mistakes), catalogue(t))
	var errs strict.Errors
	if !errors.As(err, &errs) {
		t.Fatalf("Parse: %v", err)
	}
	got := map[int][]string{}
	for _, e := range errs {
		if e.File != "policies/bad.toml" || e.Col < 1 {
			t.Errorf("%v has no place", e)
		}
		got[e.Line] = append(got[e.Line], e.Error())
	}
	for i, line := range strings.Split(mistakes, "\n") {
		_, text, _ := strings.Cut(line, "# ^ ")
		wants := strings.Split(text, "; ")
		if text == "" {
			wants = nil
		}
		if len(got[i+1]) != len(wants) {
			t.Errorf("line %d: %s\ngot  %q\nwant %q", i+1, line, got[i+1], wants)
			continue
		}
		for _, want := range wants {
			if !slices.ContainsFunc(got[i+1], func(e string) bool { return strings.Contains(e, want) }) {
				t.Errorf("line %d: %q is not among %q", i+1, want, got[i+1])
			}
		}
	}
}

func TestEditDueNeedsARuleThatRedacts(t *testing.T) {
	_, err := policy.Parse("p.toml", []byte("title = \"t\"\n"+rule("a", `gap = ["not_rewritable"], edit_due = true`, block)), catalogue(t))
	if err == nil || !strings.Contains(err.Error(), "p.toml:4:36: no edit is ever due") {
		t.Errorf("Parse: %v", err)
	}
}

func TestLoadNamesTheProfilesThereAre(t *testing.T) {
	for name, want := range map[string]string{
		"l22":            "(l2?)",
		"default":        "among l1, l2, l3",
		"../secrets/own": "there is no profile",
		"":               "there is no profile",
	} {
		if _, err := policy.Load(rules.FS(), name, catalogue(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q): %v, want %q", name, err, want)
		}
	}
}

// layers shows the files of the first file system that has them.
type layers []fs.FS

func (l layers) Open(name string) (fs.File, error) {
	for _, f := range l {
		if file, err := f.Open(name); err == nil {
			return file, nil
		}
	}
	return nil, fs.ErrNotExist
}

func TestOwnProfileReplacesAndAdds(t *testing.T) {
	own := fstest.MapFS{
		"policies/l2.toml":   {Data: []byte("title = \"ours\"\n" + rule("all", `category = ["pii"]`, block))},
		"policies/team.toml": {Data: []byte("title = \"team\"\n" + rule("all", `category = ["pii"]`, log))},
	}
	for name, want := range map[string]policy.Gate{"l2": policy.Block, "team": policy.Log, "l1": policy.Log} {
		p, err := policy.Load(layers{own, rules.FS()}, name, catalogue(t))
		if err != nil {
			t.Fatal(err)
		}
		if d := p.Decide(found(detectors.High, 1, "pii.email")); d.Gate != want || p.Profile() != name {
			t.Errorf("%s (%s): %s, want %s", p.Profile(), p.Title(), d.Gate, want)
		}
	}
}

func TestRevisionChangesWithWhatDecides(t *testing.T) {
	text := rule("all", `category = ["pii"]`, log)
	a, again, other := parse(t, text), parse(t, text), parse(t, text+"# a comment\n")
	if a.Revision() != again.Revision() || a.Revision() == other.Revision() || !strings.HasPrefix(a.Revision(), "sha256:") {
		t.Errorf("revisions %s, %s, %s", a.Revision(), again.Revision(), other.Revision())
	}
	wider, err := catalogue(t).Overlay(fstest.MapFS{"infotypes.toml": {Data: []byte(`infotype = [{ name = "pii.badge", group = "contact", title = "badge number" }]`)}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := policy.Parse("policies/test.toml", []byte("title = \"test\"\n"+text), wider)
	if err != nil || b.Revision() == a.Revision() {
		t.Errorf("one info type more: %s, %v", b.Revision(), err)
	}
}

// A test that fails says where it stands and what it got instead.
func TestPolicyTestsFailWithTheirLine(t *testing.T) {
	p := parse(t, rule("pii", `category = ["pii"]`, redact)+`
[[test]]
name = "good"
findings = [{ type = "pii.email" }]
want = { action = "redact", rule = "pii", redacts = ["pii.email"], alert = false }

[[test]]
row = "contact"
name = "bad"
who = { user = "anna", groups = ["staff"], network = "lab" }
findings = [{ type = "pii.email", count = 3, distinct = 2 }, { type = "pii.phone", level = "low" }]
gaps = ["image"]
want = { action = "block", verdict = "block", intended = "block", redacts = [], gap = "image", alert = false }

[[test]]
name = "connection"
connection = { class = "other", host = "example.com" }
want = { action = "tunnel", count = false }
`)
	want := []policy.TestResult{
		{Policy: "test", Name: "good", File: "policies/test.toml", Line: 8},
		{Policy: "test", Name: "contact: bad", File: "policies/test.toml", Line: 13,
			Failure: "action is redact, want block; verdict is redact, want block; intended is log, want block; gap is nothing, want image; redacts is pii.email, want nothing; alert is true, want false; decided by pii"},
		{Policy: "test", Name: "connection", File: "policies/test.toml", Line: 21, Failure: "action is refuse, want tunnel; count is true, want false"},
	}
	got := p.Test()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("test %d:\ngot  %+v\nwant %+v", i, fmt.Sprint(got[min(i, len(got)-1)]), fmt.Sprint(want[min(i, len(want)-1)]))
		}
	}
}

// Every rule of the shipped profiles says what it is evidence for and who asks
// for it, and is met by a test.
func TestShippedRulesAreEvidence(t *testing.T) {
	for _, name := range policy.Profiles(rules.FS()) {
		data, err := fs.ReadFile(rules.FS(), "policies/"+name+".toml")
		if err != nil {
			t.Fatal(err)
		}
		tables := strings.Split(string(data), "\n[[")
		company, err := os.ReadFile("../../deploy/policies/company.toml") // tests what needs lists of a company's own
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(tables, "\n") + string(company)
		for _, table := range tables[1:] {
			if !strings.HasPrefix(table, "rule]") && !strings.HasPrefix(table, "connection]") && !strings.HasPrefix(table, "test]") {
				continue
			}
			if strings.HasPrefix(table, "test") {
				if !strings.Contains(table, "\nrow = ") {
					t.Errorf("%s: a test names no row: %.80q", name, table)
				}
				continue
			}
			for _, key := range []string{"\ncontrols = [", "\nsource = "} {
				if !strings.Contains(table, key) {
					t.Errorf("%s: no%s in %.60q", name, strings.TrimSpace(key), table)
				}
			}
			_, id, _ := strings.Cut(table, `id = `)
			id, _, _ = strings.Cut(id, "\n")
			if !strings.Contains(text, "rule = "+id) {
				t.Errorf("%s: rule %s decides no test", name, id)
			}
		}
	}
}
