package refuse

import (
	"net/http"
	"strings"
)

// Preflight answers the question that a browser asks before a request of another
// origin (the CORS protocol, Fetch standard 3.2), where that request will be refused:
// with anything but a yes the page is not shown the refusal, but a failed network,
// and tries again. ok is false when the header asks no such question.
func Preflight(method string, asked http.Header) (r Refusal, ok bool) {
	want, names := asked.Get("Access-Control-Request-Method"), asked.Get("Access-Control-Request-Headers")
	if method != http.MethodOptions || want == "" || strings.ContainsFunc(want, notToken) || len(names) > 4096 {
		return Refusal{}, false
	}
	h := http.Header{"Cache-Control": {"no-store"}, "Access-Control-Max-Age": {"0"}}
	share(h, asked)
	if h.Get("Access-Control-Allow-Origin") == "" {
		return Refusal{}, false
	}
	h.Del("Access-Control-Expose-Headers")
	h.Set("Access-Control-Allow-Methods", want)
	if names != "" && !strings.ContainsFunc(names, func(r rune) bool { return r != ',' && r != ' ' && notToken(r) }) {
		h.Set("Access-Control-Allow-Headers", names)
	}
	return Refusal{Status: http.StatusNoContent, Header: h}, true
}

// notToken reports whether r cannot stand in a token (RFC 9110, 5.6.2).
func notToken(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
}
