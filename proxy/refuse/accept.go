package refuse

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxPreferences bounds how much of a client's header is read.
const maxPreferences = 32

// preferences lists the values of an Accept or Accept-Language header, best
// first, in lower case and without parameters. What is refused (q=0) is left out.
func preferences(header string) []string {
	type choice struct {
		name string
		q    float64
	}
	var list []choice
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		c := choice{strings.ToLower(strings.TrimSpace(name)), 1}
		for p := range strings.SplitSeq(params, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				q, err := strconv.ParseFloat(v, 64)
				if err != nil {
					q = 0
				}
				c.q = q
			}
		}
		if c.name != "" && c.q > 0 {
			list = append(list, c)
		}
		if len(list) == maxPreferences {
			break
		}
	}
	slices.SortStableFunc(list, func(a, b choice) int { return cmp.Compare(b.q, a.q) })
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.name
	}
	return out
}

// wantsPage reports whether the client asks for HTML before JSON. A client that
// takes anything is a program.
func wantsPage(h http.Header) bool {
	for _, p := range preferences(h.Get("Accept")) {
		switch p {
		case "text/html", "application/xhtml+xml":
			return true
		case "application/json", "*/*", "application/*":
			return false
		}
	}
	return false
}

// navigates reports whether a browser wants the answer as a page of its own.
// Scripts of a page send "cors" or "same-origin" as their mode.
func navigates(method string, h http.Header) bool {
	if mode := h.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return (method == http.MethodGet || method == http.MethodHead) && wantsPage(h)
}
