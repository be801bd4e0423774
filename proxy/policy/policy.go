package policy

import (
	"cmp"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// A Policy is a loaded policy file. It is immutable and safe for concurrent use.
type Policy struct {
	profile, title, revision string

	rules    []rule  // in file order, then the built-in ones
	floors   []floor // what most findings fail, of each rule
	byID     []int32 // indexes of rules in the order of their ids
	builtin  builtin
	controls []string // every control of every rule, sorted

	kinds      map[detectors.InfoType]*kind
	categories map[string]*kind // how an info type that the catalogue does not know is taken
	foreign    *kind            // how one of an unknown category is taken
	ranks      map[detectors.RuleID]severity

	causes map[detectors.Cause][]int32 // rules that name a cause, in file order
	order  map[detectors.Cause]int     // place of a cause in detectors.Causes

	conns []connection
	tests []policyTest
}

// Profile is the name of the policy: "l2".
func (p *Policy) Profile() string { return p.profile }

// Title says in a few words what the policy is for.
func (p *Policy) Title() string { return p.title }

// Revision is "sha256:…" over the policy file and what the catalogue says of
// names, groups and severities: equal revisions decide alike.
func (p *Policy) Revision() string { return p.revision }

// severity orders how bad it is when content of a kind leaves.
type severity uint8

const (
	anySeverity severity = iota
	lowSeverity
	mediumSeverity
	highSeverity
	criticalSeverity
)

// A kind is what the policy knows of an info type.
type kind struct {
	severity severity
	rules    []int32 // that a finding of the type can make match, in file order
	with     []int32 // whose "with" it fulfils
}

// kindOf knows every info type: one that the catalogue does not list is
// answered by each rule on its category, as if it were in all of its groups.
func (p *Policy) kindOf(t detectors.InfoType) *kind {
	if k := p.kinds[t]; k != nil {
		return k
	}
	if k := p.categories[t.Category()]; k != nil {
		return k
	}
	return p.foreign
}

// severityOf is how severe a finding is: as its detector rule says, else as its
// info type.
func (p *Policy) severityOf(f *Finding, k *kind) severity {
	if len(p.ranks) > 0 {
		if s, ok := p.ranks[f.Rule]; ok {
			return s
		}
	}
	return k.severity
}

// compareCauses orders causes as the table of causes does, unknown ones last.
func (p *Policy) compareCauses(a, b detectors.Cause) int {
	place := func(c detectors.Cause) int {
		if n, ok := p.order[c]; ok {
			return n
		}
		return len(p.order)
	}
	return cmp.Or(place(a)-place(b), cmp.Compare(a, b))
}

// A rule is one [[rule]], compiled. Empty conditions hold.
type rule struct {
	id       string
	gate     Gate
	operator string // of the edit; "" when there is none
	monitor  bool
	alert    bool
	controls []int32 // indexes into Policy.controls

	reason, guidance, note string

	// On findings; finds says whether there is any such condition.
	finds      bool
	categories []string
	infoTypes  []string // globs
	infoGroups []string
	with       []string // globs of info types of which one must be there too, from Medium
	confidence detectors.Confidence
	severity   severity
	roles      []content.Role
	evidence   []string
	count      int // at least so many findings
	distinct   int // at least so many different values, over all types
	persons    int // at least so many different values of one type

	// On gaps.
	gaps    []detectors.Cause
	editDue bool

	// On the message: who, where, what kind.
	apps, activities, endpoints []string // globs
	users, groups, networks     []string // globs
	facts                       []factGlob
	directions                  []Direction
}

// A floor is the part of a rule that decides for most findings and messages
// that it does not match. Rules are large: with hundreds of them, looking at
// each costs more in cache misses than in work.
type floor struct {
	confidence detectors.Confidence
	severity   severity
	picky      bool // takes depends on more than the two above
	finds      bool
	gaps       bool
	editDue    bool
}

func floorOf(r *rule) floor {
	return floor{confidence: r.confidence, severity: r.severity, picky: len(r.roles)+len(r.evidence) > 0,
		finds: r.finds, gaps: len(r.gaps) > 0, editDue: r.editDue}
}

// A factGlob is "name" or "name=value", both globs.
type factGlob struct{ name, value string }

// redacts reports whether r asks for an edit.
func (r *rule) redacts() bool { return r.operator != "" }

// conditional reports whether r has a condition at all.
func (r *rule) conditional() bool {
	return r.finds || len(r.gaps) > 0 || r.editDue ||
		len(r.apps)+len(r.activities)+len(r.endpoints)+len(r.users)+len(r.groups)+len(r.networks)+len(r.facts)+len(r.directions) > 0
}

// least is how many findings it takes for r to match.
func (r *rule) least() int { return max(1, r.count, r.distinct, r.persons) }

// takesType reports whether a finding of this type can make r match.
func (r *rule) takesType(t detectors.InfoType, group string) bool {
	return (len(r.categories) == 0 || slices.Contains(r.categories, t.Category())) &&
		(len(r.infoTypes) == 0 || anyGlob(r.infoTypes, string(t))) &&
		(len(r.infoGroups) == 0 || slices.Contains(r.infoGroups, group))
}

// takes reports whether r counts a finding of a type that it takes.
func (r *rule) takes(f *Finding, s severity) bool {
	if f.Confidence < r.confidence || s < r.severity {
		return false
	}
	if len(r.roles) > 0 && !slices.Contains(r.roles, f.Role) {
		return false
	}
	if len(r.evidence) == 0 {
		return true
	}
	for i := range f.Evidence {
		if slices.Contains(r.evidence, f.Evidence[i].Name) {
			return true
		}
	}
	return false
}

// takesTotal reports whether r counts a total of a type that it takes. Totals
// know neither roles nor evidence, so a rule that asks for these has the list
// alone.
func (r *rule) takesTotal(t *Total, s severity) bool {
	return t.Level >= r.confidence.Level() && s >= r.severity && len(r.roles) == 0 && len(r.evidence) == 0
}

// about reports whether the conditions on who, where and what kind hold.
func (r *rule) about(m *Message) bool {
	return (len(r.directions) == 0 || slices.Contains(r.directions, m.Direction)) &&
		(len(r.apps) == 0 || anyGlob(r.apps, m.App)) &&
		(len(r.activities) == 0 || anyGlob(r.activities, m.Activity)) &&
		(len(r.endpoints) == 0 || anyGlob(r.endpoints, m.Endpoint)) &&
		(len(r.users) == 0 || anyGlob(r.users, m.Principal.Subject)) &&
		(len(r.networks) == 0 || anyGlob(r.networks, m.Principal.Network)) &&
		(len(r.groups) == 0 || anyOf(r.groups, m.Principal.Groups)) &&
		(len(r.facts) == 0 || anyFact(r.facts, m.Facts))
}

func anyOf(patterns, values []string) bool {
	for _, v := range values {
		if anyGlob(patterns, v) {
			return true
		}
	}
	return false
}

func anyFact(patterns []factGlob, facts []content.Fact) bool {
	for i := range facts {
		for _, p := range patterns {
			if glob(p.name, facts[i].Name) && glob(p.value, facts[i].Value) {
				return true
			}
		}
	}
	return false
}
