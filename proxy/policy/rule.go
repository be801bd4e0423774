package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/rules/strict"
)

// rule compiles a [[rule]].
func (l *loader) rule(path string, e *ruleEntry) rule {
	r := rule{id: e.ID, aliases: e.Aliases, monitor: e.Monitor, alert: e.Alert, reason: e.Reason, guidance: e.Guidance, note: e.Note,
		owners: l.names(path+".owner", "a name", e.Owner, nil), file: l.doc.File(), line: l.doc.Errorf(path, "").Line}
	for _, c := range e.Controls {
		r.controls = append(r.controls, l.controls[c])
	}
	slices.Sort(r.controls)
	r.operators = l.operators(path+".redact", e.Redact)
	l.action(path, e, &r)
	n := int32(len(l.p.rules))
	add := func(path string, e *clauseEntry) int32 {
		c := l.clause(path, e, r.gate)
		c.rule = n
		r.finds = r.finds || c.finds
		l.p.clauses = append(l.p.clauses, c)
		return int32(len(l.p.clauses) - 1)
	}
	r.own = add(path+".when", &e.When.clauseEntry)
	for i := range e.When.Any {
		r.any = add(fmt.Sprintf("%s.when.any[%d]", path, i), &e.When.Any[i]) + 1
	}
	r.any = max(r.any, r.own+1)
	for i := range e.When.All {
		add(fmt.Sprintf("%s.when.all[%d]", path, i), &e.When.All[i])
	}
	r.end = int32(len(l.p.clauses))
	l.possible(path, e, &r)
	return r
}

// action reads what the rule does.
func (l *loader) action(path string, e *ruleEntry, r *rule) {
	switch i := slices.Index(gateNames[:], e.Gate); {
	case e.Gate == "" && e.Redact != nil:
		r.gate = Log
	case l.wrong(path + ".gate"):
		return
	case e.Gate == "":
		l.bad(path+".gate", "gate is missing: %s", strings.Join(gateNames[:], ", "))
	case i < 0:
		l.bad(path+".gate", "unknown gate %q", e.Gate).Hint = strict.Suggest(e.Gate, gateNames[:])
		return
	default:
		r.gate = Gate(i)
	}
	switch {
	case r.redacts() && r.gate == Allow && e.Gate != "":
		l.bad(path+".gate", "an edit is always recorded: the gate of a rule that redacts is log or stricter")
	case r.redacts() && r.gate == Block:
		l.bad(path+".redact", "a blocked message is not edited: leave out redact, or make it a rule of its own")
	case r.redacts() && r.gate > Log && e.When.Confidence == "":
		l.bad(path+".when", "redact acts from medium and %s from high: say which confidence, or make two rules", r.gate)
	case r.alert && r.gate == Allow && e.Gate != "":
		l.bad(path+".alert", "an alert is always recorded: its gate is log or stricter")
	case r.gate > Log && r.reason == "":
		l.bad(path+".reason", "reason is missing: it is what the person is told")
	}
}

// operators reads a redact: one operator, or a table of them by info type.
func (l *loader) operators(path string, redact any) (out []operatorGlob) {
	one := func(path, types string, v any) {
		name, ok := v.(string)
		i := slices.Index(operatorNames[:], name)
		switch {
		case !ok:
			l.bad(path, "an operator is a name: %s", strings.Join(operatorNames[:], ", "))
		case i < 0:
			l.bad(path, "unknown operator %q", name).Hint = strict.Suggest(name, operatorNames[:])
		default:
			out = append(out, operatorGlob{types, operator(i)})
		}
	}
	switch v := redact.(type) {
	case nil:
	case map[string]any:
		for types, name := range v {
			at := path + "." + quoteKey(types)
			if !slices.ContainsFunc(l.types, func(t string) bool { return glob(types, t) }) {
				l.bad(at, "unknown info type %q", types).Hint = strict.Suggest(types, l.types)
			}
			one(at, types, name)
		}
		slices.SortFunc(out, func(a, b operatorGlob) int { // the longest first
			return cmp.Or(len(b.types)-len(a.types), compare(a.types, b.types))
		})
	default:
		one(path, "*", v)
	}
	if redact != nil && len(out) == 0 {
		out = []operatorGlob{{"*", placeholder}} // a mistake that has been told
	}
	return out
}

// possible refuses rules that cannot match, or always do.
func (l *loader) possible(path string, e *ruleEntry, r *rule) {
	when := path + ".when"
	own := &l.p.clauses[r.own]
	if !own.conditional() && r.end == r.own+1 && !l.doc.Has(when+".edit_due") {
		l.bad(when, `no condition: a rule for every message says so, app = ["*"]`)
	}
	if len(e.When.Any) == 1 {
		l.bad(when+".any", "one of one: write its conditions without any")
	}
	if r.redacts() && !r.finds {
		l.bad(path+".redact", "there is nothing to redact: the rule is not about findings")
	}
	if own.editDue && r.redacts() {
		l.bad(when+".edit_due", "a rule cannot wait for the edit that it makes itself")
	}
	if own.editDue && !l.redacts {
		l.bad(when+".edit_due", "no edit is ever due: no rule of this policy redacts")
	}
	l.clausePossible(when, own)
	for c := r.own + 1; c < r.any; c++ {
		l.branchPossible(fmt.Sprintf("%s.any[%d]", when, c-r.own-1), &l.p.clauses[c])
	}
	for c := r.any; c < r.end; c++ {
		l.branchPossible(fmt.Sprintf("%s.all[%d]", when, c-r.any), &l.p.clauses[c])
	}
}

func (l *loader) branchPossible(path string, c *clause) {
	if l.doc.Has(path + ".edit_due") {
		l.bad(path+".edit_due", "edit_due stands beside any and all, not within")
	}
	if !c.conditional() {
		l.bad(path, "no condition: this branch always holds")
	}
	l.clausePossible(path, c)
}

func (l *loader) clausePossible(path string, c *clause) {
	if !c.finds {
		return
	}
	most, any := anySeverity, false
	for _, t := range l.c.InfoTypes() {
		if c.takesType(detectors.InfoType(t.Name), t.Group) {
			any, most = true, max(most, parseSeverity(t.Severity))
		}
	}
	for _, d := range l.c.Rules() {
		if t, ok := l.c.InfoType(d.InfoType); ok && c.takesType(detectors.InfoType(t.Name), t.Group) {
			most = max(most, parseSeverity(d.Severity))
		}
	}
	switch {
	case l.wrong(path): // a misspelt name fits nothing, and has been reported
	case !any:
		l.bad(path, "this cannot match: no info type fits category, info_type and group at once")
	case most < c.severity:
		l.bad(path+".severity", "this cannot match: no info type that fits is that severe")
	}
}
