package policy

import (
	"fmt"
	"math/bits"
	"regexp"
	"slices"
	"time"

	"github.com/promptgate/promptgate/rules/strict"
)

// Risk says how much is at stake where a message goes, apart from what is in it.
type Risk struct{ DataExposure, ExternalServices, Persistence RiskLevel }

// RiskLevel orders risks. The zero value is none that is known.
type RiskLevel uint8

// The levels of risk.
const (
	RiskNone RiskLevel = iota
	RiskLow
	RiskMedium
	RiskHigh
)

var riskNames = [...]string{RiskNone: "none", RiskLow: "low", RiskMedium: "medium", RiskHigh: "high"}

// String is the name of a level in policy files.
func (r RiskLevel) String() string { return riskNames[min(int(r), len(riskNames)-1)] }

func (r Risk) atLeast(o Risk) bool {
	return r.DataExposure >= o.DataExposure && r.ExternalServices >= o.ExternalServices && r.Persistence >= o.Persistence
}

func (r Risk) union(o Risk) Risk {
	return Risk{max(r.DataExposure, o.DataExposure), max(r.ExternalServices, o.ExternalServices), max(r.Persistence, o.Persistence)}
}

// ListState is what an allow-list says of something that is used.
type ListState uint8

// The states.
const (
	Approved ListState = iota // on the list, and still valid
	Disabled                  // on the list, as not to be used
	Expired                   // was approved until a moment that has passed
	Unlisted                  // not on the list
)

var stateNames = [...]string{Approved: "approved", Disabled: "disabled", Expired: "expired", Unlisted: "unlisted"}

// A stateSet is a set of states.
type stateSet uint8

func (s stateSet) has(states []ListState) bool {
	for _, x := range states {
		if s&(1<<x) != 0 {
			return true
		}
	}
	return false
}

// A feature is a row of the table of tools, connectors and modes.
type feature struct {
	id         string
	facts      []factGlob
	activities []string
	endpoints  []string
	enabled    bool
	expires    time.Time // zero: never
	risk       Risk
}

// A gpt is a row of the allow-list of GPTs.
type gpt struct {
	id      string // glob
	expires time.Time
	risk    Risk
}

// maxFeatures is how many rows the table of features has at most.
const maxFeatures = 64

// governed are the facts whose values features list: another value of theirs is
// a feature that is not listed.
var governed = []string{"agent", "connector", "hint", "repository", "source", "tool"}

// A usage is what a message makes use of, seen once for all rules.
type usage struct {
	tenancy  Tenancy
	gpts     stateSet
	features [len(stateNames)]uint64 // rows in use, by state
	unlisted bool                    // something is in use that no row lists
	risk     Risk
}

// uses reports whether a feature of the mask, or any, is in use in one of the states.
func (u *usage) uses(mask uint64, any bool, states []ListState) bool {
	if any {
		mask = ^uint64(0)
	}
	if len(states) == 0 {
		return (u.features[Approved]|u.features[Disabled]|u.features[Expired])&mask != 0
	}
	for _, s := range states {
		if u.features[s]&mask != 0 || s == Unlisted && any && u.unlisted {
			return true
		}
	}
	return false
}

// usage looks at a message once.
func (p *Policy) usage(m *Message) (u usage) {
	u.tenancy = p.tenants.tenancy(m)
	u.risk = p.apps[m.App]
	var on uint64
	for i := range m.Facts {
		f := &m.Facts[i]
		if f.Name == "gizmo" {
			p.seeGPT(&u, f.Value, m.Time)
			continue
		}
		rows, known := p.factRows[f.Name]
		if !known {
			continue
		}
		listed := false
		for _, r := range rows {
			if glob(r.value, f.Value) {
				on |= 1 << r.row
				listed = true
			}
		}
		if !listed && slices.Contains(governed, f.Name) {
			u.unlisted = true
		}
	}
	for _, r := range p.activityRows {
		if m.Activity != "" && glob(r.value, m.Activity) {
			on |= 1 << r.row
		}
	}
	for _, r := range p.endpointRows {
		if m.Endpoint != "" && glob(r.value, m.Endpoint) {
			on |= 1 << r.row
		}
	}
	for left := on; left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		f := &p.features[i]
		u.risk = u.risk.union(f.risk)
		u.features[f.state(m.Time)] |= 1 << i
	}
	return u
}

func (f *feature) state(now time.Time) ListState {
	switch {
	case !f.enabled:
		return Disabled
	case expired(f.expires, now):
		return Expired
	}
	return Approved
}

// expired reports whether something is over. Where the time is not known, it is.
func expired(at, now time.Time) bool { return !at.IsZero() && (now.IsZero() || !now.Before(at)) }

// seeGPT looks up a GPT. A project (g-p-…) is the person's own folder, not a GPT.
func (p *Policy) seeGPT(u *usage, id string, now time.Time) {
	if !IsGPT(id) {
		return
	}
	state := Unlisted
	for i := range p.gpts {
		g := &p.gpts[i]
		if !glob(g.id, id) {
			continue
		}
		u.risk = u.risk.union(g.risk)
		if !expired(g.expires, now) {
			state = Approved
			break
		}
		state = Expired
	}
	u.gpts |= 1 << state
}

// IsGPT reports whether the value of the fact gizmo names a GPT, and not a
// project. What is neither may be a GPT.
func IsGPT(gizmo string) bool { return gizmo != "" && gizmo != "null" && !glob("g-p-*", gizmo) }

// A rowGlob is a pattern of one feature.
type rowGlob struct {
	value string
	row   uint8
}

func (l *loader) risk(path string, e *riskEntry) (r Risk) {
	if e == nil {
		return r
	}
	level := func(key, word string) RiskLevel { return RiskLevel(l.word(path+"."+key, "risk", word, riskNames[:])) }
	return Risk{level("data_exposure", e.DataExposure), level("external_services", e.ExternalServices), level("persistence", e.Persistence)}
}

func (l *loader) states(path string, names []string) (out []ListState) {
	for _, n := range l.oneOf(path, "state", names, stateNames[:]) {
		if i := slices.Index(stateNames[:], n); i >= 0 {
			out = append(out, ListState(i))
		}
	}
	return out
}

func (l *loader) featureIDs() []string {
	out := make([]string, 0, len(l.p.features))
	for i := range l.p.features {
		out = append(out, l.p.features[i].id)
	}
	return out
}

var (
	wordForm = regexp.MustCompile(`^[a-z0-9_]+$`)
	gptForm  = regexp.MustCompile(`^g-[A-Za-z0-9*]+$`)
)

// usable reads the tables of apps, features and GPTs.
func (l *loader) usable() {
	p := l.p
	p.apps = make(map[string]Risk)
	for _, x := range merge(l, "app", func(f *fileEntry) []appEntry { return f.Apps }, func(e *appEntry) string { return e.ID }) {
		l.doc = x.doc
		l.form(x.path+".id", "the name of an application", x.e.ID, wordForm)
		p.apps[x.e.ID] = l.risk(x.path+".risk", &x.e.Risk)
	}
	rows := merge(l, "feature", func(f *fileEntry) []featureEntry { return f.Features }, func(e *featureEntry) string { return e.ID })
	p.factRows = make(map[string][]rowGlob)
	for i, x := range rows {
		l.doc = x.doc
		if i >= maxFeatures {
			l.bad(x.path, "at most %d features", maxFeatures)
			break
		}
		l.feature(i, x.path, x.e)
	}
	for _, name := range governed {
		if len(rows) > 0 && p.factRows[name] == nil {
			p.factRows[name] = []rowGlob{} // nothing of it is listed
		}
	}
	for _, x := range merge(l, "gpt", func(f *fileEntry) []gptEntry { return f.GPTs }, func(e *gptEntry) string { return e.ID }) {
		l.doc = x.doc
		l.form(x.path+".id", `the id of a GPT, "g-" and letters and digits`, x.e.ID, gptForm)
		if glob("g-p-*", x.e.ID) {
			l.bad(x.path+".id", "this is a project, which no list is about")
		}
		for key, value := range map[string]string{"justification": x.e.Justification, "approved_by": x.e.Approved} {
			if value == "" {
				l.bad(x.path+"."+key, "%s is missing: a GPT is approved by someone, for a reason", key)
			}
		}
		p.gpts = append(p.gpts, gpt{x.e.ID, l.expiry(x.path+".expires", x.e.Expires, "an approval is looked at again"), l.risk(x.path+".risk", &x.e.Risk)})
	}
}

func (l *loader) feature(i int, path string, e *featureEntry) {
	p := l.p
	l.form(path+".id", "the name of a feature", e.ID, wordForm)
	f := feature{id: e.ID, enabled: e.Enabled, facts: l.facts(path+".facts", e.Facts), activities: l.names(path+".activities", "a name", e.Activities, nil),
		endpoints: l.names(path+".endpoints", "a name", e.Endpoints, nil),
		risk:      l.risk(path+".risk", &e.Risk)}
	if l.doc.Has(path + ".expires") {
		f.expires = l.instant(path+".expires", e.Expires)
	}
	if len(f.facts)+len(f.activities)+len(f.endpoints) == 0 && !l.wrong(path) {
		l.bad(path, "which facts, activities or endpoints show that it is used?")
	}
	for j, x := range f.facts {
		if glob("*[*]*", x.name) || x.name == "*" {
			l.bad(fmt.Sprintf("%s.facts[%d]", path, j), "the name of a fact is written out here")
		}
		p.factRows[x.name] = append(p.factRows[x.name], rowGlob{x.value, uint8(i)})
	}
	for _, a := range f.activities {
		p.activityRows = append(p.activityRows, rowGlob{a, uint8(i)})
	}
	for _, name := range f.endpoints {
		p.endpointRows = append(p.endpointRows, rowGlob{name, uint8(i)})
	}
	p.features = append(p.features, f)
}

// form checks one word.
func (l *loader) form(path, what, value string, form *regexp.Regexp) {
	switch {
	case value == "" && !l.doc.Has(path):
		l.bad(path, "id is missing")
	case !form.MatchString(value):
		l.bad(path, "this is not %s", what)
	}
}

// A placed is an entry with its place.
type placed[T any] struct {
	doc  *strict.Document
	path string
	e    *T
}

// merge puts the entries of one kind together: an entry of a file takes the
// place of one with the same id in a file that it includes.
func merge[T any](l *loader, kind string, of func(*fileEntry) []T, id func(*T) string) []placed[T] {
	var out []placed[T]
	at := make(map[string]int)
	for _, s := range l.sources {
		here := make(map[string]string)
		list := of(s.entry)
		for i := range list {
			x := placed[T]{s.doc, fmt.Sprintf("%s[%d]", kind, i), &list[i]}
			name := id(x.e)
			if first := here[name]; first != "" && name != "" {
				l.errs.Add(s.doc.Errorf(x.path+".id", "the id %q is already taken by %s", name, first))
				out = append(out, x) // for its other mistakes
				continue
			}
			here[name] = x.path
			if j, known := at[name]; known && name != "" {
				out[j] = x
				continue
			}
			at[name] = len(out)
			out = append(out, x)
		}
	}
	return out
}
