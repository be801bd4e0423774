package provider

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
)

// build makes the catalogue of what was read; what is wrong goes to errs.
func (l *loader) build() *Catalogue {
	c := &Catalogue{exact: map[string]*hostEntry{}, below: map[string]*hostEntry{}, nowhere: newSurface("other", "other", Generic, l.every(), l.answer(place{}, ""))}
	surfaces := l.buildSurfaces()
	l.buildHosts(c, surfaces)
	l.buildEndpoints(surfaces)
	for id, p := range l.shapes.all {
		if !l.used[id] {
			l.errs.Add(p.errorf("id", "nothing uses this shape"))
		}
	}
	for id, p := range l.answers.all {
		if l.made[id] == nil {
			l.errs.Add(p.errorf("id", "nothing uses this answer"))
		}
	}
	for _, s := range surfaces {
		c.ids = append(c.ids, s.unknown.ID, s.read.ID)
	}
	c.ids = append(append(c.ids, c.nowhere.unknown.ID, c.nowhere.read.ID), l.endpoints.order...)
	slices.Sort(c.ids)
	c.apps = append(c.apps, c.nowhere.unknown.App)
	for _, e := range c.entries() {
		c.apps = append(c.apps, e.App)
	}
	for _, p := range l.endpoints.all {
		if p.row.App != "" {
			c.apps = append(c.apps, p.row.App)
		}
	}
	slices.Sort(c.apps)
	c.apps = slices.Compact(c.apps)
	return c
}

func (l *loader) buildSurfaces() map[string]*surface {
	out := map[string]*surface{}
	for id, p := range l.surfaces.all {
		if !surfaceID.MatchString(id) {
			l.errs.Add(p.errorf("id", "id is a word in lower case"))
		}
		if !surfaceID.MatchString(p.row.App) {
			l.errs.Add(p.errorf("app", "app is a word in lower case"))
		}
		if p.row.RowsOf != "" && l.known(p.place, "rows_of", p.row.RowsOf, "surface", l.surfaces.names()) && l.surfaces.rows[p.row.RowsOf].row.RowsOf != "" {
			l.errs.Add(p.errorf("rows_of", "this surface serves the rows of another one itself"))
		}
		for i, r := range p.row.Roots {
			if r != "" && checkPath(r, false) != "" {
				l.errs.Add(p.errorf(fmt.Sprintf("roots[%d]", i), "a root is empty or begins with a slash and has none at its end"))
			}
		}
		out[id] = newSurface(id, p.row.App, choice[Dialect](l, p.place, "dialect", p.row.Dialect, dialectNames[:]), l.every(), l.answer(p.place, p.row.Answer))
	}
	return out
}

// classes are the classes that a host row can have, with policy's numbers.
func classes() map[string]policy.HostClass {
	out := map[string]policy.HostClass{}
	for _, c := range []policy.HostClass{policy.HostInspect, policy.HostPass, policy.HostRefuse, policy.HostOtherAI, policy.HostTelemetry} {
		out[c.String()] = c
	}
	return out
}

func (l *loader) buildHosts(c *Catalogue, surfaces map[string]*surface) {
	served := map[string]bool{}
	for pattern, p := range l.hosts.all {
		r := p.row
		names := fmt.Sprintf("names[%d]", slices.Index(r.Names, pattern))
		bare, wild := strings.CutPrefix(pattern, "*.")
		if !hostName.MatchString(bare) {
			l.errs.Add(p.errorf(names, `a name is lower case without a trailing dot, or "*." and one`))
			continue
		}
		class, ok := classes()[r.Class]
		if !ok {
			l.known(p.place, "class", r.Class, "class", []string{"inspect", "pass", "refuse", "other_ai", "telemetry"})
			continue
		}
		e := &hostEntry{Host: Host{Class: class, App: r.App, Reason: r.Reason, Pattern: pattern}}
		switch {
		case class == policy.HostInspect:
			if l.known(p.place, "surface", r.Surface, "surface", l.surfaces.names()) {
				e.surface, served[r.Surface] = surfaces[r.Surface], true
				e.App = l.surfaces.rows[r.Surface].row.App
			}
			if r.App != "" || r.Reason != "" {
				l.errs.Add(p.errorf(cmp.Or(ifSet("app", r.App), "reason"), "an inspected host takes its app from its surface and needs no reason"))
			}
		case r.Surface != "":
			l.errs.Add(p.errorf("surface", "only inspected hosts have a surface"))
		case !surfaceID.MatchString(r.App):
			l.errs.Add(p.errorf("app", "app is a word in lower case"))
		case r.Reason == "":
			l.errs.Add(p.errorf("reason", "say for people why this host is not inspected"))
		}
		if wild {
			c.below[bare] = e
		} else {
			c.exact[bare] = e
		}
		c.patterns = append(c.patterns, pattern)
	}
	slices.Sort(c.patterns)
	for id, p := range l.surfaces.all {
		if !served[id] {
			l.errs.Add(p.errorf("id", "no host serves this surface"))
		}
	}
}

func ifSet(key, value string) string {
	if value == "" {
		return ""
	}
	return key
}

func (l *loader) buildEndpoints(surfaces map[string]*surface) {
	for id, p := range l.endpoints.all {
		if e := l.endpoint(id, p); e != nil {
			l.mount(p, e, surfaces)
		}
	}
}

// endpoint makes the endpoint of a row, but for its route.
func (l *loader) endpoint(id string, p *placed[endpointRow]) *Endpoint {
	r := p.row
	if !endpointID.MatchString(id) {
		l.errs.Add(p.errorf("id", "id is words in lower case joined by dots"))
	}
	if len(r.Paths) == 0 {
		l.errs.Add(p.errorf("paths", "paths is missing"))
	}
	if r.App != "" && !surfaceID.MatchString(r.App) {
		l.errs.Add(p.errorf("app", "app is a word in lower case"))
	}
	l.known(p.place, "activity", r.Activity, "activity", Activities())
	e := &Endpoint{
		ID: id, App: r.App, Activity: r.Activity, Operation: r.Operation, Closed: r.Closed, Reason: r.Reason,
		Mode: choice[Mode](l, p.place, "mode", r.Mode, modeNames[:]), Upgrade: choice[Upgrade](l, p.place, "upgrade", r.Upgrade, upgradeNames[:]),
		Piece: choice[Piece](l, p.place, "piece", r.Piece, pieceNames[:]),
	}
	if r.Closed != (r.Reason != "") {
		l.errs.Add(p.errorf(cmp.Or(ifSet("reason", r.Reason), "closed"), "a closed endpoint says why, for people; another one has no reason"))
	}
	if e.Mode == Pass && (r.Shape != "" || len(r.Select) > 0 || r.Format != "" || r.Rest != "") {
		l.errs.Add(p.errorf("mode", "what is passed is not read and has no shape"))
	}
	e.Shape = l.shape(p.place, shapeRow{Format: r.Format, Rest: r.Rest, Select: r.Select}, r.Shape)
	for _, s := range e.Shape.Select {
		if s.Delta || slices.Contains(AnswerFacts(), s.Fact) {
			l.errs.Add(p.errorf(cmp.Or(ifSet("shape", r.Shape), "select"), "%s: only answers have deltas and facts of events", s.Path))
			break
		}
	}
	if r.Answer != "" {
		e.Answer = l.answer(p.place, r.Answer)
	}
	if e.Mode != Inspect {
		for _, s := range e.Shape.Select {
			if s.Do == content.Strip {
				l.errs.Add(p.errorf("mode", "nothing can be stripped from what is not altered"))
				break
			}
		}
	}
	return e
}

// mount puts an endpoint under every path at which a surface serves it.
func (l *loader) mount(p *placed[endpointRow], e *Endpoint, surfaces map[string]*surface) {
	r := p.row
	if !l.known(p.place, "surface", r.Surface, "surface", l.surfaces.names()) {
		return
	}
	var numbers []int
	for i, m := range r.Methods {
		n := methodOf(m)
		if n < 0 {
			l.known(p.place, fmt.Sprintf("methods[%d]", i), m, "method", methodNames())
			continue
		}
		numbers = append(numbers, n)
	}
	if len(r.Methods) == 0 {
		numbers = []int{methodPost}
	}
	for id, s := range l.surfaces.all {
		if id != r.Surface && s.row.RowsOf != r.Surface {
			continue
		}
		roots := s.row.Roots
		if len(roots) == 0 {
			roots = []string{""}
		}
		for i, path := range r.Paths {
			key := fmt.Sprintf("paths[%d]", i)
			if why := checkPath(path, true); why != "" {
				l.errs.Add(p.errorf(key, "%s", why))
				continue
			}
			for _, root := range roots {
				for _, route := range alternatives(root + path) {
					one := *e
					one.Route, one.Format = route, surfaces[id].unknown.Format
					if one.Answer == nil {
						one.Answer = surfaces[id].unknown.Answer
					}
					one.App = cmp.Or(r.App, s.row.App)
					for _, m := range numbers {
						if old := surfaces[id].root.add(strings.TrimSuffix(route, "/"), m, &one); old != nil {
							l.errs.Add(p.errorf(key, "%s %s is also a path of %s", methodNames()[m], route, old.ID))
						}
					}
				}
			}
		}
	}
}

// checkPath says what is wrong with a template path, or "".
func checkPath(path string, wild bool) string {
	switch {
	case path == "/":
		return ""
	case !strings.HasPrefix(path, "/"):
		return "a path begins with a slash"
	}
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		switch {
		case s == "**" && wild && i == len(segments)-1:
		case !pathSegment.MatchString(s):
			return "a path is made of segments such as files, {file}, {a|b}, and ** at its end"
		}
	}
	return ""
}

// alternatives expands {a|b} into one path for each.
func alternatives(path string) []string {
	for i := 0; i < len(path); i++ {
		if path[i] != '{' {
			continue
		}
		end := i + strings.IndexByte(path[i:], '}')
		if !strings.Contains(path[i:end], "|") {
			continue
		}
		var out []string
		for _, a := range strings.Split(path[i+1:end], "|") {
			out = append(out, alternatives(path[:i]+a+path[end+1:])...)
		}
		return out
	}
	return []string{path}
}

var (
	surfaceID   = regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)*$`)
	endpointID  = regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)*(\.[a-z0-9]+(_[a-z0-9]+)*)+$`)
	hostName    = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)
	pathSegment = regexp.MustCompile(`^([A-Za-z0-9_.-]+|\{[a-z_]+\}|\{[a-z0-9_-]+(\|[a-z0-9_-]+)+\})$`)
)
