package provider_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
)

// However a path is written, what a lenient server could make of it is not
// treated more carefully than the path itself: what is passed unread stays what
// it is when dots, doubled slashes, backslashes and percent signs are resolved.
func FuzzNoSpellingReachesAPassedPath(f *testing.F) {
	c := shipped(f)
	for _, seed := range []string{
		"/ces/v1/t", "/ces/../backend-api/f/conversation", "/ces/%2e%2e/backend-api/conversation", "/ces/%252e%252e/backend-api/conversation",
		"/api/auth/..%2f..%2fbackend-api/conversation", "/backend-api/sentinel/.%2E/conversation", "/ces/..\\backend-api\\conversation", "//ces//t",
		"/cdn-cgi/./../backend-api/conversation", "/ces/%5c..%5c", "/ces/%", "/ces/%zz", "/ces/t;/..;/x", "/ces/\x00/..", "/ces/%c0%ae%c0%ae/x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, p string) {
		e := c.Match("POST", "chatgpt.com", p)
		if e.Mode == provider.Inspect {
			return
		}
		lenient := p
		for range 8 {
			u, err := url.PathUnescape(lenient)
			if err != nil || u == lenient {
				break
			}
			lenient = u
		}
		lenient = path.Clean("/" + strings.ReplaceAll(strings.ReplaceAll(lenient, "\\", "/"), ";", "/"))
		if got := c.Match("POST", "chatgpt.com", (&url.URL{Path: lenient}).EscapedPath()); got.ID != e.ID && !strings.ContainsAny(lenient, "%") {
			t.Errorf("%q is %s, and resolved to %q it is %s", p, e.ID, lenient, got.ID)
		}
	})
}

// The table of hosts agrees with comparing a name with every pattern.
func FuzzHostAgreesWithItsPatterns(f *testing.F) {
	c := shipped(f)
	patterns := c.Hosts()
	for _, seed := range []string{"chatgpt.com", "evil-chatgpt.com", "chatgpt.com.evil.com", "A.B.OpenAI.com.", "mtls.api.openai.com", "..openai.com", "openai.com..", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean := strings.TrimSuffix(name, ".")
		lower := []byte(clean)
		for i, b := range lower {
			if 'A' <= b && b <= 'Z' {
				lower[i] = b + 32
			}
		}
		clean = string(lower)
		best := ""
		for _, p := range patterns {
			suffix, wild := strings.CutPrefix(p, "*")
			switch {
			case !wild && clean == p:
				best = p
			case wild && strings.HasSuffix(clean, suffix) && (best == "" || strings.HasPrefix(best, "*") && len(p) > len(best)):
				best = p
			}
		}
		got := c.Host(name)
		if got.Pattern != best || (best == "") != (got.Class == policy.HostOther) {
			t.Errorf("Host(%q) is of the row %q, want %q", name, got.Pattern, best)
		}
		if e := c.Match("POST", name, "/"); e == nil || (best == "") != (e.ID == "other.unknown") && got.Class == policy.HostInspect {
			t.Errorf("Match of %q", name)
		}
	})
}
