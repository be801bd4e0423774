package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/audit"
)

// canaries are values that detectors find, and a word that they do not: nothing
// of a message may be in any output.
func canaries() []string {
	return []string{synthetic.Card(), synthetic.CardSpaced(), synthetic.IBAN(), synthetic.SSN(), synthetic.Email(), synthetic.AWSKey(),
		synthetic.GitHubToken(), strings.Split(synthetic.PrivateKey(), "\n")[1], synthetic.Word(14)}
}

// planted are requests with a canary in every place that a client can fill.
func planted(t *testing.T, c string) []*Request {
	t.Helper()
	quoted, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	fill := func(s string) string { return strings.ReplaceAll(s, `"@"`, string(quoted)) }
	bodies := map[string][]string{
		chatURL: {
			`{"model":"@","messages":[{"role":"user","content":"@"},{"role":"@","name":"@","content":[{"type":"text","text":"@"},{"type":"@","image_url":{"url":"@"}}]}],"user":"@"}`,
			`{"model":"gpt-5","@":"x","metadata":{"@":"@"},"tools":[{"type":"@","function":{"name":"@","description":"@","parameters":{"@":{"type":"@"}}}}],"messages":[{"role":"user","content":"hi","@":{"@":["@"]}}]}`,
			`{"model":"gpt-5","service_tier":"@","reasoning_effort":"@","tool_choice":"@","response_format":{"type":"@"},"stop":["@"],"messages":[{"role":"assistant","tool_calls":[{"id":"@","type":"function","function":{"name":"@","arguments":"@"}}]}]}`,
			`{"model":"gpt-5","messages":[{"role":"user","content":"@"`,
			c,
		},
		"https://api.openai.com/v1/responses":   {`{"model":"@","input":[{"type":"@","role":"@","content":[{"type":"input_text","text":"@"}]},{"type":"item_reference","id":"@"}],"instructions":"@","previous_response_id":"@","conversation":"@","prompt_cache_key":"@","tools":[{"type":"mcp","server_label":"@","server_url":"@","authorization":"@"}]}`},
		"https://api.openai.com/v1/embeddings":  {`{"model":"@","input":["@"],"encoding_format":"@","user":"@"}`},
		"https://api.openai.com/v1/never_heard": {`{"@":{"@":"@"}}`},
		"https://chatgpt.com/backend-api/f/conversation": {
			`{"action":"@","conversation_id":"@","gizmo_id":"@","model":"@","system_hints":["@"],"messages":[{"id":"@","author":{"role":"@","name":"@"},"content":{"content_type":"@","parts":["@",{"text":"@"}]},"metadata":{"attachments":[{"id":"@","name":"@","mime_type":"@"}],"@":"@"}}],"@":"@"}`},
		"https://chatgpt.com/backend-api/files": {`{"file_name":"@","file_size":1,"use_case":"@","mime_type":"@"}`},
	}
	var out []*Request
	for address, list := range bodies {
		for _, body := range list {
			q := post(t, address, fill(body))
			q.Header.Set("Authorization", "Bearer "+c)
			q.Header.Set("Cookie", "a="+c)
			q.Header.Set("User-Agent", c)
			q.Header.Set("X-"+strings.Map(token1, c), c)
			q.Header.Set("Accept-Language", c)
			out = append(out, q)
		}
	}
	q := post(t, chatURL, `{}`)
	q.URL = &url.URL{Scheme: "https", Host: "api.openai.com", Path: "/v1/" + c, RawQuery: url.QueryEscape(c) + "=" + url.QueryEscape(c), Fragment: c}
	q.Endpoint = theWorld(t).providers.Match("POST", q.Host, q.URL.Path)
	q.Method = strings.ToUpper(strings.Map(token1, c))
	q.Protocol = c
	out = append(out, q)

	form := post(t, "https://chatgpt.com/unauth-mweb/conversation/updates", "prompt="+url.QueryEscape(c)+"&"+url.QueryEscape(c)+"=x")
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded; boundary="+url.QueryEscape(c))
	out = append(out, form)

	multi := post(t, "https://api.openai.com/v1/files", "--b\r\nContent-Disposition: form-data; name=\""+url.QueryEscape(c)+"\"; filename=\""+c+".txt\"\r\nContent-Type: text/plain\r\n\r\n"+c+"\r\n--b--\r\n")
	multi.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	out = append(out, multi)
	return out
}

func token1(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// leaks are the canaries that stand in text, as they are, without separators,
// or with another case.
func leaks(text string, canaries []string) []string {
	var out []string
	lower := strings.ToLower(text)
	for _, c := range canaries {
		for _, form := range []string{c, url.QueryEscape(c), strings.Map(token1, c)} {
			if strings.Contains(lower, strings.ToLower(form)) {
				out = append(out, form)
				break
			}
		}
	}
	return out
}

// planter runs every planted request at every profile through rec and everything.
func plant(t *testing.T, o *outputs, rec Recorder, cs []string) (decided map[string]int) {
	decided = map[string]int{}
	for _, profile := range []string{"l1", "l2", "l3"} {
		r := with(t, shippedRules(t, profile), bomb{})
		for n, c := range cs {
			for _, q := range planted(t, c) {
				if n == 0 && profile == "l1" {
					q.Body = append(q.Body, " boom"...)
				}
				v := o.decide(rec, r, q)
				decided[v.Action]++
				// A refusal is shown to the person and may be forwarded to the help desk.
				if v.Refusal != nil {
					fmt.Fprintf(&o.log, "%d %v\n%s\n", v.Refusal.Status, v.Refusal.Header, v.Refusal.Body)
				}
				fmt.Fprintf(&o.log, "%v %+v %v %+v\n", q, q, v, v)
			}
		}
	}
	return decided
}

func TestNothingOfAMessageIsInAnyOutput(t *testing.T) {
	o := newOutputs(t)
	cs := canaries()
	decided := plant(t, o, NewEvidence(o.cfg), cs)
	if decided["block"] < 50 || decided["redact"] < 20 || decided["log"] < 20 {
		t.Fatalf("the canaries were hardly found: %v", decided)
	}
	if got := leaks(o.everything(), cs); len(got) > 0 {
		t.Errorf("%d of %d canaries are in the output: %q", len(got), len(cs), got)
	}
}

// A leaky recorder shows what the test above is worth.
type leaky struct {
	*Evidence
	how string
	o   *outputs
}

func (l leaky) Record(ctx context.Context, r *Request, v *Verdict) <-chan error {
	switch l.how {
	case "log":
		l.cfg.Log.Info("message decided", "body", string(r.Body))
	case "audit":
		_, _, _ = l.cfg.Audit.Append(audit.Event{Name: audit.MessageDecided, Action: v.Action, Reason: string(r.Body)})
	case "span":
		trace.SpanFromContext(ctx).SetAttributes(attribute.String("url.query", r.URL.RawQuery), attribute.String("body", string(r.Body)))
	case "metrics":
		l.cfg.Metrics.Policy("l2", string(r.Body))
	}
	return l.Evidence.Record(ctx, r, v)
}

func TestALeakyRecorderTurnsTheLeakTestRed(t *testing.T) {
	cs := canaries()[:1]
	for _, how := range []string{"log", "audit", "span", "metrics"} {
		o := newOutputs(t)
		plant(t, o, leaky{NewEvidence(o.cfg), how, o}, cs)
		if len(leaks(o.everything(), cs)) == 0 {
			t.Errorf("a recorder that leaks into the %s goes unnoticed", how)
		}
	}
}
