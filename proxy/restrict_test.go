package proxy

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
)

// Through opened TLS, over both protocols: the provider is told which workspaces
// and organizations are let in, and never what a client says of that.
func TestTheProviderIsToldWhoIsLetIn(t *testing.T) {
	t.Parallel()
	const workspaces, organizations = "11111111-2222-3333-4444-555555555555,99999999-2222-3333-4444-555555555555", "org-ExampleCompany01"
	catalogue, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	parse := func(text string) *policy.Policy {
		p, err := policy.Parse("own.toml", []byte("title = \"t\"\n"+text), catalogue)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	set := parse("tenants.workspaces = [\"99999999-2222-3333-4444-555555555555\", \"11111111-2222-3333-4444-555555555555\"]\ntenants.organizations = [\"org-ExampleCompany01\"]\n")
	none := parse("")
	for _, c := range []struct {
		name              string
		policy            *policy.Policy
		url               string
		workspace, organi string // what arrives
	}{
		{"ChatGPT", set, "https://chatgpt.com/x", workspaces, ""},
		{"ChatGPT, read", set, "https://chatgpt.com/pass/page", workspaces, ""},
		{"the API", set, "https://api.openai.com/v1/chat/completions", "", organizations},
		{"the API, read", set, "https://api.openai.com/v1/models", "", organizations},
		{"another host of the provider", set, "https://unheard-of.openai.com/x", "", ""},
		{"no lists: what a client says is not sent on", none, "https://chatgpt.com/x", "", ""},
		{"no lists, the API", none, "https://api.openai.com/pass/x", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			protocols(t, func(t *testing.T, http2 bool) {
				w := newWorld(t, nil, func(cfg *Config) { cfg.Restrict = c.policy.Restrictions })
				client := w.client(http2)
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, strings.NewReader(`{}`))
				r.Header["ChatGPT-Allowed-Workspace-Id"] = []string{"00000000-0000-0000-0000-000000000000", "attacker"}
				r.Header.Add("Openai-Allowed-Organization-Ids", "org-attacker000")
				r.Header.Add("openai-allowed-organization-ids", "org-attacker001")
				resp, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				got := w.up.Requests()
				if len(got) != 1 {
					t.Fatalf("%d requests arrived", len(got))
				}
				want := func(value string) []string {
					if value == "" {
						return nil
					}
					return []string{value}
				}
				for name, value := range map[string]string{"ChatGPT-Allowed-Workspace-Id": c.workspace, "OpenAI-Allowed-Organization-Ids": c.organi} {
					if have := got[0].Header.Values(name); !slices.Equal(have, want(value)) {
						t.Errorf("%s: %q, want %q", name, have, value)
					}
				}
			})
		})
	}
}

// A provider's host is tunnelled for people whose group is exempt, unread, and
// for nobody else.
func TestWhoIsExemptIsTunnelledUnread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		exempt bool
	}{{"exempt", true}, {"not exempt", false}} {
		t.Run(c.name, func(t *testing.T) {
			asked := time.Time{}
			w := newWorld(t, nil, func(cfg *Config) {
				cfg.Screen = func(conn policy.Conn) policy.Route {
					asked = conn.Time
					if c.exempt {
						return policy.Route{Action: policy.Tunnel, Exempt: true, Rule: "exempt.council", Count: true}
					}
					return policy.Route{Action: policy.Inspect}
				}
			})
			conn := w.open("chatgpt.com:443", "chatgpt.com", "http/1.1")
			issuer := conn.ConnectionState().PeerCertificates[0].Issuer.CommonName
			if tunnelled := strings.Contains(issuer, "throw-away"); tunnelled != c.exempt {
				t.Errorf("the certificate is %q's", issuer)
			}
			if asked.IsZero() {
				t.Error("the policy was not told the time")
			}
		})
	}
}
