package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// A loader turns the entries of files into a policy and collects mistakes.
type loader struct {
	sources []*source
	doc     *strict.Document // of the entry that is being read
	c       *rules.Catalogue
	errs    strict.Errors
	p       *Policy

	sets     map[string][]string
	ids      map[string]string // of everything that decides → its kind
	retired  map[string]bool
	controls map[string]int32
	redacts  bool // some rule has a redact

	types, categories, groups, causes []string
}

func newLoader(c *rules.Catalogue) *loader {
	l := &loader{c: c, p: &Policy{}, sets: make(map[string][]string), ids: make(map[string]string), retired: make(map[string]bool),
		categories: rules.Categories()}
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

func (l *loader) badAt(path string, i int, format string, a ...any) *strict.Error {
	return l.bad(fmt.Sprintf("%s[%d]", path, i), format, a...)
}

// wrong reports whether there is a mistake at path or below it.
func (l *loader) wrong(path string) bool {
	return slices.ContainsFunc(l.errs, func(e *strict.Error) bool {
		rest, ok := strings.CutPrefix(e.Key, path)
		return ok && e.File == l.doc.File() && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

func (l *loader) load() {
	own := l.own()
	l.doc = own.doc
	if own.entry.Format > Format {
		return
	}
	if own.entry.Title == "" {
		l.bad("title", "title is missing: say in a few words what the policy is for")
	}
	l.words()
	l.tenants()
	l.usable()
	l.rules()
	l.exceptions()
	l.overlays()
	l.exempts()
	l.stricters()
	l.reminders()
	l.p.index(l.c)
	l.p.restrictions()
	for _, x := range merge(l, "connection", func(f *fileEntry) []connectionEntry { return f.Connections }, func(e *connectionEntry) string { return e.ID }) {
		l.doc = x.doc
		l.p.conns = append(l.p.conns, l.connection(x.path, x.e))
	}
	l.shadowed()
	l.collect()
	l.doc = own.doc
	for i := range own.entry.Tests {
		l.p.tests = append(l.p.tests, l.test(i, &own.entry.Tests[i]))
	}
}

// words reads the sets, the retired ids and the settings of a word.
func (l *loader) words() {
	l.p.breakGlass = []string{"monitor", "tunnel"}
	for _, s := range l.sources {
		l.doc = s.doc
		if l.doc.Has("break_glass") { // an empty list allows nothing
			for i, m := range s.entry.BreakGlass {
				if m != "monitor" && m != "tunnel" {
					l.badAt("break_glass", i, `in an emergency there is "monitor" and "tunnel"`)
				}
			}
			l.p.breakGlass = s.entry.BreakGlass
		}
		for name, members := range s.entry.Sets {
			path := "sets." + quoteKey(name)
			if !setName.MatchString(name) {
				l.bad(path, "the name of a set is a word in lower case")
			}
			if i := slices.IndexFunc(members, func(m string) bool { return m == "" || m[0] == '@' }); i >= 0 {
				l.badAt(path, i, "a set has names as members, and no other set")
			}
			l.sets[name] = members
		}
		for i, id := range s.entry.Retired {
			if !ruleID.MatchString(id) {
				l.badAt("retired", i, "an id is words in lower case joined by dots")
			}
			l.retired[id] = true
		}
		switch s.entry.Telemetry {
		case "":
		case "pass", "block":
			l.p.blockTelemetry = s.entry.Telemetry == "block"
		default:
			l.bad("third_party_telemetry", `third_party_telemetry is "pass" or "block"`)
		}
	}
}

// rules reads every [[rule]], those of overlays too.
func (l *loader) rules() {
	all := merge(l, "rule", func(f *fileEntry) []ruleEntry { return f.Rules }, func(e *ruleEntry) string { return e.ID })
	for _, o := range merge(l, "overlay", func(f *fileEntry) []overlayEntry { return f.Overlays }, func(e *overlayEntry) string { return e.ID }) {
		for i := range o.e.Rules {
			r := &o.e.Rules[i]
			path := fmt.Sprintf("%s.rule[%d]", o.path, i)
			if o.doc.Has(path + ".when.user_group") {
				l.errs.Add(o.doc.Errorf(path+".when.user_group", "the groups of an overlay's rule are those of the overlay"))
			}
			if !slices.Contains(o.e.UserGroup, "*") {
				r.When.UserGroup = o.e.UserGroup
			}
			all = append(all, placed[ruleEntry]{o.doc, path, r})
		}
	}
	l.redacts = slices.ContainsFunc(all, func(x placed[ruleEntry]) bool { return x.e.Redact != nil })
	l.controlTable(all)
	monitor := l.own().entry.Monitor
	for _, x := range all {
		l.doc = x.doc
		l.id("rule", x.path, x.e.ID)
		r := l.rule(x.path, x.e)
		r.monitor = r.monitor || monitor
		l.p.rules = append(l.p.rules, r)
	}
	for _, x := range all {
		l.doc = x.doc
		l.aliases(x.path, x.e)
	}
	l.p.addBuiltin(monitor)
}

// aliases are former names: they stay taken.
func (l *loader) aliases(path string, e *ruleEntry) {
	for i, a := range e.Aliases {
		switch {
		case !ruleID.MatchString(a):
			l.badAt(path+".aliases", i, "an id is words in lower case joined by dots")
		case l.ids[a] != "":
			l.badAt(path+".aliases", i, "%q is the id of another %s", a, l.ids[a])
		default:
			l.ids[a] = "alias"
		}
	}
}

// named are the rules by id and by former id.
func (l *loader) named() map[string]int32 {
	out := make(map[string]int32)
	for i := range l.p.rules {
		r := &l.p.rules[i]
		if l.p.isBuiltin(i) {
			continue
		}
		out[r.id] = int32(i)
		for _, a := range r.aliases {
			out[a] = int32(i)
		}
	}
	return out
}

func (l *loader) ruleIDs() []string {
	var out []string
	for id := range l.named() {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// controlTable numbers the controls, sorted by id.
func (l *loader) controlTable(all []placed[ruleEntry]) {
	for _, x := range all {
		l.doc = x.doc
		l.names(x.path+".controls", "a control id", x.e.Controls, controlID)
		l.p.controls = append(l.p.controls, x.e.Controls...)
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

// id checks the id of something that decides.
func (l *loader) id(what, path, id string) {
	switch {
	case id == "":
		l.bad(path+".id", "id is missing")
	case !ruleID.MatchString(id):
		l.bad(path+".id", "an id is words in lower case joined by dots")
	case strings.HasPrefix(id, builtinPrefix):
		l.bad(path+".id", "ids that begin with %q are taken by the built-in rules", builtinPrefix)
	case l.wrong(path + ".id"):
	case l.ids[id] != "":
		article := "a"
		if strings.ContainsAny(l.ids[id][:1], "aeiou") {
			article = "an"
		}
		l.bad(path+".id", "the id %q is already taken by %s %s", id, article, l.ids[id])
	case l.retired[id]:
		l.bad(path+".id", "the id %q is retired: events of another rule bear it, so take a new one", id)
	default:
		l.ids[id] = what
	}
}

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

// oneOf checks that each value is in the vocabulary.
func (l *loader) oneOf(path, what string, values, vocabulary []string) []string {
	l.given(path, len(values))
	for i, v := range values {
		if !slices.Contains(vocabulary, v) {
			l.badAt(path, i, "unknown %s %q", what, v).Hint = strict.Suggest(v, vocabulary)
		}
	}
	return values
}

// typeGlobs checks that each pattern fits an info type.
func (l *loader) typeGlobs(path string, patterns []string) []string {
	l.given(path, len(patterns))
	patterns = l.expand(path, patterns)
	for i, p := range patterns {
		if !slices.ContainsFunc(l.types, func(t string) bool { return glob(p, t) }) {
			l.badAt(path, i, "unknown info type %q", p).Hint = strict.Suggest(p, l.types)
		}
	}
	return patterns
}

// names checks that no value is empty or of another form, and puts the members
// of sets in the place of their names.
func (l *loader) names(path, what string, values []string, form *regexp.Regexp) []string {
	l.given(path, len(values))
	values = l.expand(path, values)
	for i, v := range values {
		if v == "" || form != nil && !form.MatchString(v) {
			l.badAt(path, i, "this is not %s", what)
		}
	}
	return values
}

// given refuses a list that is written and empty: nothing is in it, so it could
// mean that the rule never matches, or always.
func (l *loader) given(path string, n int) {
	if n == 0 && l.doc.Has(path) && !l.wrong(path) {
		l.bad(path, "an empty list: leave the key out, or say what is meant")
	}
}

func (l *loader) atLeast(path string, n int) int {
	if n < 1 && l.doc.Has(path) && !l.wrong(path) {
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

func compare(a, b string) int { return strings.Compare(a, b) }

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// quoteKey is a key as paths of package strict write it.
func quoteKey(key string) string {
	if bareKey.MatchString(key) {
		return key
	}
	return strconv.Quote(key)
}
