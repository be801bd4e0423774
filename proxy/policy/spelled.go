package policy

// A Spelled is a name that a policy spells out in a condition: of a user, a
// device, a tenant, or the value of a setting.
type Spelled struct {
	Kind  string // "user", "device", "workspace", "organization", "project", "fact"
	Name  string // of a fact
	Value string // may hold *
}

// Spelled are the names that the policy compares messages with. Records that
// hide names can be asked for these, and for no others.
func (p *Policy) Spelled() (out []Spelled) {
	add := func(kind, name string, values ...string) {
		for _, v := range values {
			if v != "*" {
				out = append(out, Spelled{kind, name, v})
			}
		}
	}
	scopes := func(c *scope) {
		add("user", "", c.users...)
		add("device", "", c.devices...)
		add("workspace", "", c.workspaces...)
		add("organization", "", c.organizations...)
		add("project", "", c.projects...)
		for _, f := range c.facts {
			add("fact", f.name, f.value)
		}
	}
	for i := range p.clauses {
		scopes(&p.clauses[i].scope)
		for j := range p.clauses[i].noneScope {
			scopes(&p.clauses[i].noneScope[j])
		}
	}
	for i := range p.exceptions {
		scopes(&p.exceptions[i].scope)
	}
	for i := range p.stricters {
		scopes(&p.stricters[i].scope)
	}
	for i := range p.features {
		for _, f := range p.features[i].facts {
			add("fact", f.name, f.value)
		}
	}
	for _, g := range p.gpts {
		add("fact", "gizmo", g.id)
	}
	add("workspace", "", p.tenants.workspaces...)
	add("organization", "", p.tenants.organizations...)
	add("project", "", p.tenants.projects...)
	return out
}
