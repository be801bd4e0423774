package policy

import "strings"

// A Header is one header of a request to the provider.
type Header struct{ Name, Value string }

// The headers by which a network tells the provider whose accounts it lets in.
// A client's own copies are never sent on.
// Source: OpenAI help center, article 20001323, and the API's documentation on
// organization blocking, both read in 2026-11.
const (
	WorkspaceHeader    = "Chatgpt-Allowed-Workspace-Id"
	OrganizationHeader = "Openai-Allowed-Organization-Ids"
)

// RestrictionHeaders are the names of all of them.
func RestrictionHeaders() []string { return []string{WorkspaceHeader, OrganizationHeader} }

// Restrictions are the headers for a request to an inspected host. The result is
// shared: it must not be changed.
func (p *Policy) Restrictions(host string) []Header {
	switch {
	case below(host, "chatgpt.com"), below(host, "chat.openai.com"):
		return p.restrictChat
	case below(host, "api.openai.com"):
		return p.restrictAPI
	}
	return nil
}

func below(host, name string) bool {
	return host == name || strings.HasSuffix(host, name) && host[len(host)-len(name)-1] == '.'
}

// restrictions makes the headers once. One wrong id would make the provider
// refuse every request, which is why the loader checks their form.
func (p *Policy) restrictions() {
	if ids := p.tenants.workspaces; len(ids) > 0 {
		p.restrictChat = []Header{{WorkspaceHeader, strings.Join(ids, ",")}}
	}
	if ids := p.tenants.organizations; len(ids) > 0 {
		p.restrictAPI = []Header{{OrganizationHeader, strings.Join(ids, ",")}}
	}
}
