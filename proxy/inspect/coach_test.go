package inspect

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/coach"
	"github.com/promptgate/promptgate/proxy/policy"
)

// coaching are rules that coach when a card is found, and replace it.
func coaching(t *testing.T) Rules {
	t.Helper()
	r := shippedRules(t, "l2")
	p, err := policy.Parse("coach.toml", []byte(`
title = "coach"
[[rule]]
id = "card"
when = { info_type = ["pci.payment_card"] }
gate = "coach"
reason = "Your message holds a card number."
guidance = "Leave it out if you can."
[[rule]]
id = "mail"
when = { info_type = ["pii.email"] }
redact = "placeholder"
`), r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy = p
	return r
}

func TestCoachGoesOnAfterAcknowledgement(t *testing.T) {
	const web, api = "https://chatgpt.com/backend-api/conversation", "https://api.openai.com/v1/chat/completions"
	pan, another, mail := synthetic.Card(), synthetic.Card(), synthetic.Email()
	card := `{"messages":[{"author":{"role":"user"},"role":"user","content":{"parts":["credit card ` + pan + ` of ` + mail + `"]}}]}`
	other := strings.Replace(card, pan, another, 1)
	for _, c := range []struct {
		name      string
		url       string
		again     string
		header    string // "" none, "incident" the one that was told
		after     time.Duration
		who       string
		goes      bool
		forwarded string
	}{
		{"sent again from the page", web, card, "", 5 * time.Second, "", true, pan},
		{"another card", web, other, "", 5 * time.Second, "", false, ""},
		{"by somebody else", web, card, "", 5 * time.Second, "bert", false, ""},
		{"after a quarter of an hour", web, card, "", 15 * time.Minute, "", false, ""},
		{"a program that just repeats it", api, card, "", 5 * time.Second, "", false, ""},
		{"a program that names the incident", api, card, "incident", time.Millisecond, "", true, pan},
		{"another incident", api, card, "01M8H9S9SYXX883JG4MWQJFHW8", time.Second, "", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
			i := New(coaching(t), Config{Coach: coach.New([]byte("k")), Now: func() time.Time { return now }})
			first := post(t, c.url, card)
			first.Principal.Subject = "anna"
			v := i.Request(t.Context(), first)
			if v.Action != "coach" || v.Refusal == nil || !strings.Contains(string(v.Refusal.Body), "send the same message again") {
				t.Fatalf("first: %s, %v", v.Action, v.Decision.Rule)
			}
			if strings.Contains(string(v.Refusal.Body), pan) {
				t.Fatal("the notice quotes the card")
			}
			now = now.Add(c.after)
			r := post(t, c.url, c.again)
			r.Principal.Subject = "anna"
			if c.who != "" {
				r.Principal.Subject = c.who
			}
			switch c.header {
			case "":
			case "incident":
				r.Header.Set(AcknowledgeHeader, v.ID)
			default:
				r.Header.Set(AcknowledgeHeader, c.header)
			}
			v = i.Request(t.Context(), r)
			if goes := v.Refusal == nil; goes != c.goes {
				t.Fatalf("again: %s by %s", v.Action, v.Decision.Rule)
			}
			if c.goes && (!slices.Equal(v.Decision.Acknowledged, []string{"card"}) || v.Decision.Intended != policy.Coach) {
				t.Errorf("acknowledged %v, intended %s", v.Decision.Acknowledged, v.Decision.Intended)
			}
			if c.goes && (!strings.Contains(string(v.Body), c.forwarded) || strings.Contains(string(v.Body), mail)) {
				t.Errorf("forwarded %s", v.Body)
			}
		})
	}
}

// The policy itself is acknowledged at first use, and again at each new version.
func TestAPolicyIsAcknowledgedOnce(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	r := shippedRules(t, "l2")
	version := func(v string) Rules {
		p, err := policy.Parse("aup.toml", []byte(`
title = "aup"
[[rule]]
id = "aup"
when = { app = ["chatgpt_web"], activity = ["chat"], unacknowledged = "`+v+`" }
gate = "coach"
reason = "Our rules for ChatGPT: https://intra.example/ai."
guidance = "Read them."
`), r.Catalogue)
		if err != nil {
			t.Fatal(err)
		}
		out := r
		out.Policy = p
		return out
	}
	i := New(version("2026-11"), Config{Coach: coach.New([]byte("k")), Now: func() time.Time { return now }})
	say := func(text string) string {
		q := post(t, "https://chatgpt.com/backend-api/conversation", `{"messages":[{"author":{"role":"user"},"content":{"parts":["`+text+`"]}}]}`)
		q.Principal.Subject = "anna"
		now = now.Add(time.Minute)
		return i.Request(t.Context(), q).Action
	}
	if a, b, c := say("hello"), say("hello"), say("another day"); a != "coach" || b != "log" || c != "allow" {
		t.Errorf("%s, %s, %s", a, b, c)
	}
	i.Swap(version("2026-12"))
	if a, b := say("hello"), say("hello"); a != "coach" || b != "log" {
		t.Errorf("a new version: %s, %s", a, b)
	}
	now = now.Add(48 * time.Hour)
	if a := say("much later"); a != "allow" {
		t.Errorf("later: %s", a)
	}
}

func TestTenantOfARequest(t *testing.T) {
	jwt := "e30.eyJodHRwczovL2FwaS5vcGVuYWkuY29tL2F1dGgiOnsiY2hhdGdwdF9hY2NvdW50X2lkIjoiQUMxMTExMTEtMjIyMi0zMzMzLTQ0NDQtNTU1NTU1NTU1NTU1In19.x"
	const id = "2b7f1c64-0e5a-4a52-9f5e-7f2f9d0c1a11"
	for _, c := range []struct {
		name, url string
		header    http.Header
		want      policy.Tenant
	}{
		{"account header", "https://chatgpt.com/backend-api/conversation", http.Header{"Chatgpt-Account-Id": {id}, "Authorization": {"Bearer " + jwt}}, policy.Tenant{Account: true, Workspace: id}},
		{"token", "https://chatgpt.com/backend-api/conversation", http.Header{"Authorization": {"Bearer " + jwt}}, policy.Tenant{Account: true, Workspace: "ac111111-2222-3333-4444-555555555555"}},
		{"a token that names none", "https://chatgpt.com/backend-api/conversation", http.Header{"Authorization": {"Bearer e30.e30.x"}}, policy.Tenant{Account: true}},
		{"cookie alone", "https://chatgpt.com/backend-api/conversation", http.Header{"Cookie": {"s=1"}}, policy.Tenant{}},
		{"twice", "https://chatgpt.com/backend-api/conversation", http.Header{"Chatgpt-Account-Id": {id, "x"}}, policy.Tenant{Account: true, Workspace: id + ",x"}},
		{"logged out", "https://chatgpt.com/backend-anon/conversation", nil, policy.Tenant{Anonymous: true}},
		{"logged out, phone", "https://chatgpt.com/unauth-mweb/conversation/updates", nil, policy.Tenant{Anonymous: true}},
		{"organization and project", "https://api.openai.com/v1/chat/completions", http.Header{"Openai-Organization": {"org-a"}, "Openai-Project": {"proj_b"}}, policy.Tenant{Organization: "org-a", Project: "proj_b"}},
		{"key", "https://api.openai.com/v1/chat/completions", http.Header{"Authorization": {"Bearer key-one"}}, policy.Tenant{Key: KeyDigest([]byte("k"), "key-one")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := post(t, c.url, `{}`)
			for k, v := range c.header {
				r.Header[k] = v
			}
			m := &message{i: New(shippedRules(t, "l2"), Config{Key: []byte("k")}), r: r}
			if got := m.tenant(); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
	if KeyDigest([]byte("a"), "k") == KeyDigest([]byte("b"), "k") {
		t.Error("the digest does not depend on the key")
	}
}

// What a page sends by itself neither tells a person anything nor acknowledges it.
func TestBackgroundRequestsAcknowledgeNothing(t *testing.T) {
	r := shippedRules(t, "l2")
	p, err := policy.Parse("all.toml", []byte(`
title = "all"
[[rule]]
id = "all"
when = { app = ["chatgpt_web"] }
gate = "coach"
reason = "Please sign in."
`), r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy = p
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	i := New(r, Config{Coach: coach.New([]byte("k")), Now: func() time.Time { return now }})
	for _, step := range []struct{ path, want string }{
		{"f/conversation/prepare", "coach"}, {"f/conversation/prepare", "coach"}, {"f/conversation", "coach"}, {"f/conversation/prepare", "coach"},
		{"f/conversation", "log"}, {"f/conversation/prepare", "log"},
	} {
		q := post(t, "https://chatgpt.com/backend-api/"+step.path, `{"messages":[]}`)
		q.Principal.Subject = "anna"
		now = now.Add(5 * time.Second)
		if got := i.Request(t.Context(), q).Action; got != step.want {
			t.Errorf("%s: %s, want %s", step.path, got, step.want)
		}
	}
}
