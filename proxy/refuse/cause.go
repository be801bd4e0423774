package refuse

import "net/http"

// Cause says why the proxy answers by itself, without a decision on content.
type Cause string

// The causes. Each has its words in rules/messages.
const (
	CauseAuth            Cause = "auth_required"       // 407; 403 or 429 when credentials would not help
	CauseBadRequest      Cause = "bad_request"         // 400: not a request that a proxy can carry
	CauseBadBody         Cause = "bad_body"            // 400: shorter than announced, or aborted
	CauseHeader          Cause = "header_too_large"    // 431
	CauseHostRefused     Cause = "host_refused"        // 403: policy or provider row
	CausePathClosed      Cause = "path_closed"         // 403: a path that the provider row closes as a whole
	CausePrivate         Cause = "private_address"     // 403
	CauseMisdirected     Cause = "misdirected"         // 421: Host, SNI and CONNECT disagree
	CauseNested          Cause = "nested_connect"      // 405
	CauseUpgrade         Cause = "upgrade_uninspected" // 426
	CauseUnsniffable     Cause = "tunnel_unsniffable"  // 403: no TLS, or no readable ClientHello
	CauseFronting        Cause = "sni_mismatch"        // 403: SNI is not the CONNECT host
	CauseOverload        Cause = "overload"            // 503
	CauseUpstreamRefused Cause = "upstream_refused"    // 502: no connection
	CauseUpstreamDNS     Cause = "upstream_dns"        // 502: no such host
	CauseUpstreamTLS     Cause = "upstream_tls"        // 502: its certificate does not verify
	CauseUpstreamReset   Cause = "upstream_reset"      // 502: broke off before an answer
	CauseUpstreamTimeout Cause = "upstream_timeout"    // 504
	CauseParentAuth      Cause = "parent_auth"         // 502: the parent proxy wants other credentials
	CauseParentRefused   Cause = "parent_refused"      // 502: the parent proxy said no
	CauseInternal        Cause = "internal_error"      // 500: a panic
)

// Causes returns every cause, in the order of the list above.
func Causes() []Cause {
	return []Cause{
		CauseAuth, CauseBadRequest, CauseBadBody, CauseHeader, CauseHostRefused, CausePathClosed, CausePrivate,
		CauseMisdirected, CauseNested, CauseUpgrade, CauseUnsniffable, CauseFronting, CauseOverload,
		CauseUpstreamRefused, CauseUpstreamDNS, CauseUpstreamTLS, CauseUpstreamReset, CauseUpstreamTimeout,
		CauseParentAuth, CauseParentRefused, CauseInternal,
	}
}

// Status is what a cause is answered with. CauseAuth has three: see [Problem].
func (c Cause) Status() int {
	switch c {
	case CauseAuth:
		return http.StatusProxyAuthRequired
	case CauseBadRequest, CauseBadBody:
		return http.StatusBadRequest
	case CauseHeader:
		return http.StatusRequestHeaderFieldsTooLarge
	case CauseHostRefused, CausePathClosed, CausePrivate, CauseUnsniffable, CauseFronting:
		return http.StatusForbidden
	case CauseMisdirected:
		return http.StatusMisdirectedRequest
	case CauseNested:
		return http.StatusMethodNotAllowed
	case CauseUpgrade:
		return http.StatusUpgradeRequired
	case CauseOverload:
		return http.StatusServiceUnavailable
	case CauseUpstreamTimeout:
		return http.StatusGatewayTimeout
	case CauseUpstreamRefused, CauseUpstreamDNS, CauseUpstreamTLS, CauseUpstreamReset, CauseParentAuth, CauseParentRefused:
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

// passing reports whether the same request may well succeed a moment later.
// Clients of the OpenAI SDKs try again on 408, 409, 429 and from 500 unless
// x-should-retry says false.
func (c Cause) passing() bool {
	switch c {
	case CauseOverload, CauseUpstreamRefused, CauseUpstreamDNS, CauseUpstreamReset, CauseUpstreamTimeout:
		return true
	}
	return false
}

// proxyError is the error of RFC 9209 that comes nearest.
func (c Cause) proxyError() string {
	switch c {
	case CauseAuth, CauseHostRefused, CausePathClosed, CauseUnsniffable, CauseFronting:
		return "http_request_denied"
	case CauseBadRequest, CauseBadBody, CauseHeader, CauseMisdirected, CauseNested, CauseUpgrade:
		return "http_request_error"
	case CausePrivate:
		return "destination_ip_prohibited"
	case CauseUpstreamRefused:
		return "connection_refused"
	case CauseUpstreamDNS:
		return "dns_error"
	case CauseUpstreamTLS:
		return "tls_certificate_error"
	case CauseUpstreamReset:
		return "connection_terminated"
	case CauseUpstreamTimeout:
		return "http_response_timeout"
	case CauseParentAuth:
		return "proxy_configuration_error"
	case CauseParentRefused:
		return "destination_unavailable"
	}
	return "proxy_internal_error"
}

// The reasons of package identity for not letting a client in.
const (
	authNetwork = "network" // credentials would not help
	authLimited = "limited" // too many wrong ones
	authMissing = "missing"
)

// authReasons are the reasons that rules/messages has words for.
func authReasons() []string {
	return []string{authNetwork, authMissing, "scheme", "malformed", "unknown", authLimited}
}
