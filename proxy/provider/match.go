package provider

import (
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// the methods that rows can name.
const (
	methodGet = iota
	methodHead
	methodPost
	methodPut
	methodPatch
	methodDelete
	methodOptions
	methods
)

// methodNames are the methods in the order of their numbers.
func methodNames() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
}

// methodOf is the number of a method, -1 for any other spelling.
func methodOf(name string) int {
	switch name {
	case "GET":
		return methodGet
	case "HEAD":
		return methodHead
	case "POST":
		return methodPost
	case "PUT":
		return methodPut
	case "PATCH":
		return methodPatch
	case "DELETE":
		return methodDelete
	case "OPTIONS":
		return methodOptions
	}
	return -1
}

// carries reports whether requests of a method have a body. A method that is
// not known is taken to have one.
func carries(method int) bool {
	switch method {
	case methodGet, methodHead, methodDelete, methodOptions:
		return false
	}
	return true
}

// a surface is the endpoints that a set of hosts serves.
type surface struct {
	root    node
	unknown *Endpoint // requests with a body that no row names
	read    *Endpoint // requests without one
}

// newSurface makes a surface that has no rows yet. every is the shape that reads
// every string.
func newSurface(id, app string, format Dialect, every *content.Shape, answer *Answer) *surface {
	return &surface{
		unknown: &Endpoint{ID: id + ".unknown", App: app, Activity: "unknown", Route: "/**", Format: format, Shape: every, Answer: answer,
			Gaps: []detectors.Gap{{Cause: detectors.CauseUnknownEndpoint}}},
		read: &Endpoint{ID: id + ".read", App: app, Activity: "read", Route: "/**", Mode: Pass, Format: format, Shape: every, Answer: answer},
	}
}

// a node is the rows that share the segments above it. A path visits a node at
// most once, since a node's depth is the number of segments before it.
type node struct {
	literal map[string]*node
	any     *node // one segment, whatever it is
	here    [methods]*Endpoint
	rest    [methods]*Endpoint // this and everything below
}

// Match returns the endpoint of a request. It is never nil.
//
// The host is as for [Catalogue.Host]; the path is as it goes on the wire
// (url.URL.EscapedPath), without a query. A literal segment goes before a
// template, a template before "**"; one trailing slash is forgiven.
//
// Where no row fits, a request of a method that has a body gets the surface's
// unknown endpoint, one without (GET, HEAD, DELETE, OPTIONS) its read endpoint,
// which is passed. A caller that sees a body on such a request asks again as if
// it were a POST. Requests to hosts that are not inspected are answered in the
// same way: whoever asks has a body to look at.
func (c *Catalogue) Match(method, host, path string) *Endpoint {
	s := c.surface(host)
	m := methodOf(method)
	if m < 0 {
		return s.unknown
	}
	if plain(path) {
		if e := s.root.find(strings.TrimSuffix(path, "/"), m); e != nil {
			return e
		}
	}
	if carries(m) {
		return s.unknown
	}
	return s.read
}

func (c *Catalogue) surface(host string) *surface {
	if e := c.lookup(host); e != nil && e.surface != nil {
		return e.surface
	}
	return c.nowhere
}

// find returns the row for the rest of a path, which is empty or begins with a slash.
func (n *node) find(path string, m int) *Endpoint {
	if path == "" {
		if n.here[m] != nil {
			return n.here[m]
		}
		return n.rest[m]
	}
	segment, rest := path[1:], ""
	if i := strings.IndexByte(segment, '/'); i >= 0 {
		segment, rest = segment[:i], segment[i:]
	}
	if l := n.literal[segment]; l != nil {
		if e := l.find(rest, m); e != nil {
			return e
		}
	}
	if n.any != nil {
		if e := n.any.find(rest, m); e != nil {
			return e
		}
	}
	return n.rest[m]
}

// plain reports whether every reader takes a path for the same one: it begins
// with a slash, and holds no empty or dotted segments, no backslashes, no
// parameters, no encoded separators, and nothing encoded twice.
func plain(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	for i := range len(path) {
		switch c := path[i]; {
		case c <= ' ' || c == 0x7f || c == '\\' || c == ';' || c == '?' || c == '#':
			return false
		case c == '/':
			next := path[i+1:]
			if strings.HasPrefix(next, "/") || strings.HasPrefix(next, ".") {
				return false
			}
		case c == '%':
			if len(path) < i+3 {
				return false
			}
			switch path[i+1 : i+3] {
			case "2e", "2E", "2f", "2F", "5c", "5C", "25", "3b", "3B", "00":
				return false
			}
		}
	}
	return true
}

// add puts a row under a template path, e.g. "/v1/threads/{thread}/messages" or
// "/ces/**". It returns the row that already stands there, if any.
func (n *node) add(path string, m int, e *Endpoint) *Endpoint {
	for path != "" {
		segment, rest := path[1:], ""
		if i := strings.IndexByte(segment, '/'); i >= 0 {
			segment, rest = segment[:i], segment[i:]
		}
		switch {
		case segment == "**":
			if old := n.rest[m]; old != nil {
				return old
			}
			n.rest[m] = e
			return nil
		case strings.HasPrefix(segment, "{"):
			if n.any == nil {
				n.any = &node{}
			}
			n = n.any
		default:
			if n.literal == nil {
				n.literal = map[string]*node{}
			}
			if n.literal[segment] == nil {
				n.literal[segment] = &node{}
			}
			n = n.literal[segment]
		}
		path = rest
	}
	if old := n.here[m]; old != nil {
		return old
	}
	n.here[m] = e
	return nil
}
