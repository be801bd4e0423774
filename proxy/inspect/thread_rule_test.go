package inspect

import (
	"context"
	"testing"
)

// A policy can ask whether what a request goes on with is known.
func TestAPolicyAsksForTheThread(t *testing.T) {
	i := New(policyOf(t, `
[[rule]]
id = "strange"
when = { fact = ["thread=uninspected"] }
gate = "block"
reason = "This conversation began elsewhere."
`), Config{})
	first := i.Request(context.Background(), post(t, responsesURL, `{"model":"gpt-5","input":"hello"}`))
	first.began("resp_1")
	for body, want := range map[string]string{
		`{"model":"gpt-5","input":"hello"}`:                                  "allow",
		`{"model":"gpt-5","input":"and?","previous_response_id":"resp_1"}`:   "allow",
		`{"model":"gpt-5","input":"and?","previous_response_id":"resp_2"}`:   "block",
		`{"model":"gpt-5","input":"and?","conversation":{"id":"conv_none"}}`: "block",
	} {
		if v := i.Request(context.Background(), post(t, responsesURL, body)); v.Action != want {
			t.Errorf("%s: %s, want %s", body, v.Action, want)
		}
	}
}
