package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
)

// uploaded is a file of lines on its way to /v1/files.
func uploaded(t testing.TB, purpose string, lines ...string) *Request {
	q := post(t, "https://api.openai.com/v1/files", "")
	q.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	q.Body = []byte("--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" + purpose +
		"\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"lines.jsonl\"\r\nContent-Type: application/octet-stream\r\n\r\n" +
		strings.Join(lines, "\n") + "\n\r\n--b--\r\n")
	return q
}

// linesOf are the lines of the file in a body that uploaded made.
func linesOf(t testing.TB, body []byte) []string {
	t.Helper()
	_, rest, ok := bytes.Cut(body, []byte("octet-stream\r\n\r\n"))
	text, tail, whole := bytes.Cut(rest, []byte("\n\r\n--b"))
	if !ok || !whole || string(tail) != "--\r\n" {
		t.Fatal("the body is no form any more")
	}
	lines := strings.Split(string(text), "\n")
	for i, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Fatalf("line %d is no JSON any more", i)
		}
	}
	return lines
}

// Each string of a request is read in a batch as the endpoint of its line reads
// it: at the same place, with the number of the line before it, and with the same
// role.
func TestALineOfABatchIsReadAsItsEndpointReadsIt(t *testing.T) {
	r := shippedRules(t, "l2")
	r.Policy = anyTool(t)
	card := synthetic.Card()
	n := 0
	for _, x := range []struct {
		path string
		body any
	}{
		{"/v1/responses", responses.ResponseNewParams{}},
		{"/v1/chat/completions", openai.ChatCompletionNewParams{}},
		{"/v1/completions", openai.CompletionNewParams{}},
		{"/v1/embeddings", openai.EmbeddingNewParams{}},
		{"/v1/moderations", openai.ModerationNewParams{}},
		{"/v1/images/generations", openai.ImageGenerateParams{}},
	} {
		for _, f := range fields(reflect.TypeOf(x.body)) {
			n++
			body := bodyWith(f.path, "credit card "+card)
			alone := decided(t, r, Config{}, post(t, "https://api.openai.com"+x.path, body))
			before := fmt.Sprintf(`{"custom_id":"r-1","method":"POST","url":%q,"body":{"model":"gpt-5-mini"}}`, x.path)
			v := decided(t, r, Config{}, uploaded(t, "batch", before, fmt.Sprintf(`{"custom_id":"r-2","method":"POST","url":%q,"body":%s}`, x.path, body)))
			if v.Action != "redact" || len(v.Findings) != len(alone.Findings) || len(v.Gaps) != len(alone.Gaps) {
				t.Errorf("%s %s: %s with %d findings and gaps %v, alone %d and %v", x.path, f.path, v.Action, len(v.Findings), v.Gaps, len(alone.Findings), alone.Gaps)
				continue
			}
			for i, got := range v.Findings {
				want := alone.Findings[i]
				if role := want.Role; got.Locator != "file[1].body."+want.Locator || got.Role != role && (role != content.RoleMetadata || got.Role != content.RoleFile) {
					t.Errorf("%s %s: found at %s with the role %s, alone at %s with %s", x.path, f.path, got.Locator, got.Role, want.Locator, role)
				}
			}
			if after := linesOf(t, v.Body); after[0] != before || strings.Contains(after[1], card) {
				t.Errorf("%s %s: redacted to %s", x.path, f.path, after)
			}
		}
	}
	if n < 450 {
		t.Errorf("%d strings: the walk is broken", n)
	}
}

func TestLinesOfTraining(t *testing.T) {
	r := shippedRules(t, "l2")
	card := synthetic.Card()
	for _, c := range []struct {
		line, at string
		role     content.Role
	}{
		{`{"messages":[{"role":"system","content":"%s"},{"role":"user","content":"b"}]}`, "messages[0].content", content.RoleSystem},
		{`{"messages":[{"content":[{"type":"text","text":"%s"}],"role":"assistant"}]}`, "messages[0].content[0].text", content.RoleAssistant},
		{`{"messages":[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{\"a\":\"%s\"}"}}]}],"tools":[]}`, "messages[0].tool_calls[0].function.arguments.{0}", content.RoleAssistant},
		{`{"input":{"messages":[{"role":"user","content":"%s"}]},"preferred_output":[],"non_preferred_output":[]}`, "input.messages[0].content", content.RoleUser},
		{`{"input":{"messages":[]},"preferred_output":[{"role":"assistant","content":"%s"}]}`, "preferred_output[0].content", content.RoleAssistant},
		{`{"input":{"messages":[]},"non_preferred_output":[{"role":"assistant","content":"%s"}]}`, "non_preferred_output[0].content", content.RoleAssistant},
		{`{"prompt":"%s","completion":"x"}`, "prompt", content.RoleUser},
		{`{"prompt":"x","completion":"%s"}`, "completion", content.RoleAssistant},
		{`{"messages":[],"reference_answer":"%s"}`, "{1}", content.RoleFile},
	} {
		v := decided(t, r, Config{}, uploaded(t, "fine-tune", `{"messages":[]}`, `{"messages":[]}`, fmt.Sprintf(c.line, "credit card "+card)))
		if v.asked.Contents&policy.File == 0 {
			t.Errorf("%s: no file, for policies", c.line)
		}
		if v.Action != "redact" || v.Findings[0].Locator != "file[2]."+c.at || v.Findings[0].Role != c.role {
			t.Errorf("%s: %s, %+v", c.line, v.Action, v.Findings)
			continue
		}
		if after := linesOf(t, v.Body); strings.Contains(after[2], card) || !strings.Contains(after[2], "[PAYMENT_CARD_1]") {
			t.Errorf("%s: redacted to %s", c.line, after[2])
		}
	}
}

// A batch of the most lines that fit a body is read to its end.
func TestALongBatchIsReadToItsEnd(t *testing.T) {
	lines := make([]string, 50_000) // the most a batch may have
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"custom_id":"r-%d","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5-mini","stream":false,"messages":[`+
			`{"role":"system","content":"Answer in one word, and in the language of the question."},{"role":"user","content":"What is the capital of country %d on the list?"}]}}`, i, i)
	}
	card := synthetic.Card()
	lines[len(lines)-1] = strings.Replace(lines[len(lines)-1], "capital", "credit card "+card, 1)
	v := decided(t, shippedRules(t, "l2"), Config{}, uploaded(t, "batch", lines...))
	if v.Action != "redact" || len(v.Gaps) > 0 || v.Findings[0].Locator != "file[49999].body.messages[1].content" {
		t.Fatalf("%s, gaps %v, findings %v, %d documents", v.Action, v.Gaps, v.Findings, len(v.Docs))
	}
	if len(v.Facts) > 256 {
		t.Errorf("%d facts", len(v.Facts))
	}
}

// A card in token ids is found, and stopped, since there is no way back into
// numbers. In cl100k_base the printable characters are the first 94 tokens.
func TestWordsAsTokenIDs(t *testing.T) {
	ids := func(text string) string {
		var out []string
		for _, c := range []byte(text) {
			if c == ' ' {
				out = append(out, "220")
			} else {
				out = append(out, fmt.Sprint(c-'!'))
			}
		}
		return strings.Join(out, ",")
	}
	r := shippedRules(t, "l2")
	for _, c := range []struct{ name, path, body, action, at, gaps string }{
		{"embeddings", "/v1/embeddings", `{"input":[` + ids("credit card "+synthetic.Card()) + `],"model":"text-embedding-3-small"}`, "block", "input", "not_rewritable"},
		{"completions", "/v1/completions", `{"model":"gpt-3.5-turbo-instruct","prompt":[[1,2],[` + ids("credit card "+synthetic.Card()) + `]]}`, "block", "prompt[1]", "not_rewritable"},
		{"nothing in them", "/v1/embeddings", `{"input":[` + ids("what a fine day") + `],"model":"text-embedding-3-small"}`, "allow", "", ""},
		{"a model of no known vocabulary", "/v1/embeddings", `{"input":[` + ids("what a fine day") + `],"model":"ours"}`, "block", "", "tokens_as_numbers"},
	} {
		v := decided(t, r, Config{}, post(t, "https://api.openai.com"+c.path, c.body))
		if v.Action != c.action || causes(v) != c.gaps || c.at != "" && v.Findings[0].Locator != c.at {
			t.Errorf("%s: %s, gaps %s, findings %+v", c.name, v.Action, causes(v), v.Findings)
		}
	}
}

// A notebook holds the text of a cell as a list of lines: they are one text, and
// what goes over lines is found, and taken out line by line.
func TestLinesOfANotebookAreOneText(t *testing.T) {
	var lines []string
	key := synthetic.PrivateKey()
	for l := range strings.Lines("import x\n" + strings.TrimSpace(key) + "\nprint(x)") {
		lines = append(lines, l)
	}
	cell := func(source []string) string {
		b, err := json.Marshal(map[string]any{"cells": []any{map[string]any{"cell_type": "code", "source": source}, map[string]any{"source": []string{"quiet\n", "water"}}}, "nbformat": 4})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	r := shippedRules(t, "l1")
	v := decided(t, r, Config{}, uploaded(t, "user_data", cell(lines)))
	if v.Action != "redact" {
		t.Fatalf("%s, %+v, gaps %v", v.Action, v.Findings, v.Gaps)
	}
	after := linesOf(t, v.Body)[0]
	for _, l := range lines[1 : len(lines)-1] {
		if l = strings.TrimSpace(l); strings.Contains(after, l) {
			t.Fatalf("%d bytes of the key are left: %s", len(l), after)
		}
	}
	if !strings.Contains(after, `"import x\n"`) || !strings.Contains(after, `print(x)"`) || !strings.Contains(after, `["quiet\n","water"]`) {
		t.Errorf("more is gone than the key: %s", after)
	}
	if n := len(v.Findings); n < 3 || v.Findings[1].Locator == v.Findings[0].Locator {
		t.Errorf("%d findings", n)
	}
	// Elements that are no lines stand by themselves.
	card := synthetic.Card()
	v = decided(t, r, Config{}, uploaded(t, "user_data", cell([]string{"credit card " + card[:8], card[8:]})))
	if len(v.Findings) > 0 {
		t.Errorf("two texts are joined: %+v", v.Findings)
	}
}

// Texts of lines without end cost no open scan each.
func TestManyTextsOfLines(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"a":[`)
	for i := range 30_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`["one\n","two"]`)
	}
	b.WriteString(`]}`)
	c := newCollector(t.Context(), theWorld(t).engine)
	w := content.NewWalk(nil, content.Media{ContentType: "application/json"}, content.Limits{}, c)
	defer w.Release()
	if err := w.Run(t.Context(), []byte(b.String())); err != nil {
		t.Fatal(err)
	}
	if len(c.live) > 0 || len(c.joined) > 0 || len(c.docs) != 60_000 {
		t.Errorf("%d scans are open, %d may go on; %d documents", len(c.live), len(c.joined), len(c.docs))
	}
	c.finish()
	if c.lines != nil {
		t.Error("the last text is still open")
	}
}
