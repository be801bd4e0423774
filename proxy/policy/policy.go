package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/rules"
)

// A Policy is a loaded policy file with what it includes. It is immutable and safe for concurrent use.
type Policy struct {
	profile, title, revision string

	rules    []rule   // in file order, then the built-in ones
	clauses  []clause // of all rules
	floors   []floor  // what most findings fail, of each clause
	heads    []head   // what most messages fail, of each rule
	byID     []int32  // indexes of rules in the order of their ids
	builtin  builtin
	controls []string // every control of every rule, sorted

	kinds      map[detectors.InfoType]*kind
	categories map[string]*kind // how an info type that the catalogue does not know is taken
	foreign    *kind            // how one of an unknown category is taken
	ranks      map[detectors.RuleID]severity

	causes map[detectors.Cause][]int32 // clauses that name a cause, in file order
	order  map[detectors.Cause]int     // place of a cause in detectors.Causes

	tenants      tenants
	apps         map[string]Risk
	features     []feature
	factRows     map[string][]rowGlob // what features look at, by the name of a fact
	activityRows []rowGlob
	endpointRows []rowGlob
	gpts         []gpt

	exceptions []exception
	overlays   []overlay
	stricters  []stricter
	reminders  []reminder

	restrictChat, restrictAPI []Header
	breakGlass                []string
	localTools                []string // globs
	asksSpent                 bool     // some rule has daily
	blockTelemetry            bool
	exempts                   []exempt
	conns                     []connection
	tests                     []policyTest
	parts                     []Part
}

// Profile is the name of the policy: "l2".
func (p *Policy) Profile() string { return p.profile }

// Title says in a few words what the policy is for.
func (p *Policy) Title() string { return p.title }

// Revision is "sha256:…" over the policy file and what the catalogue says of
// names, groups and severities: equal revisions decide alike.
func (p *Policy) Revision() string { return p.revision }

// Controls are the ids of all controls that the rules are evidence for, sorted.
func (p *Policy) Controls() []string { return slices.Clone(p.controls) }

// BreakGlass are the modes that the policy allows in an emergency: "monitor",
// "tunnel".
func (p *Policy) BreakGlass() []string { return p.breakGlass }

// LocalTool reports whether the policy says of a tool that it works on the machine
// of whoever asked: only into the arguments of such a tool are values restored.
func (p *Policy) LocalTool(name string) bool {
	return name != "" && anyGlob(p.localTools, name)
}

// AsksSpent reports whether a rule asks what the sender's day comes to.
func (p *Policy) AsksSpent() bool { return p.asksSpent }

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
	group    string
	severity severity
	clauses  []int32 // that a finding of the type can make hold, in file order
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

// A rule is one [[rule]], compiled.
type rule struct {
	id        string
	aliases   []string
	gate      Gate
	operators []operatorGlob // of the edit; empty when there is none
	monitor   bool
	alert     bool
	controls  []int32 // indexes into Policy.controls
	owners    []string

	reason, guidance, note string

	// Its clauses stand together: at own that of its own conditions, which must
	// hold; then up to any those of which one must; then up to end those that must.
	own, any, end int32

	finds      bool    // some condition is on findings
	exceptions []int32 // from it

	file string
	line int
}

// redacts reports whether r asks for an edit.
func (r *rule) redacts() bool { return len(r.operators) > 0 }

// A floor is the part of a clause that decides for most findings and messages
// for which it does not hold. Clauses are large: with hundreds of them, looking
// at each costs more in cache misses than in work.
type floor struct {
	confidence detectors.Confidence
	severity   severity
	picky      bool // takes depends on more than the two above
	finds      bool
	gaps       bool
	with       bool // some other info type must be there too
	plain      bool // nothing but the above and the rest of the floor
	least      int  // findings
	rule       int32
}

// A head is the part of a rule that is looked at for every message.
type head struct {
	own     int32
	editDue bool
	edits   bool     // it redacts, and not in monitor mode
	most    operator // the strictest of its operators
	same    bool     // it has only that one
}

func (p *Policy) floorOf(c *clause) floor {
	f := floor{confidence: c.confidence, severity: c.severity, picky: c.choosy() || len(c.noneFinds) > 0,
		finds: c.finds, gaps: len(c.gaps) > 0, with: len(c.with) > 0, least: c.least(), rule: c.rule}
	f.plain = c.conditional() && c.scope.empty && len(c.noneScope) == 0 && max(c.distinct, c.persons) <= 1 && c.sum == 0 && c.daily == 0
	for _, e := range p.rules[c.rule].exceptions {
		f.picky = f.picky || p.exceptions[e].finds
	}
	return f
}

// index fills the tables by which Decide finds the clauses on a finding or gap.
func (p *Policy) index(c *rules.Catalogue) {
	p.kinds = make(map[detectors.InfoType]*kind)
	p.categories = make(map[string]*kind)
	p.ranks = make(map[detectors.RuleID]severity)
	for _, t := range c.InfoTypes() {
		name := detectors.InfoType(t.Name)
		k := &kind{severity: parseSeverity(t.Severity), group: t.Group}
		for i := range p.clauses {
			cl := &p.clauses[i]
			if cl.finds && !p.isBuiltin(int(cl.rule)) && cl.takesType(name, t.Group) {
				k.clauses = append(k.clauses, int32(i))
			}
			if anyGlob(cl.with, t.Name) {
				k.with = append(k.with, int32(i))
			}
		}
		if len(k.clauses) == 0 {
			k.clauses = []int32{p.rules[p.builtin.unruled].own}
		}
		p.kinds[name] = k
		all := p.categories[t.Category()]
		if all == nil {
			all = &kind{}
			p.categories[t.Category()] = all
		}
		all.severity = max(all.severity, k.severity)
		all.clauses = union(all.clauses, k.clauses)
		all.with = union(all.with, k.with)
	}
	p.foreign = &kind{severity: criticalSeverity, clauses: []int32{p.rules[p.builtin.foreign].own, p.rules[p.builtin.foreignSure].own}}
	for _, r := range c.Rules() {
		if t, ok := c.InfoType(r.InfoType); ok && r.Severity != t.Severity {
			p.ranks[detectors.RuleID(r.ID)] = parseSeverity(r.Severity)
		}
	}
	for i := range p.clauses {
		p.asksSpent = p.asksSpent || p.clauses[i].daily > 0
		p.floors = append(p.floors, p.floorOf(&p.clauses[i]))
	}
	for i := range p.rules {
		r := &p.rules[i]
		h := head{own: r.own, editDue: p.clauses[r.own].editDue, edits: r.redacts() && !r.monitor}
		for _, o := range r.operators {
			h.most, h.same = max(h.most, o.op), o.types == "*" && len(r.operators) == 1
		}
		if !h.same && h.edits {
			h.most = max(h.most, placeholder) // of types that the table leaves out
		}
		p.heads = append(p.heads, h)
	}
	p.causes = make(map[detectors.Cause][]int32)
	for i := range p.clauses {
		for _, g := range p.clauses[i].gaps {
			p.causes[g] = append(p.causes[g], int32(i))
		}
	}
	p.order = make(map[detectors.Cause]int)
	for i, cause := range detectors.Causes() {
		p.order[cause] = i
	}
	p.byID = make([]int32, len(p.rules))
	for i := range p.byID {
		p.byID[i] = int32(i)
	}
	slices.SortFunc(p.byID, func(a, b int32) int { return strings.Compare(p.rules[a].id, p.rules[b].id) })
}

func (p *Policy) isBuiltin(i int) bool { return strings.HasPrefix(p.rules[i].id, builtinPrefix) }

// union is the sorted set of both lists.
func union(a, b []int32) []int32 {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
