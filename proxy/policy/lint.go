package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Remark is something in a policy that loads and is probably not meant.
type Remark struct {
	File string
	Line int
	Part string // "rule card"
	Text string
}

// maxOwners is how many owners a rule has at most: the guide asks for one or two.
const maxOwners = 2

// Lint looks for what loads and is probably not meant: rules without an effect,
// rules that contradict each other, what has expired or never will, too many
// owners, and rules that no test meets. now is the moment to judge expiry by.
func (p *Policy) Lint(now time.Time) (out []Remark) {
	say := func(x Part, format string, a ...any) {
		out = append(out, Remark{x.File, x.Line, x.Name(), fmt.Sprintf(format, a...)})
	}
	for _, x := range p.parts {
		switch x.Kind {
		case "rule":
			if n := len(strings.Split(x.Values["owner"], ", ")); x.Values["owner"] != "" && n > maxOwners {
				say(x, "it has %d owners; one or two can answer for it", n)
			}
		case "exception", "gpt", "exempt", "feature":
			p.lintExpiry(x, now, say)
		case "overlay":
			if t, err := time.Parse(time.RFC3339, x.Values["enforce_from"]); err == nil && !now.Before(t) {
				say(x, "it is enforced since %s: the mode has no effect any more", x.Values["enforce_from"])
			} else if x.Values["mode"] == "monitor" && x.Values["enforce_from"] == "" {
				say(x, "it is monitored without an end: say enforce_from")
			}
		}
	}
	p.lintRules(say)
	for _, x := range p.Coverage().Never {
		say(x, "no test meets it")
	}
	slices.SortStableFunc(out, func(a, b Remark) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return out
}

func (p *Policy) lintExpiry(x Part, now time.Time, say func(Part, string, ...any)) {
	t, err := time.Parse(time.RFC3339, x.Values["expires"])
	switch {
	case err != nil:
	case !now.Before(t):
		say(x, "it has expired on %s, and has no effect", x.Values["expires"])
	case t.Sub(now) > 400*24*time.Hour:
		say(x, "it expires in %d days: what is approved is looked at again within a year", int(t.Sub(now).Hours()/24))
	}
}

// lintRules compares each rule with each other one.
func (p *Policy) lintRules(say func(Part, string, ...any)) {
	parts := map[string]Part{}
	for _, x := range p.parts {
		if x.Kind == "rule" {
			parts[x.ID] = x
		}
	}
	for i := range p.rules {
		r := &p.rules[i]
		x, known := parts[r.id]
		if !known {
			continue
		}
		for j := range p.rules {
			o := &p.rules[j]
			y, known := parts[o.id]
			if i == j || !known || o.monitor && !r.monitor {
				continue
			}
			same := equalConditions(x, y) && p.clauses[o.own].confidence <= p.clauses[r.own].confidence
			switch {
			case same && j < i && r.gate == o.gate && r.redacts() == o.redacts():
				say(x, "it does what %s does, under the same conditions", y.Name())
			case same && o.gate == Block && r.redacts():
				say(x, "it contradicts %s, which blocks under the same conditions: nothing is ever replaced", y.Name())
			case same && o.gate > r.gate && r.gate <= Log && !r.redacts() && !r.alert:
				say(x, "it contradicts %s, which is stricter under the same conditions: it never decides", y.Name())
			case !same && o.gate >= r.gate && o.gate >= Coach && !r.redacts() && wider(y, x):
				say(x, "it is shadowed by %s, which is as strict and matches whenever this does", y.Name())
			}
		}
	}
}

// conditions are the keys below when, with the confidence that the gate implies.
func conditions(x Part) map[string]string {
	out := map[string]string{}
	for k, v := range x.Values {
		if strings.HasPrefix(k, "when.") {
			out[k] = v
		}
	}
	if out["when.confidence"] == "" {
		out["when.confidence"] = "medium"
		if g := slices.Index(gateNames[:], x.Values["gate"]); Gate(max(g, 0)) >= Coach {
			out["when.confidence"] = "high"
		}
	}
	return out
}

func equalConditions(x, y Part) bool {
	a, b := conditions(x), conditions(y)
	delete(a, "when.confidence")
	delete(b, "when.confidence")
	return equalMaps(a, b)
}

func equalMaps(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// wider reports whether y matches whenever x does, as far as that can be read off
// plain lists: each condition of y stands in x too, with a part of its list.
// Branches, negations and counts are taken to be different unless they are equal.
func wider(y, x Part) bool {
	a, b := conditions(y), conditions(x)
	level := []string{"low", "medium", "high"}
	if slices.Index(level, a["when.confidence"]) > slices.Index(level, b["when.confidence"]) {
		return false
	}
	delete(a, "when.confidence")
	for k, want := range a {
		have, there := b[k]
		if !there {
			return false
		}
		if have == want {
			continue
		}
		if strings.ContainsAny(k, "[") || !slices.Contains([]string{"when.category", "when.info_type", "when.group", "when.app", "when.activity", "when.gap", "when.user_group"}, k) {
			return false
		}
		all := strings.Split(want, ", ")
		for _, h := range strings.Split(have, ", ") {
			if !slices.Contains(all, h) {
				return false
			}
		}
	}
	return true
}
