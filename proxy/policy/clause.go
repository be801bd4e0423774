package policy

import (
	"fmt"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/rules/strict"
)

// A clause is conditions that must hold together: those of a rule, or of one
// branch of it.
type clause struct {
	scope
	filter
	rule int32 // that it belongs to

	finds    bool     // some condition is on findings
	with     []string // globs of info types of which one must be there too, from Medium
	count    int      // at least so many findings
	distinct int      // at least so many different values, over all types
	persons  int      // at least so many different values of one type
	daily    int      // at least so many different values on this day
	sum      int      // at least so many points over different values
	points   []points

	gaps    []detectors.Cause
	editDue bool

	noneFinds []filter
	noneScope []scope
}

type points struct {
	types string // glob
	n     int
}

// pointsOf is what one value of a type counts in the sum: the first entry that
// fits, the longest first.
func (c *clause) pointsOf(t detectors.InfoType) int {
	for _, p := range c.points {
		if glob(p.types, string(t)) {
			return p.n
		}
	}
	return 0
}

// conditional reports whether c has a condition at all.
func (c *clause) conditional() bool {
	return c.finds || len(c.gaps) > 0 || c.editDue || !c.scope.empty || len(c.noneScope) > 0
}

// least is how many findings it takes for c to hold.
func (c *clause) least() int { return max(1, c.count, c.distinct, c.persons) }

// takesType reports whether a finding of this type can make c hold.
func (c *clause) takesType(t detectors.InfoType, group string) bool {
	if !c.filter.takesType(t, group) || len(c.points) > 0 && c.pointsOf(t) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.noneFinds, func(f filter) bool { return !f.picky() && f.takesType(t, group) })
}

// takes reports whether c counts a finding of a type that it takes.
func (c *clause) takes(f *Finding, k *kind, s severity) bool {
	if !c.filter.takes(f, s) {
		return false
	}
	for i := range c.noneFinds {
		if n := &c.noneFinds[i]; n.takesType(f.Type, k.group) && n.takes(f, s) {
			return false
		}
	}
	return true
}

// takesTotal reports whether c counts a total of a type that it takes. Totals
// know neither roles nor evidence, so a clause that asks for these has the list
// alone.
func (c *clause) takesTotal(t *Total, s severity) bool {
	return t.Level >= c.confidence.Level() && s >= c.severity && !c.choosy() &&
		!slices.ContainsFunc(c.noneFinds, func(f filter) bool { return f.picky() })
}

// holdsOn reports whether the conditions on the message hold.
func (c *clause) holdsOn(s *survey) bool {
	if !c.scope.holds(s) {
		return false
	}
	for i := range c.noneScope {
		if c.noneScope[i].holds(s) {
			return false
		}
	}
	return true
}

// A filter is conditions on one finding. Empty conditions hold.
type filter struct {
	categories []string
	infoTypes  []string // globs
	infoGroups []string
	confidence detectors.Confidence
	severity   severity
	roles      []content.Role
	evidence   []string // globs
}

// choosy reports whether f looks at more of a finding than totals know.
func (f *filter) choosy() bool { return len(f.roles)+len(f.evidence) > 0 }

// picky reports whether f may take one finding of a type and not another.
func (f *filter) picky() bool {
	return f.choosy() || f.confidence > 0 || f.severity > anySeverity
}

func (f *filter) takesType(t detectors.InfoType, group string) bool {
	return (len(f.categories) == 0 || slices.Contains(f.categories, t.Category())) &&
		(len(f.infoTypes) == 0 || anyGlob(f.infoTypes, string(t))) &&
		(len(f.infoGroups) == 0 || slices.Contains(f.infoGroups, group))
}

func (f *filter) takes(x *Finding, s severity) bool {
	if x.Confidence < f.confidence || s < f.severity {
		return false
	}
	if len(f.roles) > 0 && !slices.Contains(f.roles, x.Role) {
		return false
	}
	if len(f.evidence) == 0 {
		return true
	}
	for i := range x.Evidence {
		if anyGlob(f.evidence, x.Evidence[i].Name) {
			return true
		}
	}
	return false
}

// filterKeys are the keys of filterEntry, countKeys those that need findings too.
var (
	filterKeys = []string{"category", "info_type", "group", "confidence", "severity", "role", "evidence", "label", "fingerprint", "ownership"}
	countKeys  = []string{"with", "count", "distinct", "persons", "daily", "sum"}
)

func (l *loader) hasAny(path string, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return l.doc.Has(path + "." + key) })
}

// filter reads conditions on a finding, confidence aside.
func (l *loader) filter(path string, e *filterEntry) filter {
	f := filter{
		categories: l.oneOf(path+".category", "category", e.Category, l.categories),
		infoTypes:  l.typeGlobs(path+".info_type", e.InfoType),
		infoGroups: l.oneOf(path+".group", "group", e.Group, l.groups),
		severity:   severity(l.word(path+".severity", "severity", e.Severity, severityNames())),
		evidence:   slices.Clone(l.names(path+".evidence", "an evidence name", e.Evidence, nil)),
	}
	if l.doc.Has(path + ".severity") {
		f.severity++
	}
	for _, role := range l.oneOf(path+".role", "role", e.Role, roles()) {
		f.roles = append(f.roles, content.Role(role))
	}
	for key, values := range map[string][]string{"label": e.Label, "fingerprint": e.Fingerprint, "owner": e.Ownership} {
		at := key
		if key == "owner" {
			at = "ownership"
		}
		for _, v := range l.names(path+"."+at, "a name", values, nil) {
			f.evidence = append(f.evidence, key+":"+v)
		}
	}
	slices.Sort(f.evidence)
	return f
}

// clause reads the conditions at path for a rule with the gate g.
func (l *loader) clause(path string, e *clauseEntry, g Gate) clause {
	c := clause{scope: l.scope(path, &e.scopeEntry), filter: l.filter(path, &e.filterEntry)}
	c.finds = l.hasAny(path, filterKeys) || l.hasAny(path, countKeys)
	c.confidence = l.confidence(path+".confidence", e.Confidence, g)
	c.with = l.typeGlobs(path+".with", e.With)
	c.count = l.atLeast(path+".count", e.Count)
	c.distinct = l.atLeast(path+".distinct", e.Distinct)
	c.persons = l.atLeast(path+".persons", e.Persons)
	c.daily = l.atLeast(path+".daily", e.Daily)
	l.sum(path+".sum", e.Sum, &c)
	for _, g := range l.oneOf(path+".gap", "gap", e.Gap, l.causes) {
		c.gaps = append(c.gaps, detectors.Cause(g))
	}
	c.editDue = e.EditDue
	for i := range e.None {
		l.none(fmt.Sprintf("%s.none[%d]", path, i), &e.None[i], &c)
	}
	return c
}

func (l *loader) sum(path string, e *sumEntry, c *clause) {
	if e == nil {
		return
	}
	if c.sum = l.atLeast(path+".at_least", e.AtLeast); e.AtLeast < 1 && !l.doc.Has(path+".at_least") {
		l.bad(path, "a sum says at_least how many points")
	}
	if len(e.Points) == 0 {
		l.bad(path, `a sum says which info types count how much: points = { "pii.*" = 1 }`)
	}
	var names []string
	for name := range e.Points {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // the longest first: "pii.us_ssn" before "pii.*"
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return compare(a, b)
	})
	for _, name := range names {
		at := path + ".points." + quoteKey(name)
		if !slices.ContainsFunc(l.types, func(t string) bool { return glob(name, t) }) {
			l.bad(at, "unknown info type %q", name).Hint = strict.Suggest(name, l.types)
		}
		if e.Points[name] < 0 || e.Points[name] > 1_000_000 {
			l.bad(at, "points are from 0 to 1000000")
		}
		c.points = append(c.points, points{name, e.Points[name]})
	}
}

// none reads a negation. On findings it leaves some out of the count; a finding
// more can never make a rule stop matching.
func (l *loader) none(path string, e *noneEntry, c *clause) {
	switch finds, scoped := l.hasAny(path, filterKeys), l.hasAny(path, scopeKeys); {
	case finds && scoped:
		l.bad(path, "conditions on findings and on the message cannot be negated together: make them two elements of none")
	case finds:
		f := l.filter(path, &e.filterEntry)
		if e.Confidence != "" {
			f.confidence = l.confidence(path+".confidence", e.Confidence, Allow)
		}
		c.noneFinds = append(c.noneFinds, f)
		c.finds = true
	case scoped:
		c.noneScope = append(c.noneScope, l.scope(path, &e.scopeEntry))
	default:
		l.bad(path, "there is nothing to negate: say which findings to leave out, or which messages")
	}
}
