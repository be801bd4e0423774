package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// A loader turns the entries of one file into a policy and collects mistakes.
type loader struct {
	doc  *strict.Document
	c    *rules.Catalogue
	errs strict.Errors
	p    *Policy

	ids      map[string]string // of rules and connections → path of the first
	controls map[string]int32
	redacts  bool // some rule has a redact

	types, categories, groups, causes []string
}

func newLoader(doc *strict.Document, c *rules.Catalogue) *loader {
	l := &loader{doc: doc, c: c, p: &Policy{}, ids: make(map[string]string), categories: rules.Categories()}
	for _, t := range c.InfoTypes() {
		l.types = append(l.types, t.Name)
	}
	for _, g := range c.Groups() {
		l.groups = append(l.groups, g.Name)
	}
	for _, cause := range detectors.Causes() {
		l.causes = append(l.causes, string(cause))
	}
	return l
}

func (l *loader) bad(path, format string, a ...any) *strict.Error {
	e := l.doc.Errorf(path, format, a...)
	l.errs = append(l.errs, e)
	return e
}

// wrong reports whether there is a mistake at path or below it.
func (l *loader) wrong(path string) bool {
	return slices.ContainsFunc(l.errs, func(e *strict.Error) bool { return e.Key == path || strings.HasPrefix(e.Key, path+".") })
}

func (l *loader) load(f *fileEntry) {
	if f.Title == "" {
		l.bad("title", "title is missing: say in a few words what the policy is for")
	}
	l.redacts = slices.ContainsFunc(f.Rules, func(r ruleEntry) bool { return r.Redact != "" })
	l.controlTable(f)
	for i := range f.Rules {
		r := l.rule(fmt.Sprintf("rule[%d]", i), &f.Rules[i])
		r.monitor = r.monitor || f.Monitor
		l.p.rules = append(l.p.rules, r)
	}
	l.p.addBuiltin(f.Monitor)
	l.p.index(l.c)
	for i := range f.Connections {
		l.p.conns = append(l.p.conns, l.connection(i, &f.Connections[i]))
	}
	l.shadowed()
	for i := range f.Tests {
		l.p.tests = append(l.p.tests, l.test(i, &f.Tests[i]))
	}
}

// controlTable numbers the controls, sorted by id.
func (l *loader) controlTable(f *fileEntry) {
	for i, r := range f.Rules {
		l.names(fmt.Sprintf("rule[%d].controls", i), "a control id", r.Controls, controlID)
		l.p.controls = append(l.p.controls, r.Controls...)
	}
	slices.Sort(l.p.controls)
	l.p.controls = slices.Compact(l.p.controls)
	l.controls = make(map[string]int32, len(l.p.controls))
	for i, c := range l.p.controls {
		l.controls[c] = int32(i)
	}
}

var (
	ruleID    = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	controlID = regexp.MustCompile(`^[A-Z][A-Z0-9]*-[A-Z0-9.()-]+$`)
)

// id checks the id of the rule or connection at path.
func (l *loader) id(path, id string) {
	switch {
	case id == "":
		l.bad(path+".id", "id is missing")
	case !ruleID.MatchString(id):
		l.bad(path+".id", "an id is words in lower case joined by dots")
	case strings.HasPrefix(id, builtinPrefix):
		l.bad(path+".id", "ids that begin with %q are taken by the built-in rules", builtinPrefix)
	case l.ids[id] != "":
		l.bad(path+".id", "the id %q is already taken by %s", id, l.ids[id])
	default:
		l.ids[id] = path
	}
}

// rule compiles a [[rule]].
func (l *loader) rule(path string, e *ruleEntry) rule {
	l.id(path, e.ID)
	r := rule{id: e.ID, operator: e.Redact, monitor: e.Monitor, alert: e.Alert, reason: e.Reason, guidance: e.Guidance, note: e.Note}
	for _, c := range e.Controls {
		r.controls = append(r.controls, l.controls[c])
	}
	slices.Sort(r.controls)
	l.action(path, e, &r)
	l.when(path+".when", &e.When, &r)
	l.possible(path, e, &r)
	return r
}

// action reads what the rule does.
func (l *loader) action(path string, e *ruleEntry, r *rule) {
	if e.Redact != "" && !slices.Contains(operators(), e.Redact) {
		l.bad(path+".redact", "unknown operator %q", e.Redact).Hint = strict.Suggest(e.Redact, operators())
	}
	switch i := slices.Index(gateNames[:], e.Gate); {
	case e.Gate == "" && e.Redact != "":
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

// when reads the conditions.
func (l *loader) when(path string, w *whenEntry, r *rule) {
	r.finds = slices.ContainsFunc([]string{"category", "info_type", "group", "with", "confidence", "severity", "role", "evidence", "count", "distinct", "persons"},
		func(key string) bool { return l.doc.Has(path + "." + key) })
	r.categories = l.oneOf(path+".category", "category", w.Category, l.categories)
	r.infoTypes = l.typeGlobs(path+".info_type", w.InfoType)
	r.infoGroups = l.oneOf(path+".group", "group", w.Group, l.groups)
	r.with = l.typeGlobs(path+".with", w.With)
	r.confidence = l.confidence(path+".confidence", w.Confidence, r.gate)
	if w.Severity != "" {
		if r.severity = parseSeverity(w.Severity); r.severity == anySeverity {
			l.bad(path+".severity", "unknown severity %q", w.Severity).Hint = strict.Suggest(w.Severity, severityNames())
		}
	}
	for _, role := range l.oneOf(path+".role", "role", w.Role, roles()) {
		r.roles = append(r.roles, content.Role(role))
	}
	r.evidence = l.names(path+".evidence", "an evidence name", w.Evidence, nil)
	r.count = l.atLeast(path+".count", w.Count)
	r.distinct = l.atLeast(path+".distinct", w.Distinct)
	r.persons = l.atLeast(path+".persons", w.Persons)
	for _, g := range l.oneOf(path+".gap", "gap", w.Gap, l.causes) {
		r.gaps = append(r.gaps, detectors.Cause(g))
	}
	r.editDue = w.EditDue
	r.apps = l.names(path+".app", "a name", w.App, nil)
	r.activities = l.names(path+".activity", "a name", w.Activity, nil)
	r.endpoints = l.names(path+".endpoint", "a name", w.Endpoint, nil)
	r.users = l.names(path+".user", "a name", w.User, nil)
	r.groups = l.names(path+".user_group", "a name", w.UserGroup, nil)
	r.networks = l.names(path+".network", "a name", w.Network, nil)
	for _, f := range l.names(path+".fact", "name or name=value", w.Fact, factForm) {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			value = "*"
		}
		r.facts = append(r.facts, factGlob{name, value})
	}
	for _, d := range l.oneOf(path+".direction", "direction", w.Direction, []string{Request.String(), Response.String()}) {
		if d == Response.String() {
			r.directions = append(r.directions, Response)
		} else {
			r.directions = append(r.directions, Request)
		}
	}
}

var factForm = regexp.MustCompile(`^[a-z0-9_*.]+(=.+)?$`)

// oneOf checks that each value is in the vocabulary.
func (l *loader) oneOf(path, what string, values, vocabulary []string) []string {
	l.given(path, len(values))
	for i, v := range values {
		if !slices.Contains(vocabulary, v) {
			l.bad(fmt.Sprintf("%s[%d]", path, i), "unknown %s %q", what, v).Hint = strict.Suggest(v, vocabulary)
		}
	}
	return values
}

// typeGlobs checks that each pattern fits an info type.
func (l *loader) typeGlobs(path string, patterns []string) []string {
	l.given(path, len(patterns))
	for i, p := range patterns {
		if !slices.ContainsFunc(l.types, func(t string) bool { return glob(p, t) }) {
			l.bad(fmt.Sprintf("%s[%d]", path, i), "unknown info type %q", p).Hint = strict.Suggest(p, l.types)
		}
	}
	return patterns
}

// names checks that no value is empty or of another form.
func (l *loader) names(path, what string, values []string, form *regexp.Regexp) []string {
	l.given(path, len(values))
	for i, v := range values {
		if v == "" || form != nil && !form.MatchString(v) {
			l.bad(fmt.Sprintf("%s[%d]", path, i), "this is not %s", what)
		}
	}
	return values
}

// given refuses a list that is written and empty: nothing is in it, so it could
// mean that the rule never matches, or always.
func (l *loader) given(path string, n int) {
	if n == 0 && l.doc.Has(path) {
		l.bad(path, "an empty list: leave the key out, or say what is meant")
	}
}

func (l *loader) atLeast(path string, n int) int {
	if n < 1 && l.doc.Has(path) {
		l.bad(path, "a count is from 1")
	}
	return n
}

// confidence is the level from which a rule counts findings. Unless it says
// otherwise, log and redact act from Medium, coach and stricter from High.
func (l *loader) confidence(path, name string, g Gate) detectors.Confidence {
	if name == "" {
		if g >= Coach {
			return detectors.High
		}
		return detectors.Medium
	}
	c, ok := parseLevel(name)
	if !ok {
		l.bad(path, "unknown confidence %q", name).Hint = strict.Suggest(name, levelNames())
	}
	return c
}

// possible refuses rules that cannot match, or always do.
func (l *loader) possible(path string, e *ruleEntry, r *rule) {
	when := path + ".when"
	if !r.conditional() && !l.doc.Has(when+".edit_due") {
		l.bad(when, `no condition: a rule for every message says so, app = ["*"]`)
	}
	if r.redacts() && !r.finds {
		l.bad(path+".redact", "there is nothing to redact: the rule is not about findings")
	}
	if r.editDue && r.redacts() {
		l.bad(when+".edit_due", "a rule cannot wait for the edit that it makes itself")
	}
	if r.editDue && !l.redacts {
		l.bad(when+".edit_due", "no edit is ever due: no rule of this policy redacts")
	}
	if !r.finds {
		return
	}
	most, any := anySeverity, false
	for _, t := range l.c.InfoTypes() {
		if r.takesType(detectors.InfoType(t.Name), t.Group) {
			any, most = true, max(most, parseSeverity(t.Severity))
		}
	}
	for _, d := range l.c.Rules() {
		if t, ok := l.c.InfoType(d.InfoType); ok && r.takesType(detectors.InfoType(t.Name), t.Group) {
			most = max(most, parseSeverity(d.Severity))
		}
	}
	switch {
	case l.wrong(when): // a misspelt name fits nothing, and has been reported
	case !any:
		l.bad(when, "this cannot match: no info type fits category, info_type and group at once")
	case most < r.severity:
		l.bad(when+".severity", "this cannot match: no info type that fits is that severe")
	}
}

func operators() []string     { return []string{"placeholder"} }
func levelNames() []string    { return []string{"low", "medium", "high"} }
func severityNames() []string { return []string{"low", "medium", "high", "critical"} }

func roles() []string {
	return []string{string(content.RoleUser), string(content.RoleSystem), string(content.RoleAssistant), string(content.RoleTool), string(content.RoleMetadata), string(content.RoleFile)}
}

// parseSeverity is anySeverity for a name that is none.
func parseSeverity(name string) severity {
	return severity(slices.Index(severityNames(), name) + 1)
}

func parseLevel(name string) (detectors.Confidence, bool) {
	switch name {
	case "low":
		return detectors.Low, true
	case "medium":
		return detectors.Medium, true
	case "high":
		return detectors.High, true
	}
	return detectors.High, false
}
