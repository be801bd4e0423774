package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A Change is one difference between two policies, in words.
type Change struct {
	What string // "added", "removed", "changed", "renamed"
	Part string // "rule card.bulk"
	How  string // "gate is block, was log (stricter)"; "" of what is added or removed whole
	File string // of the newer part, or of the removed one
	Line int
}

// String is the change as a sentence.
func (c Change) String() string {
	s := c.Part + " " + map[string]string{"added": "is new", "removed": "is gone", "changed": "has changed", "renamed": "has a new name"}[c.What]
	if c.How != "" {
		s += ": " + c.How
	}
	return s
}

// Diff says in words what is different in after.
func Diff(before, after *Policy) (out []Change) {
	index := func(p *Policy) map[string]Part {
		m := make(map[string]Part, len(p.parts))
		for _, x := range p.parts {
			m[x.Name()] = x
		}
		return m
	}
	old, fresh := index(before), index(after)
	former := map[string]string{} // of rules: former name → new one
	for i := range after.rules {
		for _, a := range after.rules[i].aliases {
			former["rule "+a] = "rule " + after.rules[i].id
		}
	}
	renamed := map[string]Part{}
	for _, x := range before.parts {
		if _, still := fresh[x.Name()]; still {
			continue
		}
		if name := former[x.Name()]; name != "" {
			if _, known := fresh[name]; known {
				renamed[name] = x
				continue
			}
		}
		out = append(out, Change{What: "removed", Part: x.Name(), How: summary(x), File: x.File, Line: x.Line})
	}
	for _, x := range after.parts {
		was, known := old[x.Name()]
		if o, ok := renamed[x.Name()]; ok {
			out = append(out, Change{What: "renamed", Part: x.Name(), How: "it was " + o.ID, File: x.File, Line: x.Line})
			was, known = o, true
		}
		if !known {
			out = append(out, Change{What: "added", Part: x.Name(), How: summary(x), File: x.File, Line: x.Line})
			continue
		}
		for _, k := range keysOf(was.Values, x.Values) {
			if a, b := was.Values[k], x.Values[k]; a != b && k != "aliases" {
				out = append(out, Change{What: "changed", Part: x.Name(), How: sentence(k, a, b), File: x.File, Line: x.Line})
			}
		}
	}
	return out
}

// summary says what a rule does, for one that is new or gone.
func summary(p Part) string {
	switch p.Kind {
	case "rule":
		var does []string
		if g := p.Values["gate"]; g != "" {
			does = append(does, g)
		}
		for k, v := range p.Values {
			if k == "redact" || strings.HasPrefix(k, "redact.") {
				does = append(does, "redact by "+v)
			}
		}
		slices.Sort(does)
		return strings.Join(slices.Compact(does), ", ")
	case "exception":
		return fmt.Sprintf("from %s until %s, approved by %s", p.Values["rules"], p.Values["expires"], p.Values["approved_by"])
	case "gpt", "exempt":
		return "until " + p.Values["expires"]
	case "connection":
		return p.Values["action"]
	}
	return ""
}

// sentence says how one key has changed, and of a gate which way.
func sentence(key, was, is string) string {
	switch {
	case was == "":
		return key + " is " + is + ", and was not set"
	case is == "":
		return key + " is not set, and was " + was
	}
	s := key + " is " + is + ", was " + was
	if key == "gate" {
		if slices.Index(gateNames[:], is) > slices.Index(gateNames[:], was) {
			return s + " (stricter)"
		}
		return s + " (looser)"
	}
	return s
}
