package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/rules/strict"
)

// A connection is one [[connection]], compiled. Empty conditions hold.
type connection struct {
	doc  *strict.Document
	path string

	id      string
	action  Action
	count   bool
	reason  string
	classes []HostClass
	hosts   []string // globs
	ports   []int

	// A connection to a private address, or one that cannot be sniffed, is only
	// matched by a rule that says so: no rule for public hosts lets it through.
	private, unsniffable bool

	users, groups, networks []string // globs
}

// Screen says what happens to a connection: the first [[connection]] that
// matches answers, and without one it is refused. Hosts of analytics of third
// parties are other public hosts, unless third_party_telemetry blocks them. It is
// pure and total.
func (p *Policy) Screen(c Conn) Route {
	if c.Class == HostTelemetry {
		if p.blockTelemetry && !c.Private {
			return Route{Action: Refuse, Rule: "third_party_telemetry", Reason: "The policy does not let pages send analytics to third parties.", Count: true}
		}
		c.Class = HostOther
	}
	for i := range p.conns {
		if r := &p.conns[i]; r.matches(&c) {
			if e := p.exempt(&c); e != nil && r.action == Inspect {
				return Route{Action: e.action, Reason: e.reason, Rule: e.id, Count: true, Exempt: true}
			}
			return Route{Action: r.action, Reason: r.reason, Rule: r.id, Count: r.count}
		}
	}
	return Route{Action: Refuse, Rule: builtinPrefix + "refuse", Reason: "The policy does not allow connections to this host.", Count: true}
}

// exempt is the exemption that the sender has now, or nil.
func (p *Policy) exempt(c *Conn) *exempt {
	for i := range p.exempts {
		if e := &p.exempts[i]; anyOf(e.groups, c.Principal.Groups) && !expired(e.expires, c.Time) {
			return e
		}
	}
	return nil
}

func (r *connection) matches(c *Conn) bool {
	return r.private == c.Private && r.unsniffable == c.Unsniffable &&
		(len(r.classes) == 0 || slices.Contains(r.classes, c.Class)) &&
		(len(r.ports) == 0 || slices.Contains(r.ports, c.Port)) &&
		(len(r.hosts) == 0 || anyGlob(r.hosts, c.Host)) &&
		(len(r.users) == 0 || anyGlob(r.users, c.Principal.Subject)) &&
		(len(r.networks) == 0 || anyGlob(r.networks, c.Principal.Network)) &&
		(len(r.groups) == 0 || anyOf(r.groups, c.Principal.Groups))
}

// connection compiles a [[connection]].
func (l *loader) connection(path string, e *connectionEntry) connection {
	when := path + ".when"
	l.id("connection", path, e.ID)
	r := connection{
		doc: l.doc, path: path, id: e.ID, count: e.Count, reason: e.Reason,
		hosts: l.names(when+".host", "a host name", e.When.Host, nil), ports: e.When.Port,
		private: e.When.Private, unsniffable: e.When.Unsniffable,
		users:    l.names(when+".user", "a name", e.When.User, nil),
		groups:   l.names(when+".user_group", "a name", e.When.UserGroup, nil),
		networks: l.names(when+".network", "a name", e.When.Network, nil),
	}
	l.names(path+".controls", "a control id", e.Controls, controlID)
	for _, name := range l.oneOf(when+".class", "class", e.When.Class, classNames[:]) {
		if c := slices.Index(classNames[:], name); c >= 0 {
			r.classes = append(r.classes, HostClass(c))
		}
	}
	l.given(when+".port", len(r.ports))
	for j, port := range r.ports {
		if port < 1 || port > 65535 {
			l.bad(fmt.Sprintf("%s.port[%d]", when, j), "a port is from 1 to 65535")
		}
	}
	if e.When.empty() {
		l.bad(when, `no condition: a rule for every host says so, host = ["*"]`)
	}
	l.route(path, e, &r)
	return r
}

func (w *connWhenEntry) empty() bool {
	return !w.Private && !w.Unsniffable && len(w.Class)+len(w.Host)+len(w.Port)+len(w.User)+len(w.UserGroup)+len(w.Network) == 0
}

// route reads the action, and refuses the ones that would open a side way.
func (l *loader) route(path string, e *connectionEntry, r *connection) {
	n := slices.Index(actionNames[:], e.Action)
	switch {
	case e.Action == "":
		l.bad(path+".action", "action is missing: %s", strings.Join(actionNames[:], ", "))
		return
	case n < 0:
		l.bad(path+".action", "unknown action %q", e.Action).Hint = strict.Suggest(e.Action, actionNames[:])
		return
	}
	r.action = Action(n)
	inspect := slices.Contains(r.classes, HostInspect)
	switch {
	case r.action == Refuse && r.reason == "":
		l.bad(path+".reason", "reason is missing: it is what the person is told")
	case r.action == Inspect && (!inspect || len(r.classes) > 1):
		l.bad(path+".action", `only hosts of class "inspect" can be opened: when = { class = ["inspect"] }`)
	case r.action == Tunnel && inspect:
		l.bad(path+".action", `hosts of class "inspect" are opened or refused, never tunnelled`)
	case r.action == Tunnel && len(r.classes) == 0 && len(e.When.Class) == 0:
		l.bad(path+".when", "a tunnel is not inspected: say for which class of hosts")
	}
}

// shadowed refuses connections that an earlier one always answers for.
func (l *loader) shadowed() {
	for i := range l.p.conns {
		for j := range i {
			if l.doc = l.p.conns[j].doc; l.wrong(l.p.conns[j].path) {
				continue
			}
			if l.p.conns[j].covers(&l.p.conns[i]) {
				l.doc = l.p.conns[i].doc
				l.bad(l.p.conns[i].path, "this is never reached: %s answers first", l.p.conns[j].id)
				break
			}
		}
	}
}

// covers reports whether r matches whatever other does.
func (r *connection) covers(other *connection) bool {
	return r.private == other.private && r.unsniffable == other.unsniffable &&
		covers(r.classes, other.classes) && covers(r.ports, other.ports) && covers(r.hosts, other.hosts) &&
		covers(r.users, other.users) && covers(r.groups, other.groups) && covers(r.networks, other.networks)
}

// covers reports whether a condition holds wherever the other does.
func covers[T comparable](a, b []T) bool {
	if len(a) == 0 {
		return true
	}
	for _, v := range b {
		if !slices.Contains(a, v) {
			return false
		}
	}
	return len(b) > 0
}
