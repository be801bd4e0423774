// Package refuse words the answers that promptgate gives itself, in the format
// that the client's own library or page understands.
//
// A [Stop] (the policy stopped a message) or a [Problem] (the proxy cannot
// carry the request) goes in; a [Refusal] with status, header and body comes
// out. The words stand in rules/messages/*.toml, one file a language; which
// JSON they are put into is decided by the provider's endpoint:
//
//   - the OpenAI API: 400 and {"error":{"message","type","param","code"}}, which
//     every SDK raises as its bad-request error, once;
//   - ChatGPT's pages: 400 and {"detail":{"message","code","type"}}, which they
//     show in place of an answer; 403 on paths that are closed as a whole, and
//     to the PUT of a file, which the page shows as an upload that failed;
//   - anything else: 403, as a page when the client asks for one, else as JSON.
//
// A refusal names the kinds that were found and where (a schema locator), the
// rule, what to do next and the incident id. It never holds a value: package
// refuse is not given any.
package refuse

import (
	"net/http"
	"strconv"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
)

// A Refusal is a whole answer, ready to be sent. The caller adds
// Content-Length, and leaves Connection and Upgrade out where HTTP/2 is spoken.
type Refusal struct {
	Status int
	Header http.Header
	Body   []byte
}

// A Problem is something other than content that keeps a request from being
// carried.
type Problem struct {
	Cause  Cause
	Status int    // 0 means what Cause and Reason ask for
	Host   string // lower case, no port; "" when there is none
	// Reason is for CauseAuth an identity.Reason, and chooses words and status:
	// "network" is a 403 and "limited" a 429, because a 407 asks for
	// credentials. For others it is a sentence of the policy or of the provider
	// row, shown as it is; it may be empty.
	Reason   string
	Retry    time.Duration // when to try again, for "limited" and overload; 0 means the default
	Incident string        // id of the message's record; "" when there is none
	Endpoint *provider.Endpoint
	Method   string
	Header   http.Header // of the request: Accept, Accept-Language, Origin, Sec-Fetch-Mode
}

// A Stop is a message that the policy stopped.
type Stop struct {
	Decision policy.Decision
	Findings []policy.Finding // Decision.Deciding are indexes of it
	Gaps     []detectors.Gap
	// Titles gives the words for an info type ("payment card"); nil, or "" as
	// its answer, means the words for the category.
	Titles   func(detectors.InfoType) string
	Answer   bool // it is an answer: Findings and Gaps are of what the service said
	Incident string
	Endpoint *provider.Endpoint
	Method   string
	Header   http.Header // of the request, as for Problem
}

// codeBlocked is the machine-readable code of every stopped message.
const codeBlocked = "dlp_blocked"

// Stop words the answer to a stopped message.
func (m *Messages) Stop(s Stop) Refusal {
	w := m.words(s.Header)
	n := w.stopped(s)
	n.status = http.StatusForbidden
	if f := format(s.Endpoint); f == provider.OpenAI || f == provider.ChatGPT && !s.Endpoint.Closed && s.Method != http.MethodPut {
		n.status = http.StatusBadRequest
	}
	h := http.Header{"X-Should-Retry": {"false"}, "X-Promptgate-Action": {max(s.Decision.Gate.Enforced(), policy.Coach).String()}}
	return m.render(w, n, s.Endpoint, s.Method, s.Header, h)
}

// Problem words the answer to a request that cannot be carried. Headers that
// the status needs in HTTP itself are set.
func (m *Messages) Problem(p Problem) Refusal {
	w := m.words(p.Header)
	n := w.problem(p)
	n.status = p.Status
	if n.status == 0 {
		n.status = p.Cause.Status()
		if p.Cause == CauseAuth {
			n.status = authStatus(p.Reason)
		}
	}
	h := http.Header{}
	if !p.Cause.passing() {
		h.Set("X-Should-Retry", "false")
	}
	needs(h, n.status, p)
	return m.render(w, n, p.Endpoint, p.Method, p.Header, h)
}

// authStatus is what a client that was not let in is answered with.
func authStatus(reason string) int {
	switch reason {
	case authNetwork:
		return http.StatusForbidden
	case authLimited:
		return http.StatusTooManyRequests
	}
	return http.StatusProxyAuthRequired
}

// defaultRetry is the Retry-After of passing troubles of our own.
const defaultRetry = 2 * time.Second

// needs sets the headers without which a status is not well-formed HTTP.
func needs(h http.Header, status int, p Problem) {
	switch status {
	case http.StatusProxyAuthRequired:
		h.Set("Proxy-Authenticate", `Basic realm="promptgate", charset="UTF-8"`)
		// curl --proxy-anyauth tries again on a new connection; on a kept one it
		// gives up with "Proxy CONNECT aborted".
		h.Set("Connection", "close")
	case http.StatusUpgradeRequired: // RFC 9110 §15.5.22: names what is wanted
		h.Set("Upgrade", "HTTP/1.1")
		h.Set("Connection", "upgrade")
	case http.StatusMethodNotAllowed:
		h.Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		after := p.Retry
		if after <= 0 {
			after = defaultRetry
		}
		h.Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
	}
}

// format is the shape of refusals at an endpoint; nil is a host that is not
// inspected.
func format(e *provider.Endpoint) provider.Dialect {
	if e == nil {
		return provider.Generic
	}
	return e.Format
}
