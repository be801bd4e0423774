package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/rules/strict"
)

// A scope is conditions on who, where, when and what kind. Empty conditions
// hold, and of a list one element is enough.
type scope struct {
	empty bool // no condition at all

	users, groups, networks, devices []string // globs
	methods                          []identity.Method
	assurance                        identity.Assurance

	apps, activities, endpoints []string // globs
	directions                  []Direction
	contents                    Contents // 0: any
	facts                       []factGlob

	tenants                             []Tenancy
	workspaces, organizations, projects []string // globs

	gpts     []ListState
	features uint64 // mask of rows; with states, of one feature both must hold
	anyRow   bool   // features is not asked for
	states   []ListState

	unacknowledged string // a version of the policy that the sender has not acknowledged

	risk  Risk
	times []window
}

// A factGlob is "name" or "name=value", both globs.
type factGlob struct{ name, value string }

// holds reports whether the conditions hold, the cheap ones first.
func (c *scope) holds(s *survey) bool {
	if c.empty {
		return true
	}
	m := s.m
	return (len(c.directions) == 0 || slices.Contains(c.directions, m.Direction)) &&
		(len(c.apps) == 0 || anyGlob(c.apps, m.App)) &&
		(len(c.activities) == 0 || anyGlob(c.activities, m.Activity)) &&
		(len(c.endpoints) == 0 || anyGlob(c.endpoints, m.Endpoint)) &&
		(c.contents == 0 || c.contents&m.Contents != 0) &&
		(len(c.users) == 0 || anyGlob(c.users, m.Principal.Subject)) &&
		(len(c.networks) == 0 || anyGlob(c.networks, m.Principal.Network)) &&
		(len(c.devices) == 0 || anyGlob(c.devices, m.Principal.Device)) &&
		(len(c.methods) == 0 || slices.Contains(c.methods, method(m.Principal))) &&
		m.Principal.Assurance >= c.assurance &&
		(len(c.groups) == 0 || anyOf(c.groups, m.Principal.Groups)) &&
		(len(c.workspaces) == 0 || anyGlob(c.workspaces, m.Tenant.Workspace)) &&
		(len(c.organizations) == 0 || anyGlob(c.organizations, m.Tenant.Organization)) &&
		(len(c.projects) == 0 || anyGlob(c.projects, m.Tenant.Project)) &&
		(len(c.tenants) == 0 || slices.Contains(c.tenants, s.use.tenancy)) &&
		(len(c.gpts) == 0 || s.use.gpts.has(c.gpts)) &&
		(c.anyRow && len(c.states) == 0 || s.use.uses(c.features, c.anyRow, c.states)) &&
		s.use.risk.atLeast(c.risk) &&
		(c.unacknowledged == "" || !slices.Contains(m.Versions, c.unacknowledged)) &&
		(len(c.times) == 0 || anyTime(c.times, m.Time)) &&
		(len(c.facts) == 0 || anyFact(c.facts, m.Facts))
}

// method is how the principal was recognised; the zero value is nobody.
func method(p identity.Principal) identity.Method {
	if p.Method == "" {
		return identity.Anonymous
	}
	return p.Method
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

// Contents is a set of kinds of content.
type Contents uint8

// The kinds of content.
const (
	Text  Contents = 1 << iota // what somebody typed or a program wrote
	File                       // an attachment or an upload
	Image                      // a picture
	Audio                      // speech or sound
)

var contentNames = [...]string{"text", "file", "image", "audio"}

var assuranceNames = [...]string{identity.AssuranceNone: "none", identity.AssuranceNetwork: "network", identity.AssuranceToken: "token"}

var (
	factForm    = regexp.MustCompile(`^[a-z0-9_*.]+(=.+)?$`)
	versionForm = regexp.MustCompile(`^[A-Za-z0-9.-]{1,32}$`)
	setName     = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// scope reads conditions on the message.
func (l *loader) scope(path string, e *scopeEntry) scope {
	at := func(key string) string { return path + "." + key }
	globs := func(key string, values []string) []string { return l.names(at(key), "a name", values, nil) }
	c := scope{
		users: globs("user", e.User), groups: globs("user_group", e.UserGroup), networks: globs("network", e.Network), devices: globs("device", e.Device),
		apps: globs("app", e.App), activities: globs("activity", e.Activity), endpoints: globs("endpoint", e.Endpoint),
		workspaces: globs("workspace", e.Workspace), organizations: globs("organization", e.Organization), projects: globs("project", e.Project),
		risk: l.risk(at("risk"), e.Risk), unacknowledged: e.Unacknowledged,
	}
	if l.doc.Has(at("unacknowledged")) && !versionForm.MatchString(e.Unacknowledged) {
		l.bad(at("unacknowledged"), "a version is letters, digits, dots and dashes, at most 32: \"2026-11\"")
	}
	for _, m := range l.oneOf(at("method"), "method", e.Method, methods()) {
		c.methods = append(c.methods, identity.Method(m))
	}
	c.assurance = identity.Assurance(l.word(at("assurance"), "assurance", e.Assurance, assuranceNames[:]))
	for _, d := range l.oneOf(at("direction"), "direction", e.Direction, []string{Request.String(), Response.String()}) {
		if d == Response.String() {
			c.directions = append(c.directions, Response)
		} else {
			c.directions = append(c.directions, Request)
		}
	}
	for _, name := range l.oneOf(at("content"), "content", e.Content, contentNames[:]) {
		c.contents |= 1 << max(0, slices.Index(contentNames[:], name))
	}
	c.facts = l.facts(at("fact"), e.Fact)
	for _, name := range l.oneOf(at("tenant"), "tenant", e.Tenant, tenancyNames[:]) {
		c.tenants = append(c.tenants, Tenancy(max(0, slices.Index(tenancyNames[:], name))))
	}
	c.gpts = l.states(at("gpt"), e.GPT)
	c.states = l.states(at("feature_state"), e.FeatureState)
	c.anyRow = len(e.Feature) == 0
	ids := l.featureIDs()
	for _, id := range l.oneOf(at("feature"), "feature", e.Feature, ids) {
		if i := slices.Index(ids, id); i >= 0 {
			c.features |= 1 << i
		}
	}
	for i := range e.Time {
		c.times = append(c.times, l.window(fmt.Sprintf("%s[%d]", at("time"), i), &e.Time[i]))
	}
	c.empty = len(c.groups) == 0 && !slices.ContainsFunc(scopeKeys, func(key string) bool { return l.doc.Has(at(key)) })
	return c
}

// scopeKeys are the keys of scopeEntry.
var scopeKeys = []string{"user", "user_group", "network", "device", "method", "assurance", "app", "activity", "endpoint", "direction", "content", "fact",
	"tenant", "workspace", "organization", "project", "gpt", "feature", "feature_state", "unacknowledged", "risk", "time"}

// facts reads patterns of facts.
func (l *loader) facts(path string, values []string) (out []factGlob) {
	for _, f := range l.names(path, "name or name=value", values, factForm) {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			value = "*"
		}
		out = append(out, factGlob{name, value})
	}
	return out
}

func methods() []string {
	return []string{string(identity.Anonymous), string(identity.Network), string(identity.Basic)}
}

// word is the place of a word in a vocabulary; "" is the first.
func (l *loader) word(path, what, word string, vocabulary []string) int {
	if word == "" && !l.doc.Has(path) {
		return 0
	}
	i := slices.Index(vocabulary, word)
	if i < 0 && !l.wrong(path) {
		l.bad(path, "unknown %s %q", what, word).Hint = strict.Suggest(word, vocabulary)
	}
	return max(i, 0)
}

// expand puts the members of named sets in place of "@name".
func (l *loader) expand(path string, values []string) []string {
	if !slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(v, "@") }) {
		return values
	}
	var out []string
	for i, v := range values {
		name, named := strings.CutPrefix(v, "@")
		members, known := l.sets[name]
		switch {
		case !named:
			out = append(out, v)
		case !known:
			l.bad(fmt.Sprintf("%s[%d]", path, i), "unknown set %q", v).Hint = l.suggestSet(name)
		case len(members) == 0:
			l.bad(fmt.Sprintf("%s[%d]", path, i), "the set %q is empty: nothing is in it, so it could mean never, or always", v)
		default:
			out = append(out, members...)
		}
	}
	return out
}

func (l *loader) suggestSet(name string) string {
	var names []string
	for n := range l.sets {
		names = append(names, n)
	}
	slices.Sort(names)
	if s := strict.Suggest(name, names); s != "" {
		return "@" + s
	}
	return ""
}
