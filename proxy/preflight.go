package proxy

import (
	"net/url"

	"github.com/promptgate/promptgate/proxy/refuse"
)

// preflight answers a browser's question before a request to a closed path, so that
// the page gets to see why it is refused. Other such questions are upstream's.
func (m *message) preflight() (refuse.Refusal, bool) {
	f, asked := refuse.Preflight(m.r.Method, m.r.Header)
	return f, asked && (m.endpoint.Closed || m.closedTo(m.r.Header.Get("Access-Control-Request-Method")))
}

// closedTo reports whether requests of a method to the path will be refused.
func (m *message) closedTo(method string) bool {
	hosts := m.s.cfg.Hosts()
	if hosts.Match(method, m.host, m.r.URL.EscapedPath()).Closed {
		return true
	}
	clean := cleanPath(m.r.URL.Path)
	return clean != m.r.URL.Path && hosts.Match(method, m.host, (&url.URL{Path: clean}).EscapedPath()).Closed
}
