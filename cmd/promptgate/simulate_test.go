package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/inspect"
)

// A policy is tried on what the proxy kept of a day, and one message is explained.
func TestSimulateReadinessAndExplain(t *testing.T) {
	state := t.TempDir()
	c := config.Default()
	c.StateDir, c.Profile = state, "l2"
	g, err := openForTest(t, c, &lockedBuffer{})
	if err != nil {
		t.Fatal(err)
	}
	card := synthetic.Card()
	say := func(who, text string) string {
		u, _ := url.Parse("https://api.openai.com/v1/chat/completions")
		r := &inspect.Request{Method: http.MethodPost, Host: u.Host, URL: u, Header: http.Header{"Content-Type": {"application/json"}},
			Body:      fmt.Appendf(nil, `{"model":"gpt-5-mini","messages":[{"role":"user","content":%q}]}`, text),
			Principal: identity.Principal{Subject: who}, Endpoint: g.rules().providers.Match(http.MethodPost, u.Host, u.Path)}
		v := g.inspector.Request(t.Context(), r)
		v.Done(t.Context(), 200, nil)
		return v.ID
	}
	say("anna", "good morning")
	one := say("anna", "my credit card is "+card)
	say("bert", "my credit card is "+card)
	say("bert", synthetic.PrivateKey())
	g.close()

	fresh := filepath.Join(t.TempDir(), "fresh.toml")
	if err := os.WriteFile(fresh, []byte(`
title = "fresh"
include = ["l2.toml"]
[[rule]]
id = "card"
when = { category = ["pci"] }
gate = "block"
reason = "Cards stay here."
[[rule]]
id = "secret.key"
when = { group = ["private_key", "cloud_key"] }
gate = "log"
`), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		var out, errs strings.Builder
		p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, version: "test"}
		if code := p.run(t.Context(), append([]string{"policy", "--state-dir", state}, args...)); code != exitClean {
			t.Fatalf("policy %v: exit %d: %s", args, code, errs.String())
		}
		return out.String()
	}
	for what, wants := range map[string][]string{
		run("simulate", fresh): {"4 messages of 2 people", "newly stopped        2\n  card                              2 by 2 people", "newly let through    1\n  secret.key                        1 by 1 person",
			"is not simulated", "Of 4 messages that the policy in force decided, it decides 4 again alike."},
		run("readiness"):    {"card                                 2         2         0         2\n", "secret.key                           1         1         0         1\n", "card.bulk                            0"},
		run("explain", one): {"redact (asked for: log), by card of l2", "1 × pci.payment_card, high, in user text", "rule       card: redact placeholder when category = pci (policies/l2.toml:"},
	} {
		for _, want := range wants {
			if !strings.Contains(what, want) {
				t.Errorf("no %q in\n%s", want, what)
			}
		}
		if strings.Contains(what, card) || strings.Contains(what, "anna") {
			t.Errorf("a value or a name is in\n%s", what)
		}
	}
}
