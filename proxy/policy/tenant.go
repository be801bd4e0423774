package policy

import (
	"regexp"
	"slices"
)

// A Tenant says to whom a request belongs at the provider.
type Tenant struct {
	Workspace    string // id of the ChatGPT account; "" when none is named
	Organization string // "org-…" of the API; "" when none is named
	Project      string // "proj_…"
	Key          string // keyed digest of the API key, 32 digits; "" when there is none
	Anonymous    bool   // the page is used without signing in
	Account      bool   // the request is one of a ChatGPT account, not of the API
}

// Tenancy is how a Tenant stands to the customer.
type Tenancy uint8

// The tenancies. Unchecked is what cannot be said: no list is configured that
// would tell, or the request carries nothing to look up.
const (
	Unchecked Tenancy = iota
	Own               // on the customer's lists
	Consumer          // a personal account
	AnonymousUse
	Foreign // another customer's workspace, organisation, project or key
)

var tenancyNames = [...]string{Unchecked: "unchecked", Own: "own", Consumer: "consumer", AnonymousUse: "anonymous", Foreign: "foreign"}

// String is the name of a tenancy in policy files.
func (t Tenancy) String() string { return tenancyNames[min(int(t), len(tenancyNames)-1)] }

// tenants are the customer's own places. An empty list says nothing.
type tenants struct{ workspaces, organizations, projects, keys []string }

func (t *tenants) tenancy(m *Message) Tenancy {
	who := &m.Tenant
	switch {
	case who.Anonymous:
		return AnonymousUse
	case who.Account && len(t.workspaces) == 0:
		return Unchecked
	case who.Account && who.Workspace == "":
		return Consumer
	case who.Account:
		return known(slices.Contains(t.workspaces, who.Workspace))
	}
	out := Unchecked
	for _, c := range []struct {
		list  []string
		value string
	}{{t.keys, who.Key}, {t.organizations, who.Organization}, {t.projects, who.Project}} {
		if len(c.list) == 0 || c.value == "" {
			continue
		}
		if !slices.Contains(c.list, c.value) {
			return Foreign
		}
		out = Own
	}
	return out
}

func known(listed bool) Tenancy {
	if listed {
		return Own
	}
	return Foreign
}

var (
	workspaceForm    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	organizationForm = regexp.MustCompile(`^org-[A-Za-z0-9]{8,64}$`)
	projectForm      = regexp.MustCompile(`^proj_[A-Za-z0-9]{8,64}$`)
	keyForm          = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// maxTenants bounds each list of tenants: the header that carries one has a bound.
const maxTenants = 64

// tenants reads the lists. One id of a wrong form would make the provider refuse
// every request, so it is refused here.
func (l *loader) tenants() {
	for _, s := range l.sources {
		l.doc = s.doc
		e := &s.entry.Tenants
		for _, x := range []struct {
			key, what string
			from      []string
			to        *[]string
			form      *regexp.Regexp
		}{
			{"workspaces", "a workspace id, a UUID in lower case", e.Workspaces, &l.p.tenants.workspaces, workspaceForm},
			{"organizations", "an organization id, org-…", e.Organizations, &l.p.tenants.organizations, organizationForm},
			{"projects", "a project id, proj_…", e.Projects, &l.p.tenants.projects, projectForm},
			{"api_keys", "the digest of an API key: promptgate policy key prints it", e.APIKeys, &l.p.tenants.keys, keyForm},
		} {
			path := "tenants." + x.key
			if !l.doc.Has(path) {
				continue
			}
			*x.to = sorted(l.names(path, x.what, x.from, x.form))
			if len(*x.to) > maxTenants {
				l.bad(path, "at most %d", maxTenants)
			}
		}
	}
}
