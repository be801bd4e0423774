package inspect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
)

const callPolicy = `
[[feature]]
id = "search"
facts = ["tool=web_search*", "call=web*"]
enabled = false
risk = { data_exposure = "low", external_services = "high", persistence = "low" }
[[feature]]
id = "function"
facts = ["tool=function", "call=function_call"]
enabled = true
risk = { data_exposure = "low", external_services = "low", persistence = "low" }
[[rule]]
id = "tool"
when = { feature_state = ["disabled"], direction = ["response"] }
gate = "block"
reason = "A tool was used that is not enabled here."
`

func TestAToolThatOnlyTheAnswerShowsIsDecided(t *testing.T) {
	i := New(policyOf(t, callPolicy), Config{})
	whole := func(output string) string {
		return `{"id":"resp_1","object":"response","output":[` + output + `]}`
	}
	const (
		search   = `{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"tea"}}`
		function = `{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"}`
		says     = `{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"Tea is a plant."}]}`
	)
	for _, c := range []struct {
		name, request, body string
		stopped             bool
	}{
		{"search", `{"input":"x"}`, whole(search + "," + says), true},
		{"a function of the caller", `{"input":"x"}`, whole(function), false},
		{"only words", `{"input":"x"}`, whole(says), false},
		{"the request had asked for it", `{"input":"x","tools":[{"type":"web_search"}]}`, whole(search), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := i.Request(context.Background(), post(t, responsesURL, c.request))
			a := v.Answer(200, map[string][]string{"Content-Type": {"application/json"}})
			out := a.Hold(context.Background(), []byte(c.body), nil)
			if stopped := out != nil && out.Refusal != nil; stopped != c.stopped {
				t.Errorf("stopped %v", stopped)
			}
			if c.stopped && !slices.ContainsFunc(out.Decision.Rules, func(r string) bool { return r == "tool" }) {
				t.Errorf("by %v", out.Decision.Rules)
			}
		})
	}
}

func TestAStreamEndsWhereADisabledToolIsUsed(t *testing.T) {
	i := New(policyOf(t, callPolicy), Config{})
	for _, c := range []struct{ name, url, before, use, after string }{
		{"responses", responsesURL,
			"event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\"}}\n\n",
			"event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"type\":\"web_search_call\",\"id\":\"ws_1\"}}\n\n",
			"event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":2}\n\n"},
		{"the page", pageURL,
			"event: delta_encoding\ndata: \"v1\"\n\n",
			"event: delta\ndata: {\"p\":\"\",\"o\":\"add\",\"v\":{\"message\":{\"id\":\"m1\",\"author\":{\"role\":\"assistant\"},\"content\":{\"content_type\":\"code\",\"text\":\"search\"},\"recipient\":\"web\"},\"conversation_id\":\"c1\"}}\n\n",
			"data: [DONE]\n\n"},
	} {
		for _, n := range []int{0, 1, 7} {
			out, v, err := streamed(t, i, c.url, c.before+c.use+c.after, n)
			if !errors.Is(err, ErrEnded) || v.Decision.Rule != "tool" || strings.Contains(out, "web_search_call") || strings.Contains(out, `"recipient":"web"`) {
				t.Errorf("%s in writes of %d: %v, rule %q, sent %s", c.name, n, err, v.Decision.Rule, out)
			}
			if out, _, err := streamed(t, i, c.url, c.before+c.after, n); err != nil || out != c.before+c.after {
				t.Errorf("%s without the tool: %v, sent %s", c.name, err, out)
			}
		}
	}
}

func TestTheShippedLevelsKnowTheCallsOfAnswers(t *testing.T) {
	for _, c := range []struct{ profile, call, rule string }{
		{"l2", "mcp_call", "chatgpt.tool"}, {"l2", "computer_call", "chatgpt.tool"}, {"l3", "mcp_call", "chatgpt.tool"},
		{"l2", "web_search_call", ""}, {"l2", "code_interpreter_call", ""}, {"l2", "dalle.text2im", ""}, {"l2", "function_call", ""},
	} {
		m := policy.Message{App: "openai_api", Activity: "chat", Direction: policy.Response}
		m.Facts = (&Verdict{}).calls(nil, content.Fact{Name: provider.FactCall, Value: c.call})
		d := shippedRules(t, c.profile).Policy.Decide(m)
		if blocked := d.Gate == policy.Block; blocked != (c.rule != "") || blocked && d.Rule != c.rule || !blocked && !slices.Contains(d.Rules, "feature") {
			t.Errorf("%s, %s: %s by %s, of %v", c.profile, c.call, d.Gate, d.Rule, d.Rules)
		}
	}
}
