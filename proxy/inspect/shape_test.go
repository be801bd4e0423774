package inspect

import (
	"fmt"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/shape"
)

// What was decided on the wire is decided again from its shape.
func TestShapesOfRealMessagesReproduceTheDecision(t *testing.T) {
	const chat, web = "https://api.openai.com/v1/chat/completions", "https://chatgpt.com/backend-api/conversation"
	say := func(text string) string {
		return fmt.Sprintf(`{"model":"gpt-5-mini","messages":[{"role":"user","content":%q}],"tools":[{"type":"function","function":{"name":"f"}}]}`, text)
	}
	many := "cards:"
	for range 12 {
		many += " credit card " + synthetic.Card()
	}
	requests := []struct{ url, body string }{
		{chat, say("good morning")}, {chat, say("my credit card is " + synthetic.Card())}, {chat, say(many)}, {chat, say(synthetic.PrivateKey())},
		{chat, say("mail " + synthetic.Email() + " and the social security number " + synthetic.SSN())}, {chat, `{"messages":[`}, {chat + "?note=credit%20card%20" + synthetic.Card(), say("x")},
		{web, `{"messages":[{"author":{"role":"user"},"content":{"parts":["hello"]}}],"conversation_mode":{"kind":"gizmo_interaction","gizmo_id":"g-abc123"}}`},
		{web, `{"messages":[{"author":{"role":"user"},"content":{"parts":["hello"]}}],"conversation_mode":{"kind":"gizmo_interaction","gizmo_id":"g-p-abc123"},"force_use_search":true}`},
		{"https://api.openai.com/v1/unheard/of", `{"a":"credit card ` + synthetic.Card() + `"}`},
		{"https://chatgpt.com/backend-anon/conversation", `{"messages":[]}`},
		{"https://chatgpt.com/ces/v1/t", `{"event":"x","note":"credit card ` + synthetic.Card() + `"}`},
	}
	for _, profile := range []string{"l1", "l2", "l3"} {
		r := shippedRules(t, profile)
		dir := t.TempDir()
		log, err := shape.Open(dir, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		key := []byte("k")
		i := New(r, Config{Key: key, Recorder: NewEvidence(EvidenceConfig{Shapes: log, Key: key})})
		for _, q := range requests {
			i.Request(t.Context(), post(t, q.url, q.body))
		}
		log.Close()
		names, _ := Namer(key).Names(r.Policy)
		n := 0
		if _, err := shape.Read(dir, time.Time{}, func(x *shape.Record) bool {
			n++
			if m := x.Message(names); !shape.Reproduced(r.Policy, x, m) {
				d := r.Policy.Decide(m)
				t.Errorf("%s: %+v is decided again as %s by %s of %v", profile, x.Decided, d.Summary(), d.Rule, d.Rules)
			}
			return true
		}); err != nil || n < len(requests) {
			t.Errorf("%s: %d records of %d, %v", profile, n, len(requests), err)
		}
	}
}
