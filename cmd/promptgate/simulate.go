package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/shape"
)

func shapesDir(state string) string { return filepath.Join(state, "shapes") }

// records opens what the state directory keeps.
func (t policyTask) records() (dir string, n *shape.Namer, err error) {
	state, err := t.cfg.State(t.p.getenv)
	if err != nil {
		return "", n, err
	}
	key, err := evidenceKey(state)
	return shapesDir(state), inspect.Namer(key), err
}

// simulate tries a policy on past messages.
func (t policyTask) simulate(name string) error {
	fresh, err := t.load(name)
	if err != nil {
		return err
	}
	then, err := t.load(t.cfg.Profile)
	if err != nil {
		return err
	}
	dir, namer, err := t.records()
	if err != nil {
		return err
	}
	names, globs := namer.Names(then, fresh)
	sim := shape.NewSimulator(then, fresh, names)
	bad, err := shape.Read(dir, time.Now().Add(-t.since), func(r *shape.Record) bool {
		sim.Add(r)
		return true
	})
	if err != nil {
		return err
	}
	out := sim.Result()
	if t.json {
		return t.print(struct {
			shape.Simulation
			Unanswered []string // patterns that records cannot answer
			Unreadable int      // records
		}{out, globs, bad})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s in %s, under %s\n", count(out.Messages, "message"), people(out.People), t.since, fresh.Profile())
	for _, e := range []struct {
		what    string
		effects []shape.Effect
	}{{"newly stopped", out.Blocked}, {"newly let through", out.Passed}, {"newly replaced", out.Redacted}, {"no longer replaced", out.Clear}} {
		total := 0
		for _, x := range e.effects {
			total += x.Messages
		}
		fmt.Fprintf(&b, "\n%-20s %d\n", e.what, total)
		for _, x := range e.effects {
			fmt.Fprintf(&b, "  %-28s %6d by %-12s such as %s\n", x.Rule, x.Messages, people(x.People), x.Example)
		}
	}
	fmt.Fprintf(&b, "\nWhat detectors would find differently today is not simulated: records hold what was found then.\n")
	if out.Checked > 0 {
		fmt.Fprintf(&b, "Of %s that the policy in force decided, it decides %d again alike.\n", count(out.Checked, "message"), out.Checked-out.Different)
	} else {
		fmt.Fprintf(&b, "The policy in force has decided none of these messages; what was decided is as recorded.\n")
	}
	if len(globs) > 0 {
		fmt.Fprintf(&b, "Records hide names; patterns of a part of one match none of them: %s\n", strings.Join(globs, ", "))
	}
	if bad > 0 {
		fmt.Fprintf(&b, "%s could not be read.\n", count(bad, "record"))
	}
	_, err = fmt.Fprint(t.p.stdout, b.String())
	return err
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// readiness says what each rule has done.
func (t policyTask) readiness() error {
	pol, err := t.load(t.cfg.Profile)
	if err != nil {
		return err
	}
	dir, _, err := t.records()
	if err != nil {
		return err
	}
	review := shape.NewReview()
	if _, err := shape.Read(dir, time.Now().Add(-t.since), func(r *shape.Record) bool {
		review.Add(r)
		return true
	}); err != nil {
		return err
	}
	list := review.Result()
	seen := map[string]bool{}
	if !t.json {
		if _, err := fmt.Fprintf(t.p.stdout, "%-28s %9s %9s %9s %9s\n", "rule", "matched", "acted", "would act", "people"); err != nil {
			return err
		}
	}
	for _, x := range pol.Parts() {
		if x.Kind == "rule" {
			seen[x.ID] = true
		}
	}
	met := map[string]bool{}
	for _, r := range list {
		met[r.Rule] = true
	}
	for _, x := range pol.Parts() { // what never matched is the news
		if x.Kind == "rule" && !met[x.ID] {
			list = append(list, shape.Readiness{Rule: x.ID})
		}
	}
	for _, r := range list {
		if t.json {
			err = t.print(r)
		} else {
			note := ""
			if !seen[r.Rule] && !strings.HasPrefix(r.Rule, "default.") {
				note = "  not in the policy any more"
			}
			_, err = fmt.Fprintf(t.p.stdout, "%-28s %9d %9d %9d %9d%s\n", r.Rule, r.Messages, r.Acted, r.WouldAct, r.People, note)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// explain says why a message was decided as it was.
func (t policyTask) explain(incident string) error {
	pol, err := t.load(t.cfg.Profile)
	if err != nil {
		return err
	}
	dir, namer, err := t.records()
	if err != nil {
		return err
	}
	var found *shape.Record
	if _, err := shape.Read(dir, time.Time{}, func(r *shape.Record) bool {
		if r.Incident == incident {
			found = r // the last of several: a message may be decided again for its record
		}
		return true
	}); err != nil {
		return err
	}
	if found == nil {
		return fmt.Errorf("there is no record of incident %s in %s", incident, dir)
	}
	if t.json {
		return t.print(found)
	}
	names, _ := namer.Names(pol)
	_, err = fmt.Fprint(t.p.stdout, recordInWords(pol, found, found.Message(names)))
	return err
}

// recordInWords is a record in words.
func recordInWords(pol *policy.Policy, r *shape.Record, m policy.Message) string {
	var b strings.Builder
	line := func(name, format string, a ...any) { fmt.Fprintf(&b, "%-10s %s\n", name, fmt.Sprintf(format, a...)) }
	x := &r.Decided
	line("incident", "%s, %s", r.Incident, r.Time.Format(time.RFC3339))
	line("where", "%s, %s, %s", orNone(r.App), orNone(r.Activity), orNone(r.Endpoint))
	if len(r.Groups) > 0 || r.Network != "" {
		line("who", "groups %s, network %s", orNone(strings.Join(r.Groups, ", ")), orNone(r.Network))
	}
	for _, f := range m.Facts {
		line("setting", "%s = %s", f.Name, f.Value)
	}
	for _, f := range r.Findings {
		line("found", "%d × %s, %s, in %s text, by %s", len(f.Values), f.Type, level(f.Confidence), orNone(f.Role), orNone(f.Rule))
	}
	for _, g := range r.Gaps {
		line("gap", "%s", g)
	}
	line("decided", "%s (asked for: %s), by %s of %s", x.Action, x.Intended, orNone(x.Rule), x.Profile)
	if x.Action != x.Verdict {
		line("monitor", "without it: %s", x.Verdict)
	}
	if pol.Revision() != x.Revision {
		line("policy", "another revision than the one in force; the rules are told as they are now")
	} else if !shape.Reproduced(pol, r, m) {
		line("policy", "the record does not hold all that the policy asks for: decided again, it is %s by %s", pol.Decide(m).Summary(), orNone(pol.Decide(m).Rule))
	}
	for _, id := range x.Rules {
		told := false
		for _, part := range pol.Parts() {
			if part.Kind == "rule" && part.ID == id {
				told = true
				var conditions []string
				for _, key := range sortedKeys(part.Values) {
					if when, ok := strings.CutPrefix(key, "when."); ok {
						conditions = append(conditions, when+" = "+part.Values[key])
					}
				}
				does := part.Values["gate"]
				if r := part.Values["redact"]; r != "" {
					does = strings.TrimSpace(does + " redact " + r)
				}
				line("rule", "%s: %s when %s (%s:%d)", id, does, strings.Join(conditions, "; "), part.File, part.Line)
			}
		}
		if !told {
			line("rule", "%s", id)
		}
	}
	return b.String()
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func level(confidence int) string { return detectors.Confidence(confidence).Level().String() }
