package inspect

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/policy"
)

func TestRemind(t *testing.T) {
	add := []policy.Obligation{{Kind: policy.ObligationReminder, Role: "developer", Value: `Keep "quiet".`}}
	const said = `{"role":"developer","content":"Keep \"quiet\"."}`
	for _, c := range []struct{ name, body, encoding, want string }{
		{"chat", `{"model":"m", "messages" : [ {"role":"user","content":"a"} ]}`, "", `{"model":"m", "messages" : [` + said + `, {"role":"user","content":"a"} ]}`},
		{"no messages", `{"messages":[ ]}`, "", `{"messages":[` + said + `]}`},
		{"responses, a list", `{"input":[{"role":"user","content":"a"}],"store":false}`, "identity", `{"input":[` + said + `,{"role":"user","content":"a"}],"store":false}`},
		{"responses, a string", `{"input": "hé\u00e9\n","model":"m"}`, "", `{"input": [` + said + `,{"role":"user","content":"hé\u00e9\n"}],"model":"m"}`},
		{"twice", `{"messages":[1],"messages":[2]}`, "", `{"messages":[` + said + `,1],"messages":[` + said + `,2]}`},
		{"further down", `{"metadata":{"messages":[1]}}`, "", ""},
		{"another value", `{"messages":"x"}`, "", ""},
		{"a list", `[{"messages":[1]}]`, "", ""},
		{"compressed", `{"messages":[1]}`, "gzip", ""},
		{"no JSON", `{"messages":[1]`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := remind([]byte(c.body), c.encoding, add)
			if string(got) != c.want || got != nil && !json.Valid(got) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAReminderIsAddedToWhatIsSentOn(t *testing.T) {
	r := shippedRules(t, "l2")
	p, err := policy.Parse("reminder.toml", []byte(`
title = "r"
[[rule]]
id = "card"
when = { info_type = ["pci.payment_card"] }
redact = "placeholder"
[[reminder]]
id = "quiet"
when = { app = ["openai_api"], activity = ["chat"] }
role = "system"
text = "Keep quiet."
`), r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy = p
	card := synthetic.Card()
	body := `{"messages":[{"role":"user","content":"credit card ` + card + `"}]}`
	v := decided(t, r, Config{}, post(t, "https://api.openai.com/v1/chat/completions", body))
	if !v.Changed || !strings.HasPrefix(string(v.Body), `{"messages":[{"role":"system","content":"Keep quiet."},{"role":"user"`) || strings.Contains(string(v.Body), card) {
		t.Errorf("sent on %s", v.Body)
	}
	gzip := post(t, "https://api.openai.com/v1/chat/completions", `{"messages":[]}`)
	gzip.Header = http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"br"}}
	if v := decided(t, r, Config{}, gzip); v.Changed {
		t.Error("something was added to what could not be read")
	}
	if v := decided(t, r, Config{}, post(t, "https://chatgpt.com/backend-api/conversation", `{"messages":[]}`)); v.Changed {
		t.Error("added to a web page")
	}
}

func TestCustomInstructionsAreAskedForTheReminder(t *testing.T) {
	r := shippedRules(t, "l2")
	p, err := policy.Parse("reminder.toml", []byte(`
title = "r"
[[rule]]
id = "card"
when = { info_type = ["pci.payment_card"] }
redact = "placeholder"
[[reminder]]
id = "quiet"
when = { app = ["chatgpt_web"] }
role = "system"
text = "Keep quiet about customers."
`), r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy = p
	for _, c := range []struct{ name, path, body, want string }{
		{"there", "user_system_messages", `{"about_model_message":"Be brief.\nKeep quiet  about customers. Thanks.","enabled":true}`, "present"},
		{"in part", "user_system_messages", `{"about_model_message":"Keep quiet about","about_user_message":"customers."}`, "missing"},
		{"not there", "user_system_messages", `{"about_user_message":"I like tea."}`, "missing"},
		{"no JSON", "user_system_messages", `Keep quiet about customers.`, ""},
		{"a conversation", "f/conversation", `{"messages":[]}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := post(t, "https://chatgpt.com/backend-api/"+c.path, c.body)
			q.Header.Set("Chatgpt-Account-Id", "6f2b1c1e-0000-4000-8000-000000000001")
			v := decided(t, r, Config{}, q)
			got := ""
			for _, f := range v.Facts {
				if f.Name == "reminder" {
					got = f.Value
				}
			}
			if got != c.want || v.Changed {
				t.Errorf("reminder %q, want %q; changed %v", got, c.want, v.Changed)
			}
		})
	}
}
