package inspect

import (
	"fmt"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/spent"
)

// Little by little: five addresses a message, and no more than twelve a day.
func TestSmallAmountsAddUpOverTheDay(t *testing.T) {
	r := shippedRules(t, "l2")
	p, err := policy.Parse("daily.toml", []byte(`
title = "daily"
[[rule]]
id = "much"
when = { info_type = ["pii.email"], daily = 12, confidence = "medium" }
gate = "block"
reason = "Enough for today."
[[rule]]
id = "mail"
when = { info_type = ["pii.email"] }
gate = "log"
`), r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy = p
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	i := New(r, Config{Spent: &spent.Ledger{}, Now: func() time.Time { return now }})
	say := func(who string, addresses ...string) string {
		q := post(t, "https://api.openai.com/v1/chat/completions", fmt.Sprintf(`{"messages":[{"role":"user","content":"write to %s"}]}`, addresses))
		q.Principal.Subject = who
		return i.Request(t.Context(), q).Action
	}
	five := func() (out []string) {
		for range 5 {
			out = append(out, synthetic.Email())
		}
		return out
	}
	first := five()
	for _, c := range []struct {
		name, who string
		addresses []string
		want      string
	}{
		{"five", "anna", first, "log"}, {"ten", "anna", five(), "log"}, {"the first five again", "anna", first, "log"},
		{"fifteen", "anna", five(), "block"}, {"what was stopped has not left", "anna", []string{synthetic.Email()}, "log"},
		{"somebody else", "bert", five(), "log"},
	} {
		if got := say(c.who, c.addresses...); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	now = now.Add(24 * time.Hour)
	if got := say("anna", five()...); got != "log" {
		t.Errorf("the next day: %s", got)
	}
}
